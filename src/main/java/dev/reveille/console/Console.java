package dev.reveille.console;

import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Quoted;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the console's files. They are in memory from the begin, and a path is one of theirs or is not: there is no file
 * system below it that a path could lead out of.
 */
public final class Console implements Handler<RoutingContext> {
    private static final Logger LOG = LoggerFactory.getLogger(Console.class);
    private static final String ROOT = "/console";
    private static final String BASE = ROOT + "/";
    private static final String START = "index.html";
    private static final String ALLOWED = "GET, HEAD";
    private static final int MOVED = 308;
    private static final int NOT_MODIFIED = 304;
    private static final int METHOD_NOT_ALLOWED = 405;

    /**
     * It loads nothing from elsewhere, talks to nobody but this gateway, is in nobody's frame, and makes no markup of text:
     * names and reasons are what strangers wrote.
     */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'";

    private static final List<String> FILES = List.of(
            START,
            "console.css",
            "session.css",
            "icon.svg",
            "main.js",
            "account.js",
            "actions.js",
            "announcer.js",
            "api.js",
            "dom.js",
            "follower.js",
            "list.js",
            "model.js",
            "node.js",
            "opening.js",
            "plot.js",
            "row.js",
            "session.js",
            "shortcuts.js",
            "sse.js",
            "timeline.js",
            "words.js");

    private final Map<String, StaticFile> files;

    public Console() {
        Map<String, StaticFile> loaded = new HashMap<>();
        FILES.forEach(name -> loaded.put(BASE + name, StaticFile.load(name)));
        loaded.put(BASE, loaded.remove(BASE + START));
        files = Map.copyOf(loaded);
    }

    /** Answers what is asked of the console, and leaves all else to those who come after. */
    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        // As it was sent: what would have to be decoded first is no path of ours.
        String path = String.valueOf(request.path());
        StaticFile file = files.get(path);
        if (file == null && !path.equals(ROOT)) {
            context.next();
        } else if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            refuse(context, path);
        } else if (file == null) {
            // Relative, for who has put a prefix of their own before our paths.
            send(context.response().setStatusCode(MOVED).putHeader(HttpHeaders.LOCATION, "console/"), null);
        } else {
            serve(context, file);
        }
    }

    private static void serve(RoutingContext context, StaticFile file) {
        HttpServerRequest request = context.request();
        HttpServerResponse response = guarded(context.response())
                .putHeader(HttpHeaders.ETAG, file.tag())
                // Names say nothing of what is inside, so that nodes of two versions can serve one page: ask each time.
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
        if (file.isKnownTo(request.headers().getAll(HttpHeaders.IF_NONE_MATCH))) {
            send(response.setStatusCode(NOT_MODIFIED), null);
            return;
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, file.type())
                .putHeader(
                        HttpHeaders.CONTENT_LENGTH,
                        Integer.toString(file.content().length()));
        send(response, request.method().equals(HttpMethod.HEAD) ? null : file.content());
    }

    private static HttpServerResponse guarded(HttpServerResponse response) {
        return response.putHeader("Content-Security-Policy", POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin");
    }

    private static void refuse(RoutingContext context, String path) {
        context.addHeadersEndHandler(v -> context.response().putHeader(HttpHeaders.ALLOW, ALLOWED));
        context.fail(new GatewayFailure.NoSuchResource(
                        METHOD_NOT_ALLOWED,
                        "there is no " + context.request().method() + " " + Quoted.plain(path, 200) + " (expected: "
                                + ALLOWED + ")")
                .asException());
    }

    /** @param body null for none */
    private static void send(HttpServerResponse response, Buffer body) {
        if (!response.closed()) {
            Future<Void> sent = body == null ? response.end() : response.end(body);
            sent.onFailure(left -> LOG.debug("the client has left: {}", left.toString()));
        }
    }
}
