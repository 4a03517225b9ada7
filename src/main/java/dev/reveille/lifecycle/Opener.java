package dev.reveille.lifecycle;

import dev.reveille.session.SessionSpec;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;

/**
 * What whoever opens a session brings along beyond what its record says. It stays on the node that was asked: after a
 * takeover there is none.
 *
 * @param buildContext what to build the image from
 * @param mayStart whether a sandbox that sleeps and is not resumed may be started instead
 * @param specIfInVain what the session is if its opening fails and leaves it its sandbox; empty: as it was asked for
 */
record Opener(Optional<Buffer> buildContext, boolean mayStart, Optional<SessionSpec> specIfInVain) {
    static final Opener NOBODY = new Opener(Optional.empty(), false, Optional.empty());

    /** One that only attaches, and leaves what it does not reach as {@code owners}. */
    Opener leavingIfInVain(SessionSpec owners) {
        return new Opener(buildContext, mayStart, Optional.of(owners));
    }
}
