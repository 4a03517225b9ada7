package dev.reveille.runtimeapi;

import java.util.Optional;

/**
 * Upstream's answer to a resume.
 *
 * @param alreadyAwake it was running or starting, so nothing was done
 * @param sessionKey the sandbox's new key, if upstream changed it
 */
public record Resumption(boolean alreadyAwake, Optional<String> sessionKey) {
    static final Resumption ALREADY_AWAKE = new Resumption(true, Optional.empty());

    /** Without the key. */
    @Override
    public String toString() {
        return "Resumption[alreadyAwake=" + alreadyAwake + "]";
    }
}
