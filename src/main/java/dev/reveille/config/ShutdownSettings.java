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
}
