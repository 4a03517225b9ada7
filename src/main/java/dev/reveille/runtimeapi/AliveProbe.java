package dev.reveille.runtimeapi;

import dev.reveille.session.LocalRoute;
import dev.reveille.session.SandboxRuntime;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;

/** Asks a sandbox itself whether it answers. */
public final class AliveProbe {
    private static final int LONGEST_ANSWER = 64 * 1024;

    private static final ClientSSLOptions OURSELVES =
            new ClientSSLOptions().setTrustAll(true).setHostnameVerificationAlgorithm("");

    private final Exchange exchange;

    /** @param timeout from asking to the end of the answer */
    public AliveProbe(Vertx vertx, Duration timeout) {
        this.exchange = new Exchange(vertx, timeout, LONGEST_ANSWER);
    }

    /**
     * True if and only if {@code /alive} answers 200, whatever the body says: a sandbox that is "not initialized" yet has
     * always counted. Never fails; shows no key.
     */
    public Future<Boolean> alive(SandboxRuntime runtime) {
        return Future.succeededFuture(runtime.url() + "/alive")
                .map(url -> new RequestOptions().setAbsoluteURI(url))
                .compose(options -> exchange.send(options, Optional.empty()))
                .map(answer -> answer.status() == 200)
                .otherwise(false);
    }

    /** The same through a node's own public listener, as clients would ask. Whose certificate it has is known. */
    public Future<Boolean> alive(LocalRoute route) {
        RequestOptions options = new RequestOptions()
                .setServer(SocketAddress.inetSocketAddress(route.port(), route.host()))
                .setAbsoluteURI(route.scheme() + "://" + route.authority() + route.path() + "/alive")
                .setSslOptions(OURSELVES);
        return exchange.send(options, Optional.empty())
                .map(answer -> answer.status() == 200)
                .otherwise(false);
    }

    public Future<Void> close() {
        return exchange.close();
    }
}
