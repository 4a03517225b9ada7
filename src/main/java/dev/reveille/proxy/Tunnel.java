package dev.reveille.proxy;

import dev.reveille.session.Origin;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.Optional;

/**
 * Both sides speak another protocol: bytes go through as they are, with back-pressure both ways, until either side closes.
 * What a side sent before it closed still reaches the other.
 */
final class Tunnel {
    /** From telling a client that this node is about to leave to cutting it off. */
    private static final Duration GOODBYE = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final NetSocket client;
    private final NetSocket sandbox;
    private final HttpConnection sandboxConnection;
    private final Optional<Frames> frames;
    private final Duration linger;
    private final Promise<Void> closed = Promise.promise();
    private boolean leaving;
    private boolean saidGoodbye;

    private Tunnel(
            Vertx vertx,
            NetSocket client,
            NetSocket sandbox,
            HttpConnection sandboxConnection,
            boolean frames,
            Duration linger) {
        this.vertx = vertx;
        this.client = client;
        this.sandbox = sandbox;
        this.sandboxConnection = sandboxConnection;
        this.frames = frames ? Optional.of(new Frames()) : Optional.empty();
        this.linger = linger;
    }

    /**
     * Tells the client that the sandbox has agreed.
     *
     * @param agreed the sandbox's 101
     * @param linger how long a side may take to read what was sent before the other one left
     * @return what will join them; fails if the client had left before
     */
    static Future<Tunnel> between(
            Vertx vertx,
            HttpClientResponse agreed,
            HttpServerRequest in,
            SandboxPath path,
            Origin origin,
            Duration linger) {
        NetSocket sandbox = agreed.netSocket();
        sandbox.pause();
        EndToEnd.response(agreed.headers(), in.response().headers(), path, origin);
        EndToEnd.upgrade(agreed.headers(), in.response().headers());
        boolean frames = "websocket".equalsIgnoreCase(agreed.getHeader(HttpHeaders.UPGRADE));
        return in.toNetSocket()
                .onFailure(gone -> sandbox.close())
                .map(client ->
                        new Tunnel(vertx, client, sandbox, agreed.request().connection(), frames, linger));
    }

    /** @return when either side has closed */
    Future<Void> open() {
        // Whoever is reset is closed too. The end of what a side sends would not do: it is told behind what was paused.
        client.exceptionHandler(reset -> {});
        sandbox.exceptionHandler(reset -> {});
        client.closeHandler(v -> left(client, sandbox));
        sandbox.closeHandler(v -> left(sandbox, client));
        client.handler(data -> pass(data, client, sandbox));
        sandbox.handler(this::answer);
        client.resume();
        sandbox.resume();
        return closed.future();
    }

    /**
     * This node is about to leave. The client of a websocket is told so at the next end of a frame, and to come back; what
     * it says to that goes on to the sandbox, which then closes. Whoever does not is cut off.
     */
    void leave() {
        if (closed.future().isComplete() || leaving) {
            return;
        }
        leaving = true;
        if (frames.isEmpty()) {
            cut();
            return;
        }
        if (frames.get().between()) {
            sayGoodbye();
        }
        vertx.setTimer(GOODBYE.toMillis(), t -> cut());
    }

    private void answer(Buffer data) {
        if (!leaving) {
            frames.ifPresent(f -> f.pass(data));
            pass(data, sandbox, client);
            return;
        }
        if (!saidGoodbye) {
            pass(data.slice(0, frames.orElseThrow().rest(data)), sandbox, client);
            if (frames.orElseThrow().between()) {
                sayGoodbye();
            }
        }
    }

    private void sayGoodbye() {
        saidGoodbye = true;
        client.write(Frames.RESTARTING).onFailure(gone -> {});
    }

    private void cut() {
        if (!closed.future().isComplete()) {
            // The close handlers do the rest.
            client.close().onFailure(gone -> {});
            sandbox.close().onFailure(gone -> {});
        }
    }

    private static void pass(Buffer data, NetSocket from, NetSocket to) {
        to.write(data).onFailure(gone -> {});
        if (to.writeQueueFull()) {
            from.pause();
            to.drainHandler(v -> from.resume());
        }
    }

    /** Vert.x tells of the close before it has handed over what came before it, if that was paused. */
    private void left(NetSocket gone, NetSocket other) {
        if (!closed.tryComplete()) {
            return;
        }
        other.drainHandler(null);
        other.handler(unwanted -> {});
        gone.handler(data -> other.write(data).onFailure(lost -> {}));
        gone.resume();
        // Runs behind what resume() has set going.
        vertx.runOnContext(v -> {
            long timer = vertx.setTimer(linger.toMillis(), t -> reset(other));
            other.closeHandler(done -> vertx.cancelTimer(timer));
            other.end().onFailure(lost -> {});
            // Paused, it would not be noticed to have left.
            other.resume();
        });
    }

    /** One that still has not read what it was sent would keep it, and the connection, for ever. */
    private void reset(NetSocket deaf) {
        // The socket of an agreed upgrade is but a view of its connection.
        if (deaf == sandbox) {
            Transport.reset(sandboxConnection);
        } else {
            Transport.reset(client);
        }
    }
}
