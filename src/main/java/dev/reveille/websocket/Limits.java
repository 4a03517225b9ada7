package dev.reveille.websocket;

import java.time.Duration;

/**
 * What one websocket may cost.
 *
 * @param longestMessage bytes of a message that is taken, after decompression; a longer one ends the connection with 1009
 * @param queue bytes that wait to be sent before {@link StrictWebSocket#writeQueueFull}; while it is full nothing is read either
 * @param closing from the first frame that closes until the connection is cut, if the other side does not end it
 */
public record Limits(int longestMessage, int queue, Duration closing) {
    /** What a control frame may carry. */
    private static final int SHORTEST = 125;

    public Limits {
        if (longestMessage < SHORTEST) {
            throw new IllegalArgumentException(
                    "longestMessage: " + longestMessage + " (expected: >= " + SHORTEST + ")");
        }
        if (queue < 2) {
            throw new IllegalArgumentException("queue: " + queue + " (expected: >= 2)");
        }
        if (closing.isNegative() || closing.isZero()) {
            throw new IllegalArgumentException("closing: " + closing + " (expected: > 0)");
        }
    }
}
