package dev.reveille.registry;

import dev.reveille.bus.Wire;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.core.shareddata.AsyncMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The shared map of sessions. It compares and swaps whole records, as text. */
public final class SessionStore {
    /** The map's name in the cluster. */
    public static final String MAP = "reveille.sessions";

    private static final Logger LOG = LoggerFactory.getLogger(SessionStore.class);

    private final AsyncMap<String, String> map;

    public SessionStore(AsyncMap<String, String> map) {
        this.map = Objects.requireNonNull(map, "map");
    }

    Future<Optional<Session>> get(SessionId id) {
        return map.get(id.value()).map(text -> Optional.ofNullable(text).map(SessionStore::decode));
    }

    /** All records as they are stored; {@link #understood} tells what they say. */
    Future<List<String>> all() {
        return map.values();
    }

    Future<Set<String>> ids() {
        return map.keys();
    }

    /** @return whether there was none before */
    Future<Boolean> create(Session session) {
        return map.putIfAbsent(session.id().value(), encode(session)).map(Objects::isNull);
    }

    /** @return whether {@code expected} was still what stood there */
    Future<Boolean> replace(Session expected, Session next) {
        return map.replaceIfPresent(expected.id().value(), encode(expected), encode(next));
    }

    /** @return whether {@code expected} was still what stood there */
    Future<Boolean> remove(Session expected) {
        return map.removeIfPresent(expected.id().value(), encode(expected));
    }

    private static String encode(Session session) {
        return Wire.session(session).encode();
    }

    /** @return empty if this version does not understand it: a record of a later one must not hide the others */
    static Optional<Session> understood(String text) {
        try {
            return Optional.of(decode(text));
        } catch (RuntimeException odd) {
            LOG.warn(
                    "a record of the registry is not understandable: {}",
                    odd.getClass().getSimpleName());
            return Optional.empty();
        }
    }

    private static Session decode(String text) {
        return Wire.session(new JsonObject(text));
    }
}
