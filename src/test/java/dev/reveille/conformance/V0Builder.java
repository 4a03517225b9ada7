package dev.reveille.conformance;

import dev.reveille.conformance.V0Failure.Kind;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** OpenHands' {@code RemoteRuntimeBuilder}, with quicker polls. */
final class V0Builder {
    private static final String BOUNDARY = "9f2f1b1c5d0e4a7b8c6d3e2f1a0b9c8d";
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final int MOST_LOOKS = 200;
    private static final Set<String> FAILED = Set.of("FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED");

    private final Courier courier = new Courier();
    private final V0Requests requests = new V0Requests(courier, POLL);
    private final URI base;
    private final String apiKey;

    V0Builder(URI base, String apiKey) {
        this.base = base;
        this.apiKey = apiKey;
    }

    /** The repository that images go to. */
    String repository() {
        String prefix =
                requests.send(keyed(Ask.get(base + "/registry_prefix"))).json().getString("registry_prefix");
        return (prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix) + "/runtime";
    }

    boolean imageExists(String image) {
        JsonObject answer = requests.send(keyed(Ask.get(base + "/image_exists?image=" + escaped(image))))
                .json();
        if (!answer.getBoolean("exists")) {
            return false;
        }
        JsonObject about = answer.getJsonObject("image");
        if (about.getString("upload_time") == null || about.getDouble("image_size_bytes") == null) {
            throw new V0Failure(Kind.BROKE, "KeyError: " + about);
        }
        return true;
    }

    /**
     * @param context base64 of the packed build folder
     * @return the image's name
     */
    String build(String context, List<String> tags) {
        String id = requests.send(keyed(Ask.post(base + "/build")
                                .content("multipart/form-data; boundary=" + BOUNDARY, form(context, tags)))
                        .within(TIMEOUT))
                .json()
                .getString("build_id");
        for (int look = 0; look < MOST_LOOKS; look++) {
            JsonObject report = look(id);
            String status = report.getString("status");
            if (status.equals("SUCCESS")) {
                return report.getString("image");
            }
            if (FAILED.contains(status)) {
                throw new V0Failure(Kind.BUILD, report.getString("error", "Build failed with status: " + status));
            }
            Pause.of(POLL);
        }
        throw new V0Failure(Kind.BUILD, "Build timed out");
    }

    /** The body of {@code POST /build}, the parts in the client's order. */
    static String form(String context, List<String> tags) {
        StringBuilder form = new StringBuilder()
                .append("--" + BOUNDARY
                        + "\r\nContent-Disposition: form-data; name=\"context\"; filename=\"context.tar.gz\""
                        + "\r\nContent-Type: application/x-tar\r\n\r\n")
                .append(context)
                .append("\r\n");
        field(form, "target_image", tags.get(0));
        tags.subList(1, tags.size()).forEach(tag -> field(form, "tags", tag));
        return form.append("--" + BOUNDARY + "--\r\n").toString();
    }

    List<String> transcript() {
        return courier.transcript();
    }

    private JsonObject look(String id) {
        Call call = requests.send(keyed(Ask.get(base + "/build_status?build_id=" + escaped(id))));
        if (call.status() != 200) {
            throw new V0Failure(Kind.BUILD, call.status(), "Failed to get build status: " + call.answer());
        }
        return call.json();
    }

    private Ask keyed(Ask ask) {
        return ask.with("X-API-Key", apiKey);
    }

    private static void field(StringBuilder form, String name, String value) {
        form.append("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"")
                .append(name)
                .append("\"\r\n\r\n")
                .append(value)
                .append("\r\n");
    }

    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
