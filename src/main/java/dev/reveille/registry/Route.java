package dev.reveille.registry;

import dev.reveille.session.Origin;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Service;
import dev.reveille.session.Session;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a node has to know to forward a request: the session, its runtime and where the runtime's services are.
 *
 * @param session as last heard of
 * @param runtime its runtime
 * @param origins where each of its services is
 */
public record Route(Session session, SandboxRuntime runtime, Map<Service, Origin> origins) {
    static Route of(Session session, SandboxRuntime runtime) {
        Map<Service, Origin> origins = new EnumMap<>(Service.class);
        for (Service service : Service.values()) {
            origins.put(service, runtime.origin(service));
        }
        return new Route(session, runtime, origins);
    }

    /** Whether the sandbox is on its way, whoever asked for it. */
    public boolean comingUp() {
        return session.state() instanceof SandboxState.Starting || session.state() instanceof SandboxState.Resuming;
    }

    /** Whether requests can be forwarded at once. */
    public boolean awake() {
        return session.state() instanceof SandboxState.Running;
    }
}
