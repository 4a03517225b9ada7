package dev.reveille.config;

import java.time.Duration;

/**
 * Leaving.
 *
 * @param notReady how long {@code /ready} says no before connections are closed; may be zero
 * @param drain how long open requests may take after that; may be zero
 * @param websockets over how much of {@code drain} the closing of websockets is spread; may be zero
 */
public record ShutdownSettings(Duration notReady, Duration drain, Duration websockets) {
    /** What an answer may take to its client, if {@code drain} is long. */
    private static final Duration ANSWER = Duration.ofSeconds(2);

    /** @throws IllegalArgumentException naming all values that are out of range */
    public ShutdownSettings {
        new Expectations("shutdown")
                .timeOrNone("not-ready", notReady)
                .timeOrNone("drain", drain)
                .timeOrNone("websockets", websockets)
                .met();
    }

    /** Over how long the closing of websockets is spread; never longer than {@code drain}. */
    public Duration websocketWindow() {
        return websockets.compareTo(drain) < 0 ? websockets : drain;
    }

    /** How long requests may still wait for their sandboxes, so that an answer gets through before the end of {@code drain}. */
    public Duration holdWindow() {
        Duration tenth = drain.dividedBy(10);
        return drain.minus(tenth.compareTo(ANSWER) < 0 ? tenth : ANSWER);
    }
}
