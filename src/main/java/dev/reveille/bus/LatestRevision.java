package dev.reveille.bus;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.merge.MergingValue;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import dev.reveille.session.Session;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;

/**
 * When a cluster that was split is one again: of two records of a session the one stays that was created later, then the
 * one of the later revision, then the one that changed later. Named in {@code hazelcast.xml}; made by Hazelcast.
 *
 * <p>Both sides apply it to each pair, so what it says must not depend on which of them is the one that is there.
 */
public final class LatestRevision implements SplitBrainMergePolicy<String, MergingValue<String>, String> {
    private static final Comparator<Session> LATER = Comparator.comparing(Session::createdAt)
            .thenComparing(Session::revision)
            .thenComparing(Session::changedAt)
            .thenComparing(session -> session.state().word());

    @Override
    public String merge(MergingValue<String> merging, MergingValue<String> existing) {
        String theirs = merging.getValue();
        String ours = existing == null ? null : existing.getValue();
        if (ours == null || theirs == null || Objects.equals(ours, theirs)) {
            return ours == null ? theirs : ours;
        }
        return latest(theirs, ours);
    }

    /** @param ours kept where neither is later, or {@code theirs} is not understandable */
    static String latest(String theirs, String ours) {
        Optional<Session> there = session(theirs);
        Optional<Session> here = session(ours);
        boolean later = there.isPresent() && (here.isEmpty() || LATER.compare(there.get(), here.get()) > 0);
        return later ? theirs : ours;
    }

    private static Optional<Session> session(String text) {
        try {
            return Optional.of(Wire.session(new JsonObject(text)));
        } catch (RuntimeException odd) {
            return Optional.empty();
        }
    }

    @Override
    public void writeData(ObjectDataOutput out) {
        // It has no state.
    }

    @Override
    public void readData(ObjectDataInput in) {
        // It has no state.
    }
}
