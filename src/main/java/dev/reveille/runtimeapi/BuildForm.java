package dev.reveille.runtimeapi;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.UUID;

/**
 * The multipart form of a build: the file {@code context}, then {@code target_image}, then each of the {@code tags}. Upstream
 * takes the parts in this order only.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7578">RFC 7578</a>
 */
final class BuildForm {
    private BuildForm() {}

    static Body body(String targetImage, List<String> tags, Buffer context) {
        String boundary = "reveille-" + UUID.randomUUID();
        Buffer form = Buffer.buffer(context.length() + 1024);
        part(
                form,
                boundary,
                "name=\"context\"; filename=\"context.tar.gz\"\r\nContent-Type: application/x-tar",
                context);
        part(form, boundary, "name=\"target_image\"", Buffer.buffer(targetImage));
        tags.forEach(tag -> part(form, boundary, "name=\"tags\"", Buffer.buffer(tag)));
        form.appendString("--" + boundary + "--\r\n");
        return new Body("multipart/form-data; boundary=" + boundary, form);
    }

    private static void part(Buffer form, String boundary, String head, Buffer value) {
        form.appendString("--" + boundary + "\r\nContent-Disposition: form-data; " + head + "\r\n\r\n")
                .appendBuffer(value)
                .appendString("\r\n");
    }
}
