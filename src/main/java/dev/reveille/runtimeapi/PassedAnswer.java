package dev.reveille.runtimeapi;

import io.vertx.core.buffer.Buffer;
import java.util.Optional;

/**
 * Upstream's answer as it goes on to a client.
 *
 * @param status 2xx or 4xx
 * @param body a JSON object; as it came, unless it was a refusal that had to be made fit for outsiders
 * @param retryAfter that header's value, if there was one
 */
public record PassedAnswer(int status, String contentType, Buffer body, Optional<String> retryAfter) {
    static final String JSON = "application/json";
}
