package dev.reveille.simulation;

import dev.reveille.bus.Catalogue;
import dev.reveille.session.FailureException;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/** Nodes, their map, their upstream, and whoever watches that all goes right. */
final class Cluster {
    static final int NODES = 3;

    /** Longer than any patience, with a repair in it. */
    private static final Duration WHILE = Duration.ofSeconds(25);

    /** So many that any lease, and then any memory of a session that is over, is over. */
    private static final int WHILES = 6;

    private static final Set<String> UNANSWERED = Set.of("internal", "shutting_down");
    private static final Set<String> WAITED_FOR = Set.of("stopping", "stopped", "pausing", "paused");

    private final World world = new World();
    private final PlayedUpstream upstream = new PlayedUpstream(world);
    private final Chronicle chronicle = new Chronicle(world, upstream);
    private final PlayedMap map = new PlayedMap(world, chronicle, this::mapChanged);
    private final Set<String> present = new HashSet<>();
    private final Set<String> gone = new HashSet<>();
    private final Member[] members = new Member[NODES];
    private final Map<Member, Map<String, Session>> newestSeen = new HashMap<>();
    private final List<Asked> asked = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();
    private boolean troubled;
    private int lives;

    private record Asked(Member member, String what, Future<JsonObject> answer) {}

    Cluster() {
        for (int i = 0; i < NODES; i++) {
            joins(i);
        }
        world.flow(Duration.ZERO, 0);
    }

    World world() {
        return world;
    }

    PlayedUpstream upstream() {
        return upstream;
    }

    /** From now on upstream may have sandboxes that nobody here knows of, or miss some. */
    void isTroubled() {
        troubled = true;
    }

    // Nodes come and go.

    /** The one in place {@code i}, or the next that lives. */
    Member member(int i) {
        for (int j = 0; j < NODES; j++) {
            Member member = members[(i + j) % NODES];
            if (member.alive()) {
                return member;
            }
        }
        joins(i);
        return members[i];
    }

    void joins(int i) {
        if (members[i] == null || !members[i].alive()) {
            PlayedNode node = new PlayedNode("n" + i + "." + ++lives, () -> present, gone);
            members[i] = new Member(world, vertx(i), map, node);
            present.add(node.id());
            membersChanged();
            world.happens(members[i]::starts);
        }
    }

    private PlayedVertx vertx(int i) {
        return new PlayedVertx(world, (address, news) -> publish(members[i], address, news), upstream::answer);
    }

    void dies(int i) {
        goes(i, Member::dies);
    }

    void leaves(int i) {
        goes(i, Member::leaves);
    }

    private void goes(int i, Consumer<Member> how) {
        if (members[i].alive()) {
            world.happens(() -> how.accept(members[i]));
            present.remove(members[i].id());
            gone.add(members[i].id());
            membersChanged();
        }
    }

    private void membersChanged() {
        eachMember(member -> world.tell(member::hearsOfMembers));
    }

    private void mapChanged(String before, String after) {
        eachMember(member -> world.tell(() -> member.hears(before, after)));
    }

    private void eachMember(Consumer<Member> what) {
        Stream.of(members).filter(Objects::nonNull).filter(Member::alive).forEach(what);
    }

    private void publish(Member from, String address, JsonObject news) {
        if (address.equals(Catalogue.CHANGED.address())) {
            chronicle.told(from, news);
        } else if (!address.equals(Catalogue.WISHED.address())) {
            return;
        }
        eachMember(member -> world.tell(() -> member.hears(address, news)));
    }

    // Commands.

    void ask(int i, String what, String session, Function<Member, Future<JsonObject>> question) {
        Member member = member(i);
        world.happens(() -> asked.add(new Asked(member, what + " " + session, question.apply(member))));
    }

    void open(int i, String session) {
        chronicle.openBegins(session);
        ask(
                i,
                "open",
                session,
                member -> member.opens(session).onComplete(done -> chronicle.openEnds(session, isToCome(done))));
    }

    /**
     * Whether an opening may begin behind its answer: there was none in time, or it was told what it waited for, which may
     * just have come to its end. One that was refused, or joined a start, is over.
     */
    private static boolean isToCome(AsyncResult<JsonObject> answer) {
        return answer.failed()
                ? answer.cause() instanceof FailureException failed
                        && UNANSWERED.contains(failed.failure().code())
                : WAITED_FOR.contains(answer.result().getString("state"));
    }

    // What has to be true.

    /** At every moment. */
    List<String> wrongs() {
        eachMember(this::looksAhead);
        return chronicle.wrongs();
    }

    List<String> story() {
        return chronicle.story();
    }

    /** No node goes back to an older revision, and none leads into another session's sandbox. */
    private void looksAhead(Member member) {
        Map<String, Session> newest = newestSeen.computeIfAbsent(member, m -> new HashMap<>());
        for (Session session : member.sessions()) {
            Session before = newest.put(session.id().value(), session);
            boolean backwards = before != null
                    && (session.createdAt().isBefore(before.createdAt())
                            || (session.createdAt().equals(before.createdAt())
                                    && session.revision() < before.revision()));
            chronicle.check(!backwards, member, "goes back to " + Chronicle.told(session));
            session.runtime()
                    .ifPresent(r -> chronicle.check(
                            member.routeTo(r.id().value())
                                    .filter(s -> s.id().equals(session.id()))
                                    .isPresent(),
                            member,
                            "does not lead where " + Chronicle.told(session) + " is"));
        }
        for (String runtime : member.routed()) {
            chronicle.check(
                    member.routeTo(runtime)
                            .filter(s -> upstream.belongsTo(runtime, s.id().value()))
                            .isPresent(),
                    member,
                    "does not lead " + runtime + " to its session");
        }
    }

    /** Once nothing happens any more but what the nodes do by themselves. */
    List<String> wrongsInTheEnd() {
        member(0);
        List<String> notYet = List.of("nothing yet");
        for (int i = 0; i < WHILES && !notYet.isEmpty(); i++) {
            world.flow(WHILE, 0);
            notYet = notAsItShouldBe();
        }
        return Stream.concat(wrongs().stream(), notYet.stream()).toList();
    }

    private List<String> notAsItShouldBe() {
        wrong.clear();
        List<Session> sessions =
                map.entries().values().stream().map(Chronicle::decoded).toList();
        for (Session session : sessions) {
            expect(session.settled(), "is stuck: " + Chronicle.told(session));
            agreesWithUpstream(session);
        }
        for (Asked one : asked) {
            answered(one);
        }
        eachMember(member -> seesAllAsItIs(member, sessions));
        return List.copyOf(wrong);
    }

    private void expect(boolean right, String otherwise) {
        if (!right) {
            wrong.add(world.instant() + " " + otherwise);
        }
    }

    private void agreesWithUpstream(Session session) {
        String id = session.id().value();
        Optional<String> ours = session.runtime().map(r -> r.id().value());
        Optional<String> theirs = upstream.live(id).map(PlayedUpstream.Sandbox::runtimeId);
        boolean awake = session.state() instanceof SandboxState.Running;
        if (awake || session.state() instanceof SandboxState.Paused) {
            expect(ours.equals(theirs), "is not so: " + Chronicle.told(session));
            theirs.ifPresent(r -> expect(
                    upstream.named(r).orElseThrow().status().equals(awake ? "up" : "paused"),
                    "is not so: " + Chronicle.told(session)));
        }
        if (chronicle.closed(id) && !troubled) {
            expect(theirs.isEmpty(), "was closed, but " + theirs + " lives: " + Chronicle.told(session));
        }
    }

    private void answered(Asked one) {
        boolean over = one.answer().isComplete() || !one.member().alive();
        expect(over, one.member().id() + " never answers: " + one.what());
        if (one.answer().cause() instanceof FailureException failed) {
            chronicle.checkNotOurs(one.member(), failed.failure(), one.what());
        }
    }

    private void seesAllAsItIs(Member member, List<Session> sessions) {
        List<Session> seen = new ArrayList<>();
        member.sessions().forEach(seen::add);
        expect(seen.equals(sessions), member.id() + " sees " + seen + ", but there is " + sessions);
        TreeSet<String> runtimes = new TreeSet<>();
        sessions.forEach(s -> s.runtime().map(SandboxRuntime::id).ifPresent(r -> runtimes.add(r.value())));
        expect(
                member.routed().equals(runtimes),
                member.id() + " leads to " + member.routed() + ", but there is " + runtimes);
    }
}
