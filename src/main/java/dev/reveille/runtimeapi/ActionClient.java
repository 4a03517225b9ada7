package dev.reveille.runtimeapi;

import dev.reveille.session.SandboxRuntime;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Optional;

/** Has a sandbox carry out an action. A sandbox may answer anything: no more is read of it than an observation needs. */
public final class ActionClient {
    private static final int LONGEST_ANSWER = 256 * 1024;

    private final Exchange exchange;

    /** @param timeout from asking to the end of the answer */
    public ActionClient(Vertx vertx, Duration timeout) {
        this.exchange = new Exchange(vertx, timeout, LONGEST_ANSWER);
    }

    /**
     * Sends {@code action} with the sandbox's own key.
     *
     * @return what the sandbox answered, whatever the status; fails with a {@link RuntimeApiException} if it did not answer
     */
    public Future<Outcome> execute(SandboxRuntime runtime, JsonObject action) {
        RequestOptions options = new RequestOptions()
                .setAbsoluteURI(runtime.url() + "/execute_action")
                .setMethod(HttpMethod.POST)
                .putHeader("Content-Type", "application/json");
        runtime.sessionKey().ifPresent(key -> options.putHeader("X-Session-API-Key", key));
        Buffer body = new JsonObject().put("action", action).toBuffer();
        return exchange.send(options, Optional.of(body))
                .map(answer -> new Outcome(answer.status(), answer.whole() ? answer.objectIfAny() : Optional.empty()));
    }

    public Future<Void> close() {
        return exchange.close();
    }

    /**
     * What came of an action.
     *
     * @param status HTTP status
     * @param observation empty if the answer was too long or no JSON object
     */
    public record Outcome(int status, Optional<JsonObject> observation) {}
}
