package dev.reveille.testing;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * One scripted sandbox. {@code is…()} puts it into a state at once; {@link #boots} lets it pass through the states of a
 * start.
 */
public final class FakeSandbox {
    private final Vertx vertx;
    private final String runtimeId;
    private final String sessionId;
    private final URI url;
    private final Scripts scripts = new Scripts();
    private final List<String> commands = new CopyOnWriteArrayList<>();
    private String status = "stopped";
    private String podStatus = "not found";
    private boolean routeOpen;
    private boolean crashed;
    private Optional<String> sessionKey = Optional.empty();
    private JsonObject workHosts = new JsonObject();
    private JsonArray restartReasons = new JsonArray();
    private final JsonObject more = new JsonObject();
    private int exitCode;
    private Duration idle = Duration.ZERO;
    private int resumes;
    private int boot;

    FakeSandbox(Vertx vertx, String runtimeId, String sessionId, URI url) {
        this.vertx = vertx;
        this.runtimeId = runtimeId;
        this.sessionId = sessionId;
        this.url = url;
    }

    // States.

    public FakeSandbox isRunning() {
        return becomes("running", "ready", true);
    }

    public FakeSandbox isPaused() {
        return becomes("paused", "not found", false);
    }

    public FakeSandbox isStopped() {
        return becomes("stopped", "not found", false);
    }

    /** On its way, for ever: it waits to be put into another state. */
    public FakeSandbox isStarting() {
        return becomes("starting", "pending", false);
    }

    /** Its process died: 502 on the way to it, {@code error} and {@code crashloopbackoff} from the runtime API. */
    public synchronized FakeSandbox crash() {
        becomes("error", "crashloopbackoff", false);
        crashed = true;
        restartReasons.add("OOMKilled");
        return this;
    }

    /** What the runtime API says of it from now on, whatever is true. */
    public synchronized FakeSandbox reports(String toldStatus, String toldPodStatus) {
        status = toldStatus;
        podStatus = toldPodStatus;
        return this;
    }

    /** The way to it opens or closes, whatever the runtime API says. */
    public synchronized FakeSandbox routeIsOpen(boolean open) {
        routeOpen = open;
        return this;
    }

    // What it has.

    public synchronized FakeSandbox withKey(String key) {
        sessionKey = Optional.of(key);
        return this;
    }

    public synchronized FakeSandbox withoutKey() {
        sessionKey = Optional.empty();
        return this;
    }

    public synchronized FakeSandbox withWorkHost(String address, int port) {
        workHosts.put(address, port);
        return this;
    }

    /** One more field of its records, {@code pod_logs} or one that nobody knows; or another value of a usual one, also null. */
    public synchronized FakeSandbox tells(String field, Object value) {
        more.put(field, value);
        return this;
    }

    /** Of every action from now on. */
    public synchronized FakeSandbox actionsExitWith(int code) {
        exitCode = code;
        return this;
    }

    /** As told by {@code /server_info}. */
    public synchronized FakeSandbox isIdleFor(Duration time) {
        idle = time;
        return this;
    }

    // What it answers.

    /** Traffic to this path, counted from the service: {@code on("GET", "/alive")}. */
    public Script on(String method, String path) {
        return scripts.on(method, path);
    }

    /** All its traffic, {@code /alive} included. */
    public Script answers(int answer) {
        return on("*", "*").answers(answer);
    }

    public Script hangs() {
        return on("*", "*").hangs();
    }

    public Script resets() {
        return on("*", "*").resets();
    }

    /** Drops its scripts. */
    public FakeSandbox asUsual() {
        scripts.clear();
        return this;
    }

    // What became of it.

    public String runtimeId() {
        return runtimeId;
    }

    public String sessionId() {
        return sessionId;
    }

    /** {@code http://127.0.0.1:PORT/RUNTIME_ID/runtime}. */
    public URI url() {
        return url;
    }

    public synchronized String status() {
        return status;
    }

    public synchronized Optional<String> sessionKey() {
        return sessionKey;
    }

    /** The commands it was told to run, in order. */
    public List<String> commands() {
        return List.copyOf(commands);
    }

    // For the two sides.

    /** Whether it was ever put into a state. */
    synchronized boolean isKnown() {
        return boot > 0;
    }

    /** pending → running → ready after {@code takes}, and {@code routeLag} later the way to it is open. */
    synchronized void boots(Duration takes, Duration routeLag, String endsAs) {
        becomes("starting", "pending", false);
        int mine = boot;
        after(takes.dividedBy(2), mine, () -> podStatus = "running");
        after(takes, mine, () -> {
            podStatus = endsAs;
            status = endsAs.equals("ready") ? "running" : "error";
        });
        if (endsAs.equals("ready")) {
            after(takes.plus(routeLag), mine, () -> routeOpen = true);
        }
    }

    synchronized void pausesIn(Duration takes) {
        boot++;
        after(takes, boot, this::isPaused);
    }

    /** The key after one more resume: a new one if {@code rotating}. */
    synchronized Optional<String> resumedKey(boolean rotating) {
        resumes++;
        if (rotating) {
            sessionKey = Optional.of("key-" + runtimeId + "-" + (resumes + 1));
        }
        return sessionKey;
    }

    synchronized JsonObject record() {
        JsonObject record = new JsonObject()
                .put("runtime_id", runtimeId)
                .put("url", url.toString())
                .put("work_hosts", workHosts.copy())
                .put("status", status)
                .put("pod_status", podStatus)
                .put("restart_count", restartReasons.size())
                .put("restart_reasons", restartReasons.copy());
        sessionKey.ifPresent(key -> record.put("session_api_key", key));
        return record.mergeIn(more.copy());
    }

    synchronized boolean isOpen() {
        return routeOpen;
    }

    /** What the router says while the way is closed. */
    synchronized int closedStatus(int whilePaused) {
        if (crashed) {
            return 502;
        }
        return status.equals("stopped") ? 404 : whilePaused;
    }

    synchronized boolean admits(String shownKey) {
        return sessionKey.isEmpty() || Objects.equals(sessionKey.get(), shownKey);
    }

    synchronized int runs(String command) {
        commands.add(command);
        return exitCode;
    }

    synchronized JsonObject serverInfo() {
        return new JsonObject().put("uptime", 100.0).put("idle_time", idle.toMillis() / 1000.0);
    }

    Step nextStep(String method, String path) {
        return scripts.next(method, path);
    }

    private synchronized FakeSandbox becomes(String newStatus, String newPodStatus, boolean open) {
        boot++;
        status = newStatus;
        podStatus = newPodStatus;
        routeOpen = open;
        crashed = false;
        return this;
    }

    /** Unless it was put into another state by then. */
    private void after(Duration time, int sinceBoot, Runnable change) {
        if (time.isZero()) {
            change.run();
            return;
        }
        vertx.setTimer(Math.max(1, time.toMillis()), id -> {
            synchronized (this) {
                if (boot == sinceBoot) {
                    change.run();
                }
            }
        });
    }
}
