package dev.reveille.bus;

import dev.reveille.session.RuntimeId;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionProgress;
import io.vertx.core.json.JsonObject;

/**
 * Every address on the event bus. Bodies are JSON with {@code v: 1}; replies to commands are session documents; failures
 * carry the {@link dev.reveille.session.GatewayFailure} as JSON in their message and its HTTP status as their code.
 */
public final class Catalogue {
    private static final String PREFIX = "reveille.session.";
    private static final String RUNTIME_PREFIX = "reveille.runtime.";

    private static final Shape<SessionChange> CHANGE = new Shape<>(Wire::change, Wire::change);
    private static final Shape<RuntimeCommand> RUNTIME = new Shape<>(RuntimeCommand::toJson, RuntimeCommand::fromJson);
    private static final Shape<SessionCommand> COMMAND = new Shape<>(SessionCommand::toJson, SessionCommand::fromJson);

    /** Every change of every session. */
    public static final Topic<SessionChange> CHANGED = new Topic<>(PREFIX + "changed", CHANGE);

    /** How each sandbox is doing that is on its way. */
    public static final Topic<SessionProgress> PROGRESS =
            new Topic<>(PREFIX + "progress", new Shape<>(Wire::progress, Wire::progress));

    /** What clients want of sessions: among the nodes. */
    public static final Topic<SessionWish> WISHED =
            new Topic<>(PREFIX + "wished", new Shape<>(SessionWish::toJson, SessionWish::fromJson));

    /** Where a session stands; asks upstream about one that is not known here. */
    public static final Endpoint<SessionCommand, JsonObject> GET = command("get");

    /** Pages of sessions: {@code {sessions: [...], next: id}}, {@code next} absent on the last page. */
    public static final Endpoint<SessionListing, JsonObject> LIST = new Endpoint<>(
            PREFIX + "list", new Shape<>(SessionListing::toJson, SessionListing::fromJson), Shape.document());

    /** Looks up, attaches, resumes or starts. */
    public static final Endpoint<OpenCommand, JsonObject> OPEN =
            new Endpoint<>(PREFIX + "open", new Shape<>(OpenCommand::toJson, OpenCommand::fromJson), Shape.document());

    /** Wakes a paused session. */
    public static final Endpoint<SessionCommand, JsonObject> RESUME = command("resume");

    /** Puts a running session to sleep. */
    public static final Endpoint<SessionCommand, JsonObject> PAUSE = command("pause");

    /** Stops, pauses or keeps, by the session's policy. */
    public static final Endpoint<SessionCommand, JsonObject> CLOSE = command("close");

    /** Asks upstream where a settled session really stands, and takes that over. */
    public static final Endpoint<SessionCommand, JsonObject> INSPECT = command("inspect");

    /** Asks upstream for a runtime that is not known here: {@code {runtime_id}} → session document. */
    public static final Endpoint<RuntimeId, JsonObject> ADOPT = new Endpoint<>(
            PREFIX + "adopt",
            new Shape<>(
                    id -> new JsonObject().put("v", 1).put("runtime_id", id.value()),
                    json -> new RuntimeId(Fields.text(json, "runtime_id"))),
            Shape.document());

    // What clients of the runtime API ask for. Runtime records are upstream's, with the URLs and the states of this
    // gateway.

    /**
     * Starts a session's runtime, wakes it or finds it there; answers with its record as soon as upstream has named it,
     * {@code starting} until it answers through this gateway.
     */
    public static final Endpoint<StartCommand, JsonObject> RUNTIME_START = new Endpoint<>(
            RUNTIME_PREFIX + "start", new Shape<>(StartCommand::toJson, StartCommand::fromJson), Shape.document());

    /** The runtime record of a session. A transition that is under way is waited for, but no longer than patience. */
    public static final Endpoint<SessionCommand, JsonObject> RUNTIME_RECORD =
            new Endpoint<>(RUNTIME_PREFIX + "record", COMMAND, Shape.document());

    /** Several runtime records: {@code {runtimes: [...]}}. */
    public static final Endpoint<RecordsQuery, JsonObject> RUNTIME_RECORDS = new Endpoint<>(
            RUNTIME_PREFIX + "records", new Shape<>(RecordsQuery::toJson, RecordsQuery::fromJson), Shape.document());

    /** How a runtime's pod is doing: {@code runtime_id}, {@code pod_status}, restarts and what else upstream tells. */
    public static final Endpoint<RuntimeCommand, JsonObject> RUNTIME_POD = runtime("pod");

    /** Wakes a runtime; answers with its record, and the key that counts from now on, once upstream has set about it. */
    public static final Endpoint<RuntimeCommand, JsonObject> RUNTIME_RESUME = runtime("resume");

    /** Puts a runtime to sleep; answers with its record. */
    public static final Endpoint<RuntimeCommand, JsonObject> RUNTIME_PAUSE = runtime("pause");

    /** Ends a runtime. One that is unknown, or somebody else's, has ended as far as the caller is concerned. */
    public static final Endpoint<RuntimeCommand, JsonObject> RUNTIME_STOP = runtime("stop");

    private Catalogue() {}

    private static Endpoint<RuntimeCommand, JsonObject> runtime(String verb) {
        return new Endpoint<>(RUNTIME_PREFIX + verb, RUNTIME, Shape.document());
    }

    /** Every change of one session. */
    public static Topic<SessionChange> changed(SessionId id) {
        return new Topic<>(CHANGED.address() + "." + id, CHANGE);
    }

    /** How the sandbox of one session is doing, while it is on its way. */
    public static Topic<SessionProgress> progress(SessionId id) {
        return new Topic<>(PROGRESS.address() + "." + id, PROGRESS.shape());
    }

    private static Endpoint<SessionCommand, JsonObject> command(String verb) {
        return new Endpoint<>(PREFIX + verb, COMMAND, Shape.document());
    }
}
