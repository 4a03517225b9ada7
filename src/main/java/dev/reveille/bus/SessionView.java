package dev.reveille.bus;

import dev.reveille.session.GatewayFailure;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxState;
import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Where a session stood when a node was asked: what other services need of the session document, typed.
 *
 * <p>A record rather than the document itself, because a document can be changed by whoever holds it and prints the
 * sandbox's key wherever it is logged. Members that a newer gateway adds are not seen here; who needs one asks {@link
 * Catalogue#GET} and gets the document.
 *
 * @param state one of {@code building starting running pausing paused resuming stopping stopped failed}, or a word that a
 *     newer gateway knows
 * @param revision counts the session's changes
 * @param detail why it stands there, in words; may be empty
 * @param runtimeId absent while there is none
 * @param url of the sandbox, through the gateway; absent while there is no runtime
 * @param services the URLs by service, {@code runtime} and {@code vscode} among them
 * @param sessionKey the sandbox's own key; absent in lists. {@link #toString} does not show it
 * @param failure why it failed, if it has
 */
public record SessionView(
        SessionId id,
        String tenant,
        String state,
        long revision,
        String detail,
        Optional<RuntimeId> runtimeId,
        Optional<URI> url,
        Map<String, URI> services,
        Optional<String> sessionKey,
        Optional<GatewayFailure> failure) {

    public SessionView {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(detail, "detail");
        Objects.requireNonNull(runtimeId, "runtimeId");
        Objects.requireNonNull(url, "url");
        services = Map.copyOf(services);
        Objects.requireNonNull(sessionKey, "sessionKey");
        Objects.requireNonNull(failure, "failure");
    }

    static SessionView of(JsonObject document) {
        Map<String, URI> services = new LinkedHashMap<>();
        JsonObject named = document.getJsonObject("services", new JsonObject());
        named.forEach(service -> services.put(service.getKey(), URI.create((String) service.getValue())));
        return new SessionView(
                new SessionId(Fields.text(document, "session_id")),
                Fields.text(document, "tenant"),
                Fields.text(document, "state"),
                Fields.number(document, "revision", 0),
                Fields.optionalText(document, "detail").orElse(""),
                Fields.optionalText(document, "runtime_id").map(RuntimeId::new),
                Fields.optionalText(document, "url").map(URI::create),
                services,
                Fields.optionalText(document, "session_api_key"),
                Optional.ofNullable(document.getJsonObject("failure")).map(Wire::failure));
    }

    static boolean settled(String state) {
        return SandboxState.SETTLED.contains(state);
    }

    /** Whether it stays there until somebody or something moves it. */
    public boolean settled() {
        return settled(state);
    }

    public boolean running() {
        return state.equals("running");
    }

    /** The same after its end, for a session that nobody remembers any more. */
    SessionView forgotten() {
        return new SessionView(
                id,
                tenant,
                "stopped",
                revision,
                detail,
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty());
    }

    @Override
    public String toString() {
        return "session=" + id + " state=" + state + " revision=" + revision + " runtime="
                + runtimeId.map(RuntimeId::value).orElse("none");
    }
}
