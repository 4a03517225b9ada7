package dev.reveille.session;

import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The URLs under which clients reach sandboxes here. They begin with {@code /{runtime_id}}, since clients tell from
 * that that services are named by paths.
 *
 * <p>Without a configured base the listener's own address is used, which is known only once it listens.
 */
public final class PublicUrls {
    /** Addresses to listen on, none to connect to. */
    private static final Set<String> ANY = Set.of("0.0.0.0", "::", "[::]");

    private final boolean configured;
    private volatile String base;
    private volatile InetSocketAddress listener;

    /** URLs below {@code configured}; without one below {@code http://host} and the port that is still to be told. */
    public PublicUrls(Optional<URI> configured) {
        this.configured = configured.isPresent();
        this.base = configured.map(URI::toString).orElse("");
    }

    /** Tells where the public listener listens. It becomes the base where none is configured. */
    public void listening(String host, int port) {
        if (!configured) {
            String name = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
            base = "http://" + name + ":" + port;
        }
        listener = InetSocketAddress.createUnresolved(ANY.contains(host) ? "127.0.0.1" : host, port);
    }

    /**
     * How this node itself reaches {@code runtime} through its own public listener; empty while that is not known, or the
     * listener does not listen yet.
     */
    public Optional<LocalRoute> local(RuntimeId runtime) {
        return Optional.ofNullable(listener)
                .map(at -> new LocalRoute(
                        at.getHostString(),
                        at.getPort(),
                        URI.create(base).getRawAuthority(),
                        "/" + runtime + "/" + Service.RUNTIME.word()));
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
