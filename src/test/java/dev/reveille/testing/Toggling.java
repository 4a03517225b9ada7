package dev.reveille.testing;

import static dev.reveille.testing.TestGateway.await;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;

/** Sessions that are paused and resumed in turn, at a rate: each call makes two changes. */
public final class Toggling implements AutoCloseable {
    private static final int TICK_MILLIS = 10;
    private static final int AT_ONCE = 64;
    private static final int PAGE = 1_000;
    private static final int PATIENCE_SECONDS = 60;

    private final Vertx vertx;
    private final URI gateway;
    private final String key;
    private final WebClient client;
    private final List<String> sessions;
    private final boolean[] paused;
    private final boolean[] busy;
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private long next;

    /** @param key of the tenant that the sessions belong to */
    public Toggling(Vertx vertx, URI gateway, String key, int sessions) {
        this.vertx = vertx;
        this.gateway = gateway;
        this.key = key;
        this.client = WebClient.create(vertx, new WebClientOptions(), new PoolOptions().setHttp1MaxSize(AT_ONCE));
        this.sessions = IntStream.range(0, sessions).mapToObj(i -> "s-" + i).toList();
        this.paused = new boolean[sessions];
        this.busy = new boolean[sessions];
    }

    public List<String> sessions() {
        return sessions;
    }

    /** Opens all, and pauses every other one. */
    public void begin() {
        for (int from = 0; from < sessions.size(); from += AT_ONCE) {
            List<Future<?>> some = new ArrayList<>();
            for (int i = from; i < Math.min(sessions.size(), from + AT_ONCE); i++) {
                int one = i;
                some.add(call(HttpMethod.PUT, sessions.get(one))
                        .compose(open -> one % 2 == 0 ? Future.succeededFuture() : toggle(one)));
            }
            await(Future.all(some));
        }
    }

    /**
     * Pauses and resumes for so long, and returns when the last call is answered. A session that is not done with the one
     * before is left out.
     */
    public void run(int callsPerSecond, int seconds) {
        Promise<Void> over = Promise.promise();
        List<Future<?>> calls = new ArrayList<>();
        long first = next;
        long begun = System.nanoTime();
        vertx.setPeriodic(TICK_MILLIS, timer -> {
            long elapsed = Math.min(seconds * 1_000_000_000L, System.nanoTime() - begun);
            for (; next - first < elapsed * callsPerSecond / 1_000_000_000L; next++) {
                int one = (int) (next % sessions.size());
                if (!busy[one]) {
                    calls.add(toggle(one));
                }
            }
            if (elapsed == seconds * 1_000_000_000L) {
                vertx.cancelTimer(timer);
                over.complete();
            }
        });
        try {
            over.future()
                    .compose(v -> Future.join(calls))
                    .otherwiseEmpty()
                    .await(2L * seconds + PATIENCE_SECONDS, SECONDS);
        } catch (TimeoutException late) {
            throw new AssertionError("calls are not answered", late);
        }
    }

    private Future<?> toggle(int session) {
        boolean pause = !paused[session];
        paused[session] = pause;
        busy[session] = true;
        return call(HttpMethod.POST, sessions.get(session) + (pause ? "/pause" : "/resume"))
                .onComplete(done -> busy[session] = false);
    }

    private Future<?> call(HttpMethod method, String idAndVerb) {
        HttpRequest<Buffer> request = request(method, "/" + idAndVerb).putHeader("Prefer", "wait=20");
        Future<HttpResponse<Buffer>> answer =
                method.equals(HttpMethod.PUT) ? request.sendJsonObject(new JsonObject()) : request.send();
        return answer.compose(this::good).onFailure(wrong -> failures.add(idAndVerb + ": " + wrong.getMessage()));
    }

    private Future<HttpResponse<Buffer>> good(HttpResponse<Buffer> answer) {
        return answer.statusCode() == 200 || answer.statusCode() == 201
                ? Future.succeededFuture(answer)
                : Future.failedFuture(answer.statusCode() + " " + answer.bodyAsString());
    }

    private HttpRequest<Buffer> request(HttpMethod method, String rest) {
        return client.requestAbs(method, gateway + "/api/v1/sessions" + rest).putHeader("X-API-Key", key);
    }

    /** What was not answered as it should be. */
    public List<String> failures() {
        return List.copyOf(failures);
    }

    /** How far the gateway says that each session has come. */
    public Map<String, Long> revisions() {
        Map<String, Long> revisions = new HashMap<>();
        String cursor = "";
        do {
            JsonObject page = await(
                            request(HttpMethod.GET, "?limit=" + PAGE + cursor).send())
                    .bodyAsJsonObject();
            page.getJsonArray("sessions").stream()
                    .map(JsonObject.class::cast)
                    .forEach(session -> revisions.put(session.getString("session_id"), session.getLong("revision")));
            cursor = page.containsKey("next_cursor") ? "&cursor=" + page.getString("next_cursor") : "";
        } while (!cursor.isEmpty());
        return revisions;
    }

    @Override
    public void close() {
        client.close();
    }
}
