package dev.reveille.conformance;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Sends calls as httpx does, HTTP/1.1 and no redirects, and remembers them. */
final class Courier {
    private static final HttpHeaders NONE = HttpHeaders.of(Map.of(), (name, value) -> true);

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final List<Call> calls = new CopyOnWriteArrayList<>();

    /** @throws NoAnswer in time, or at all */
    Call send(Ask ask) {
        try {
            HttpResponse<String> response = client.send(ask.request(), BodyHandlers.ofString());
            return keep(ask, response.statusCode(), response.headers(), response.body());
        } catch (IOException none) {
            keep(ask, 0, NONE, "");
            throw new NoAnswer(ask, none);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(ended);
        }
    }

    /** The same on a thread of its own; fails with {@link NoAnswer}. */
    CompletableFuture<Call> sending(Ask ask) {
        return CompletableFuture.supplyAsync(() -> send(ask), task -> new Thread(task, "courier").start());
    }

    /** What was sent and got so far, in the order of the answers. */
    List<Call> calls() {
        return List.copyOf(calls);
    }

    /** The same as {@code METHOD /path STATUS}. */
    List<String> transcript() {
        return calls.stream().map(Call::toString).toList();
    }

    HttpClient client() {
        return client;
    }

    private Call keep(Ask ask, int status, HttpHeaders headers, String answer) {
        Call call = new Call(ask.method(), ask.uri(), ask.headers(), ask.body(), status, headers, answer);
        calls.add(call);
        return call;
    }
}
