package dev.reveille.bridge;

import dev.reveille.bus.Wire;
import dev.reveille.watch.StatusEvent;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What the guests of this node listen to. It hears of all sessions once, as one follower of the node's streams, so that the
 * cluster need not know who listens here to what. May be used from every thread.
 */
final class Feed {
    private final Map<String, Set<Guest>> listening = new ConcurrentHashMap<>();

    /** From now on {@code guest} is told what is told at {@code address}. */
    void listen(String address, Guest guest) {
        listening.compute(address, (same, guests) -> {
            Set<Guest> those = guests == null ? ConcurrentHashMap.newKeySet() : guests;
            those.add(guest);
            return those;
        });
    }

    void unlisten(String address, Guest guest) {
        listening.computeIfPresent(address, (same, guests) -> {
            guests.remove(guest);
            return guests.isEmpty() ? null : guests;
        });
    }

    /** At how many addresses somebody listens. */
    int addresses() {
        return listening.size();
    }

    /** Tells those who listen, in the order in which this is called. */
    void tell(StatusEvent event) {
        if (event instanceof StatusEvent.Changed changed) {
            Supplier<JsonObject> record = () -> Wire.change(changed.change());
            tell(Address.EVERY_CHANGE, event.tenant(), record);
            tell(Address.CHANGES + event.sessionId(), event.tenant(), record);
        } else if (event instanceof StatusEvent.Progressed progressed) {
            tell(Address.PROGRESS + event.sessionId(), event.tenant(), () -> Wire.progress(progressed.progress()));
        }
    }

    private void tell(String address, String tenant, Supplier<JsonObject> body) {
        Set<Guest> guests = listening.getOrDefault(address, Set.of());
        if (!guests.isEmpty()) {
            News news = new News(address, tenant, body.get());
            guests.forEach(guest -> guest.run(() -> guest.isTold(news)));
        }
    }
}
