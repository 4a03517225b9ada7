package dev.reveille.session;

import java.net.URI;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The URLs under which clients reach sandboxes here. One that was handed out is good for as long as its runtime lives.
 *
 * <ul>
 *   <li>By path, {@code {base}/{runtime_id}/{service}}: clients tell from the beginning {@code /{runtime_id}} that services
 *       are named by paths.
 *   <li>By host, see {@link HostNames}; a runtime whose id cannot stand in a host name is named by path.
 *   <li>By port, see {@link PortSlots}; a runtime that gets no port is named by path.
 * </ul>
 *
 * <p>Without a configured base the listener's own address is used, which is known only once it listens.
 */
public final class PublicUrls {
    /** Addresses to listen on, none to connect to. */
    private static final Set<String> ANY = Set.of("0.0.0.0", "::", "[::]");

    private final boolean configured;
    private final Optional<HostNames> names;
    private final Optional<PortSlots> slots;
    private volatile Base base;
    private volatile Listener listener;

    /**
     * URLs by path, below {@code configured}; without one below the listener, which is still to be told.
     */
    public PublicUrls(Optional<URI> configured) {
        this(configured, Optional.empty(), Optional.empty());
    }

    private PublicUrls(Optional<URI> configured, Optional<HostNames> names, Optional<PortSlots> slots) {
        this.configured = configured.isPresent();
        this.base = configured.map(Base::of).orElse(Base.UNKNOWN);
        this.names = names;
        this.slots = slots;
    }

    /** URLs by host, with the scheme and the port of {@code configured} or else of the listener. */
    public static PublicUrls byHost(Optional<URI> configured, String domain, String separator) {
        HostNames names = new HostNames(domain, separator, configured.map(URI::getHost));
        return new PublicUrls(configured, Optional.of(names), Optional.empty());
    }

    /** URLs by port, with the scheme and the host of {@code configured} or else of the listener. */
    public static PublicUrls byPort(Optional<URI> configured, PortSlots slots) {
        return new PublicUrls(configured, Optional.empty(), Optional.of(slots));
    }

    /** The names of sandboxes, where they have names. */
    public Optional<HostNames> names() {
        return names;
    }

    /** The ports of sandboxes, where they have ports. */
    public Optional<PortSlots> slots() {
        return slots;
    }

    /** Tells where the public listener listens. It becomes the base where none is configured. */
    public void listening(String scheme, String host, int port) {
        if (!configured) {
            String name = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
            base = Base.of(URI.create(scheme + "://" + name + ":" + port));
        }
        listener = new Listener(scheme, ANY.contains(host) ? "127.0.0.1" : host, port);
    }

    /**
     * How this node itself reaches {@code runtime} through its own public listener; empty while the listener does not listen
     * yet.
     */
    public Optional<LocalRoute> local(RuntimeId runtime) {
        Base now = base;
        return Optional.ofNullable(listener).map(at -> local(runtime, now, at));
    }

    private LocalRoute local(RuntimeId runtime, Base now, Listener at) {
        if (names.isPresent() && names.get().canName(runtime)) {
            return at.route(at.port(), names.get().of(runtime, Service.RUNTIME), "");
        }
        OptionalInt port = port(runtime, Service.RUNTIME);
        return port.isPresent()
                ? at.route(port.getAsInt(), now.host() + ":" + port.getAsInt(), "")
                : at.route(at.port(), now.authority(), path(runtime, Service.RUNTIME));
    }

    /** The base of all URLs that name sandboxes by path, without a trailing slash; empty until it is known. */
    public String base() {
        return base.url();
    }

    /** The address of {@code service} of {@code runtime}, without a trailing slash. */
    public String of(RuntimeId runtime, Service service) {
        Objects.requireNonNull(runtime, "runtime");
        Base now = base;
        if (now.url().isEmpty()) {
            return path(runtime, service);
        }
        if (names.isPresent() && names.get().canName(runtime)) {
            return now.scheme() + "://" + names.get().of(runtime, service) + now.colonPort();
        }
        OptionalInt port = port(runtime, service);
        return port.isPresent()
                ? now.scheme() + "://" + now.host() + ":" + port.getAsInt()
                : now.url() + path(runtime, service);
    }

    /** This node has a route to {@code runtime}: from now on it has its URLs, asked for or not. */
    public void routed(RuntimeId runtime) {
        slots.ifPresent(s -> s.keep(runtime));
    }

    /** This node has no route to {@code runtime} any more: its URLs may become another's. */
    public void unrouted(RuntimeId runtime) {
        slots.ifPresent(s -> s.release(runtime));
    }

    /** To be called now and then, for the sake of URLs that were asked for and never routed. */
    public void tidy(Predicate<RuntimeId> routed) {
        slots.ifPresent(s -> s.tidy(routed));
    }

    private OptionalInt port(RuntimeId runtime, Service service) {
        return slots.isPresent() ? slots.get().port(runtime, service) : OptionalInt.empty();
    }

    private static String path(RuntimeId runtime, Service service) {
        return "/" + runtime + "/" + service.word();
    }

    /** Where this node listens, as it can itself be reached. */
    private record Listener(String scheme, String host, int port) {
        private LocalRoute route(int at, String authority, String path) {
            return new LocalRoute(scheme, host, at, authority, path);
        }
    }

    /**
     * What stands in front.
     *
     * @param url whole
     * @param authority host and port as they stand in it
     * @param colonPort the port behind a colon; empty where the URL says none
     */
    private record Base(String url, String scheme, String host, String authority, String colonPort) {
        private static final Base UNKNOWN = new Base("", "", "", "", "");

        private static Base of(URI url) {
            String host = url.getHost() == null ? "" : url.getHost();
            return new Base(
                    url.toString(),
                    url.getScheme(),
                    host,
                    url.getRawAuthority(),
                    url.getPort() < 0 ? "" : ":" + url.getPort());
        }
    }
}
