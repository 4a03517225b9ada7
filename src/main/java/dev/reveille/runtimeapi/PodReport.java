package dev.reveille.runtimeapi;

import dev.reveille.session.RuntimeId;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * How a runtime's pod is doing.
 *
 * @param restartCount 0 if upstream did not say
 * @param restartReasons fit for outsiders
 * @param told the whole of it in upstream's own words; not to be changed
 */
public record PodReport(
        RuntimeId runtimeId, PodStatus status, int restartCount, List<String> restartReasons, JsonObject told) {
    public PodReport {
        restartReasons = List.copyOf(restartReasons);
    }
}
