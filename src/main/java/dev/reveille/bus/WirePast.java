package dev.reveille.bus;

import dev.reveille.session.Cause;
import dev.reveille.session.Past;
import dev.reveille.session.RuntimeId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Where a session stood before, as it is kept in its record: in few letters, since it is written with each change and there
 * are thousands of records. What is as in the entry before is left out.
 *
 * <pre>
 *   s state   t milliseconds since the entry before; of the first since 1970
 *   c cause   r runtime, "" for none   n node   d detail, left out where empty
 * </pre>
 */
final class WirePast {
    private WirePast() {}

    static JsonArray json(List<Past> past) {
        JsonArray json = new JsonArray();
        Past before = null;
        for (Past entry : past) {
            json.add(json(entry, before));
            before = entry;
        }
        return json;
    }

    private static JsonObject json(Past entry, Past before) {
        JsonObject json = new JsonObject()
                .put("s", entry.state())
                .put("t", entry.atMillis() - (before == null ? 0 : before.atMillis()));
        if (before == null || before.cause() != entry.cause()) {
            json.put("c", entry.cause().word());
        }
        if (!Objects.equals(before == null ? null : before.runtimeId(), entry.runtimeId())) {
            json.put("r", entry.runtimeId() == null ? "" : entry.runtimeId().value());
        }
        if (!entry.node().equals(before == null ? "" : before.node())) {
            json.put("n", entry.node());
        }
        return entry.detail().isEmpty() ? json : json.put("d", entry.detail());
    }

    static List<Past> past(JsonArray json) {
        List<Past> past = new ArrayList<>(json.size());
        Past before = null;
        for (int i = 0; i < json.size(); i++) {
            before = past(json.getJsonObject(i), before);
            past.add(before);
        }
        return past;
    }

    /** What is the same in both is one object. */
    private static Past past(JsonObject json, Past before) {
        String cause = json.getString("c");
        String node = json.getString("n");
        return new Past(
                json.getString("s").intern(),
                runtime(json.getString("r"), before),
                cause == null ? Objects.requireNonNull(before, "c").cause() : Cause.of(cause),
                json.getString("d", ""),
                json.getLong("t") + (before == null ? 0 : before.atMillis()),
                node != null ? node : before == null ? "" : before.node());
    }

    private static RuntimeId runtime(String told, Past before) {
        if (told == null) {
            return before == null ? null : before.runtimeId();
        }
        return told.isEmpty() ? null : new RuntimeId(told);
    }
}
