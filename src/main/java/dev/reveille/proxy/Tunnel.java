package dev.reveille.proxy;

import dev.reveille.session.Origin;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetSocket;
import java.time.Duration;

/**
 * Both sides speak another protocol: bytes go through as they are, with back-pressure both ways, until either side closes.
 * What a side sent before it closed still reaches the other.
 */
final class Tunnel {
    private final Vertx vertx;
    private final NetSocket client;
    private final NetSocket sandbox;
    private final HttpConnection sandboxConnection;
    private final Duration linger;
    private final Promise<Void> closed = Promise.promise();

    private Tunnel(
            Vertx vertx, NetSocket client, NetSocket sandbox, HttpConnection sandboxConnection, Duration linger) {
        this.vertx = vertx;
        this.client = client;
        this.sandbox = sandbox;
        this.sandboxConnection = sandboxConnection;
        this.linger = linger;
    }

    /**
     * Tells the client that the sandbox has agreed, and joins them.
     *
     * @param agreed the sandbox's 101
     * @param linger how long a side may take to read what was sent before the other one left
     * @return when either side has closed; fails if the client had left before
     */
    static Future<Void> join(
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
        return in.toNetSocket()
                .onFailure(gone -> sandbox.close())
                .compose(client ->
                        new Tunnel(vertx, client, sandbox, agreed.request().connection(), linger).open());
    }

    private Future<Void> open() {
        // Whoever is reset is closed too. The end of what a side sends would not do: it is told behind what was paused.
        client.exceptionHandler(reset -> {});
        sandbox.exceptionHandler(reset -> {});
        client.closeHandler(v -> left(client, sandbox));
        sandbox.closeHandler(v -> left(sandbox, client));
        pump(client, sandbox);
        pump(sandbox, client);
        return closed.future();
    }

    private static void pump(NetSocket from, NetSocket to) {
        from.handler(data -> {
            to.write(data).onFailure(gone -> {});
            if (to.writeQueueFull()) {
                from.pause();
                to.drainHandler(v -> from.resume());
            }
        });
        from.resume();
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
