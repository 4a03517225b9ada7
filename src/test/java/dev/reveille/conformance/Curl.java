package dev.reveille.conformance;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A plain script: one call at a time, with the key of the runtime API where it is for that. */
final class Curl {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Courier courier = new Courier();
    private final URI base;
    private final String apiKey;

    Curl(URI base, String apiKey) {
        this.base = base;
        this.apiKey = apiKey;
    }

    Call get(String path) {
        return courier.send(control("GET", path, ""));
    }

    Call post(String path, String json) {
        return courier.send(control("POST", path, json));
    }

    /** The body of {@code /pause}, {@code /resume} and {@code /stop}. */
    static String runtime(String runtimeId) {
        return "{\"runtime_id\":\"" + runtimeId + "\"}";
    }

    CompletableFuture<Call> getting(String path) {
        return courier.sending(control("GET", path, ""));
    }

    CompletableFuture<Call> posting(String path, String json) {
        return courier.sending(control("POST", path, json));
    }

    /** Any URL, only with what is given: no key, no header of httpx. */
    Call ask(String method, String url, Map<String, String> headers, String body) {
        return courier.send(new Ask(method, URI.create(url), headers, body, PATIENCE));
    }

    CompletableFuture<Call> asking(String method, String url, Map<String, String> headers, String body) {
        return courier.sending(new Ask(method, URI.create(url), headers, body, PATIENCE));
    }

    List<Call> calls() {
        return courier.calls();
    }

    Courier courier() {
        return courier;
    }

    private Ask control(String method, String path, String json) {
        Ask ask = Ask.get(base + path).method(method).with("X-API-Key", apiKey).within(PATIENCE);
        return json.isEmpty() ? ask : ask.json(json);
    }
}
