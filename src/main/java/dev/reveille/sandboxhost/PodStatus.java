package dev.reveille.sandboxhost;

import java.util.Arrays;

/** How a sandbox's process is, in the runtime API's words. */
enum PodStatus {
    /** There is none, by intention. */
    NOT_FOUND("not found"),
    /** It is about to be started. */
    PENDING("pending"),
    /** It is there. */
    RUNNING("running"),
    /** It has answered. */
    READY("ready"),
    /** It did not become ready in time, or died after it was. */
    FAILED("failed"),
    /** It ended before it was ready, again and again. */
    CRASHLOOPBACKOFF("crashloopbackoff");

    private final String word;

    PodStatus(String word) {
        this.word = word;
    }

    /**
     * @throws IllegalArgumentException where there is no such word
     */
    static PodStatus of(String word) {
        return Arrays.stream(values())
                .filter(status -> status.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("pod_status: " + word));
    }

    String word() {
        return word;
    }
}
