package dev.reveille;

import dev.reveille.config.Settings;
import io.vertx.core.Future;
import io.vertx.core.shareddata.AsyncMap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;

/** Ports for one more node on a machine where others may listen on the default ones, or may be about to. */
final class FreePorts {
    private static final String MAP = "reveille.ports";
    private static final int TRIED = 100;

    /** For as long as the node that has claimed a port may need until it listens there. */
    private static final Duration CLAIM = Duration.ofMinutes(1);

    private final AsyncMap<String, String> claims;
    private final String node;

    private FreePorts(AsyncMap<String, String> claims, String node) {
        this.claims = claims;
        this.node = node;
    }

    /** @return the same settings, where a port is the default and taken with the next free one */
    static Future<Settings> of(Platform platform, Settings settings) {
        Settings initial = Settings.defaults();
        return platform.vertx()
                .sharedData()
                .<String, String>getAsyncMap(MAP)
                .map(claims -> new FreePorts(claims, platform.node().id()))
                .compose(ports -> ports.free(
                                settings.http().host(),
                                settings.http().port(),
                                initial.http().port())
                        .compose(http -> ports.free(
                                        settings.admin().host(),
                                        settings.admin().port(),
                                        initial.admin().port())
                                .map(admin -> settings.onPorts(http, admin))));
    }

    /** A port that somebody chose is kept: that it is taken is an error to be told. */
    private Future<Integer> free(String host, int port, int initial) {
        return port == initial ? next(host, port, initial) : Future.succeededFuture(port);
    }

    private Future<Integer> next(String host, int port, int initial) {
        if (port == initial + TRIED) {
            return Future.succeededFuture(initial);
        }
        return isFree(host, port)
                ? claims.putIfAbsent(Integer.toString(port), node, CLAIM.toMillis())
                        .compose(other -> other == null ? Future.succeededFuture(port) : next(host, port + 1, initial))
                : next(host, port + 1, initial);
    }

    private static boolean isFree(String host, int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getByName(host), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
