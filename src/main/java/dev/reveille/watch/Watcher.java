package dev.reveille.watch;

import dev.reveille.session.SessionId;
import java.time.Duration;
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

    private static final String TOO_SLOW = "there was more to tell than was taken";
    private static final String NEVER_HEARD = "what was told before is not known here";
    private static final Deque<Message> NOBODY = new ArrayDeque<>();

    private final Wish wish;
    private Outlet outlet;
    private Iterator<Message> opening = Collections.emptyIterator();
    private Map<Long, Long> heard = Map.of();
    private Instant heardUntil;
    private Deque<Message> waiting = NOBODY;
    private Map<SessionId, Newest> newest = Map.of();
    private String passed = "";
    private String lost = "";
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
        heardUntil = null;
        passed = "";
        lost = "";
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

    /**
     * What it got elsewhere is heard of here in the end, or never; then it begins again with the next {@link #pump}.
     *
     * @param latestNews how long that may take
     */
    void forgetsWhereItCameFrom(Instant now, Duration latestNews) {
        if (heard.isEmpty()) {
            return;
        }
        if (heardUntil == null) {
            heardUntil = now.plus(latestNews);
        } else if (now.isAfter(heardUntil)) {
            loses(NEVER_HEARD);
        }
    }

    private void loses(String why) {
        lost = why;
        opening = Collections.emptyIterator();
        waiting = NOBODY;
        newest = Map.of();
        heard = Map.of();
        heardUntil = null;
    }

    /** Why it begins again. */
    String lost() {
        return lost;
    }

    /** Hears of {@code news}; {@link #pump} sends it. */
    void hears(Bulletin news, Message message) {
        if (wasTold(news, message) || !lost.isEmpty()) {
            return;
        }
        Message ours = message.passing() || heard.isEmpty() ? message : behindHeard(message);
        if (wants(ours)) {
            take(ours);
        } else {
            passes(ours);
        }
    }

    /** There is nothing in it for this one, but a place to go on from. */
    private void passes(Message message) {
        passed = message.id().isEmpty() ? passed : message.id();
    }

    /** A place to go on from that it was not told, if it was told all before; told once. */
    Optional<String> passed() {
        if (passed.isEmpty() || opening.hasNext() || !waiting.isEmpty() || !newest.isEmpty() || !lost.isEmpty()) {
            return Optional.empty();
        }
        String there = passed;
        passed = "";
        return Optional.of(there);
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
        passed = message.id().isEmpty() ? passed : "";
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
        newest.put(
                session,
                before == null || message.isBreak()
                        ? new Newest(Optional.empty(), message, 0)
                        : before.followedBy(message));
        if (newest.size() > SESSIONS) {
            loses(TOO_SLOW);
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
        boolean beginsAgain = !lost.isEmpty() && !asking && !outlet.full();
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
                passed = first.id().isEmpty() ? passed : "";
                return Optional.of(first);
            }
            passes(first);
        }
        if (!waiting.isEmpty()) {
            return Optional.of(waiting.poll());
        }
        if (newest.isEmpty()) {
            return Optional.empty();
        }
        Iterator<Map.Entry<SessionId, Newest>> all = newest.entrySet().iterator();
        Map.Entry<SessionId, Newest> oldest = all.next();
        Newest first = oldest.getValue();
        if (first.behind().isPresent()) {
            oldest.setValue(new Newest(Optional.empty(), first.message(), first.skipped()));
            // Later ones of other sessions were told before it.
            return first.behind().map(Message::withoutId);
        }
        all.remove();
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

    /**
     * What is kept of one session.
     *
     * @param behind the last {@link Message#isBreak} before it, to be told first; empty if there was none
     * @param skipped how many before it, and behind that, were not told
     */
    private record Newest(Optional<Message> behind, Message message, long skipped) {
        Newest followedBy(Message next) {
            return message.isBreak()
                    ? new Newest(Optional.of(message), next, 0)
                    : new Newest(behind, next, skipped + 1);
        }
    }
}
