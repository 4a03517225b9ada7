package dev.reveille.session;

import java.net.URI;
import java.util.Objects;
import java.util.Optional;

/**
 * The URLs under which clients reach sandboxes here. They begin with {@code /{runtime_id}}, since clients tell from
 * that that services are named by paths.
 *
 * <p>Without a configured base the listener's own address is used, which is known only once it listens.
 */
public final class PublicUrls {
    private final boolean configured;
    private volatile String base;

    /** URLs below {@code configured}; without one below {@code http://host} and the port that is still to be told. */
    public PublicUrls(Optional<URI> configured) {
        this.configured = configured.isPresent();
        this.base = configured.map(URI::toString).orElse("");
    }

    /** Tells where the public listener listens. Counts only where no base is configured. */
    public void listening(String host, int port) {
        if (!configured) {
            String name = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
            base = "http://" + name + ":" + port;
        }
    }

    /** The base of all URLs, without a trailing slash; empty until it is known. */
    public String base() {
        return base;
    }

    /** The address of {@code service} of {@code runtime}, without a trailing slash. */
    public String of(RuntimeId runtime, Service service) {
        Objects.requireNonNull(runtime, "runtime");
        return base + "/" + runtime + "/" + service.word();
    }
}
