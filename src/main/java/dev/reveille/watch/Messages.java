package dev.reveille.watch;

import dev.reveille.bus.Wire;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionProgress;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Optional;

/** What is said on the streams. */
final class Messages {
    static final String PROGRESS = "progress";

    static final String RESET = "reset";
    static final String FORGOTTEN = "forgotten";
    private static final String LIVE = "live";
    private static final String NONE = "";

    private Messages() {}

    /** @param skipped how many changes it stands for beside its own; empty: it follows what was told before */
    static Message change(SessionChange change, String id, Optional<Long> skipped) {
        return new Message(
                Message.USUAL,
                id,
                Optional.of(change.sessionId()),
                change.state(),
                () -> {
                    JsonObject json = withId(Wire.change(change), id);
                    skipped.ifPresent(n -> json.put("coalesced", true).put("skipped", n));
                    return json;
                },
                more -> change(change, id, Optional.of(skipped.orElse(0L) + more)));
    }

    /** For those who watch this session. */
    static Message ofOne(Session session, SessionChange change) {
        return change(change, Point.of(change.revision(), session.createdAt()), Optional.empty());
    }

    /**
     * Where a session stands.
     *
     * @param id empty where a stream cannot be taken up again at this place
     */
    static Message state(Session session, String id) {
        return new Message(
                Message.USUAL,
                id,
                Optional.of(session.id()),
                session.state().word(),
                () -> withId(present(session).put("type", "state"), id),
                null);
    }

    /** What was missed cannot be told any more; how things are now. */
    static Message reset(Session session, String reason) {
        String id = Point.of(session);
        return new Message(
                RESET,
                id,
                Optional.of(session.id()),
                NONE,
                () -> withId(present(session).put("type", RESET).put("reason", reason), id),
                null);
    }

    /** The same for all sessions. How they are follows, in messages of their own. */
    static Message reset(String reason) {
        return new Message(
                RESET,
                NONE,
                Optional.empty(),
                NONE,
                () -> new JsonObject().put("v", 1).put("type", RESET).put("reason", reason),
                null);
    }

    static Message live(String id) {
        return new Message(
                LIVE,
                id,
                Optional.empty(),
                NONE,
                () -> withId(new JsonObject().put("v", 1).put("type", LIVE), id),
                null);
    }

    static Message forgotten(StatusEvent.Forgotten gone, Instant at, String id) {
        return new Message(
                FORGOTTEN,
                id,
                Optional.of(gone.sessionId()),
                NONE,
                () -> withId(
                        new JsonObject()
                                .put("v", 1)
                                .put("type", FORGOTTEN)
                                .put("session_id", gone.sessionId().value())
                                .put("tenant", gone.tenant())
                                .put("revision", gone.revision())
                                .put("at", at.toString()),
                        id),
                null);
    }

    static Message progress(SessionProgress progress) {
        return new Message(
                PROGRESS,
                NONE,
                Optional.of(progress.sessionId()),
                progress.state(),
                () -> Wire.progress(progress),
                null);
    }

    private static JsonObject present(Session session) {
        return Wire.change(SessionChange.between(Optional.empty(), session, session.node()));
    }

    private static JsonObject withId(JsonObject json, String id) {
        return id.isEmpty() ? json : json.put("id", id);
    }
}
