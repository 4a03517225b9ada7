package dev.reveille.sandboxhost;

import java.util.List;
import java.util.stream.Stream;

/**
 * How a sandbox is at one moment. Each transition answers the state after it, and changes nothing.
 *
 * @param restartReasons why it failed, or was started again, since it was last asked to start
 * @param lastStartMillis how long that start took, from the call to the first answer; null as long as it lasts
 */
record SandboxState(
        Status status,
        PodStatus pod,
        int resumeCount,
        int restartCount,
        List<String> restartReasons,
        Long lastStartMillis) {
    private static final int RESTARTS = 2;

    SandboxState {
        restartReasons = List.copyOf(restartReasons);
    }

    /** One that has never run. */
    static SandboxState unborn() {
        return new SandboxState(Status.STOPPED, PodStatus.NOT_FOUND, 0, 0, List.of(), null);
    }

    SandboxState starting() {
        return new SandboxState(Status.STARTING, PodStatus.PENDING, resumeCount, 0, List.of(), null);
    }

    /**
     * Starting again where it is paused; the same where it is live.
     *
     * @throws Refusal (409) when it is stopped or has failed
     */
    SandboxState resuming() {
        return switch (status) {
            case STARTING, RUNNING -> this;
            case PAUSED -> new SandboxState(Status.STARTING, PodStatus.PENDING, resumeCount + 1, 0, List.of(), null);
            case STOPPED -> throw refused("paused, starting or running");
            case ERROR -> throw refused("paused, starting or running; /start may give it another life");
        };
    }

    /**
     * Without a process, by intention; the same where it is paused.
     *
     * @throws Refusal (409) when it is stopped or has failed
     */
    SandboxState pausing() {
        return switch (status) {
            case STARTING, RUNNING -> afterItsHost();
            case PAUSED -> this;
            case STOPPED -> throw refused("starting, running or paused");
            case ERROR -> throw refused("starting, running or paused; /start may give it another life");
        };
    }

    SandboxState stopped() {
        return with(Status.STOPPED, PodStatus.NOT_FOUND);
    }

    /** What is left of it when its host has gone and taken the process along. */
    SandboxState afterItsHost() {
        return status.live() ? with(Status.PAUSED, PodStatus.NOT_FOUND) : this;
    }

    /** Its process is there, and has not answered yet. */
    SandboxState appeared() {
        return with(status, PodStatus.RUNNING);
    }

    SandboxState ready(long tookMillis) {
        return new SandboxState(Status.RUNNING, PodStatus.READY, resumeCount, restartCount, restartReasons, tookMillis);
    }

    /** What follows when its process has ended unasked: another try while it is starting, as long as there are any. */
    SandboxState died(String reason) {
        if (pod == PodStatus.READY) {
            return failed(PodStatus.FAILED, reason);
        }
        if (restartCount == RESTARTS) {
            return failed(PodStatus.CRASHLOOPBACKOFF, reason);
        }
        return new SandboxState(status, PodStatus.PENDING, resumeCount, restartCount + 1, and(reason), lastStartMillis);
    }

    SandboxState failed(PodStatus how, String reason) {
        return new SandboxState(Status.ERROR, how, resumeCount, restartCount, and(reason), lastStartMillis);
    }

    private SandboxState with(Status next, PodStatus nextPod) {
        return new SandboxState(next, nextPod, resumeCount, restartCount, restartReasons, lastStartMillis);
    }

    private List<String> and(String reason) {
        return Stream.concat(restartReasons.stream(), Stream.of(reason)).toList();
    }

    private Refusal refused(String expected) {
        return new Refusal(409, "status: " + status.word() + " (expected: " + expected + ")");
    }
}
