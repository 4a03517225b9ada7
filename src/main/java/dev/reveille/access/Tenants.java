package dev.reveille.access;

import dev.reveille.config.Digests;
import dev.reveille.config.TenantSettings;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The customers of this gateway. With none configured everybody who reaches the listener is the tenant {@value
 * #EVERYBODY}; such a listener is a loopback one.
 */
public final class Tenants {
    /** The only tenant where none is configured. */
    public static final String EVERYBODY = "default";

    private final List<TenantSettings> tenants;
    private final List<Door> doors;
    private final Optional<String> commonUpstreamKey;

    public Tenants(List<TenantSettings> tenants, Optional<String> commonUpstreamKey) {
        this.tenants = List.copyOf(tenants);
        this.doors =
                tenants.stream().map(t -> new Door(t.name(), t.keySha256())).toList();
        this.commonUpstreamKey = Objects.requireNonNull(commonUpstreamKey, "commonUpstreamKey");
    }

    /** Whether everybody is let in. */
    public boolean open() {
        return tenants.isEmpty();
    }

    /** The tenant whose key {@code apiKey} is; empty if it is nobody's. */
    public Optional<String> whose(Optional<String> apiKey) {
        if (open()) {
            return Optional.of(EVERYBODY);
        }
        String key = apiKey.orElse("");
        String shown = Digests.sha256(key);
        // No early exit: how long this takes tells nothing about which tenant it was.
        Optional<String> found = Optional.empty();
        for (Door door : doors) {
            if (SecretKey.same(door.keySha256(), shown)) {
                found = Optional.of(door.tenant());
            }
        }
        return found.filter(tenant -> !key.isEmpty());
    }

    /** The key that {@code tenant}'s calls carry towards the runtime API; empty: none. */
    public Optional<String> upstreamKey(String tenant) {
        return ownKey(tenant).or(() -> commonUpstreamKey);
    }

    /**
     * Whether what upstream shows with {@code tenant}'s key is {@code tenant}'s for sure. Where several tenants share one
     * upstream key, nobody can tell whose a session is that only upstream knows.
     */
    public boolean seesOnlyItsOwn(String tenant) {
        if (tenants.size() <= 1) {
            return true;
        }
        Optional<String> key = upstreamKey(tenant);
        return key.isPresent()
                && tenants.stream()
                        .filter(t -> !t.name().equals(tenant))
                        .noneMatch(t -> upstreamKey(t.name()).equals(key));
    }

    /** The names of all tenants. */
    public List<String> names() {
        return open()
                ? List.of(EVERYBODY)
                : tenants.stream().map(TenantSettings::name).toList();
    }

    private Optional<String> ownKey(String name) {
        return tenants.stream().filter(t -> t.name().equals(name)).findFirst().flatMap(TenantSettings::upstreamApiKey);
    }

    /** What lets a tenant in. */
    private record Door(String tenant, String keySha256) {}
}
