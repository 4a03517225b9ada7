package dev.reveille.simulation;

import dev.reveille.simulation.PlayedVertx.Reply;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A runtime API with its sandboxes, and all that was ever true of them. */
final class PlayedUpstream {
    static final String HOST = "http://up.test";

    /** Longer than a look, so that some come too early. */
    private static final Duration COMING_UP = Duration.ofMillis(700);

    private final World world;
    private final List<Sandbox> sandboxes = new ArrayList<>();

    PlayedUpstream(World world) {
        this.world = world;
    }

    /** One sandbox. Its runtime's name tells how many were started before it. */
    final class Sandbox {
        private final int number = sandboxes.size() + 1;
        private final String session;
        private final List<Was> past = new ArrayList<>();
        private Instant ready;
        private int resumes;

        private record Was(long since, String status) {}

        private Sandbox(String session) {
            this.session = session;
            comesUp();
        }

        private void comesUp() {
            ready = world.instant().plus(COMING_UP);
            becomes("up");
        }

        private void becomes(String status) {
            past.add(new Was(world.step(), status));
        }

        String runtimeId() {
            return "rt" + number;
        }

        /** {@code up}, {@code paused}, {@code error} or {@code stopped}. */
        String status() {
            return past.get(past.size() - 1).status();
        }

        boolean isLive() {
            return !status().equals("stopped");
        }

        private boolean answers() {
            return status().equals("up") && !world.instant().isBefore(ready);
        }

        /** Whether it was in {@code status} at any moment since {@code step}. */
        private boolean was(String status, long step) {
            for (int i = 0; i < past.size(); i++) {
                boolean over = i + 1 < past.size() && past.get(i + 1).since() < step;
                if (past.get(i).status().equals(status) && !over) {
                    return true;
                }
            }
            return false;
        }

        private JsonObject record() {
            String status = answers() ? "running" : status().equals("up") ? "starting" : status();
            return new JsonObject()
                    .put("session_id", session)
                    .put("runtime_id", runtimeId())
                    .put("url", HOST + "/" + runtimeId() + "/runtime")
                    .put("session_api_key", "key-" + runtimeId() + "-" + resumes)
                    .put("status", status);
        }
    }

    // What was true.

    Optional<Sandbox> named(String runtimeId) {
        return sandboxes.stream().filter(s -> s.runtimeId().equals(runtimeId)).findFirst();
    }

    Optional<Sandbox> live(String session) {
        return sandboxes.stream()
                .filter(s -> s.session.equals(session) && s.isLive())
                .findFirst();
    }

    boolean belongsTo(String runtimeId, String session) {
        return named(runtimeId).filter(s -> s.session.equals(session)).isPresent();
    }

    static int number(String runtimeId) {
        return Integer.parseInt(runtimeId.substring(2));
    }

    /** Whether {@code runtimeId} was in {@code status} at any moment since {@code step}. */
    boolean was(String runtimeId, String status, long step) {
        return named(runtimeId).filter(s -> s.was(status, step)).isPresent();
    }

    // What happens without us.

    void pausesByItself(String session) {
        change(session, "up", "paused");
    }

    void stopsByItself(String session) {
        live(session).ifPresent(s -> s.becomes("stopped"));
    }

    void breaks(String session) {
        change(session, "up", "error");
    }

    void isStartedAnewByOthers(String session) {
        stopsByItself(session);
        sandboxes.add(new Sandbox(session));
    }

    void isResumedByOthers(String session) {
        live(session).filter(s -> s.status().equals("paused")).ifPresent(Sandbox::comesUp);
    }

    private void change(String session, String from, String to) {
        live(session).filter(s -> s.status().equals(from)).ifPresent(s -> s.becomes(to));
    }

    // The calls.

    Reply answer(RequestOptions request, Buffer body) {
        String path = request.getURI();
        String last = path.substring(path.lastIndexOf('/') + 1);
        if (path.endsWith("/alive")) {
            boolean alive = named(path.substring(1, path.indexOf('/', 1)))
                    .filter(Sandbox::answers)
                    .isPresent();
            return new Reply(alive ? 200 : 503, new JsonObject());
        }
        if (path.startsWith("/sessions/")) {
            return live(last).map(s -> new Reply(200, s.record())).orElse(notFound());
        }
        if (path.startsWith("/runtime/")) {
            return named(last).filter(Sandbox::isLive).map(PlayedUpstream::pod).orElse(notFound());
        }
        return switch (path) {
            case "/list" -> list();
            case "/start" -> start(body.toJsonObject().getString("session_id"));
            case "/resume" ->
                ordered(body, s -> s.status().equals("paused"), s -> {
                    s.resumes++;
                    s.comesUp();
                });
            case "/pause" -> ordered(body, s -> s.status().equals("up"), s -> s.becomes("paused"));
            case "/stop" -> ordered(body, s -> true, s -> s.becomes("stopped"));
            default -> throw new IllegalArgumentException(path);
        };
    }

    private static Reply notFound() {
        return new Reply(404, new JsonObject().put("detail", "no such thing"));
    }

    private static Reply pod(Sandbox s) {
        return new Reply(
                200,
                new JsonObject()
                        .put("runtime_id", s.runtimeId())
                        .put("pod_status", s.status().equals("error") ? "failed" : s.answers() ? "ready" : "pending"));
    }

    private Reply list() {
        JsonArray live = new JsonArray();
        sandboxes.stream().filter(Sandbox::isLive).map(Sandbox::record).forEach(live::add);
        return new Reply(200, new JsonObject().put("runtimes", live));
    }

    /** There is never a second one for a session: what is there is woken, or is the answer as it is. What broke is replaced. */
    private Reply start(String session) {
        live(session).filter(s -> s.status().equals("error")).ifPresent(s -> s.becomes("stopped"));
        live(session).filter(s -> s.status().equals("paused")).ifPresent(Sandbox::comesUp);
        if (live(session).isEmpty()) {
            sandboxes.add(new Sandbox(session));
        }
        return new Reply(200, live(session).orElseThrow().record());
    }

    private Reply ordered(Buffer body, Predicate<Sandbox> fits, Consumer<Sandbox> order) {
        Optional<Sandbox> meant =
                named(body.toJsonObject().getString("runtime_id")).filter(Sandbox::isLive);
        if (meant.isEmpty()) {
            return notFound();
        }
        if (!fits.test(meant.get())) {
            return new Reply(409, new JsonObject().put("detail", "it is in no state for that"));
        }
        order.accept(meant.get());
        return new Reply(200, meant.get().record());
    }
}
