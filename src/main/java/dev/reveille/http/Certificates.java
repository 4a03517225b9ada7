package dev.reveille.http;

import dev.reveille.config.KeyPairFiles;
import dev.reveille.config.TlsSettings;
import dev.reveille.config.UnusableFileException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate of the public listeners. Its files are looked at now and then: what was renewed is for all connections
 * from then on, and those that are open stay as they are. Files that are of no use change nothing.
 */
public final class Certificates {
    private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);
    private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

    /** What runs out within that time should have been renewed. */
    private static final Duration SOON = Duration.ofDays(7);

    private final Vertx vertx;
    private final Path certificate;
    private final Path key;
    private final long timer;
    private final List<Function<ServerSSLOptions, Future<?>>> users = new CopyOnWriteArrayList<>();
    private final KeyPairFiles first;
    private volatile KeyPairFiles current;
    private String complaint = "";
    private volatile Future<?> looking = Future.succeededFuture();

    private Certificates(Vertx vertx, TlsSettings tls, KeyPairFiles current) {
        this.vertx = vertx;
        this.certificate = tls.certificate().orElseThrow();
        this.key = tls.key().orElseThrow();
        this.first = current;
        this.current = current;
        this.timer = vertx.setPeriodic(tls.reload().toMillis(), t -> look());
    }

    /**
     * Reads the files of {@code tls}, and from then on looks whether they were renewed, until {@link #close}.
     *
     * @return fails with {@link UnusableFileException}, which names the setting
     */
    public static Future<Certificates> watch(Vertx vertx, TlsSettings tls) {
        return vertx.executeBlocking(() -> KeyPairFiles.read(
                        tls.certificate().orElseThrow(), tls.key().orElseThrow()))
                .onSuccess(Certificates::warnIfItRunsOut)
                .map(pair -> new Certificates(vertx, tls, pair));
    }

    /** @return when nothing is looked at any more */
    public Future<Void> close() {
        vertx.cancelTimer(timer);
        return looking.transform(done -> Future.succeededFuture());
    }

    /** For a listener that is about to listen. */
    HttpServerOptions on(HttpServerOptions listener) {
        return listener.setSsl(true)
                .setUseAlpn(true)
                .setKeyCertOptions(current.options())
                .setEnabledSecureTransportProtocols(PROTOCOLS);
    }

    private ServerSSLOptions options() {
        return new ServerSSLOptions()
                .setKeyCertOptions(current.options())
                .setUseAlpn(true)
                .setEnabledSecureTransportProtocols(PROTOCOLS);
    }

    /** Lets {@code user} have every renewed one, until the end. It may have begun with one that was renewed since. */
    public void renewing(Function<ServerSSLOptions, Future<?>> user) {
        users.add(user);
        if (!current.equals(first)) {
            user.apply(options()).onFailure(this::complain);
        }
    }

    private void look() {
        if (!looking.isComplete()) {
            return;
        }
        looking = vertx.executeBlocking(() -> KeyPairFiles.read(certificate, key))
                .compose(this::taken)
                .onSuccess(all -> complaint = "")
                .onFailure(this::complain);
    }

    private Future<?> taken(KeyPairFiles read) {
        if (read.equals(current)) {
            return Future.succeededFuture();
        }
        KeyPairFiles before = current;
        current = read;
        ServerSSLOptions renewed = options();
        return Future.join(users.stream().map(user -> user.apply(renewed)).toList())
                .onSuccess(all -> {
                    LOG.info("certificate={} renewed until={} before={}", certificate, read.until(), before.until());
                    warnIfItRunsOut(read);
                })
                .onFailure(refused -> current = before);
    }

    /** Once for each reason: a file stays broken until somebody mends it. */
    private void complain(Throwable reason) {
        String words = reason instanceof UnusableFileException unusable ? unusable.getMessage() : reason.toString();
        if (!words.equals(complaint)) {
            complaint = words;
            LOG.warn(
                    "the old certificate stays, until={}, because the new one is of no use: {}",
                    current.until(),
                    words);
        }
    }

    private static void warnIfItRunsOut(KeyPairFiles pair) {
        if (Instant.now().plus(SOON).isAfter(pair.until())) {
            LOG.warn("the certificate runs out: until={}", pair.until());
        }
    }
}
