package dev.reveille.runtimeapi;

import dev.reveille.config.UpstreamSettings;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SessionId;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * The runtime API, one method for each verb. {@code key} is always the upstream key to show; empty shows none.
 *
 * <p>Every Future fails with a {@link RuntimeApiException} and nothing else. What is said below of failures is only what
 * a verb adds to that.
 */
public final class RuntimeApi {
    private final Caller caller;
    private final Records records;
    private final PassThrough passThrough;

    /** @param base where the paths begin; may have a path of its own */
    public RuntimeApi(Vertx vertx, URI base, UpstreamSettings settings, MeterRegistry meters) {
        // May be called from several threads, which other generators do not stand.
        this(vertx, base, settings, meters, () -> ThreadLocalRandom.current().nextLong());
    }

    /** @param random spreads the repetitions of calls */
    RuntimeApi(Vertx vertx, URI base, UpstreamSettings settings, MeterRegistry meters, RandomGenerator random) {
        Discretion discretion = new Discretion(base);
        this.caller = new Caller(vertx, base, settings, meters, random, discretion);
        this.records = new Records(discretion);
        this.passThrough = new PassThrough(vertx, caller, discretion, PassThrough.SILENCE);
    }

    /** What upstream knows of a session; empty if it knows none. */
    public Future<Optional<RuntimeRecord>> session(Optional<String> key, SessionId id) {
        return caller.call(
                Call.get("session", "/sessions/" + id, key),
                answer -> answer.status() == 404
                        ? Optional.empty()
                        : Optional.of(records.ofSession(caller.object(answer, key), id)));
    }

    /** The active runtimes of this key. Entries that cannot be understood are left out, with a line in the log. */
    public Future<List<RuntimeRecord>> list(Optional<String> key) {
        return caller.call(Call.get("list", "/list", key), answer -> records.ofList(caller.object(answer, key)));
    }

    /**
     * What upstream knows of several sessions; those that it does not know are missing. Entries that cannot be understood
     * are left out, with a line in the log. Older runtime APIs do not have this call: {@code REFUSED} or {@code GARBLED}.
     */
    public Future<List<RuntimeRecord>> sessions(Optional<String> key, List<SessionId> ids) {
        String query = ids.stream().map(id -> "ids=" + id).collect(Collectors.joining("&"));
        return caller.call(
                Call.get("sessions", "/sessions/batch?" + query, key),
                answer -> records.ofEntries(caller.array(answer, key)));
    }

    /** How the runtime's pod is doing. {@code REFUSED} with 404 if there is no such runtime. */
    public Future<PodReport> pod(Optional<String> key, RuntimeId id) {
        return caller.call(
                Call.poll("pod", "/runtime/" + id, key), answer -> records.ofPod(caller.object(answer, key), id));
    }

    /**
     * Starts a runtime, or finds the one that its session has already.
     *
     * @param body a JSON object, sent byte for byte
     */
    public Future<RuntimeRecord> start(Optional<String> key, String body) {
        return caller.call(
                Call.post("start", "/start", key, Body.json(body), Repeat.IF_HARMLESS),
                answer -> records.ofStart(caller.object(answer, key)));
    }

    /** Succeeds also if there is no such runtime: it is gone. May be called twice. */
    public Future<Void> stop(Optional<String> key, RuntimeId id) {
        return caller.call(
                change("stop", key, id), answer -> answer.status() == 404 ? null : caller.accepted(answer, key));
    }

    /** {@code REFUSED} with 404 if there is no such runtime, with 409 if it is in no state to be paused. */
    public Future<Void> pause(Optional<String> key, RuntimeId id) {
        return caller.call(change("pause", key, id), answer -> caller.accepted(answer, key));
    }

    /** Says yes as well if the runtime is awake already. Success means that upstream set about it, not that it is awake. */
    public Future<Resumption> resume(Optional<String> key, RuntimeId id) {
        return caller.call(
                change("resume", key, id),
                answer -> answer.status() == 409 ? Resumption.ALREADY_AWAKE : resumed(answer, key));
    }

    /** Whether upstream's registry has this image. */
    public Future<Boolean> imageExists(Optional<String> key, String image) {
        return caller.call(
                Call.get("image_exists", "/image_exists?image=" + Call.encoded(image), key),
                answer -> Fields.requiredBoolean(caller.object(answer, key), "exists"));
    }

    /**
     * Has an image built.
     *
     * @param tags further names for it
     * @param context a gzipped tar of the folder to build, as base64 text
     * @return the build's id, for {@link #buildStatus}
     */
    public Future<String> build(Optional<String> key, String targetImage, List<String> tags, Buffer context) {
        return caller.call(
                Call.post("build", "/build", key, BuildForm.body(targetImage, tags, context), Repeat.IF_UNDONE),
                answer -> Fields.requiredText(caller.object(answer, key), "build_id"));
    }

    /** How far a build has come. */
    public Future<BuildReport> buildStatus(Optional<String> key, String buildId) {
        return caller.call(
                Call.poll("build_status", "/build_status?build_id=" + Call.encoded(buildId), key),
                answer -> records.ofBuild(caller.object(answer, key)));
    }

    /** The calls whose answers are for the client alone. They end with this object. */
    public PassThrough passThrough() {
        return passThrough;
    }

    /** Whether calls are made at all. May be asked on every thread. */
    public BreakerReport breaker() {
        return caller.breaker();
    }

    /** Cuts the calls that are under way. */
    public Future<Void> close() {
        return caller.close();
    }

    private static Call change(String verb, Optional<String> key, RuntimeId id) {
        String body = new JsonObject().put("runtime_id", id.value()).encode();
        return Call.post(verb, "/" + verb, key, Body.json(body), Repeat.IF_HARMLESS);
    }

    private Resumption resumed(Answer answer, Optional<String> key) {
        caller.accepted(answer, key);
        Optional<JsonObject> told = answer.objectIfAny();
        return new Resumption(false, told.flatMap(Records::sessionKey), told);
    }
}
