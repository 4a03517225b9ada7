package dev.reveille.runtimeapi;

import dev.reveille.session.RuntimeId;
import java.util.List;

/**
 * How a runtime's pod is doing.
 *
 * @param restartCount 0 if upstream did not say
 * @param restartReasons fit for outsiders
 */
public record PodReport(RuntimeId runtimeId, PodStatus status, int restartCount, List<String> restartReasons) {
    public PodReport {
        restartReasons = List.copyOf(restartReasons);
    }
}
