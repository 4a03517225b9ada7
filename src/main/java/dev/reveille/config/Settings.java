package dev.reveille.config;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Every setting. {@code conf/reveille.yaml} lists them with their defaults; the record names follow its keys.
 *
 * <p>A record that exists is in order by itself: each constructor checks ranges and what its values have to do with one
 * another, and names everything that is wrong. Durations that may be zero say so; all others are at least a
 * millisecond.
 *
 * @param tenants may be empty only while {@code http.host} is a loopback address
 */
public record Settings(
        HttpSettings http,
        AdminSettings admin,
        UpstreamSettings upstream,
        EmbeddedSettings embedded,
        List<TenantSettings> tenants,
        LifecycleSettings lifecycle,
        HoldSettings hold,
        ProxySettings proxy,
        RegistrySettings registry,
        WatcherSettings watchers,
        WebhookSettings webhook,
        BridgeSettings bridges,
        ClusterSettings cluster,
        ShutdownSettings shutdown,
        LogSettings log) {

    /** @throws IllegalArgumentException naming all values that contradict one another */
    public Settings {
        Objects.requireNonNull(embedded, "embedded");
        Objects.requireNonNull(upstream, "upstream");
        Objects.requireNonNull(lifecycle, "lifecycle");
        Objects.requireNonNull(hold, "hold");
        Objects.requireNonNull(proxy, "proxy");
        Objects.requireNonNull(registry, "registry");
        Objects.requireNonNull(watchers, "watchers");
        Objects.requireNonNull(webhook, "webhook");
        Objects.requireNonNull(bridges, "bridges");
        Objects.requireNonNull(cluster, "cluster");
        Objects.requireNonNull(shutdown, "shutdown");
        Objects.requireNonNull(log, "log");
        tenants = List.copyOf(tenants);
        Expectations expectations = new Expectations("")
                .that(!tenants.isEmpty() || Hosts.isLoopback(http.host()), unguarded(http.host()))
                .that(!samePort(http, admin), onePort(http, admin))
                .that(
                        !tenants.isEmpty() || Hosts.isLoopback(bridges.tcp().host()),
                        unguardedBridge(bridges.tcp().host()));
        if (http.routing() == Routing.PORT && http.portRange().isPresent()) {
            PortRange range = http.portRange().get();
            expectations.that(!cluster.enabled(), portsOfOneNode());
            expectations.that(
                    !range.contains(admin.port()) || !Hosts.overlap(http.host(), admin.host()),
                    HttpSettings.taken(range, "admin.port", admin.port(), List.of("admin.host", "http.host")));
        }
        expectations.that(
                !cluster.enabled() || !upstream.embedded() || Hosts.isLoopback(cluster.host()),
                hostOfOneMachine(cluster.host()));
        Set<String> names = new HashSet<>();
        Map<String, String> owners = new HashMap<>();
        for (TenantSettings tenant : tenants) {
            String owner = owners.putIfAbsent(tenant.keySha256(), tenant.name());
            expectations
                    .that(names.add(tenant.name()), nameTaken(tenant.name()))
                    .that(owner == null, keyTaken(owner, tenant.name()));
        }
        expectations.met();
    }

    /** What holds when nothing is configured: loopback only, the embedded host, no tenants. */
    public static Settings defaults() {
        return SettingsReader.read(Optional.empty(), Map.of());
    }

    /** The same, as one of several nodes. @throws SettingsException if something else does not go with that */
    public Settings clustered() {
        try {
            return with(
                    http,
                    admin,
                    new ClusterSettings(
                            true,
                            cluster.name(),
                            cluster.host(),
                            cluster.port(),
                            cluster.members(),
                            cluster.busPort(),
                            cluster.config()));
        } catch (IllegalArgumentException contradiction) {
            throw new SettingsException(List.of(contradiction.getMessage()));
        }
    }

    /** The same, on other ports. */
    public Settings onPorts(int httpPort, int adminPort) {
        return with(
                new HttpSettings(
                        http.host(),
                        httpPort,
                        http.publicUrl(),
                        http.routing(),
                        http.domain(),
                        http.domainSeparator(),
                        http.portRange(),
                        http.bodyLimit(),
                        http.trustedProxies(),
                        http.maxRequestLine(),
                        http.maxHead(),
                        http.headTimeout(),
                        http.idleTimeout(),
                        http.bodyTimeout(),
                        http.tls()),
                new AdminSettings(admin.host(), adminPort),
                cluster);
    }

    private Settings with(HttpSettings newHttp, AdminSettings newAdmin, ClusterSettings newCluster) {
        return new Settings(
                newHttp,
                newAdmin,
                upstream,
                embedded,
                tenants,
                lifecycle,
                hold,
                proxy,
                registry,
                watchers,
                webhook,
                bridges,
                newCluster,
                shutdown,
                log);
    }

    /** The settings as a file of settings, with every secret masked. */
    public String toYaml() {
        return SettingsYaml.of(this);
    }

    private static boolean samePort(HttpSettings http, AdminSettings admin) {
        return http.port() != 0 && http.port() == admin.port() && Hosts.overlap(http.host(), admin.host());
    }

    private static Problem onePort(HttpSettings http, AdminSettings admin) {
        return new Problem(
                "admin.port",
                "" + admin.port(),
                "another than http.port " + http.port() + " on the same host",
                List.of("admin.port", "http.port", "admin.host", "http.host"));
    }

    private static Problem portsOfOneNode() {
        return new Problem(
                "http.routing",
                "port",
                "path or subdomain with cluster.enabled, as each node would give a sandbox other ports",
                List.of("http.routing", "cluster.enabled"));
    }

    private static Problem hostOfOneMachine(String host) {
        return new Problem(
                "upstream.url",
                "embedded",
                "a URL when cluster.host " + host
                        + " is not a loopback address, as the embedded host serves one machine",
                List.of("upstream.url", "cluster.enabled", "cluster.host"));
    }

    private static Problem unguardedBridge(String host) {
        return new Problem(
                "bridges.tcp.host",
                host,
                "a loopback address such as 127.0.0.1, as there are no tenants",
                List.of("bridges.tcp.host"));
    }

    private static Problem unguarded(String host) {
        return new Problem(
                Keys.TENANTS,
                "none",
                "at least one tenant when http.host " + host + " is not a loopback address",
                List.of(Keys.TENANTS, "http.host"));
    }

    private static Problem nameTaken(String name) {
        return new Problem(Keys.TENANTS, name + " twice", "a name of its own for each tenant", List.of());
    }

    private static Problem keyTaken(String owner, String name) {
        return new Problem(
                Keys.TENANTS,
                "one api-key for " + owner + " and " + name,
                "a key of its own for each tenant",
                List.of());
    }
}
