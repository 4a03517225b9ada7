package dev.reveille.api;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.json.schema.OutputUnit;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.validation.RequestValidator;
import io.vertx.openapi.validation.ResponseValidator;
import io.vertx.openapi.validation.ValidatableResponse;
import io.vertx.openapi.validation.ValidatedRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** {@code openapi.yaml} as a judge of requests and answers. */
final class Contract {
    private static final String PROBLEM = "application/problem+json";

    private final JsonObject document;
    private final OpenAPIContract contract;
    private final RequestValidator requests;
    private final ResponseValidator responses;

    private Contract(JsonObject document, Vertx vertx, OpenAPIContract contract) {
        this.document = document;
        this.contract = contract;
        this.requests = RequestValidator.create(vertx, contract);
        this.responses = ResponseValidator.create(vertx, contract);
    }

    static Contract load(Vertx vertx) {
        String text = text();
        // The validator knows none of these media types.
        JsonObject known = parse(text.replace(PROBLEM, "application/json")
                .replace("application/yaml", "text/plain")
                .replace("text/event-stream", "text/plain"));
        return new Contract(parse(text), vertx, await(OpenAPIContract.from(vertx, known)));
    }

    static String text() {
        try (InputStream in = Contract.class.getResourceAsStream("/openapi.yaml")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private static JsonObject parse(String yaml) {
        LoaderOptions strict = new LoaderOptions();
        strict.setAllowDuplicateKeys(false);
        Map<String, Object> read = new Yaml(new SafeConstructor(strict)).load(yaml);
        return new JsonObject(read);
    }

    JsonObject document() {
        return document;
    }

    List<Operation> operations() {
        return contract.operations();
    }

    Future<ValidatedRequest> validate(HttpServerRequest request, String operation) {
        return requests.validate(request, operation);
    }

    /** Fails unless {@code operation} may answer like this, and not by a {@code default}. */
    void assertAnswer(String operation, HttpResponse<Buffer> answer) {
        String contentType = answer.getHeader("Content-Type");
        Map<String, String> headers = new HashMap<>();
        for (String name :
                List.of("Location", "Retry-After", "Preference-Applied", "Cache-Control", "WWW-Authenticate")) {
            if (answer.getHeader(name) != null) {
                // Quotes are more than the validator can read.
                headers.put(name, answer.getHeader(name).replace("\"", ""));
            }
        }
        assertThat(contentType).isEqualTo(answer.statusCode() < 300 ? "application/json" : PROBLEM);
        await(responses
                .validate(
                        ValidatableResponse.create(answer.statusCode(), headers, answer.body(), "application/json"),
                        operation)
                .recover(wrong -> Future.failedFuture(new AssertionError(
                        operation + " answered " + answer.statusCode() + " " + answer.bodyAsString() + ": "
                                + wrong.getMessage(),
                        wrong))));
    }

    /** Fails unless {@code json} is a {@code #/components/schemas/NAME}. */
    void assertIs(String schema, JsonObject json) {
        OutputUnit result = contract.getSchemaRepository()
                .validator(contract.getRawContract()
                        .getJsonObject("components")
                        .getJsonObject("schemas")
                        .getJsonObject(schema)
                        .getString("__absolute_uri__"))
                .validate(json);
        assertThat(result.getValid())
                .as("%s is no %s: %s", json, schema, result.getErrors())
                .isTrue();
    }
}
