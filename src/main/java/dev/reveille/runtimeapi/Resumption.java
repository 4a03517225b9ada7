package dev.reveille.runtimeapi;

import io.vertx.core.json.JsonObject;
import java.util.Optional;

/**
 * Upstream's answer to a resume.
 *
 * @param alreadyAwake it was running or starting, so nothing was done
 * @param sessionKey the sandbox's new key, if upstream changed it
 * @param told the whole of it in upstream's own words, if they were JSON; not to be changed
 */
public record Resumption(boolean alreadyAwake, Optional<String> sessionKey, Optional<JsonObject> told) {
    static final Resumption ALREADY_AWAKE = new Resumption(true, Optional.empty(), Optional.empty());

    /** Without the key. */
    @Override
    public String toString() {
        return "Resumption[alreadyAwake=" + alreadyAwake + "]";
    }
}
