package dev.reveille.sandboxhost;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the sandbox that a path means, and says what is wrong where none can be reached. */
final class SandboxRouter {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxRouter.class);
    private static final Pattern PATH = Pattern.compile("/+([a-z]{16})/(runtime|vscode|work-[12])(?=[/?]|$)(.*)");

    private final Sandboxes sandboxes;
    private final Forwarder forwarder;

    SandboxRouter(Sandboxes sandboxes, Forwarder forwarder) {
        this.sandboxes = sandboxes;
        this.forwarder = forwarder;
    }

    /** Handles what is meant for a sandbox; false: it is not, and nothing was done. */
    boolean handle(HttpServerRequest request) {
        Matcher path = PATH.matcher(request.uri());
        if (!path.matches()) {
            return false;
        }
        Sandbox sandbox = sandboxes.ofRuntime(path.group(1)).orElse(null);
        String service = path.group(2);
        if (sandbox == null || sandbox.status() == Status.STOPPED) {
            answer(request, 404, "Runtime not found");
            return true;
        }
        OptionalInt port = sandbox.port(service);
        if (!sandbox.hasProcess() || port.isEmpty()) {
            answerAbsent(request, sandbox);
            return true;
        }
        String uri = service.equals("vscode") ? request.uri() : rooted(path.group(3));
        forwarder
                .forward(request, port.getAsInt(), uri)
                .onFailure(failure -> answerUnreachable(request, sandbox, failure));
        return true;
    }

    private static String rooted(String rest) {
        return rest.startsWith("/") ? rest : "/" + rest;
    }

    private static void answerAbsent(HttpServerRequest request, Sandbox sandbox) {
        switch (sandbox.status()) {
            case PAUSED -> answer(request, 503, "The sandbox is paused");
            case STARTING -> answer(request, 503, "The sandbox is starting");
            default -> answer(request, 502, "The sandbox's process has died");
        }
    }

    private static void answerUnreachable(HttpServerRequest request, Sandbox sandbox, Throwable failure) {
        LOG.debug("runtime={} {}", sandbox.identity().runtimeId(), failure.toString());
        if (request.response().headWritten()) {
            request.response().reset();
        } else if (!sandbox.hasProcess()) {
            answerAbsent(request, sandbox);
        } else if (failure instanceof java.net.ConnectException) {
            answer(request, 503, "Nothing listens there yet");
        } else {
            answer(request, 502, "The sandbox broke the connection off");
        }
    }

    private static void answer(HttpServerRequest request, int status, String detail) {
        if (request.response().closed() || request.response().ended()) {
            return;
        }
        request.resume();
        request.response()
                .setStatusCode(status)
                .putHeader("content-type", "application/json")
                .end(new JsonObject().put("detail", detail).toBuffer())
                .onFailure(e -> LOG.debug("Client left: {}", e.getMessage()));
    }
}
