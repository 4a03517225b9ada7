package dev.reveille.bus;

import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Some of the sessions, by id, as one node knows them.
 *
 * @param sessions without keys
 * @param next ask for what comes {@code after} this one; empty on the last page
 */
public record SessionPage(List<SessionView> sessions, Optional<SessionId> next) {
    public SessionPage {
        sessions = List.copyOf(sessions);
        Objects.requireNonNull(next, "next");
    }

    static SessionPage of(JsonObject page) {
        return new SessionPage(
                page.getJsonArray("sessions").stream()
                        .map(session -> SessionView.of((JsonObject) session))
                        .toList(),
                Fields.optionalText(page, "next").map(SessionId::new));
    }
}
