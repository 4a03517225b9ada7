package dev.reveille.reconnect;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * What one was told, over all of its connections. Each session has to be told of without a gap: what comes twice, too early
 * or too late is noted as a problem, and so is a reset of one who has not missed more than a record remembers.
 */
final class Account {
    /** So many changes of a session a record can tell of. */
    private static final long REMEMBERED = 32;

    private final Map<String, NavigableMap<Long, Change>> changes = new TreeMap<>();
    private final Map<String, Long> last = new HashMap<>();
    private final Map<String, Long> states = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private String resetWhy = "";
    private int resets;

    /** @param from up to which revisions it knows sessions already */
    Account(Map<String, Long> from) {
        last.putAll(from);
    }

    /** What {@code all} were told, each of sessions of its own. */
    static Account together(List<Account> all) {
        Account together = new Account(Map.of());
        all.forEach(one -> together.changes.putAll(one.changes));
        return together;
    }

    /** A new connection: what was told of states counts only with the {@code live} behind them. */
    void connected() {
        states.clear();
        resetWhy = "";
    }

    /** @param all whether it follows all sessions */
    void hears(JsonObject message, boolean all) {
        switch (message.getString("type")) {
            case "state" -> {
                states.put(message.getString("session_id"), message.getLong("revision"));
                if (!all) {
                    live();
                }
            }
            case "reset" -> {
                resetWhy = message.getString("reason");
                if (!all) {
                    states.put(message.getString("session_id"), message.getLong("revision"));
                    live();
                }
            }
            case "live" -> live();
            case "change" -> changed(message);
            case "progress" -> {}
            default -> problems.add("unexpected: " + message);
        }
    }

    private void live() {
        long missed = states.entrySet().stream()
                .mapToLong(state -> state.getValue() - last.getOrDefault(state.getKey(), state.getValue()))
                .max()
                .orElse(0);
        boolean began = last.isEmpty();
        if (!began && missed <= REMEMBERED) {
            problems.add("told how things are, though it missed only " + missed + ": \"" + resetWhy + "\" " + states
                    + " after " + last);
        }
        states.forEach((session, revision) -> {
            if (last.getOrDefault(session, 0L) > revision) {
                problems.add(session + ": back at " + revision + " after " + last.get(session));
            }
            last.put(session, revision);
        });
        resets += began ? 0 : 1;
        states.clear();
    }

    private void changed(JsonObject message) {
        Change change = Change.of(message);
        long before = last.getOrDefault(change.session(), 0L);
        if (change.revision() != before + 1 || message.containsKey("coalesced")) {
            problems.add(change.session() + ": told of " + message + " behind " + before);
        }
        last.put(change.session(), Math.max(before, change.revision()));
        changes.computeIfAbsent(change.session(), s -> new TreeMap<>()).put(change.revision(), change);
    }

    /** What it still has to be told, if it is about these sessions. */
    List<String> missing(Map<String, Long> ends) {
        return ends.entrySet().stream()
                .filter(end -> last.getOrDefault(end.getKey(), 0L) < end.getValue())
                .map(end -> "it knows " + end.getKey() + " up to " + last.get(end.getKey()) + " (expected: "
                        + end.getValue() + ")")
                .toList();
    }

    NavigableMap<Long, Change> changes(String session) {
        return changes.getOrDefault(session, new TreeMap<>());
    }

    int size() {
        return changes.values().stream().mapToInt(Map::size).sum();
    }

    Set<String> sessions() {
        return changes.keySet();
    }

    int resets() {
        return resets;
    }

    /** What was wrong with it, if it is held against what happened. */
    List<String> problems(Account truth) {
        List<String> all = new ArrayList<>(problems);
        changes.forEach((session, told) -> told.values().stream()
                .filter(change -> !change.equals(truth.changes(session).get(change.revision())))
                .forEach(change ->
                        all.add(change + " (expected: " + truth.changes(session).get(change.revision()) + ")")));
        return all;
    }
}
