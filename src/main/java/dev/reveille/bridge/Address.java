package dev.reveille.bridge;

import dev.reveille.bus.Catalogue;
import dev.reveille.session.SessionId;
import java.util.Optional;

/**
 * An address of the event bus that others may listen to.
 *
 * @param text as it is on the bus
 * @param session whose news it carries; empty: that of all of them
 */
record Address(String text, Optional<SessionId> session) {
    static final String EVERY_CHANGE = Catalogue.CHANGED.address();
    static final String CHANGES = EVERY_CHANGE + ".";
    static final String PROGRESS = Catalogue.PROGRESS.address() + ".";

    /** Longer ones are none. */
    static final int LONGEST = 200;

    /** @return empty if nobody may listen to it, whoever he is */
    static Optional<Address> of(String text) {
        if (text == null || text.length() > LONGEST) {
            return Optional.empty();
        }
        if (text.equals(EVERY_CHANGE)) {
            return Optional.of(new Address(text, Optional.empty()));
        }
        return idBehind(CHANGES, text).or(() -> idBehind(PROGRESS, text)).map(id -> new Address(text, Optional.of(id)));
    }

    private static Optional<SessionId> idBehind(String prefix, String text) {
        if (!text.startsWith(prefix)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new SessionId(text.substring(prefix.length())));
        } catch (IllegalArgumentException none) {
            return Optional.empty();
        }
    }
}
