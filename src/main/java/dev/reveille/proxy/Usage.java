package dev.reveille.proxy;

import dev.reveille.registry.Activity;
import dev.reveille.registry.Route;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/** What one request counts for as use of its sandbox: as work, as somebody who listens, or as nothing. */
final class Usage {
    private static final String EVENT_STREAM = "text/event-stream";

    private final Activity activity;
    private final HttpServerRequest in;
    private final boolean listener;
    private Activity.Use use;
    private boolean listening;

    /** @param upgrade whether it asks for another protocol */
    Usage(Activity activity, HttpServerRequest in, boolean upgrade) {
        this.activity = activity;
        this.in = in;
        this.listener = upgrade || asksForEvents(in);
    }

    /** It has found its sandbox, and is of a kind that counts. Nothing happens the second time. */
    void begun(Route route, long arrived) {
        if (use != null) {
            return;
        }
        use = activity.of(route);
        if (listener) {
            use.begunToListen();
        } else {
            use.begun(arrived);
        }
    }

    /** For one that goes on as a tunnel: told of what the client says. Empty if that counts for nothing. */
    Optional<Activity.Use> use() {
        return Optional.ofNullable(use);
    }

    /** The sandbox has agreed to a tunnel. */
    void listens() {
        if (use != null && !listening) {
            listening = true;
            use.listens();
        }
    }

    void answeredWith(HttpClientResponse answer) {
        if (isEventStream(answer)) {
            listens();
        }
    }

    /**
     * It is over.
     *
     * @param now on the clock of {@link System#nanoTime}
     * @param bytes how many of its body came for the sandbox
     */
    void ended(long now, long bytes) {
        if (use == null) {
            return;
        }
        if (listening) {
            use.hushed();
        } else if (listener) {
            use.endedBefore();
        } else {
            use.ended(now, bytes);
        }
    }

    /** @return what to run in place of {@link #ended} when its tunnel has closed, which holds nothing of the request */
    Runnable hush() {
        return use == null ? () -> {} : use::hushed;
    }

    private static boolean asksForEvents(HttpServerRequest in) {
        return HttpMethod.GET.equals(in.method()) && EVENT_STREAM.equals(in.getHeader(HttpHeaders.ACCEPT));
    }

    /** Who asks for one does as a client of a websocket does. What answers a POST with one is at work. */
    private boolean isEventStream(HttpClientResponse answer) {
        String type = HttpMethod.GET.equals(in.method()) ? answer.getHeader(HttpHeaders.CONTENT_TYPE) : null;
        return type != null && type.regionMatches(true, 0, EVENT_STREAM, 0, EVENT_STREAM.length());
    }
}
