package dev.reveille.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A request to be sent.
 *
 * @param body empty: none
 * @param timeout until the head of the answer
 */
record Ask(String method, URI uri, Map<String, String> headers, String body, Duration timeout) {
    /** What httpx puts into every request. */
    private static final Map<String, String> HTTPX =
            Map.of("Accept", "*/*", "Accept-Encoding", "gzip, deflate", "User-Agent", "python-httpx/0.28.1");

    static Ask get(String url) {
        return new Ask("GET", URI.create(url), HTTPX, "", Duration.ofSeconds(10));
    }

    static Ask post(String url) {
        return get(url).method("POST");
    }

    Ask method(String other) {
        return new Ask(other, uri, headers, body, timeout);
    }

    Ask within(Duration time) {
        return new Ask(method, uri, headers, body, time);
    }

    Ask with(String name, String value) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.put(name, value);
        return new Ask(method, uri, all, body, timeout);
    }

    Ask with(Map<String, String> more) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.putAll(more);
        return new Ask(method, uri, all, body, timeout);
    }

    /** Without what httpx puts into every request. */
    Ask bare() {
        return new Ask(method, uri, Map.of(), body, timeout);
    }

    Ask json(String text) {
        return content("application/json", text);
    }

    Ask content(String type, String text) {
        return new Ask(method, uri, headers, text, timeout).with("Content-Type", type);
    }

    HttpRequest request() {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(timeout)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body, UTF_8));
        headers.forEach(request::setHeader);
        return request.build();
    }
}
