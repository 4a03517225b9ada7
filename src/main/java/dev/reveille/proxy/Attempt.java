package dev.reveille.proxy;

import dev.reveille.http.Transport;
import dev.reveille.session.Origin;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One sending of a request to a sandbox, up to the head of its answer. */
final class Attempt {
    private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

    static final int SWITCHING_PROTOCOLS = 101;

    private static final int OK = 200;

    /** HTTP/2's error code (RFC 9113, 7). */
    private static final long CANCEL = 0x8;

    private static final long REFUSED_STREAM = 0x7;

    /** A client does not wait for ever to be told to go on (RFC 9110, 10.1.1), and some servers never say so. */
    private static final long UNTOLD_MILLIS = 1_000;

    /** In bytes of heads that say 103. */
    private static final int MOST_OF_HINTS = 16 * 1024;

    private static final int LINE_OF_HINTS = "HTTP/1.1 103 Early Hints".length();

    private final Vertx vertx;
    private final Connections connections;
    private final Silence silence;
    private final Origin origin;
    private final HttpServerRequest in;
    private final SandboxPath path;
    private final InboundBody body;
    private final boolean upgrade;
    private final Promise<HttpClientResponse> head = Promise.promise();
    private HttpClientRequest out;
    private HttpClientResponse answer;
    private boolean sent;
    private boolean over;
    private int roomForHints = MOST_OF_HINTS;
    private boolean withheld;
    private boolean cancelled;
    private boolean brokenOff;
    private boolean fresh;
    private Silence.Watch watch;
    private Runnable onHandedOver = () -> {};

    Attempt(
            Vertx vertx,
            Connections connections,
            Silence silence,
            Origin origin,
            HttpServerRequest in,
            SandboxPath path,
            InboundBody body,
            boolean upgrade) {
        this.vertx = vertx;
        this.connections = connections;
        this.silence = silence;
        this.origin = origin;
        this.in = in;
        this.path = path;
        this.body = body;
        this.upgrade = upgrade;
    }

    /**
     * Sends it.
     *
     * @param limit how long nothing may move, neither body nor answer, before the sandbox counts as silent
     * @return the head of the answer, its body paused; fails with {@link Loss}, at once if it is cancelled
     */
    Future<HttpClientResponse> send(Duration limit) {
        request()
                .recover(error -> Future.failedFuture(new Loss(Loss.Kind.NOT_SENT, error)))
                .compose(request -> cancelled ? abandoned(request) : sent(request, limit))
                .onFailure(head::tryFail);
        return head.future();
    }

    /** The answer is through. If the sandbox did not want the whole body, its connection is of no use to others. */
    void close(HttpClientResponse answer) {
        if (sent && !upgrade && !over) {
            over = true;
            connections.giveBack(origin, answer);
        } else {
            cancel();
        }
    }

    /** Keeps {@code Authorization} from the sandbox. To be called before {@link #send}. */
    void withholdAuthorization() {
        withheld = true;
    }

    /** {@code then} runs when the last of the request goes to the sandbox. To be called before {@link #send}. */
    void onHandedOver(Runnable then) {
        onHandedOver = then;
    }

    /** Whether the head of the answer is here right now, and nothing that is behind it. */
    boolean fresh() {
        return fresh;
    }

    /** Whether the answer will never be whole. */
    boolean brokenOff() {
        return brokenOff;
    }

    /** The client has left, or the answer is not wanted any more: the sandbox need not go on. */
    void cancel() {
        cancelled = true;
        body.detach();
        if (out == null) {
            // The connection may take its time to stand.
            head.tryFail(new Loss(Loss.Kind.NOT_SENT, new ClientLeft()));
            return;
        }
        if (over) {
            return;
        }
        over = true;
        silence.forget(watch);
        cut(out);
        if (answer != null && !(upgrade && answer.statusCode() == SWITCHING_PROTOCOLS)) {
            drop(answer);
        }
    }

    /** What Vert.x keeps of it while it is paused is released only if somebody takes it. */
    private static void drop(HttpClientResponse answer) {
        try {
            answer.handler(unwanted -> {});
            answer.resume();
        } catch (IllegalStateException ended) {
            LOG.trace("all of it was taken");
        }
    }

    /** Upgraded connections never come back. */
    private Future<HttpClientRequest> request() {
        RequestOptions options = new RequestOptions()
                .setHost(origin.host())
                .setPort(origin.port())
                .setSsl(origin.ssl())
                .setMethod(in.method())
                .setURI(path.below(origin.prefix()));
        if (Grpc.is(in)) {
            return connections.multiplexed(options);
        }
        return upgrade ? connections.alone(origin, options) : connections.request(origin, options);
    }

    private static Future<HttpClientResponse> abandoned(HttpClientRequest request) {
        // Vert.x reports as an error what nobody listens to.
        request.exceptionHandler(cancelled -> {});
        cut(request);
        return Future.failedFuture(new Loss(Loss.Kind.NOT_SENT, new ClientLeft()));
    }

    /** What is left of it will not be read: its connection is of no use to others, unless it has many streams. */
    private static void cut(HttpClientRequest request) {
        if (multiplexed(request)) {
            begin(request);
            request.reset(CANCEL).onFailure(before -> {});
        } else {
            Transport.cut(request.connection());
        }
    }

    /** A stream that never began would keep its place in Vert.x' pool for ever. */
    private static void begin(HttpClientRequest request) {
        try {
            request.sendHead().onFailure(before -> {});
        } catch (IllegalArgumentException | IllegalStateException begun) {
            LOG.trace("its head was sent");
        }
    }

    private static boolean multiplexed(HttpClientRequest request) {
        return request.version() == HttpVersion.HTTP_2;
    }

    private Future<HttpClientResponse> sent(HttpClientRequest request, Duration limit) {
        out = request;
        watch(limit);
        out.exceptionHandler(this::broken);
        EndToEnd.request(in, path, out.headers());
        if (withheld) {
            out.headers().remove(HttpHeaders.AUTHORIZATION);
        }
        if (upgrade) {
            EndToEnd.upgrade(in.headers(), out.headers());
        }
        if (multiplexed(out)) {
            // gRPC servers want to hear that nobody on the way drops their trailers.
            out.putHeader("te", "trailers");
        }
        if (!upgrade && in.version() != HttpVersion.HTTP_1_0) {
            out.earlyHintsHandler(this::hinted);
        }
        (upgrade ? out.connect() : out.response()).onSuccess(this::answered).onFailure(this::broken);
        if (!upgrade) {
            sendBody();
        }
        return head.future();
    }

    private void answered(HttpClientResponse response) {
        silence.forget(watch);
        if (!upgrade || response.statusCode() != SWITCHING_PROTOCOLS) {
            response.pause();
            response.exceptionHandler(early -> brokenOff = true);
        }
        answer = response;
        if (response.statusCode() < OK && !(upgrade && response.statusCode() == SWITCHING_PROTOCOLS)) {
            // Nobody asked for another protocol. Other interim answers do not come here.
            // Before anybody hears of it, who may send the body again at once.
            cancel();
            lost(Loss.Kind.BROKEN, new IllegalStateException("an answer with status " + response.statusCode()));
            return;
        }
        fresh = true;
        head.tryComplete(response);
        fresh = false;
    }

    /**
     * What a browser may fetch while the answer is in the making (RFC 8297). Nothing holds up a sandbox that says it again and
     * again, so what is too much is left out.
     */
    private void hinted(MultiMap said) {
        HttpServerResponse to = in.response();
        if (over || to.headWritten() || to.closed()) {
            return;
        }
        MultiMap hints = EndToEnd.hints(said, in.version(), path, origin);
        int size = LINE_OF_HINTS;
        for (Map.Entry<String, String> field : hints) {
            size += field.getKey().length() + field.getValue().length();
        }
        if (size <= roomForHints) {
            roomForHints -= size;
            to.writeEarlyHints(hints).onFailure(gone -> {});
        }
    }

    private void broken(Throwable error) {
        boolean refused = error instanceof StreamResetException reset && reset.getCode() == REFUSED_STREAM;
        lost(refused || Transport.neverBegun(out) ? Loss.Kind.REFUSED : Loss.Kind.BROKEN, error);
    }

    private void lost(Loss.Kind kind, Throwable error) {
        silence.forget(watch);
        if (!head.future().isComplete()) {
            // Whoever hears of it may send the body again at once.
            body.detach();
            head.tryFail(new Loss(kind, error));
        }
    }

    private void sendBody() {
        if (!body.present()) {
            finish();
            return;
        }
        body.comeIn();
        if (!out.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
            out.setChunked(true);
        }
        if (body.withheld()) {
            awaitGoOn();
        } else {
            out.headers().remove(HttpHeaders.EXPECT);
            body.sendTo(out, this::finish);
            // The sandbox may want to answer a head whose body is late. Runs behind what was at hand of the body.
            vertx.runOnContext(v -> headAtLeast());
        }
    }

    private void headAtLeast() {
        if (body.progress() == 0 && !sent && !over) {
            out.sendHead().onFailure(this::broken);
        }
    }

    /** The client sends nothing before it knows that the sandbox wants it. */
    private void awaitGoOn() {
        long timer = vertx.setTimer(UNTOLD_MILLIS, t -> body.sendTo(out, this::finish));
        head.future().onComplete(answered -> vertx.cancelTimer(timer));
        out.continueHandler(v -> {
            body.goOn();
            if (vertx.cancelTimer(timer)) {
                body.sendTo(out, this::finish);
            }
        });
        out.sendHead().onFailure(this::broken);
    }

    private void finish() {
        sent = true;
        onHandedOver.run();
        // A write that fails is no answer of its own: the answer's future fails too, or has come already.
        out.end().onFailure(this::broken);
    }

    private void watch(Duration limit) {
        watch = silence.watch(limit, body::movedAt, () -> {
            lost(Loss.Kind.SILENT, new IllegalStateException("nothing came for " + limit));
            cancel();
        });
    }
}
