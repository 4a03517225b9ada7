package dev.reveille.runtimeapi;

import java.util.Arrays;
import java.util.Optional;

/**
 * How far a build has come.
 *
 * @param image its name, once it succeeded
 * @param error why it failed, fit for outsiders
 */
public record BuildReport(State state, Optional<String> image, Optional<String> error) {

    /** Upstream's words; any other word means that the build goes on. */
    public enum State {
        SUCCESS,
        FAILURE,
        INTERNAL_ERROR,
        TIMEOUT,
        CANCELLED,
        EXPIRED,
        IN_PROGRESS;

        static State of(String word) {
            return Arrays.stream(values())
                    .filter(state -> state.name().equals(word))
                    .findFirst()
                    .orElse(IN_PROGRESS);
        }
    }
}
