package dev.reveille.watch;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Visits each watcher once a round, and not all of them at one moment. Belongs to one event loop. */
final class Wheel {
    private final List<Set<Watcher>> places = new ArrayList<>();
    private int next;
    private int size;

    /** @param steps of one round */
    Wheel(int steps) {
        for (int i = 0; i < steps; i++) {
            places.add(new LinkedHashSet<>());
        }
    }

    /** Behind the place whose turn is next, where the fewest are. */
    void add(Watcher watcher) {
        Set<Watcher> emptiest = places.get(next);
        for (Set<Watcher> place : places) {
            emptiest = place.size() < emptiest.size() ? place : emptiest;
        }
        size += emptiest.add(watcher) ? 1 : 0;
    }

    void remove(Watcher watcher) {
        for (Set<Watcher> place : places) {
            if (place.remove(watcher)) {
                size--;
                return;
            }
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Those whose turn it is. */
    List<Watcher> turn() {
        List<Watcher> those = List.copyOf(places.get(next));
        next = (next + 1) % places.size();
        return those;
    }

    List<Watcher> all() {
        List<Watcher> all = new ArrayList<>();
        places.forEach(all::addAll);
        return all;
    }
}
