package dev.reveille.proxy;

import dev.reveille.registry.Activity;
import dev.reveille.session.Origin;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** The tunnels of one event loop. */
final class Tunnels {
    private final Vertx vertx;
    private final Duration linger;
    private final IdleLimit idle;
    private final Set<Tunnel> open = new HashSet<>();
    private Optional<Duration> leaving = Optional.empty();

    /**
     * @param linger how long a side may take to read what was sent before the other one left
     * @param idle how long both may be silent
     */
    Tunnels(Vertx vertx, Duration linger, IdleLimit idle) {
        this.idle = idle;
        this.vertx = vertx;
        this.linger = linger;
    }

    /**
     * Tells the client that the sandbox has agreed, and joins them.
     *
     * @param agreed the sandbox's 101
     * @param use told of what the client says; empty: nobody is
     * @return when bytes go through; fails if the client had left before
     */
    Future<Tunnel> join(
            HttpClientResponse agreed,
            HttpServerRequest in,
            SandboxPath path,
            Origin origin,
            Optional<Activity.Use> use) {
        return Tunnel.between(vertx, agreed, in, path, origin, linger, use).onSuccess(tunnel -> {
            open.add(tunnel);
            // The sandbox may have taken its time to agree.
            leaving.ifPresent(window -> leave(tunnel, window));
            if (idle.exists()) {
                Runnable forget = idle.watch(tunnel::movedAt, tunnel::cut);
                tunnel.closed().onComplete(v -> forget.run());
            }
            tunnel.closed().onComplete(over -> open.remove(tunnel));
        });
    }

    /** Closes all of them, and those that are yet to be joined, each at a moment of its own: clients that come back together would trample who takes them. */
    void leave(Duration window) {
        leaving = Optional.of(window);
        open.forEach(tunnel -> leave(tunnel, window));
    }

    private void leave(Tunnel tunnel, Duration window) {
        vertx.setTimer(ThreadLocalRandom.current().nextLong(1, window.toMillis() + 2), t -> tunnel.leave());
    }
}
