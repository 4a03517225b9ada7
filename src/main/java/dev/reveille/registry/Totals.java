package dev.reveille.registry;

import dev.reveille.session.Session;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** How many sessions there are, of each tenant in each state: counted as they come and go. May be read from every thread. */
final class Totals {
    private final Map<Kind, Integer> counts = new ConcurrentHashMap<>();

    private record Kind(String tenant, String state) {
        static Kind of(Session session) {
            return new Kind(session.tenant(), session.state().word());
        }
    }

    void add(Session session) {
        counts.merge(Kind.of(session), 1, Integer::sum);
    }

    void remove(Session session) {
        counts.computeIfPresent(Kind.of(session), (kind, count) -> count > 1 ? count - 1 : null);
    }

    /** By the words of their states; those without any are left out. */
    Map<String, Integer> of(String tenant) {
        Map<String, Integer> byState = new TreeMap<>();
        counts.forEach((kind, count) -> {
            if (kind.tenant().equals(tenant)) {
                byState.merge(kind.state(), count, Integer::sum);
            }
        });
        return byState;
    }

    /** Of all tenants together. */
    int in(String state) {
        return counts.entrySet().stream()
                .filter(entry -> entry.getKey().state().equals(state))
                .mapToInt(Map.Entry::getValue)
                .sum();
    }
}
