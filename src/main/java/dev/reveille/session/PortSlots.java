package dev.reveille.session;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * The ports of port mode. A range is cut into slots of four ports in a row, one for each service, and each runtime has a
 * slot for as long as it lives. Which one follows from its id, so that it is mostly the same after a restart.
 *
 * <p>May be called from every thread; looking up who has a slot takes no lock.
 */
public final class PortSlots {
    /** Which of a slot's ports is whose. */
    private static final List<Service> ORDER = List.of(Service.RUNTIME, Service.VSCODE, Service.WORK_1, Service.WORK_2);

    private static final int PORTS_EACH = ORDER.size();
    private static final int NONE = -1;

    private final int first;
    private final AtomicReferenceArray<RuntimeId> holders;
    private final boolean[] unusable;
    private final Map<RuntimeId, Integer> slots = new HashMap<>();
    private final Set<RuntimeId> suspects = new HashSet<>();
    private final Consumer<RuntimeId> whenFull;

    /**
     * @param first the lowest port
     * @param last the highest; ports at the end that make no whole slot are left alone
     * @param whenFull told of a runtime that gets no slot, once
     */
    public PortSlots(int first, int last, Consumer<RuntimeId> whenFull) {
        int count = (last - first + 1) / PORTS_EACH;
        if (count < 1) {
            throw new IllegalArgumentException(
                    "ports: " + first + "-" + last + " (expected: at least " + PORTS_EACH + ")");
        }
        this.first = first;
        this.holders = new AtomicReferenceArray<>(count);
        this.unusable = new boolean[count];
        this.whenFull = Objects.requireNonNull(whenFull, "whenFull");
    }

    /** The slots that can be used, each by its number from 0. */
    public synchronized List<Integer> usable() {
        return IntStream.range(0, unusable.length)
                .filter(slot -> !unusable[slot])
                .boxed()
                .toList();
    }

    /** The port of {@code service} in {@code slot}. */
    public int port(int slot, Service service) {
        return first + slot * PORTS_EACH + ORDER.indexOf(service);
    }

    /** Who has {@code slot}; null rather than empty: this is on the way of every request. */
    public RuntimeId holder(int slot) {
        return holders.get(slot);
    }

    /** One of its ports belongs to somebody else. A runtime that has got it already gets another. */
    public synchronized void exclude(int slot) {
        unusable[slot] = true;
        RuntimeId holder = holders.getAndSet(slot, null);
        if (holder != null) {
            slots.remove(holder);
            keep(holder);
        }
    }

    /**
     * The port of a runtime's service. A runtime that had none gets a slot; if there is none left, it never has one, since
     * its URLs would change under the hands of whoever was told them.
     */
    OptionalInt port(RuntimeId runtime, Service service) {
        int slot = keep(runtime);
        return slot == NONE ? OptionalInt.empty() : OptionalInt.of(port(slot, service));
    }

    /** Gives {@code runtime} a slot if it has none. */
    synchronized int keep(RuntimeId runtime) {
        Integer known = slots.get(runtime);
        if (known != null) {
            return known;
        }
        int slot = free(runtime);
        slots.put(runtime, slot);
        if (slot == NONE) {
            whenFull.accept(runtime);
        } else {
            holders.set(slot, runtime);
        }
        return slot;
    }

    /** The runtime is gone, and its ports are anybody's. */
    synchronized void release(RuntimeId runtime) {
        Integer slot = slots.remove(runtime);
        suspects.remove(runtime);
        if (slot != null && slot != NONE) {
            holders.set(slot, null);
        }
    }

    /**
     * Finds slots that were given to runtimes nobody knows (any more), as when somebody asked for the URL of one that was
     * just stopped. Called now and then; takes them back when that was so the last time too, since whoever asks may be
     * about to make the runtime known.
     */
    synchronized void tidy(Predicate<RuntimeId> known) {
        List<RuntimeId> unknown =
                slots.keySet().stream().filter(r -> !known.test(r)).toList();
        unknown.stream().filter(suspects::contains).forEach(this::release);
        suspects.clear();
        unknown.stream().filter(slots::containsKey).forEach(suspects::add);
    }

    private int free(RuntimeId runtime) {
        int count = unusable.length;
        int hash = runtime.value().hashCode();
        int wanted = Math.floorMod(hash ^ (hash >>> 16), count);
        return IntStream.range(0, count)
                .map(step -> (wanted + step) % count)
                .filter(slot -> !unusable[slot] && holders.get(slot) == null)
                .findFirst()
                .orElse(NONE);
    }
}
