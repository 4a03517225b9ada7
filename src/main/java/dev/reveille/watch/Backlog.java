package dev.reveille.watch;

import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The last news of this node, for those who come back to it. Belongs to the hub's context. */
final class Backlog {
    private static final int KEPT = 4_096;
    private static final String GONE = "what has changed since then is not remembered";

    /** Nobody else's: what another node or an earlier life of this one counted is not taken for ours. */
    private final long name = new SecureRandom().nextLong();

    private final Deque<Kept> kept = new ArrayDeque<>();
    private long number;

    /** @return the number of the next bulletin */
    long next() {
        number++;
        return number;
    }

    /** Not as it was encoded for those who were there: few come back, and that is many times as long. */
    void keep(Bulletin bulletin) {
        kept.addLast(new Kept(
                bulletin.number(), bulletin.tenant(), bulletin.forTenant().unencoded()));
        if (kept.size() > KEPT) {
            kept.removeFirst();
        }
    }

    /** Behind all that was told until now. */
    Cursor cursor(TenantView view) {
        return view.cursor(name, number);
    }

    /** How the sessions of {@code tenant} are. */
    Opening present(TenantView view) {
        return present(view, Stream.empty());
    }

    /** What happened to the sessions of {@code tenant} since; or how they are, if that is not known. */
    Opening since(String tenant, TenantView view, Cursor since) {
        if (since.hub() == name && since.number() >= number - kept.size() && since.number() <= number) {
            return new Opening(keptSince(tenant, since.number()).iterator(), Map.of());
        }
        Optional<Opening> replayed =
                since.whole() ? Replay.of(view, since, cursor(view).encode()) : Optional.empty();
        return replayed.orElseGet(() -> present(view, Stream.of(Messages.reset(GONE))));
    }

    private List<Message> keptSince(String tenant, long since) {
        List<Message> missed = new ArrayList<>();
        Iterator<Kept> back = kept.descendingIterator();
        Kept next = back.hasNext() ? back.next() : null;
        while (next != null && next.number() > since) {
            if (next.tenant().equals(tenant)) {
                missed.add(next.message());
            }
            next = back.hasNext() ? back.next() : null;
        }
        Collections.reverse(missed);
        return missed;
    }

    /** It costs little more than itself: the list and what is in it are the same for all who begin until something changes. */
    private Opening present(TenantView view, Stream<Message> before) {
        Stream<Message> live = Stream.of(Messages.live(cursor(view).encode()));
        return new Opening(
                Stream.concat(before, Stream.concat(view.states().stream(), live))
                        .iterator(),
                Map.of());
    }

    private record Kept(long number, String tenant, Message message) {}
}
