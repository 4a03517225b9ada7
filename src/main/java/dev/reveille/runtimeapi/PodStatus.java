package dev.reveille.runtimeapi;

import java.util.Arrays;

/** Upstream's words for a pod, each with what it means to whoever waits for it. */
public enum PodStatus {
    READY("ready", Outcome.READY),
    NOT_FOUND("not found", Outcome.NOT_YET),
    PENDING("pending", Outcome.NOT_YET),
    RUNNING("running", Outcome.NOT_YET),
    FAILED("failed", Outcome.FATAL),
    UNKNOWN("unknown", Outcome.FATAL),
    /** It is being restarted again and again, most often for want of memory. */
    CRASH_LOOP_BACK_OFF("crashloopbackoff", Outcome.FATAL),
    /** A word that we do not know; clients have always gone on waiting. */
    OTHER("", Outcome.NOT_YET);

    /** What to do now. */
    public enum Outcome {
        /** See whether the sandbox answers. */
        READY,
        /** Ask again later. */
        NOT_YET,
        /** Stop waiting. */
        FATAL
    }

    private final String word;
    private final Outcome outcome;

    PodStatus(String word, Outcome outcome) {
        this.word = word;
        this.outcome = outcome;
    }

    /** As upstream says it; empty if it is none that we know. */
    public String word() {
        return word;
    }

    public Outcome outcome() {
        return outcome;
    }

    /** Upper and lower case are the same. */
    static PodStatus of(String text) {
        return Arrays.stream(values())
                .filter(status -> status.word.equalsIgnoreCase(text))
                .findFirst()
                .orElse(OTHER);
    }
}
