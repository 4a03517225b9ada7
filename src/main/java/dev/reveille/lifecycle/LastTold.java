package dev.reveille.lifecycle;

import dev.reveille.runtimeapi.PodReport;
import dev.reveille.runtimeapi.RuntimeRecord;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What upstream last told of sessions and of pods, in its own words, for clients that read more of them than we do, and for
 * the moments in which it tells nothing. This node's alone, and no more than a copy: what it has forgotten is asked again.
 * Belongs to one event loop.
 */
final class LastTold {
    private static final int MOST = 4_000;

    /** Logs of pods may be long. Who wants those again asks upstream. */
    private static final int LONGEST = 16 * 1024;

    private final Map<Whose, JsonObject> records = leastRecent();
    private final Map<RuntimeId, JsonObject> pods = leastRecent();

    /** Two tenants may have the same name for something, each at an upstream account of its own. */
    private record Whose(String tenant, SessionId id) {}

    void heard(String tenant, RuntimeRecord record) {
        record.sessionId().ifPresent(id -> heard(tenant, id, record.told()));
    }

    void heard(String tenant, SessionId id, JsonObject told) {
        remember(records, new Whose(tenant, id), told);
    }

    /** Upstream knows no such session. */
    void heardNothing(String tenant, SessionId id) {
        records.remove(new Whose(tenant, id));
    }

    void heard(PodReport report) {
        remember(pods, report.runtimeId(), report.told());
    }

    Optional<JsonObject> record(String tenant, SessionId id) {
        return Optional.ofNullable(records.get(new Whose(tenant, id)));
    }

    Optional<JsonObject> pod(RuntimeId id) {
        return Optional.ofNullable(pods.get(id));
    }

    private static <K> void remember(Map<K, JsonObject> all, K key, JsonObject told) {
        if (told.encode().length() <= LONGEST) {
            all.put(key, told);
        } else {
            all.remove(key);
        }
    }

    private static <K> Map<K, JsonObject> leastRecent() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, JsonObject> eldest) {
                return size() > MOST;
            }
        };
    }
}
