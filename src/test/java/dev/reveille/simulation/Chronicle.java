package dev.reveille.simulation;

import dev.reveille.bus.Wire;
import dev.reveille.session.Cause;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Lease;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Sees every change of every session, and remembers each that should not have been made. */
final class Chronicle implements PlayedMap.Witness {
    private final World world;
    private final PlayedUpstream upstream;
    private final List<String> wrongs = new ArrayList<>();
    private final List<String> story = new ArrayList<>();
    private final Map<String, Life> lives = new HashMap<>();
    private final Set<String> untold = new HashSet<>();
    private boolean mapFailed;

    /** What has to be remembered of a session besides its record. */
    private static final class Life {
        private long since;
        private int newestRuntime;
        private boolean closing;
        private boolean closed;
        private int opensUnderWay;

        /** Openings that were answered before they could begin, and that begin when the close is over. */
        private int opensToCome;
    }

    Chronicle(World world, PlayedUpstream upstream) {
        this.world = world;
        this.upstream = upstream;
    }

    List<String> wrongs() {
        return wrongs;
    }

    /** All changes, for whoever has to find out why one of them was wrong. */
    List<String> story() {
        return story;
    }

    /** The session was closed, and nobody has opened it again. */
    boolean closed(String session) {
        return life(session).closed;
    }

    void openBegins(String session) {
        life(session).opensUnderWay++;
    }

    /** @param toCome whether its answer, if there was one, leaves open that it begins later */
    void openEnds(String session, boolean toCome) {
        life(session).opensUnderWay--;
        life(session).opensToCome += toCome ? 1 : 0;
    }

    void told(Member by, JsonObject news) {
        SessionChange change = Wire.change(news);
        check(
                untold.remove(change.sessionId() + "/" + change.at() + "/" + change.revision() + "/" + by.id()),
                by,
                "tells of a change that it has not made, or has told of: " + news);
    }

    @Override
    public void sawFailure() {
        mapFailed = true;
    }

    @Override
    public void saw(Member by, String before, String after) {
        Optional<Session> old = Optional.ofNullable(before).map(Chronicle::decoded);
        Optional<Session> now = Optional.ofNullable(after).map(Chronicle::decoded);
        String id = old.or(() -> now).orElseThrow().id().value();
        story.add(world.instant() + " " + by.id() + ": " + told(old) + " → " + told(now));
        Life life = life(id);
        if (now.isEmpty()) {
            forgotten(by, old.orElseThrow());
        } else {
            untold.add(id + "/" + now.get().changedAt() + "/" + now.get().revision() + "/" + by.id());
            check(after.equals(Wire.session(now.get()).encode()), by, "writes a record that reads otherwise: " + after);
            follows(by, old, now.get());
            fenced(by, life, old, now.get());
            closeWins(by, life, old, now.get());
        }
        life.since = world.step();
    }

    private void forgotten(Member by, Session old) {
        check(old.settled() && old.runtime().isEmpty(), by, "forgets a session that is not over: " + told(old));
    }

    /** One winner for each revision, in a transition of one's own or in one that nobody carries. */
    private void follows(Member by, Optional<Session> before, Session now) {
        if (before.isEmpty()) {
            check(now.revision() == 1, by, "begins at another revision than 1: " + told(now));
            return;
        }
        Session old = before.get();
        String step = told(old) + " → " + told(now);
        check(now.revision() == old.revision() + 1, by, "skips a revision: " + step);
        check(now.createdAt().equals(old.createdAt()), by, "calls the same session a new one: " + step);
        Optional<Lease> held = old.state().lease();
        boolean another = held.filter(
                        l -> !l.node().equals(by.id()) && by.knows(l.node()) && !l.hasRunOut(world.instant()))
                .isPresent();
        boolean closes =
                now.state() instanceof SandboxState.Stopping && !(old.state() instanceof SandboxState.Stopping);
        check(!another || closes, by, "steps into a transition that " + held + " carries: " + step);
        now.state().lease().ifPresent(l -> check(l.node().equals(by.id()), by, "gives its lease to another: " + step));
        if (now.state() instanceof SandboxState.Failed failed) {
            checkNotOurs(by, failed.failure(), step);
        }
    }

    /** News of an older runtime, or older than the record, never wins. */
    private void fenced(Member by, Life life, Optional<Session> old, Session now) {
        String step = told(old) + " → " + told(now);
        Optional<String> runtime = now.runtime().map(SandboxRuntime::id).map(RuntimeId::value);
        runtime.ifPresent(r -> {
            check(upstream.belongsTo(r, now.id().value()), by, "takes another session's sandbox: " + step);
            check(
                    PlayedUpstream.number(r) >= life.newestRuntime,
                    by,
                    "goes back to an older sandbox than rt" + life.newestRuntime + ": " + step);
            life.newestRuntime = Math.max(life.newestRuntime, PlayedUpstream.number(r));
        });
        boolean found = (now.cause() == Cause.UPSTREAM || now.cause() == Cause.ADOPTED)
                && old.map(Session::settled).orElse(true);
        if (found) {
            check(wasTrue(life, old, now, runtime), by, "believes what was not true since the record stood: " + step);
        }
    }

    private boolean wasTrue(Life life, Optional<Session> old, Session now, Optional<String> runtime) {
        SandboxState state = now.state();
        if (state instanceof SandboxState.Stopped) {
            return old.flatMap(Session::runtime)
                    .map(r -> upstream.was(r.id().value(), "stopped", life.since))
                    .orElse(true);
        }
        String status =
                state instanceof SandboxState.Paused ? "paused" : state instanceof SandboxState.Failed ? "error" : "up";
        // Nobody else has a record that says otherwise.
        long since = old.isPresent() ? life.since : 0;
        return runtime.filter(r -> upstream.was(r, status, since)).isPresent();
    }

    /** After a close that is under way only its end, after its end only somebody who opens it. */
    private void closeWins(Member by, Life life, Optional<Session> old, Session now) {
        SandboxState state = now.state();
        String step = told(old) + " → " + told(now);
        boolean ends = state instanceof SandboxState.Stopping
                || state instanceof SandboxState.Stopped
                || state instanceof SandboxState.Failed;
        check(!life.closing || ends, by, "undoes a close that is under way: " + step);
        if (life.closed && !(state instanceof SandboxState.Stopped)) {
            boolean starts = now.cause() == Cause.CLIENT && state instanceof SandboxState.Starting;
            boolean opened = starts && (life.opensUnderWay > 0 || life.opensToCome > 0);
            life.opensToCome -= starts && life.opensUnderWay == 0 && life.opensToCome > 0 ? 1 : 0;
            // That it was true is seen to elsewhere.
            boolean thereAfterAll = now.cause() == Cause.UPSTREAM || (now.cause() == Cause.ADOPTED && old.isEmpty());
            check(opened || thereAfterAll || state instanceof SandboxState.Stopping, by, "undoes a close: " + step);
        }
        life.closed = state instanceof SandboxState.Stopped && (life.closing || life.closed);
        life.closing = state instanceof SandboxState.Stopping;
    }

    /** As long as the shared map answers, nothing may go wrong here. */
    void checkNotOurs(Member who, GatewayFailure failure, String what) {
        check(mapFailed || !(failure instanceof GatewayFailure.Internal), who, "meets a defect of ours: " + what);
    }

    void check(boolean right, Member who, String wrong) {
        if (!right) {
            wrongs.add(world.instant() + " " + (who == null ? "" : who.id() + " ") + wrong);
        }
    }

    private Life life(String session) {
        return lives.computeIfAbsent(session, s -> new Life());
    }

    static Session decoded(String text) {
        return Wire.session(new JsonObject(text));
    }

    private static String told(Optional<Session> session) {
        return session.map(Chronicle::told).orElse("none");
    }

    static String told(Session s) {
        return s.id() + "#" + s.revision() + " " + s.state().word()
                + s.runtime().map(r -> "(" + r.id() + ")").orElse("")
                + s.state()
                        .lease()
                        .map(l -> "[" + l.node() + " " + l.until() + "]")
                        .orElse("")
                + " " + s.cause().word()
                + (s.detail().isEmpty() ? "" : " \"" + s.detail() + "\"");
    }
}
