package dev.reveille.session;

import java.net.URI;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * One sandbox, as upstream describes it.
 *
 * @param id upstream's name for it
 * @param url its base address at upstream, without a trailing slash; never shown to outsiders
 * @param sessionKey the key that the sandbox itself checks; empty if upstream issued none
 * @param workHosts address of an app in the sandbox → the port it listens on inside
 */
public record SandboxRuntime(RuntimeId id, URI url, Optional<String> sessionKey, Map<String, Integer> workHosts) {
    /** @throws IllegalArgumentException if {@code url} is not an absolute http or https address with a host */
    public SandboxRuntime {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(sessionKey, "sessionKey");
        workHosts = Map.copyOf(workHosts);
        boolean http = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
        if (!http || url.getHost() == null) {
            throw new IllegalArgumentException(
                    "url: " + Quoted.shortly(url.toString()) + " (expected: an absolute http or https URL)");
        }
        if (url.toString().endsWith("/")) {
            url = URI.create(url.toString().replaceFirst("/+$", ""));
        }
    }

    /** Where {@code service} is reached at upstream: where that says it is, or else where clients would look for it. */
    public Origin origin(Service service) {
        return WorkHosts.address(service, workHosts).map(Origin::at).orElseGet(() -> Origin.of(id, url, service));
    }

    /** The ports that the apps inside listen on, by the service that leads there; there are no services for more than two. */
    public Map<Service, Integer> workPorts() {
        Map<Service, Integer> ports = new EnumMap<>(Service.class);
        for (Service service : Service.values()) {
            WorkHosts.address(service, workHosts)
                    .ifPresent(address -> ports.put(service, workHosts.get(address.toString())));
        }
        return ports;
    }

    /** The same runtime with the key that a resume handed out. */
    public SandboxRuntime withSessionKey(String rotated) {
        return new SandboxRuntime(id, url, Optional.of(rotated), workHosts);
    }

    /** The same runtime with what {@code known} has and this lacks: upstream does not tell everything everywhere. */
    public SandboxRuntime completedBy(SandboxRuntime known) {
        return known.id.equals(id)
                ? new SandboxRuntime(
                        id, url, sessionKey.or(known::sessionKey), workHosts.isEmpty() ? known.workHosts : workHosts)
                : this;
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "SandboxRuntime[" + id + " at " + url + "]";
    }
}
