package dev.reveille.config;

import java.time.Duration;

/**
 * Times of transitions, each from its begin to the sandbox being ready (or gone), and the pace of waiting.
 *
 * @param startTimeout from the call that starts a sandbox to its answering through this gateway
 * @param resumeTimeout from the call that resumes a sandbox to its answering through this gateway
 * @param pauseTimeout from the call that pauses a sandbox to the runtime API reporting it paused
 * @param stopTimeout from the call that stops a sandbox to the runtime API reporting it gone
 * @param buildTimeout from the call that begins a build to its image being there
 * @param buildPoll between two looks at a build
 * @param environmentTimeout from a sandbox's first answer to its session's environment being applied
 * @param aliveTimeout from asking a sandbox whether it is alive to its answer
 * @param pollFirst between the first two looks at a sandbox that becomes ready; later ones are further apart
 * @param pollMax between two looks at most
 */
public record LifecycleSettings(
        Duration startTimeout,
        Duration resumeTimeout,
        Duration pauseTimeout,
        Duration stopTimeout,
        Duration buildTimeout,
        Duration buildPoll,
        Duration environmentTimeout,
        Duration aliveTimeout,
        Duration pollFirst,
        Duration pollMax) {
    /** @throws IllegalArgumentException naming all values that are out of range */
    public LifecycleSettings {
        new Expectations("lifecycle")
                .time("start-timeout", startTimeout)
                .time("resume-timeout", resumeTimeout)
                .time("pause-timeout", pauseTimeout)
                .time("stop-timeout", stopTimeout)
                .time("build-timeout", buildTimeout)
                .time("build-poll", buildPoll)
                .time("environment-timeout", environmentTimeout)
                .time("alive-timeout", aliveTimeout)
                .time("poll-first", pollFirst)
                .time("poll-max", pollMax)
                .atMost("poll-first", pollFirst, "poll-max", pollMax)
                .met();
    }
}
