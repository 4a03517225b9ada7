package dev.reveille.proxy;

import dev.reveille.http.BodyDemand;
import dev.reveille.http.ClientStream;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/**
 * A request's body, which stays unread until there is somebody to take it. It goes to one sink at a time; what went to an
 * earlier one is kept, within a bound, so that it can be sent again.
 */
final class InboundBody implements Splice.Body, BodyDemand {
    /** In bytes. A body that is no longer, or silent, leaves the room that is for long ones to others. */
    private static final int SHORT = 8 * 1024;

    /** How long the rest of a body that nobody wants is read before the connection is closed. */
    private static final long LINGER_MILLIS = 5_000;

    private final HttpServerRequest in;
    private final ClientStream stream;
    private final long keepAtMost;
    private final boolean present;
    private final boolean expectsContinue;

    /** Both sides may be silent for as long as they like, as on a tunnel: nobody is slow. */
    private final boolean talk;

    private final KeptPieces kept = new KeptPieces();
    private boolean complete = true;
    private boolean askedFor;
    private boolean listening;
    private boolean ended;
    private boolean held;
    private boolean unwanted;
    private boolean flows;
    private boolean paused;
    private boolean wanted;
    private long wantedSince;
    private HttpClientRequest sink;
    private Optional<Splice> splice = Optional.empty();
    private Runnable onEnd = () -> {};
    private Runnable discarding = () -> {};
    private long chunks;
    private long delivered;
    private long bytes;
    private long movedAt = System.nanoTime();

    InboundBody(HttpServerRequest in, ClientStream stream, long keepAtMost) {
        this.in = in;
        this.stream = stream;
        this.keepAtMost = keepAtMost;
        this.present = stream.hasBody();
        this.expectsContinue = present && "100-continue".equalsIgnoreCase(in.getHeader(HttpHeaders.EXPECT));
        this.talk = Grpc.is(in);
        pause();
        if (present) {
            stream.wanting(this);
        }
    }

    /** Of a client that waits to be told to go on nothing need come, also when it would be taken. */
    @Override
    public boolean wanted() {
        return wanted && !talk && !withheld();
    }

    @Override
    public long wantedSince() {
        return wantedSince;
    }

    /** Whether the request announced a body. */
    boolean present() {
        return present;
    }

    /** Whether the client sends it only when it is told to go on, and was not told yet. */
    boolean withheld() {
        return expectsContinue && !askedFor;
    }

    /** Tells the client to go on; it may be told more than once. */
    void goOn() {
        if (withheld() && !in.response().headWritten()) {
            askedFor = true;
            wantedSince = System.nanoTime();
            in.response().writeContinue().onFailure(gone -> {});
        }
    }

    /** Whether all that was read so far is still here. */
    boolean replayable() {
        return complete;
    }

    /** Whether nothing of it is left to read. */
    boolean ended() {
        return ended || !present;
    }

    /** Counts what was read, to tell whether anything moves. */
    long progress() {
        return chunks;
    }

    /** How much was read of it for the sandbox. */
    long bytes() {
        return bytes;
    }

    /** Whether it does not go on because whoever takes it does not. */
    boolean stuck() {
        return sink != null && sink.writeQueueFull();
    }

    /** When something was read last, on the clock of {@link System#nanoTime}; if nothing was, when the request came. */
    long movedAt() {
        return movedAt;
    }

    /** Sends what is kept and then the rest to {@code target}, with back-pressure; {@code end} runs behind the last of it. */
    void sendTo(HttpClientRequest target, Runnable end) {
        if (!complete) {
            throw new IllegalStateException("the body is gone");
        }
        sink = target;
        onEnd = end;
        held = false;
        kept.handOver(this::write);
        if (ended) {
            onEnd.run();
            return;
        }
        if (stream.over()) {
            return;
        }
        listen(this::read);
        if (!target.writeQueueFull()) {
            resume();
        }
    }

    /** Stops reading until it is known what becomes of the request. */
    void hold() {
        held = true;
        pause();
        stayOut();
    }

    /** Goes on behind {@link #hold}. */
    void release() {
        held = false;
        comeIn();
        if (sink != null && !ended && !sink.writeQueueFull()) {
            resume();
        }
    }

    /** Stops reading: the sink takes no more. Until there is another, or an answer, the body stays out. */
    void detach() {
        sink = null;
        onEnd = () -> {};
        splice.ifPresent(Splice::end);
        splice = Optional.empty();
        pause();
        stayOut();
    }

    /** The client has left. */
    void drop() {
        unwanted();
        if (present && !ended) {
            stream.drop();
        }
    }

    /** Nobody will take it any more, so that what comes is thrown away. */
    private void unwanted() {
        unwanted = true;
        detach();
        comeIn();
    }

    /** It will not be sent again. */
    void forget() {
        complete = false;
        kept.clear();
    }

    /**
     * A request that waits costs no memory: its body stays in the network, also when a part of it went to a sandbox that
     * slept. Has an end with {@link #comeIn}.
     */
    void stayOut() {
        if (present && !ended && !unwanted) {
            stream.stayOut();
        }
    }

    /** It may be read, though nobody may take it yet. */
    void comeIn() {
        if (present) {
            stream.comeIn();
        }
    }

    /**
     * The answer is given, and nobody wants the rest. Reads on for a while: most clients listen only when they have sent
     * all, and a connection that is closed under their hands may lose them the answer. Then it can serve the next request.
     */
    void discard(Vertx vertx) {
        if (ended() || stream.over()) {
            // Its last may have come while it was to stay out, and the connection serves on.
            comeIn();
            return;
        }
        unwanted();
        if (withheld()) {
            // Some send it without being told.
            stream.drop();
            stream.refuseRest();
            return;
        }
        long timer = vertx.setTimer(LINGER_MILLIS, t -> stream.refuseRest());
        onEnd = () -> vertx.cancelTimer(timer);
        discarding = onEnd;
        listen(unwanted -> {});
        resume();
    }

    /** The client has left behind its answer: nothing of the body will come. */
    void left() {
        discarding.run();
    }

    private void pause() {
        if (!present) {
            return;
        }
        wanted = false;
        if (spliced()) {
            splice.get().reading(false);
        } else {
            paused = true;
            stream.pause();
        }
    }

    /** From now on it is the client who is waited for. */
    private void resume() {
        if (!wanted) {
            wanted = true;
            wantedSince = System.nanoTime();
        }
        if (spliced()) {
            splice.get().reading(true);
        } else {
            paused = false;
            stream.resume();
        }
    }

    private boolean spliced() {
        return splice.isPresent() && splice.get().joined();
    }

    private void listen(Handler<Buffer> reader) {
        in.handler(reader);
        if (!listening) {
            listening = true;
            in.endHandler(v -> {
                ended = true;
                onEnd.run();
            });
        }
    }

    private void read(Buffer chunk) {
        moved(chunk.length());
        delivered++;
        if (!flows && bytes > SHORT) {
            flows = true;
            stream.flow();
        }
        if (complete && kept.bytes() + chunk.length() <= keepAtMost) {
            kept.add(chunk);
        } else {
            complete = false;
            kept.clear();
        }
        write(chunk);
        if (!complete && !paused && !ended && splice.isEmpty() && sink != null && Splice.worthIt(chunk.length())) {
            splice = Splice.begin(in.connection(), sink.connection(), this);
            goOnWhenDrained(sink);
        }
    }

    private void write(Buffer chunk) {
        HttpClientRequest target = sink;
        if (target == null) {
            return;
        }
        // A sink that failed says so to whoever waits for its answer.
        target.write(chunk).onFailure(lost -> {});
        if (target.writeQueueFull() && !ended && !spliced()) {
            pause();
            goOnWhenDrained(target);
        }
    }

    private void goOnWhenDrained(HttpClientRequest target) {
        target.drainHandler(v -> {
            if (sink == target && !held) {
                resume();
            }
        });
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
        return held || sink == null || sink.writeQueueFull();
    }

    @Override
    public void stop() {
        pause();
    }

    @Override
    public void moved(int length) {
        chunks++;
        bytes += length;
        movedAt = System.nanoTime();
        askedFor = true;
    }
}
