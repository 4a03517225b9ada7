package dev.reveille.watch;

import dev.reveille.session.SessionId;
import dev.reveille.websocket.FramedText;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * A message on its way to any number of watchers. It is encoded when the first of them wants it, and once for each way. May
 * be used from every thread; at worst two encode it at the same time, to the same bytes.
 */
final class Message {
    /** The SSE name of messages that need none, since they are what everybody is here for. */
    static final String USUAL = "";

    private final String event;
    private final String id;
    private final Optional<SessionId> session;
    private final String state;
    private final Supplier<JsonObject> body;
    private final LongFunction<Message> instead;
    private volatile FramedText framed;
    private volatile Buffer eventText;

    /**
     * @param event its SSE name
     * @param id where a watcher goes on behind it; empty if it cannot
     * @param session which one it is about; empty if none
     * @param state the word of the state that it tells; empty if it goes to those as well who want only some
     * @param body the whole message, the same each time, and nobody else's object
     * @param instead makes the message that stands for this one and so many before; null if it stands for them anyway
     */
    Message(
            String event,
            String id,
            Optional<SessionId> session,
            String state,
            Supplier<JsonObject> body,
            LongFunction<Message> instead) {
        this.event = Objects.requireNonNull(event, "event");
        this.id = Objects.requireNonNull(id, "id");
        this.session = Objects.requireNonNull(session, "session");
        this.state = Objects.requireNonNull(state, "state");
        this.body = Objects.requireNonNull(body, "body");
        this.instead = instead;
    }

    Optional<SessionId> session() {
        return session;
    }

    String state() {
        return state;
    }

    /** Empty if it cannot be gone on behind it. */
    String id() {
        return id;
    }

    /** The same, to be encoded when it is wanted again. */
    Message unencoded() {
        return new Message(event, id, session, state, body, instead);
    }

    /** The same for somebody who goes on elsewhere behind it. */
    Message withId(String other) {
        return new Message(
                event,
                other,
                session,
                state,
                () -> body.get().put("id", other),
                instead == null ? null : skipped -> instead.apply(skipped).withId(other));
    }

    /** The same, but no place to go on from. */
    Message withoutId() {
        return new Message(
                event,
                "",
                session,
                state,
                () -> {
                    JsonObject told = body.get();
                    told.remove("id");
                    return told;
                },
                null);
    }

    /** Whether nobody misses anything without it. */
    boolean passing() {
        return event.equals(Messages.PROGRESS);
    }

    /** Whether what comes behind it does not go on from what was before, so that no later one can stand for it. */
    boolean isBreak() {
        return event.equals(Messages.RESET) || event.equals(Messages.FORGOTTEN);
    }

    /** The message to send in place of this one and {@code skipped} before it. */
    Message standingForMore(long skipped) {
        return instead == null || skipped == 0 ? this : instead.apply(skipped);
    }

    /** As it is on a websocket. */
    FramedText framed() {
        FramedText known = framed;
        if (known == null) {
            known = FramedText.of(body.get().encode());
            framed = known;
        }
        return known;
    }

    /** As it is in an event stream. */
    Buffer eventText() {
        Buffer known = eventText;
        if (known == null) {
            StringBuilder lines = new StringBuilder();
            if (!event.equals(USUAL)) {
                lines.append("event: ").append(event).append('\n');
            }
            if (!id.isEmpty()) {
                lines.append("id: ").append(id).append('\n');
            }
            // JSON on one line: line ends in it are escaped.
            known = Buffer.buffer(lines.append("data: ")
                    .append(body.get().encode())
                    .append("\n\n")
                    .toString());
            eventText = known;
        }
        return known;
    }
}
