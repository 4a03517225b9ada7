package dev.reveille.testing;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A runtime API with scripted sandboxes, as two real servers: one for control calls, one for the traffic of the sandboxes
 * in path mode ({@code http://127.0.0.1:PORT/RUNTIME_ID/runtime/…}). Either can be closed by itself.
 *
 * <p>A test reads like this:
 *
 * <pre>{@code
 * fake.session("s-1").isPaused();
 * fake.resumeTakes(ofMillis(300)).readyBeforeRoute(ofMillis(100));
 * fake.on("POST", "/resume").answers(500).then(200);
 * …
 * assertThat(fake.calls("POST /resume")).isEqualTo(2);
 * }</pre>
 *
 * <p>Without a script: {@code /start} is idempotent per session, answers at once, and wakes a paused runtime;
 * {@code /resume} of one that is not paused and {@code /pause} of one that does not run answer 409; a stopped runtime stays
 * known as {@code stopped}; {@code /list} tells the running and the starting ones. A sandbox with a key answers 403
 * without it. While it is not running, its router answers 503 ({@link #pausedAnswers}), 404 once stopped, 502 after
 * {@link FakeSandbox#crash}.
 *
 * <p>All methods may be called from any thread but an event loop.
 */
public final class FakeRuntimeApi implements AutoCloseable {
    private final Vertx vertx;
    private final Replies replies;
    private final ControlSide controlSide = new ControlSide(this);
    private final SandboxSide sandboxSide;
    private final Scripts scripts = new Scripts();
    private final List<FakeSandbox> sandboxes = new CopyOnWriteArrayList<>();
    private final Map<String, FakeBuild> builds = new ConcurrentHashMap<>();
    private final Set<String> images = ConcurrentHashMap.newKeySet();
    private final AtomicInteger lastRuntime = new AtomicInteger();
    private final List<RecordedRequest> requests = new ArrayList<>();
    private final List<Expected> expected = new ArrayList<>();

    private record Expected(CallPattern pattern, int count, Promise<RecordedRequest> met) {}

    /** Not this object's own lock, which the servers' handlers take: closing waits for them. */
    private final Object listeners = new Object();

    private HttpServer control;
    private HttpServer sandboxRouter;
    private volatile int controlPort;
    private volatile int sandboxPort;

    private volatile Duration startTime = Duration.ZERO;
    private volatile Duration resumeTime = Duration.ZERO;
    private volatile Duration pauseTime = Duration.ZERO;
    private volatile Duration routeLag = Duration.ZERO;
    private volatile String podEnd = "ready";
    private volatile int pausedStatus = 503;
    private volatile int buildLooks;
    private volatile boolean issuesKeys;
    private volatile boolean rotatesKeys;
    private volatile boolean knowsBatch = true;
    private volatile boolean namesByHost;
    private volatile Optional<String> apiKey = Optional.empty();

    private FakeRuntimeApi(Vertx vertx) {
        this.vertx = vertx;
        this.replies = new Replies(vertx);
        this.sandboxSide = new SandboxSide(replies, () -> pausedStatus);
    }

    /** Listens on two free ports when this returns. */
    public static FakeRuntimeApi start(Vertx vertx) {
        FakeRuntimeApi fake = new FakeRuntimeApi(vertx);
        fake.openControl();
        fake.openSandboxes();
        return fake;
    }

    // Where it is.

    /** The base URL of the runtime API, without a trailing slash. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + port());
    }

    public int port() {
        return controlPort;
    }

    /** What stands before {@code /RUNTIME_ID/runtime} in the URLs of sandboxes. */
    public URI sandboxUri() {
        return URI.create("http://127.0.0.1:" + sandboxPort);
    }

    // The sandboxes.

    /**
     * The session's newest sandbox. A session named for the first time gets one, {@code rt1}, {@code rt2} …, that nobody
     * else knows until it is put into a state or started.
     */
    public synchronized FakeSandbox session(String sessionId) {
        return newest(sandboxes, sessionId).orElseGet(() -> newSandbox(sessionId));
    }

    /** @throws IllegalArgumentException if there is none with this runtime id */
    public FakeSandbox sandbox(String runtimeId) {
        return sandboxes.stream()
                .filter(s -> s.runtimeId().equals(runtimeId))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("runtime_id: " + runtimeId + " (expected: one of "
                        + sandboxes.stream().map(FakeSandbox::runtimeId).toList() + ")"));
    }

    /** In the order of their making. */
    public List<FakeSandbox> sandboxes() {
        return List.copyOf(sandboxes);
    }

    /** The session and its sandboxes are unknown from now on. */
    public synchronized void forget(String sessionId) {
        sandboxes.removeIf(s -> s.sessionId().equals(sessionId));
    }

    // How it behaves.

    /** From {@code /start} to {@code pod_status: ready}. By default 0: the answer says {@code running} already. */
    public FakeRuntimeApi startTakes(Duration time) {
        startTime = time;
        return this;
    }

    /** From {@code /resume} to {@code pod_status: ready}. By default 0. */
    public FakeRuntimeApi resumeTakes(Duration time) {
        resumeTime = time;
        return this;
    }

    /** From {@code /pause} to {@code status: paused}; until then it runs. By default 0. */
    public FakeRuntimeApi pauseTakes(Duration time) {
        pauseTime = time;
        return this;
    }

    /** From {@code pod_status: ready} to the first answer of {@code /alive}. By default 0. */
    public FakeRuntimeApi readyBeforeRoute(Duration time) {
        routeLag = time;
        return this;
    }

    /** What starts and resumes end as instead of {@code ready}: {@code failed}, {@code crashloopbackoff} … */
    public FakeRuntimeApi podsEndAs(String podStatus) {
        podEnd = podStatus;
        return this;
    }

    /** The router's status for sandboxes that are paused or starting: 503 (default) or 404. */
    public FakeRuntimeApi pausedAnswers(int status) {
        pausedStatus = status;
        return this;
    }

    /** {@code /start} hands out {@code key-RUNTIME_ID}. */
    public FakeRuntimeApi issuesSessionKeys() {
        issuesKeys = true;
        return this;
    }

    /** {@code /resume} hands out a new key each time, and the old one is refused. */
    public FakeRuntimeApi rotatesSessionKeys() {
        rotatesKeys = true;
        return this;
    }

    /** As servers before {@code /sessions/batch}: they take it for a session. */
    public FakeRuntimeApi knowsNoBatch() {
        knowsBatch = false;
        return this;
    }

    /**
     * New sandboxes are reached by name, {@code http://RUNTIME_ID.localhost:PORT}, with {@code vscode-}, {@code work-1-},
     * {@code work-2-} in front of the name for their other services.
     */
    public FakeRuntimeApi namesSandboxesByHost() {
        namesByHost = true;
        return this;
    }

    /** 401 to whoever does not show this key. */
    public FakeRuntimeApi requiresApiKey(String key) {
        apiKey = Optional.of(key);
        return this;
    }

    public FakeRuntimeApi hasImage(String image) {
        images.add(image);
        return this;
    }

    /** So many times {@code /build_status} says {@code WORKING} before it says {@code SUCCESS}. */
    public FakeRuntimeApi buildsTakeLooks(int looks) {
        buildLooks = looks;
        return this;
    }

    // Scripts.

    /** Control calls with this method and path; a {@code *} at the end of the path stands for any rest. */
    public Script on(String method, String path) {
        return scripts.on(method, path);
    }

    /** Every control call. */
    public Script onControl() {
        return on("*", "*");
    }

    /** Traffic to every sandbox that has no script of its own for it, {@code /alive} included. */
    public Script onSandboxes() {
        return sandboxSide.everywhere().on("*", "*");
    }

    /** Drops all scripts but those of single sandboxes. */
    public FakeRuntimeApi asUsual() {
        scripts.clear();
        sandboxSide.everywhere().clear();
        return this;
    }

    // What it saw.

    /** How many such calls have arrived: {@code POST /resume}, {@code GET /sessions/*}, {@code GET /rt1/runtime/alive}. */
    public int calls(String what) {
        return requests(what).size();
    }

    /** Every request to either side, in order of arrival. */
    public List<RecordedRequest> requests() {
        synchronized (requests) {
            return List.copyOf(requests);
        }
    }

    public List<RecordedRequest> requests(String what) {
        CallPattern pattern = CallPattern.of(what);
        return requests().stream()
                .filter(r -> pattern.matches(r.method(), r.path()))
                .toList();
    }

    /** Completes when {@code count} such calls have arrived since the begin, with the last of them. */
    public Future<RecordedRequest> whenCalled(String what, int count) {
        synchronized (requests) {
            Expected awaited = new Expected(CallPattern.of(what), count, Promise.promise());
            expected.add(awaited);
            announce();
            return awaited.met().future();
        }
    }

    // Going away.

    /** Control calls are refused from now on, open ones cut. */
    public void closeControl() {
        synchronized (listeners) {
            await(control.close());
        }
    }

    /** Opens it again on the same port. */
    public void openControl() {
        synchronized (listeners) {
            control = await(server().listen(controlPort, "127.0.0.1"));
            controlPort = control.actualPort();
        }
    }

    /** Sandbox traffic is refused from now on, open connections cut. */
    public void closeSandboxes() {
        synchronized (listeners) {
            await(sandboxRouter.close());
        }
    }

    public void openSandboxes() {
        synchronized (listeners) {
            sandboxRouter = await(server().listen(sandboxPort, "127.0.0.1"));
            sandboxPort = sandboxRouter.actualPort();
        }
    }

    @Override
    public void close() {
        closeControl();
        closeSandboxes();
    }

    // For the two sides.

    List<FakeSandbox> known() {
        return sandboxes.stream().filter(FakeSandbox::isKnown).toList();
    }

    Optional<FakeSandbox> bySession(String sessionId) {
        return newest(known(), sessionId);
    }

    Optional<FakeSandbox> byRuntime(String runtimeId) {
        return known().stream().filter(s -> s.runtimeId().equals(runtimeId)).findFirst();
    }

    boolean admits(String shownKey) {
        return apiKey.isEmpty() || apiKey.get().equals(shownKey);
    }

    boolean hasImageNamed(String image) {
        return image != null && images.contains(image);
    }

    boolean knowsBatch() {
        return knowsBatch;
    }

    Duration pauseTime() {
        return pauseTime;
    }

    synchronized FakeSandbox starts(String sessionId) {
        FakeSandbox newest = session(sessionId);
        switch (newest.status()) {
            case "running", "starting" -> {}
            case "paused" -> resumes(newest);
            default -> newest = startsAnew(newest);
        }
        return newest;
    }

    /** What {@code /resume} answers. */
    JsonObject resumes(FakeSandbox sandbox) {
        sandbox.boots(resumeTime, routeLag, podEnd);
        JsonObject answer = new JsonObject().put("message", "resumed");
        Optional<String> key = sandbox.resumedKey(rotatesKeys);
        if (rotatesKeys) {
            key.ifPresent(k -> answer.put("session_api_key", k));
        }
        return answer;
    }

    String builds(String image) {
        String buildId = "build-" + (builds.size() + 1);
        builds.put(buildId, new FakeBuild(image, buildLooks));
        return buildId;
    }

    Optional<JsonObject> lookAtBuild(String buildId) {
        return Optional.ofNullable(buildId).map(builds::get).map(build -> {
            JsonObject report = build.report();
            if (report.getString("status").equals("SUCCESS")) {
                images.add(build.image());
            }
            return report;
        });
    }

    private FakeSandbox startsAnew(FakeSandbox newest) {
        FakeSandbox started = newest.isKnown() ? newSandbox(newest.sessionId()) : newest;
        started.boots(startTime, routeLag, podEnd);
        if (issuesKeys) {
            started.withKey("key-" + started.runtimeId());
        }
        return started;
    }

    private static Optional<FakeSandbox> newest(List<FakeSandbox> among, String sessionId) {
        return among.stream().filter(s -> s.sessionId().equals(sessionId)).reduce((older, newer) -> newer);
    }

    private FakeSandbox newSandbox(String sessionId) {
        String runtimeId = "rt" + lastRuntime.incrementAndGet();
        URI url = namesByHost
                ? URI.create("http://" + runtimeId + ".localhost:" + sandboxPort)
                : sandboxUri().resolve("/" + runtimeId + "/runtime");
        FakeSandbox sandbox = new FakeSandbox(vertx, runtimeId, sessionId, url);
        sandboxes.add(sandbox);
        return sandbox;
    }

    private HttpServer server() {
        HttpServerOptions options = new HttpServerOptions().setHandle100ContinueAutomatically(true);
        return vertx.createHttpServer(options).requestHandler(this::serve);
    }

    private void serve(HttpServerRequest request) {
        String host = request.authority() == null ? "" : request.authority().host();
        Optional<SandboxPath> path = SandboxPath.of(host, request.path());
        RecordedRequest recorded = new RecordedRequest(path.isEmpty(), request);
        if (path.isPresent()) {
            log(recorded);
            sandboxSide.serve(
                    request, recorded, path.get(), byRuntime(path.get().runtimeId()));
        } else {
            request.handler(recorded::add);
            request.endHandler(v -> control(request, recorded));
        }
    }

    /** Logged when the body is there, so that whoever waited for the call can read it. */
    private void control(HttpServerRequest request, RecordedRequest recorded) {
        log(recorded);
        Step step = scripts.next(recorded.method(), recorded.path());
        switch (step.kind()) {
            case LOSE_ANSWER -> {
                controlSide.reply(request, recorded);
                replies.cut(request);
            }
            case KEEP_ANSWER -> controlSide.reply(request, recorded);
            default -> replies.play(step, request, () -> usual(request, recorded));
        }
    }

    private void usual(HttpServerRequest request, RecordedRequest recorded) {
        ControlSide.Reply reply = controlSide.reply(request, recorded);
        replies.send(request, reply.status(), "application/json", Buffer.buffer(reply.body()));
    }

    private void log(RecordedRequest recorded) {
        synchronized (requests) {
            requests.add(recorded);
            announce();
        }
    }

    private void announce() {
        expected.removeIf(awaited -> {
            List<RecordedRequest> met = requests.stream()
                    .filter(r -> awaited.pattern().matches(r.method(), r.path()))
                    .toList();
            return met.size() >= awaited.count() && awaited.met().tryComplete(met.get(awaited.count() - 1));
        });
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.await(10, SECONDS);
        } catch (TimeoutException tooLong) {
            throw new IllegalStateException("the fake's server did not open or close within 10 s", tooLong);
        }
    }
}
