package dev.reveille.config;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * The public listener.
 *
 * @param host an address or name; an IPv6 address may come in brackets and is kept without
 * @param port 0: any free one
 * @param publicUrl the base of the URLs handed out, without path; empty: scheme, host and port of the listener
 * @param routing how the URLs handed out name sandboxes
 * @param domain what the host names of sandboxes end in, in lower case; there if they have host names
 * @param domainSeparator a dot or a hyphen, between a sandbox's own name and {@code domain}
 * @param portRange the ports of sandboxes, four for each; there if they have ports
 * @param bodyLimit the longest body that is read into memory, so not that of sandbox traffic
 * @param trustedProxies who is believed what it says of earlier hops
 * @param maxRequestLine the longest first line of a request, without its end
 * @param maxHead the longest header fields of a request together, without the ends of their lines
 * @param headTimeout from the first byte of a request, or from connecting, to the whole head
 * @param idleTimeout from the end of an answer to the first byte of the next request
 * @param bodyTimeout how long nothing of a body may come while it is wanted
 * @param tls whether and with what it is encrypted, the ports of sandboxes included
 */
public record HttpSettings(
        String host,
        int port,
        Optional<URI> publicUrl,
        Routing routing,
        Optional<String> domain,
        String domainSeparator,
        Optional<PortRange> portRange,
        ByteSize bodyLimit,
        List<AddressRange> trustedProxies,
        ByteSize maxRequestLine,
        ByteSize maxHead,
        Duration headTimeout,
        Duration idleTimeout,
        Duration bodyTimeout,
        TlsSettings tls) {
    private static final long LEAST_HEAD = 1 << 10;
    private static final long MOST_HEAD = 1 << 20;
    private static final long LEAST_BODY = 1 << 10;
    private static final long MOST_BODY = 1 << 30;
    private static final List<String> SEPARATORS = List.of(".", "-");
    private static final int LEAST_PORTS = 4;
    private static final int MOST_PORTS = 4_000;

    /** @throws IllegalArgumentException naming all values that are out of range */
    public HttpSettings {
        Objects.requireNonNull(routing, "routing");
        Objects.requireNonNull(tls, "tls");
        host = Hosts.bare(host);
        publicUrl = publicUrl.map(Form::withoutTrailingSlash);
        domain = domain.map(name -> name.toLowerCase(Locale.ROOT));
        trustedProxies = List.copyOf(trustedProxies);
        Expectations expectations = new Expectations("http")
                .host("host", host)
                .number("port", port, 0, 65_535)
                .that(
                        SEPARATORS.contains(domainSeparator),
                        "domain-separator",
                        domainSeparator,
                        "one of " + String.join(", ", SEPARATORS))
                .that(routing != Routing.SUBDOMAIN || domain.isPresent(), needed("http.domain", routing))
                .that(routing != Routing.PORT || portRange.isPresent(), needed("http.port-range", routing))
                .size("body-limit", bodyLimit, LEAST_BODY, MOST_BODY)
                .size("max-request-line", maxRequestLine, LEAST_HEAD, MOST_HEAD)
                .size("max-head", maxHead, LEAST_HEAD, MOST_HEAD)
                .time("head-timeout", headTimeout)
                .time("idle-timeout", idleTimeout)
                .time("body-timeout", bodyTimeout);
        domain.ifPresent(name -> expectations.that(
                Hosts.isDomain(name),
                "domain",
                name,
                "a domain such as sandboxes.example.org, at most 189 characters, without port"));
        portRange.ifPresent(range -> expectations.that(
                range.size() >= LEAST_PORTS && range.size() <= MOST_PORTS,
                "port-range",
                range.toString(),
                LEAST_PORTS + " to " + MOST_PORTS + " ports, four for each sandbox"));
        if (routing == Routing.PORT && portRange.isPresent()) {
            expectations.that(!portRange.get().contains(port), taken(portRange.get(), "http.port", port, List.of()));
        }
        publicUrl.ifPresent(url -> expectations
                .base("public-url", url)
                .that(
                        url.getRawPath() == null || url.getRawPath().isEmpty(),
                        "public-url",
                        Form.withoutSecrets(url.toString()),
                        "no path; sandboxes are reached below /{runtime_id}"));
        expectations.met();
    }

    private static Problem needed(String key, Routing routing) {
        return new Problem(
                key,
                "",
                "a value when http.routing is " + routing.name().toLowerCase(Locale.ROOT),
                List.of(key, "http.routing"));
    }

    /** A port of sandboxes is used for something else. */
    static Problem taken(PortRange range, String key, int port, List<String> also) {
        List<String> concerns = new ArrayList<>(List.of("http.port-range", key));
        concerns.addAll(also);
        return new Problem("http.port-range", range.toString(), "a range without " + key + " " + port, concerns);
    }
}
