package dev.reveille.runtimeapi;

import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Optional;

/**
 * What upstream says of one runtime.
 *
 * @param sessionId whose it is; empty if upstream did not say, or gave a name that cannot be a session's
 * @param runtime empty only for a stopped, failed or oddly worded one of which upstream gives no usable id and url
 * @param podStatus upstream's word, if it gave one
 * @param detail why it is so, fit for outsiders; empty text if upstream gave no reason
 * @param told the whole of it in upstream's own words, keys and addresses included; not to be changed
 */
public record RuntimeRecord(
        Optional<SessionId> sessionId,
        Optional<SandboxRuntime> runtime,
        Status status,
        Optional<String> podStatus,
        String detail,
        JsonObject told) {

    /** Whether it answers, or soon will. */
    public boolean comingUp() {
        return status == Status.RUNNING || status == Status.STARTING;
    }

    /** Without upstream's own words, which hold keys. */
    @Override
    public String toString() {
        return "RuntimeRecord[session=" + sessionId + ", runtime=" + runtime + ", status=" + status + "]";
    }

    /** Upstream's words for the state of a runtime. */
    public enum Status {
        RUNNING,
        PAUSED,
        STOPPED,
        STARTING,
        ERROR,
        /** No word, or one that we do not know. */
        OTHER;

        static Status of(String word) {
            return Arrays.stream(values())
                    .filter(status -> status.name().equalsIgnoreCase(word))
                    .findFirst()
                    .orElse(OTHER);
        }

        /** Whether there must be a sandbox with an address. */
        boolean hasRuntime() {
            return this == RUNNING || this == PAUSED || this == STARTING;
        }
    }
}
