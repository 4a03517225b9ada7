package dev.reveille.sandboxhost.program;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;

/** The actions of {@code POST /execute_action}, each answered by an observation. */
final class Actions {
    private static final double DEFAULT_SECONDS = 120;
    private static final double LONGEST_SECONDS = 7 * 24 * 3600.0;

    private final Vertx vertx;
    private final Workspace workspace;
    private final Shell shell;

    Actions(Vertx vertx, Workspace workspace, Shell shell) {
        this.vertx = vertx;
        this.workspace = workspace;
        this.shell = shell;
    }

    /**
     * Carries out one action.
     *
     * @return its observation, which may be an error; fails with a {@link Refusal} for an action that makes no sense
     */
    Future<JsonObject> execute(JsonObject body) {
        Parameters action = new Parameters("action", body).object("action");
        String kind = action.text("action");
        return switch (kind) {
            case "run" -> run(action);
            case "read" -> read(action.object("args"));
            case "write" -> write(action.object("args"));
            default ->
                Future.failedFuture(new Refusal(400, "action: " + kind + " (expected: one of run, read, write)"));
        };
    }

    private Future<JsonObject> run(Parameters action) {
        Parameters args = action.object("args");
        double seconds = args.seconds("timeout", action.seconds("timeout", DEFAULT_SECONDS));
        if (!(seconds > 0)) {
            throw Refusal.parameter("timeout", seconds, "seconds, more than 0");
        }
        Duration timeout = Duration.ofMillis((long) Math.ceil(Math.min(seconds, LONGEST_SECONDS) * 1000));
        return shell.run(new Shell.Command(args.text("command"), timeout)).map(Actions::ran);
    }

    private Future<JsonObject> read(Parameters args) {
        String path = args.text("path");
        int start = args.integer("start", 0);
        int end = args.integer("end", -1);
        return observing(path, () -> {
            Path file = workspace.resolve(path);
            if (!Files.isRegularFile(file)) {
                return error(Files.isDirectory(file) ? "Is a directory: " + path : "File not found: " + path);
            }
            return observation("read", TextFiles.read(file, start, end), at(path), "I read the file " + path + ".");
        });
    }

    private Future<JsonObject> write(Parameters args) {
        String path = args.text("path");
        String content = args.text("content");
        int start = args.integer("start", 0);
        int end = args.integer("end", -1);
        return observing(path, () -> {
            Path file = workspace.resolve(path);
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                return error("Not a file: " + path);
            }
            TextFiles.write(file, content, start, end);
            return observation("write", "", at(path), "I wrote to the file " + path + ".");
        });
    }

    /** What goes wrong with a file is an observation, since it is for the agent rather than for its client. */
    private Future<JsonObject> observing(String path, Callable<JsonObject> work) {
        return vertx.executeBlocking(work, false).recover(failure -> {
            if (failure instanceof Refusal || failure instanceof IOException) {
                String reason = failure instanceof Refusal
                        ? failure.getMessage()
                        : failure.getClass().getSimpleName();
                return Future.succeededFuture(error("Cannot use " + path + ": " + reason));
            }
            return Future.failedFuture(failure);
        });
    }

    private static JsonObject ran(Shell.Outcome outcome) {
        String command = outcome.command().text();
        JsonObject metadata = new JsonObject()
                .put("exit_code", outcome.exitCode())
                .put("pid", outcome.pid())
                .put("working_dir", outcome.directory());
        JsonObject extras = new JsonObject()
                .put("command", command)
                .put("metadata", metadata)
                .put("truncated", outcome.output().cut())
                .put("hidden", false);
        String message = "Command `" + command + "` executed with exit code " + outcome.exitCode() + ".";
        return observation("run", outcome.text(), extras, message).put("success", outcome.exitCode() == 0);
    }

    private static JsonObject error(String content) {
        return observation("error", content, new JsonObject().put("error_id", ""), content);
    }

    private static JsonObject at(String path) {
        return new JsonObject().put("path", path);
    }

    private static JsonObject observation(String kind, String content, JsonObject extras, String message) {
        return new JsonObject()
                .put("observation", kind)
                .put("content", content)
                .put("extras", extras)
                .put("message", message);
    }
}
