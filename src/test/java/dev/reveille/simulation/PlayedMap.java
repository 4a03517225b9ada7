package dev.reveille.simulation;

import io.vertx.core.Future;
import io.vertx.core.shareddata.AsyncMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** The map that all nodes share. It takes one call after the other, and shows each change to a witness. */
final class PlayedMap {
    private final World world;
    private final Witness witness;
    private final BiConsumer<String, String> listeners;
    private final Map<String, String> entries = new TreeMap<>();

    /** Sees each change, at the moment when it is made. */
    interface Witness {
        /** Null: there is none. */
        void saw(Member by, String before, String after);

        /** A call has failed, which its caller may complain of. */
        void sawFailure();
    }

    /** @param listeners told of each change: what the entry was, and what it is now; null where there is none */
    PlayedMap(World world, Witness witness, BiConsumer<String, String> listeners) {
        this.world = world;
        this.witness = witness;
        this.listeners = listeners;
    }

    Map<String, String> entries() {
        return entries;
    }

    /** The map as {@code member} reaches it. */
    @SuppressWarnings("unchecked")
    AsyncMap<String, String> seenBy(Member member) {
        return Fake.of(AsyncMap.class)
                .on("get", a -> call(member, () -> entries.get((String) a[0])))
                .on("keys", a -> call(member, () -> Set.copyOf(entries.keySet())))
                .on("values", a -> call(member, () -> List.copyOf(entries.values())))
                .on(
                        "putIfAbsent",
                        a -> call(member, () -> {
                            String known = entries.get((String) a[0]);
                            changed(member, (String) a[0], null, (String) a[1]);
                            return known;
                        }))
                .on(
                        "replaceIfPresent",
                        a -> call(member, () -> changed(member, (String) a[0], (String) a[1], (String) a[2])))
                .on("removeIfPresent", a -> call(member, () -> changed(member, (String) a[0], (String) a[1], null)))
                .made();
    }

    private <T> Future<T> call(Member member, Supplier<T> operation) {
        return world.call(member::alive, operation).onFailure(lost -> witness.sawFailure());
    }

    private boolean changed(Member by, String key, String expected, String next) {
        if (!Objects.equals(entries.get(key), expected)) {
            return false;
        }
        if (next == null) {
            entries.remove(key);
        } else {
            entries.put(key, next);
        }
        witness.saw(by, expected, next);
        listeners.accept(expected, next);
        return true;
    }
}
