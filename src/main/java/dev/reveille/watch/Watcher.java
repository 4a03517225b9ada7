package dev.reveille.watch;

import dev.reveille.session.SessionId;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One who watches. When it takes less than there is to tell, a few messages wait for it; then only the newest of each
 * session does, which stands for those before; and where these are of too many sessions, none: it will be told how things
 * are once it takes something again. So what it costs has a bound, however slow it is. Belongs to one event loop.
 */
final class Watcher {
    /** So many messages wait before they are made fewer. */
    static final int WAITING = 64;

    /** Of so many sessions the newest is kept. */
    static final int SESSIONS = 1_000;

    /** So many are sent before others have their turn on the event loop. */
    static final int AT_ONCE = 200;

    private static final Deque<Message> NOBODY = new ArrayDeque<>();

    private final Wish wish;
    private Outlet outlet;
    private Iterator<Message> opening = Collections.emptyIterator();
    private Map<Long, Long> heard = Map.of();
    private Instant heardUntil;
    private Deque<Message> waiting = NOBODY;
    private Map<SessionId, Newest> newest = Map.of();
    private boolean lost;
    private boolean asking;
    private boolean over;
    private Instant fullSince;

    Watcher(Wish wish) {
        this.wish = wish;
    }

    Wish wish() {
        return wish;
    }

    /** What it is told first. It has missed nothing from then on. */
    void begins(Opening with) {
        opening = with.messages();
        heard = new HashMap<>(with.heard());
        lost = false;
        asking = false;
    }

    /** From now on it can be spoken to. */
    void isReachedBy(Outlet where) {
        outlet = where;
    }

    Outlet outlet() {
        return outlet;
    }

    boolean reached() {
        return outlet != null;
    }

    /** What it got elsewhere is heard of here in the end, or never. */
    void forgetsWhereItCameFrom(Instant now) {
        if (heard.isEmpty()) {
            return;
        }
        if (heardUntil == null) {
            heardUntil = now.plus(TenantView.LATEST_NEWS);
        } else if (now.isAfter(heardUntil)) {
            heard = Map.of();
            heardUntil = null;
        }
    }

    /** Hears of {@code news}; {@link #pump} sends it. */
    void hears(Bulletin news, Message message) {
        if (wasTold(news, message) || lost || !wants(message)) {
            return;
        }
        take(message.passing() || heard.isEmpty() ? message : behindHeard(message));
    }

    /** Once this node has heard as much as it was told elsewhere, the ids of this node say so. */
    private boolean wasTold(Bulletin news, Message message) {
        long told = heard.getOrDefault(news.print(), 0L);
        if (told > 0 && news.revision() >= told && !message.passing()) {
            heard.remove(news.print());
        }
        return told >= news.revision();
    }

    /** Where this node is does not say what it was told elsewhere: there, or back here, it would be told that again. */
    private Message behindHeard(Message message) {
        return message.withId(Cursor.parse(message.id()).behind(heard).encode());
    }

    private void take(Message message) {
        if (!newest.isEmpty()) {
            replace(message);
        } else if (!message.passing() || waiting.size() < WAITING) {
            if (waiting == NOBODY) {
                waiting = new ArrayDeque<>();
            }
            waiting.add(message);
            if (waiting.size() > WAITING) {
                thinOut();
            }
        }
    }

    private boolean wants(Message message) {
        return wish.states().isEmpty()
                || message.state().isEmpty()
                || wish.states().contains(message.state());
    }

    private void thinOut() {
        newest = new LinkedHashMap<>();
        for (Message message : waiting) {
            replace(message);
        }
        waiting = NOBODY;
    }

    private void replace(Message message) {
        if (message.passing()) {
            return;
        }
        SessionId session = message.session().orElseThrow();
        Newest before = newest.remove(session);
        newest.put(session, new Newest(message, before == null ? 0 : before.skipped() + 1));
        if (newest.size() > SESSIONS) {
            lost = true;
            newest = Map.of();
            opening = Collections.emptyIterator();
        }
    }

    /** Nobody is there any more, or soon will not be. */
    void hasEnded() {
        over = true;
        opening = Collections.emptyIterator();
        waiting = NOBODY;
        newest = Map.of();
    }

    /** Sends what it takes. @return whether it has lost so much that it has to begin again now; told once */
    boolean pump() {
        if (outlet == null || over) {
            return false;
        }
        Optional<Message> next = outlet.full() ? Optional.empty() : next();
        for (int i = 1; next.isPresent(); i++) {
            outlet.write(next.get());
            next = outlet.full() || i == AT_ONCE ? Optional.empty() : next();
        }
        outlet.flush();
        boolean beginsAgain = lost && !asking && !outlet.full();
        asking |= beginsAgain;
        return beginsAgain;
    }

    /** Whether there is more for it, and it takes it. */
    boolean hasMore() {
        return outlet != null
                && !over
                && !outlet.full()
                && (opening.hasNext() || !waiting.isEmpty() || !newest.isEmpty());
    }

    private Optional<Message> next() {
        while (opening.hasNext()) {
            Message first = opening.next();
            if (wants(first)) {
                return Optional.of(first);
            }
        }
        if (!waiting.isEmpty()) {
            return Optional.of(waiting.poll());
        }
        if (newest.isEmpty()) {
            return Optional.empty();
        }
        Iterator<Newest> oldest = newest.values().iterator();
        Newest first = oldest.next();
        oldest.remove();
        return Optional.of(first.message().standingForMore(first.skipped()));
    }

    /** Since when it takes nothing; empty if it does. */
    Optional<Instant> fullSince(Instant now) {
        if (outlet == null || !outlet.full()) {
            fullSince = null;
        } else if (fullSince == null) {
            fullSince = now;
        }
        return Optional.ofNullable(fullSince);
    }

    /** It has taken something, if not all. */
    void drained() {
        fullSince = null;
    }

    /** @param skipped how many before it were not told */
    private record Newest(Message message, long skipped) {}
}
