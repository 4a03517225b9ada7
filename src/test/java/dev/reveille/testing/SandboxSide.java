package dev.reveille.testing;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The router and the sandboxes behind it: {@code /RUNTIME_ID/SERVICE/…}. */
final class SandboxSide {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxSide.class);

    private static final String EVENTS = "/sockets/events/";

    private final Replies replies;
    private final IntSupplier pausedStatus;
    private final Scripts everywhere = new Scripts();

    SandboxSide(Replies replies, IntSupplier pausedStatus) {
        this.replies = replies;
        this.pausedStatus = pausedStatus;
    }

    /** For traffic to any sandbox that has no script of its own for it. */
    Scripts everywhere() {
        return everywhere;
    }

    void serve(HttpServerRequest request, RecordedRequest recorded, SandboxPath path, Optional<FakeSandbox> sandbox) {
        Step own = sandbox.map(s -> s.nextStep(recorded.method(), path.rest())).orElse(Step.AS_USUAL);
        Step step = own.equals(Step.AS_USUAL) ? everywhere.next(recorded.method(), path.rest()) : own;
        if (step.kind() == Step.Kind.USUAL
                && isWebSocket(request)
                && sandbox.filter(FakeSandbox::isOpen).isPresent()) {
            accept(request, path, sandbox.get());
            return;
        }
        MessageDigest digest = sha256();
        request.handler(chunk -> {
            recorded.add(chunk);
            digest.update(chunk.getBytes());
        });
        request.endHandler(v -> replies.play(step, request, () -> route(request, recorded, path, sandbox, digest)));
    }

    private void route(
            HttpServerRequest request,
            RecordedRequest recorded,
            SandboxPath path,
            Optional<FakeSandbox> sandbox,
            MessageDigest digest) {
        if (sandbox.isEmpty()) {
            replies.send(request, 404, "text/plain", Buffer.buffer("404 page not found"));
        } else if (!sandbox.get().isOpen()) {
            int status = sandbox.get().closedStatus(pausedStatus.getAsInt());
            replies.send(request, status, "text/plain", Buffer.buffer("no available server"));
        } else {
            answer(request, recorded, path, sandbox.get(), digest);
        }
    }

    private void answer(
            HttpServerRequest request,
            RecordedRequest recorded,
            SandboxPath path,
            FakeSandbox sandbox,
            MessageDigest digest) {
        switch (recorded.method() + " " + path.rest()) {
            case "GET /alive", "GET /health", "GET /ready" ->
                replies.json(request, 200, new JsonObject().put("status", "ok"));
            case "GET /server_info" -> replies.json(request, 200, sandbox.serverInfo());
            default -> {
                if (path.service().equals("runtime") && !sandbox.admits(request.getHeader("X-Session-API-Key"))) {
                    replies.detail(request, 403, "Invalid API Key");
                } else if (path.rest().equals("/execute_action")) {
                    execute(request, recorded, sandbox);
                } else {
                    replies.json(request, 200, echo(recorded, path, digest));
                }
            }
        }
    }

    private void execute(HttpServerRequest request, RecordedRequest recorded, FakeSandbox sandbox) {
        try {
            JsonObject args = recorded.json().getJsonObject("action").getJsonObject("args", new JsonObject());
            String command = args.getString("command", args.getString("code", ""));
            int exitCode = sandbox.runs(command);
            replies.json(request, 200, runObservation(command, exitCode));
        } catch (DecodeException | ClassCastException | NullPointerException notAnAction) {
            replies.detail(request, 422, "not an action");
        }
    }

    private static JsonObject runObservation(String command, int exitCode) {
        return new JsonObject()
                .put("observation", "run")
                .put("content", "")
                .put("message", "Command `" + command + "` executed with exit code " + exitCode + ".")
                .put("success", exitCode == 0)
                .put(
                        "extras",
                        new JsonObject()
                                .put("command", command)
                                .put("hidden", false)
                                .put("metadata", new JsonObject().put("exit_code", exitCode)));
    }

    private static JsonObject echo(RecordedRequest recorded, SandboxPath path, MessageDigest digest) {
        JsonObject headers = new JsonObject();
        recorded.headers()
                .names()
                .forEach(name -> headers.put(
                        name.toLowerCase(Locale.ROOT),
                        String.join(", ", recorded.headers().getAll(name))));
        int mark = recorded.uri().indexOf('?');
        return new JsonObject()
                .put("method", recorded.method())
                .put("path", mark < 0 ? recorded.uri() : recorded.uri().substring(0, mark))
                .put("query", mark < 0 ? "" : recorded.uri().substring(mark + 1))
                .put("runtime_id", path.runtimeId())
                .put("service", path.service())
                .put("headers", headers)
                .put("body_length", recorded.bodyLength())
                .put("sha256", HexFormat.of().formatHex(digest.digest()));
    }

    private static boolean isWebSocket(HttpServerRequest request) {
        return "websocket".equalsIgnoreCase(request.getHeader("Upgrade"));
    }

    private static void accept(HttpServerRequest request, SandboxPath path, FakeSandbox sandbox) {
        boolean events = path.rest().startsWith(EVENTS);
        request.toWebSocket()
                .onSuccess(socket -> {
                    if (events) {
                        tellEvents(socket, path.rest().substring(EVENTS.length()), sandbox);
                    } else {
                        echoFrames(socket);
                    }
                })
                .onFailure(refused -> LOG.debug("websocket not accepted: {}", refused.toString()));
    }

    /** As the agent server: the first frame must show the key; the conversation {@code none} is not there. */
    private static void tellEvents(ServerWebSocket socket, String conversation, FakeSandbox sandbox) {
        socket.textMessageHandler(first -> {
            if (!sandbox.admits(new JsonObject(first).getString("session_api_key"))) {
                socket.close((short) 4001, "Authentication failed").onFailure(SandboxSide::gone);
            } else if (conversation.equals("none")) {
                socket.close((short) 4004, "Conversation not found").onFailure(SandboxSide::gone);
            } else {
                echoFrames(socket);
                socket.writeTextMessage("{\"kind\":\"ConversationStateUpdateEvent\",\"id\":\"" + conversation + "\"}")
                        .onFailure(SandboxSide::gone);
            }
        });
    }

    private static void echoFrames(ServerWebSocket socket) {
        socket.textMessageHandler(text -> socket.writeTextMessage(text).onFailure(SandboxSide::gone));
        socket.binaryMessageHandler(bytes -> socket.writeBinaryMessage(bytes).onFailure(SandboxSide::gone));
    }

    private static void gone(Throwable cause) {
        LOG.debug("frame not delivered: {}", cause.toString());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new AssertionError(everyJdkHasIt);
        }
    }
}
