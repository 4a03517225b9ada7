package dev.reveille.lifecycle;

import io.vertx.core.buffer.Buffer;
import java.util.Optional;

/**
 * What whoever opens a session brings along beyond what its record says. It stays on the node that was asked: after a
 * takeover there is none.
 *
 * @param buildContext what to build the image from
 * @param mayStart whether a sandbox that sleeps and is not resumed may be started instead
 */
record Opener(Optional<Buffer> buildContext, boolean mayStart) {
    static final Opener NOBODY = new Opener(Optional.empty(), false);
}
