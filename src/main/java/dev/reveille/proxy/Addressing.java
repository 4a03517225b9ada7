package dev.reveille.proxy;

import dev.reveille.http.RequestTarget;
import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.HostNames;
import dev.reveille.session.PortSlots;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.Service;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;

/**
 * Which sandbox a request is for. Behind a host name or a port of a sandbox everything is the sandbox's, the paths of our
 * own API included; everywhere else the path decides.
 */
final class Addressing {
    /** A service that is named before its runtime. */
    private record Prefix(String text, Service service) {
        private static Prefix of(Service service) {
            return new Prefix(service.word() + "-", service);
        }
    }

    private static final List<Prefix> PREFIXES =
            List.of(Prefix.of(Service.VSCODE), Prefix.of(Service.WORK_1), Prefix.of(Service.WORK_2));

    private final SessionRegistry registry;
    private final HostNames names;

    Addressing(SessionRegistry registry, Optional<HostNames> names) {
        this.registry = registry;
        this.names = names.orElse(null);
    }

    /** @return empty if it is for none of them */
    Optional<SandboxPath> of(HttpServerRequest request) {
        if (names != null && !HttpMethod.CONNECT.equals(request.method())) {
            String authority = RequestTarget.authority(request);
            String label = authority == null ? null : names.below(authority);
            if (label != null) {
                return Optional.of(named(label, RequestTarget.path(request)));
            }
        }
        return SandboxPath.of(RequestTarget.path(request));
    }

    /** For a request that came to a port of {@code slot}. Nobody may have it; then it leads to no sandbox. */
    static Optional<SandboxPath> at(PortSlots slots, int slot, Service service, HttpServerRequest request) {
        if (HttpMethod.CONNECT.equals(request.method())) {
            return Optional.empty();
        }
        RuntimeId holder = slots.holder(slot);
        return Optional.of(
                SandboxPath.ofPort(holder == null ? "" : holder.value(), service, RequestTarget.path(request)));
    }

    /**
     * Names of sandboxes are single labels. A runtime may be called {@code vscode-x}, so a name that is a known runtime's is
     * no service's.
     */
    private SandboxPath named(String label, String path) {
        if (label.indexOf('.') >= 0) {
            return SandboxPath.ofHost("", Service.RUNTIME, path);
        }
        for (Prefix prefix : PREFIXES) {
            if (label.startsWith(prefix.text) && registry.route(label) == null) {
                return SandboxPath.ofHost(label.substring(prefix.text.length()), prefix.service, path);
            }
        }
        return SandboxPath.ofHost(label, Service.RUNTIME, path);
    }
}
