package dev.reveille.bridge;

import dev.reveille.config.KeyPairFiles;
import dev.reveille.config.TcpBridgeSettings;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bridge for services. It speaks the protocol of vertx-tcp-eventbus-bridge, but is a server of its own: that module's keeps frames of any length in memory, lets any amount wait for those who do not read, and asks nobody
 * before it passes a message on.
 */
final class TcpBridge extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(TcpBridge.class);

    private final House house;
    private final AtomicInteger actualPort;
    private final Set<Guest> guests = new HashSet<>();
    private NetServer server;

    TcpBridge(House house, AtomicInteger actualPort) {
        this.house = house;
        this.actualPort = actualPort;
    }

    @Override
    public Future<?> start() {
        TcpBridgeSettings tcp = house.settings().tcp();
        return options(tcp)
                .compose(options -> {
                    server = vertx.createNetServer(options).connectHandler(this::arrives);
                    return server.listen(tcp.port(), tcp.host());
                })
                .onSuccess(up -> {
                    actualPort.set(up.actualPort());
                    LOG.info(
                            "bridge=tcp host={} port={} tls={}",
                            tcp.host(),
                            up.actualPort(),
                            tcp.certificate().isPresent());
                });
    }

    private Future<NetServerOptions> options(TcpBridgeSettings tcp) {
        NetServerOptions options = new NetServerOptions().setTcpKeepAlive(true);
        if (tcp.certificate().isEmpty()) {
            return Future.succeededFuture(options);
        }
        return vertx.executeBlocking(() -> KeyPairFiles.read(
                        tcp.certificate().orElseThrow(), tcp.key().orElseThrow()))
                .map(pair -> options.setSsl(true)
                        .setKeyCertOptions(pair.options())
                        .setEnabledSecureTransportProtocols(Set.of("TLSv1.2", "TLSv1.3")));
    }

    private void arrives(NetSocket socket) {
        TcpLine line = new TcpLine(socket);
        Guest guest = new Guest(house, Shown.NOTHING, line);
        guests.add(guest);
        socket.closeHandler(v -> {
            guests.remove(guest);
            guest.left();
        });
        line.leadsTo(guest);
        guest.begin();
    }

    @Override
    public Future<?> stop() {
        Set.copyOf(guests).forEach(Guest::dismiss);
        return server == null ? Future.succeededFuture() : server.close();
    }
}
