package dev.reveille.lifecycle;

import dev.reveille.runtimeapi.ActionClient;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.Quoted;
import dev.reveille.session.SandboxRuntime;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Sets variables inside a sandbox, as OpenHands does after each connect and each resume: exported for commands to come,
 * and kept in {@code ~/.bashrc} for shells to come. Setting them twice does no harm.
 */
final class InitialEnv {
    private static final int SHORTEST_SECRET = 4;

    private final ActionClient sandboxes;
    private final Duration timeout;

    /** @param timeout from sending the action to its whole answer */
    InitialEnv(Vertx vertx, Duration timeout) {
        this.sandboxes = new ActionClient(vertx, timeout);
        this.timeout = timeout;
    }

    /** @return succeeds once they are set, at once if there are none; fails with {@code environment_failed} */
    Future<Void> apply(SandboxRuntime runtime, Map<String, String> env) {
        if (env.isEmpty()) {
            return Future.succeededFuture();
        }
        JsonObject action = new JsonObject()
                .put("action", "run")
                .put("args", new JsonObject().put("command", command(env)).put("hidden", true))
                .put("timeout", Math.max(1, timeout.toSeconds()));
        return sandboxes
                .execute(runtime, action)
                .recover(lost -> failed("the sandbox did not answer"))
                .compose(outcome -> check(outcome, env.values()));
    }

    Future<Void> close() {
        return sandboxes.close();
    }

    /**
     * One command line: each variable exported, and added to {@code ~/.bashrc} unless what stands there last of it is the
     * same. An earlier line would not do: the last one counts for a new shell.
     */
    static String command(Map<String, String> env) {
        return env.entrySet().stream()
                .map(e -> exported(e.getKey(), "export " + e.getKey() + "=" + quoted(e.getValue())))
                .collect(Collectors.joining(" && "));
    }

    private static String exported(String name, String line) {
        return line + " && { [ \"$(grep -s '^export " + name + "=' ~/.bashrc | tail -n 1)\" = " + quoted(line)
                + " ] || printf '%s\\n' " + quoted(line) + " >> ~/.bashrc; }";
    }

    /** On one line whatever the text, since {@code ~/.bashrc} is compared line by line. */
    private static String quoted(String text) {
        if (text.chars().noneMatch(InitialEnv::isControl)) {
            return "'" + text.replace("'", "'\\''") + "'";
        }
        StringBuilder ansi = new StringBuilder("$'");
        text.codePoints().forEach(c -> {
            if (c == '\'' || c == '\\') {
                ansi.append('\\').appendCodePoint(c);
            } else if (isControl(c)) {
                ansi.append(String.format("\\x%02x", c));
            } else {
                ansi.appendCodePoint(c);
            }
        });
        return ansi.append('\'').toString();
    }

    private static boolean isControl(int character) {
        return character < ' ' || character == 0x7f;
    }

    private static Future<Void> check(ActionClient.Outcome outcome, Collection<String> values) {
        if (outcome.status() != 200) {
            return failed("the sandbox answered " + outcome.status());
        }
        if (outcome.observation().isEmpty()) {
            return failed("the sandbox's answer is not understandable");
        }
        JsonObject observation = outcome.observation().get();
        Integer exit = exitCode(observation);
        if (exit == null) {
            return failed("the sandbox's answer has no exit code");
        }
        return exit == 0 ? Future.succeededFuture() : failed("exit code " + exit + said(observation, values));
    }

    /** What the shell said, unless it repeats a value: those are secrets more often than not. */
    private static String said(JsonObject observation, Collection<String> values) {
        String content = String.valueOf(observation.getValue("content", ""));
        boolean secret = values.stream().anyMatch(v -> v.length() >= SHORTEST_SECRET && content.contains(v));
        return content.isBlank() || secret ? "" : ": " + Quoted.plain(content, 200);
    }

    /** Null if there is none. Older action servers tell it beside the metadata, newer ones inside. */
    private static Integer exitCode(JsonObject observation) {
        if (!(observation.getValue("extras") instanceof JsonObject extras)) {
            return null;
        }
        Object inside =
                extras.getValue("metadata") instanceof JsonObject metadata ? metadata.getValue("exit_code") : null;
        Object code = inside == null ? extras.getValue("exit_code") : inside;
        return code instanceof Integer number ? number : null;
    }

    private static <T> Future<T> failed(String why) {
        return Future.failedFuture(
                new GatewayFailure.StepFailed(Step.ENVIRONMENT, "initial_env could not be set: " + why).asException());
    }
}
