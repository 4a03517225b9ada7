package dev.reveille.session;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A session as it stands in the registry. It never changes: {@link #to} gives its successor, and the registry swaps one
 * for the other only if nobody was faster.
 *
 * @param id the client's name for it
 * @param tenant whose it is
 * @param spec what was asked for
 * @param state where it stands
 * @param revision counts its changes, from 1
 * @param cause why it came to stand here
 * @param detail the same in words, for people; may be empty, never holds a key or an upstream address
 * @param createdAt when it was first opened or found
 * @param changedAt when it came to stand here
 * @param node which node made it so; empty if that was not noted
 * @param past where it stood before, the last {@value #REMEMBERED} at most, oldest first and without a gap; a record of an
 *     earlier version has none
 */
public record Session(
        SessionId id,
        String tenant,
        SessionSpec spec,
        SandboxState state,
        long revision,
        Cause cause,
        String detail,
        Instant createdAt,
        Instant changedAt,
        String node,
        List<Past> past) {

    /** Of so many changes it is known from what to what they were: enough for whoever was away for a few minutes. */
    public static final int REMEMBERED = 32;

    public Session {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(spec, "spec");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(cause, "cause");
        Objects.requireNonNull(detail, "detail");
        Objects.requireNonNull(createdAt, "createdAt");
        Objects.requireNonNull(changedAt, "changedAt");
        Objects.requireNonNull(node, "node");
        past = List.copyOf(past);
        if (revision < 1) {
            throw new IllegalArgumentException("revision: " + revision + " (expected: at least 1)");
        }
        if (past.size() >= revision) {
            throw new IllegalArgumentException(
                    "past: " + past.size() + " (expected: less than revision " + revision + ")");
        }
    }

    /** A session that was not there before. */
    public static Session first(
            SessionId id, String tenant, SessionSpec spec, SandboxState state, Cause cause, Instant now) {
        return new Session(id, tenant, spec, state, 1, cause, "", now, now, "", List.of());
    }

    /**
     * The successor in state {@code next}.
     *
     * @throws IllegalStateException if no step leads there; a defect of the caller
     */
    public Session to(SandboxState next, Cause why, String words, Instant now) {
        if (!state.leadsTo(next)) {
            throw new IllegalStateException(
                    "session=" + id + ": no step leads from " + state.word() + " to " + next.word());
        }
        return new Session(id, tenant, spec, next, revision + 1, why, words, createdAt, now, "", withPresent());
    }

    private List<Past> withPresent() {
        List<Past> longer = new ArrayList<>(past.subList(Math.max(0, past.size() + 1 - REMEMBERED), past.size()));
        longer.add(Past.of(this));
        return longer;
    }

    /** As {@link #to}, for the cause that moved it last and without further words. */
    public Session to(SandboxState next, Instant now) {
        return to(next, cause, "", now);
    }

    /** The same session asked for anew: an owner may open a session again with another spec. */
    public Session withSpec(SessionSpec asked) {
        return new Session(id, tenant, asked, state, revision, cause, detail, createdAt, changedAt, node, past);
    }

    /** The same, with a note which node has made it. */
    public Session madeBy(String maker) {
        return new Session(id, tenant, spec, state, revision, cause, detail, createdAt, changedAt, maker, past);
    }

    public Optional<SandboxRuntime> runtime() {
        return state.runtime();
    }

    public boolean settled() {
        return state.settled();
    }

    /** Whether it is settled and has no sandbox any more. */
    public boolean over() {
        return settled() && runtime().isEmpty();
    }

    /** Whether both are of one life: a session that was forgotten and opened again is another one, and counts from 1. */
    public boolean sameLife(Session other) {
        return id.equals(other.id) && createdAt.equals(other.createdAt);
    }

    /** Whether {@code earlier} became this, as far as it is still known. */
    public boolean descendsFrom(Session earlier) {
        long back = revision - earlier.revision;
        boolean forgotten = back > past.size();
        return sameLife(earlier)
                && back > 0
                && (forgotten || past.get(past.size() - (int) back).equals(Past.of(earlier)));
    }

    /**
     * Whether it was found asleep since it had {@code since}, and nobody here was about to put it to sleep: who met it then
     * met nobody.
     */
    public boolean wasFoundAsleepSince(long since) {
        List<String> states = changesSince(since).orElse(List.of()).stream()
                .map(SessionChange::state)
                .toList();
        return states.contains("paused") && !states.contains("pausing");
    }

    /** Whether it was put to sleep here since it had {@code since}, or is just being, and not woken after that. */
    public boolean wasPutToSleepSince(long since) {
        return changes().stream()
                .filter(change -> change.revision() > since)
                .map(SessionChange::state)
                .filter(state -> !state.equals("paused"))
                .reduce((earlier, later) -> later)
                .filter("pausing"::equals)
                .isPresent();
    }

    /**
     * Whether at most its pause or its end has begun since it had {@code since}: until that is done, its sandbox answers as
     * it did.
     */
    public boolean wasUpSince(long since) {
        return since <= revision && changesSince(since).filter(Session::onlyEnd).isPresent();
    }

    private static boolean onlyEnd(List<SessionChange> changes) {
        return changes.stream()
                .map(SessionChange::state)
                .allMatch(state -> state.equals("pausing") || state.equals("stopping"));
    }

    /** The revision after the oldest change of which it is still known what it was. */
    public long oldestChange() {
        long oldest = revision - past.size();
        return oldest == 1 || past.isEmpty() ? oldest : oldest + 1;
    }

    /**
     * Its changes since it had {@code revision}, oldest first.
     *
     * @return empty if one of them is not known any more
     */
    public Optional<List<SessionChange>> changesSince(long since) {
        if (since >= revision) {
            return Optional.of(List.of());
        }
        return since + 1 < oldestChange() ? Optional.empty() : Optional.of(changes(since + 1));
    }

    /** The changes that are still known, oldest first; the last of them led to where it stands. */
    public List<SessionChange> changes() {
        return changes(oldestChange());
    }

    private List<SessionChange> changes(long from) {
        List<SessionChange> changes = new ArrayList<>();
        for (long to = from; to <= revision; to++) {
            changes.add(SessionChange.of(this, place(to - 1), place(to).orElseThrow(), to));
        }
        return changes;
    }

    /** Where it stood at a revision; empty if that is not known. */
    private Optional<Past> place(long at) {
        long back = revision - at;
        if (back == 0) {
            return Optional.of(Past.of(this));
        }
        return back > past.size() ? Optional.empty() : Optional.of(past.get(past.size() - (int) back));
    }
}
