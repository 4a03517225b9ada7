package dev.reveille.proxy;

import dev.reveille.http.ClientStream;
import dev.reveille.http.Transport;
import dev.reveille.session.Origin;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Optional;

/** A sandbox's answer on its way to the client. */
final class Relay implements Splice.Body {
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;

    /** A body of that many chunks is a long one. */
    private static final int LONG = 2;

    /** An end that is no longer than that was read together with what stands before it, as a rule. */
    private static final int SHORT_END = 16 * 1024;

    private final HttpClientResponse from;
    private final HttpServerRequest in;
    private final HttpServerResponse to;
    private final boolean fresh;
    private final IdleLimit idle;
    private final Promise<Void> through = Promise.promise();

    /** What of it the client has not read; null in HTTP/1, where its connection tells. */
    private final Unread.Answer unread;

    private Optional<Splice> splice = Optional.empty();
    private long delivered;
    private long movedAt;
    private boolean paused;
    private boolean lastWords;
    private Future<Void> last;

    private Relay(ProxyContext proxy, HttpClientResponse from, HttpServerRequest in, boolean fresh) {
        this.idle = proxy.idle();
        this.fresh = fresh;
        this.from = from;
        this.in = in;
        this.to = in.response();
        this.unread = in.version() == HttpVersion.HTTP_2 ? proxy.unread().answer(() -> ClientStream.giveUp(in)) : null;
    }

    /**
     * Streams {@code from}, which is paused, to the client with back-pressure.
     *
     * @param fresh whether Vert.x tells of the head right now, so that nothing behind it has come yet
     * @return when the last byte was handed over; fails with {@link Loss} if the sandbox broke off, with {@link ClientLeft}
     *     if the client did
     */
    static Future<Void> answer(
            ProxyContext proxy,
            HttpClientResponse from,
            HttpServerRequest in,
            SandboxPath path,
            Origin origin,
            boolean fresh) {
        Relay relay = new Relay(proxy, from, in, fresh);
        relay.head(path, origin);
        return relay.withoutBody() ? relay.end() : relay.body(proxy.vertx());
    }

    private void head(SandboxPath path, Origin origin) {
        to.setStatusCode(from.statusCode());
        // Given other words, Vert.x does not know a 304 any more and adds a length to it.
        if (from.statusCode() != NOT_MODIFIED) {
            to.setStatusMessage(from.statusMessage());
        }
        EndToEnd.response(from.headers(), to.headers(), path, origin);
    }

    private boolean withoutBody() {
        return HttpMethod.HEAD.equals(in.method())
                || from.statusCode() == NO_CONTENT
                || from.statusCode() == NOT_MODIFIED;
    }

    private Future<Void> end() {
        if (from.version() == HttpVersion.HTTP_2) {
            from.resume();
            return to.end();
        }
        // Its end is right behind the head, and before that its connection cannot serve another. The client need not
        // wait.
        Future<Void> whole = from.end();
        from.resume();
        return to.end().compose(answered -> whole.otherwiseEmpty());
    }

    private Future<Void> body(Vertx vertx) {
        if (!from.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
            delimit();
        }
        from.exceptionHandler(broken -> brokeOff(vertx, broken));
        from.endHandler(v -> over());
        from.handler(this::pass);
        if (idle.exists()) {
            movedAt = System.nanoTime();
            Runnable forget = idle.watch(this::movedAt, this::tooIdle);
            through.future().onComplete(v -> forget.run());
        }
        if (fresh && Splice.worthIt(length())) {
            splice = Splice.whole(from.request().connection(), in.connection(), this);
            splice.ifPresent(s -> to.drainHandler(v -> goOn()));
        }
        from.resume();
        // Somebody may wait for the head of a stream whose first byte is late.
        vertx.runOnContext(v -> headAtLeast());
        return through.future().compose(all -> ended());
    }

    /**
     * A sandbox may say of a stream of HTTP/2 that it is over once the whole answer is on its way
     * (<a href="https://www.rfc-editor.org/rfc/rfc9113#section-8.1">RFC 9113, 8.1</a>), and no more of it can be here than its
     * window takes. So while the client does not read, what has come is handed over first, and the end may be in it.
     */
    private void brokeOff(Vertx vertx, Throwable broken) {
        if (from.version() == HttpVersion.HTTP_2 && paused) {
            lastWords = true;
            paused = false;
            from.resume();
            vertx.runOnContext(v -> vertx.runOnContext(handedOver -> fail(broken)));
        } else {
            fail(broken);
        }
    }

    private void fail(Throwable broken) {
        through.tryFail(new Loss(Loss.Kind.BROKEN, broken));
    }

    /** Without a length the end is told by the last chunk, or in HTTP/1.0, which has no chunks, by closing. */
    private void delimit() {
        if (in.version() != HttpVersion.HTTP_1_0) {
            to.setChunked(true);
        } else {
            to.headersEndHandler(v -> to.headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE));
        }
    }

    private void headAtLeast() {
        if (!to.headWritten() && !to.closed() && !through.future().isComplete()) {
            handOver(Buffer.buffer());
        }
    }

    /** While the client has enough to read nothing is asked of the sandbox; if it reads nothing at all, that is looked at elsewhere. */
    private long movedAt() {
        if (paused || splice.filter(Splice::heldBack).isPresent()) {
            movedAt = System.nanoTime();
        }
        return movedAt;
    }

    private void tooIdle() {
        through.tryFail(new Loss(Loss.Kind.SILENT, new IllegalStateException("the answer stood still")));
    }

    private void pass(Buffer chunk) {
        delivered++;
        moved(chunk.length());
        if (delivered == 1 && !to.headWritten() && from.version() != HttpVersion.HTTP_2 && chunk.length() == length()) {
            last = count(chunk, to.end(chunk));
            return;
        }
        handOver(chunk);
        if (unread != null) {
            stopIfUnread();
            return;
        }
        if (splice.isPresent() && splice.get().joined()) {
            return;
        }
        if (to.writeQueueFull() && !lastWords) {
            paused = true;
            from.pause();
            to.drainHandler(v -> goOn());
        } else if (delivered == LONG && Splice.worthIt(chunk.length())) {
            splice = Splice.begin(from.request().connection(), in.connection(), this);
            to.drainHandler(v -> goOn());
        }
    }

    @Override
    public long delivered() {
        return delivered;
    }

    @Override
    public boolean paused() {
        return paused;
    }

    @Override
    public boolean full() {
        return to.writeQueueFull();
    }

    /** The head goes with it. */
    @Override
    public boolean begins(ByteBuf chunk) {
        if (to.headWritten()) {
            return false;
        }
        if (length() - chunk.readableBytes() <= SHORT_END) {
            splice.ifPresent(Splice::gather);
        }
        chunk.retain();
        to.write(BufferInternal.buffer(chunk))
                .onComplete(sent -> chunk.release())
                .onFailure(gone -> through.tryFail(new ClientLeft()));
        return true;
    }

    @Override
    public void stop() {
        splice.ifPresent(s -> s.reading(false));
    }

    @Override
    public void moved(int length) {
        // The client's silence is the kernel's to notice, and the sandbox may be silent as long as it likes, by
        // default.
        if (idle.exists()) {
            movedAt = System.nanoTime();
        }
    }

    private void goOn() {
        if (paused) {
            paused = false;
            from.resume();
        }
        splice.ifPresent(s -> s.reading(true));
    }

    private void handOver(Buffer chunk) {
        count(chunk, to.write(chunk)).onFailure(gone -> through.tryFail(new ClientLeft()));
    }

    // Until the client of a stream reads.

    private Future<Void> count(Buffer chunk, Future<Void> written) {
        if (unread == null) {
            return written;
        }
        int length = chunk.length();
        unread.handed(length);
        return written.onComplete(left -> {
            unread.left(length);
            if (paused && unread.hasRoom()) {
                reading(true);
            }
        });
    }

    /** At each piece, since Vert.x lets a connection be read again when it has passed on what it kept. */
    private void stopIfUnread() {
        if (unread.full() && !lastWords) {
            reading(false);
        }
    }

    /** A paused answer would still be read, some dozen pieces of it; its socket is not. */
    private void reading(boolean on) {
        paused = !on;
        if (from.version() != HttpVersion.HTTP_2) {
            Transport.reading(from.request().connection(), on);
        } else if (on) {
            from.resume();
        } else {
            from.pause();
        }
    }

    private void over() {
        if (unread != null && paused) {
            // The connection may serve others now.
            reading(true);
        }
        through.tryComplete();
    }

    /** What the answer's head says of its body; negative if nothing or no number. */
    private long length() {
        String length = from.headers().get(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? -1 : Long.parseLong(length);
        } catch (NumberFormatException odd) {
            return -1;
        }
    }

    private Future<Void> ended() {
        if (last != null) {
            return last;
        }
        boolean mayTrail = to.isChunked() || in.version() == HttpVersion.HTTP_2;
        if (mayTrail && !from.trailers().isEmpty()) {
            EndToEnd.trailers(from.trailers(), to.trailers());
        }
        boolean untilClosed = !to.isChunked() && !to.headers().contains(HttpHeaders.CONTENT_LENGTH);
        return to.end().onSuccess(v -> {
            if (untilClosed) {
                in.connection().close().onFailure(closed -> {});
            }
        });
    }
}
