package dev.reveille.reconnect;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;

/** One who follows sessions, is cut at random, and goes on at any node behind the last that it was told. */
final class Follower {
    private static final int AGAIN_MILLIS = 30;

    /** After one in so many messages it is cut at once, and back before others may have heard of that. */
    private static final int ONE_IN = 12;

    private final Vertx vertx;
    private final Lines lines;
    private final Nodes nodes;
    private final Habits habits;
    private final Random random;
    private final Account account;
    private final List<String> refusals = new ArrayList<>();
    private final LongAdder cuts;
    private String since;
    private Lines.Line line;
    private int connection;
    private boolean stays;
    private boolean over;

    /**
     * What it does.
     *
     * @param session that it follows; empty: all of them
     * @param socket by websocket; else as server-sent events
     * @param longestMillis it is cut before
     * @param awayMillis it comes back before
     * @param oneInAWhile each so many cuts it stays away for long
     */
    record Habits(
            Optional<String> session,
            boolean socket,
            int longestMillis,
            int awayMillis,
            int longAwayMillis,
            int oneInAWhile) {
        String path() {
            return session.map(id -> "/api/v1/sessions/" + id + "/events").orElse("/api/v1/events");
        }
    }

    /** @param since where it begins, if it follows one session; negative: where that is */
    Follower(Vertx vertx, Lines lines, Nodes nodes, Habits habits, Random random, long since, LongAdder cuts) {
        this.vertx = vertx;
        this.lines = lines;
        this.nodes = nodes;
        this.habits = habits;
        this.random = random;
        this.since = since < 0 ? "" : Long.toString(since);
        this.account =
                new Account(since < 0 ? Map.of() : Map.of(habits.session().orElseThrow(), since));
        this.cuts = cuts;
    }

    /** Goes to any node. */
    void begin() {
        connect(nodes.any(random));
    }

    /** Goes to a node and is never cut. */
    void stayAt(int node) {
        stays = true;
        connect(node);
    }

    private synchronized void connect(int node) {
        if (over) {
            return;
        }
        connection++;
        int mine = connection;
        boolean torn = random.nextBoolean();
        account.connected();
        Lines.Listener listener = new Lines.Listener() {
            @Override
            public void hears(JsonObject message, Optional<String> id) {
                heard(mine, message, id);
            }

            @Override
            public void lost() {
                goneOn(mine, AGAIN_MILLIS);
            }
        };
        Future<Lines.Line> opened = habits.socket()
                ? lines.socket(nodes.url(node), habits.path(), since, torn, listener)
                : lines.stream(nodes.url(node), habits.path(), since, torn, listener);
        opened.onSuccess(now -> connected(mine, now)).onFailure(error -> refused(mine, error));
    }

    private synchronized void connected(int mine, Lines.Line now) {
        if (mine != connection || over) {
            now.end();
            return;
        }
        line = now;
        if (!stays) {
            vertx.setTimer(1 + random.nextInt(habits.longestMillis()), t -> cut(mine));
        }
    }

    /** A node that is dead refuses to be connected to; one that lives has no reason to. */
    private synchronized void refused(int mine, Throwable error) {
        if (error instanceof Lines.Refused) {
            refusals.add(error.getMessage());
        }
        goneOn(mine, AGAIN_MILLIS);
    }

    private synchronized void heard(int mine, JsonObject message, Optional<String> id) {
        if (mine == connection) {
            account.hears(message, habits.session().isEmpty());
            id.ifPresent(behind -> since = behind);
            if (line != null && random.nextInt(ONE_IN) == 0) {
                cut(mine, 1);
            }
        }
    }

    private synchronized void cut(int mine) {
        boolean forLong = random.nextInt(habits.oneInAWhile()) == 0;
        cut(mine, 1 + random.nextInt(forLong ? habits.longAwayMillis() : habits.awayMillis()));
    }

    private void cut(int mine, int awayMillis) {
        if (mine == connection && !over && !stays) {
            cuts.increment();
            Lines.Line former = line;
            goneOn(mine, awayMillis);
            former.end();
        }
    }

    private synchronized void goneOn(int mine, int afterMillis) {
        if (mine == connection) {
            connection++;
            line = null;
            vertx.setTimer(afterMillis, t -> begin());
        }
    }

    /** Is cut no more. */
    synchronized void settle() {
        stays = true;
    }

    synchronized void end() {
        over = true;
        connection++;
        if (line != null) {
            line.end();
        }
    }

    /**
     * What it has not been told yet.
     *
     * @param ends the last revision of each session
     */
    synchronized List<String> missing(Map<String, Long> ends) {
        Map<String, Long> own =
                habits.session().map(id -> Map.of(id, ends.get(id))).orElse(ends);
        return account.missing(own).stream().map(what -> this + ": " + what).toList();
    }

    /** What it was told; to be read at the end. */
    synchronized Account account() {
        return account;
    }

    synchronized List<String> problems(Account truth) {
        List<String> all = new ArrayList<>(refusals);
        all.addAll(account.problems(truth));
        return all.stream().map(problem -> this + ": " + problem).toList();
    }

    @Override
    public String toString() {
        return (habits.socket() ? "websocket " : "event stream ") + habits.path();
    }
}
