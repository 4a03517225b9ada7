package dev.reveille.testing;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A stretch of network that can be cut: while it is, nothing passes and nobody is told. */
public final class Relay implements AutoCloseable {
    private final NetServer server;

    /** Held, as Vert.x closes the connections of one that nobody holds. */
    private final NetClient client;

    private final Set<NetSocket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean cut;

    /** Leads from a free port of 127.0.0.1 to {@code port}. */
    public Relay(Vertx vertx, int port) {
        client = vertx.createNetClient();
        server = TestGateway.await(vertx.createNetServer()
                .connectHandler(near -> {
                    near.pause();
                    client.connect(port, "127.0.0.1")
                            .onFailure(refused -> near.close())
                            .onSuccess(far -> join(near, far));
                })
                .listen(0, "127.0.0.1"));
    }

    public int port() {
        return server.actualPort();
    }

    public void cut() {
        cut = true;
        open.forEach(NetSocket::pause);
    }

    public void heal() {
        cut = false;
        open.forEach(NetSocket::resume);
    }

    @Override
    public void close() {
        TestGateway.await(server.close());
        TestGateway.await(client.close());
    }

    private void join(NetSocket near, NetSocket far) {
        pass(near, far);
        pass(far, near);
        if (!cut) {
            near.resume();
            far.resume();
        }
    }

    private void pass(NetSocket from, NetSocket to) {
        open.add(from);
        from.handler(to::write);
        from.exceptionHandler(broken -> to.close());
        from.closeHandler(v -> {
            open.remove(from);
            to.close();
        });
    }
}
