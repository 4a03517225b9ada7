package dev.reveille.lifecycle;

import dev.reveille.config.Nearest;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Quoted;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionSpec;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a client sends to open a session, understood.
 *
 * @param spec what the session is to be
 * @param buildContext the base64 text of the gzipped tar to build the image from; empty if none is to be built. Not part
 *     of the record: it may be megabytes and is needed but once
 * @param leavesLiveAlone whether a session that is live already stays what it is, whatever was asked for
 */
record OpenRequest(SessionSpec spec, Optional<Buffer> buildContext, boolean leavesLiveAlone) {
    private static final Set<Integer> FACTORS = Set.of(1, 2, 4, 8);
    private static final Set<String> PULL_POLICIES = Set.of("Always", "IfNotPresent", "Never");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private static final List<String> BUILD_FIELDS = List.of("target_image", "tags", "context");
    private static final int SHOWN = 60;
    private static final int MOST_TOLD = 20;

    /** The fields of the request, in the order in which they are sent on where they are. */
    private static final List<String> FIELDS = List.of(
            "image",
            "command",
            "working_dir",
            "environment",
            "resource_factor",
            "runtime_class",
            "run_as_user",
            "run_as_group",
            "fs_group",
            "image_pull_policy",
            "initial_env",
            "close_policy",
            "attach_only",
            "build");

    /**
     * What a client of the runtime API sends to start one. It sets the variables itself, and says itself when the sandbox is
     * to end, also after a start that failed.
     *
     * @param body a JSON object, byte for byte
     */
    static OpenRequest ofStart(String body) {
        return new OpenRequest(
                new SessionSpec(body, Map.of(), ClosePolicy.KEEP, false, Optional.empty()), Optional.empty(), true);
    }

    /**
     * Understands {@code json}.
     *
     * @throws FailureException {@code invalid_request}, naming every problem at once
     */
    static OpenRequest of(SessionId id, JsonObject json) {
        return new Reader(json).read(id);
    }

    /** One reading: what is wrong is collected, so that the answer can say it all. */
    private static final class Reader {
        private final JsonObject json;
        private final List<String> problems = new ArrayList<>();

        private Reader(JsonObject json) {
            this.json = json;
        }

        private OpenRequest read(SessionId id) {
            unknownFields(json, "", FIELDS);
            JsonObject start = startRequest(id);
            Map<String, String> initialEnv = texts("initial_env");
            initialEnv.keySet().stream()
                    .filter(name -> !VARIABLE.matcher(name).matches())
                    .forEach(name -> problems.add("initial_env: " + Quoted.shortly(name)
                            + " (expected: names out of letters, digits and _ that do not start with a digit)"));
            initialEnv.forEach((name, value) -> {
                if (value.indexOf('\0') >= 0) {
                    problems.add("initial_env." + Quoted.plain(name, 60)
                            + ": a text with a NUL in it (expected: one that a variable can hold)");
                }
            });
            ClosePolicy policy = closePolicy();
            boolean attachOnly = bool("attach_only");
            Optional<JsonObject> build = typed("build", JsonObject.class, "an object");
            Optional<SessionSpec.Build> image = build.flatMap(this::image);
            Optional<Buffer> context = build.flatMap(this::context);
            build.ifPresent(b -> unknownFields(b, "build.", BUILD_FIELDS));
            if (build.isPresent() && json.getValue("image") != null) {
                problems.add("image: given together with build (expected: one of them)");
            }
            if (!problems.isEmpty()) {
                throw new GatewayFailure.InvalidRequest(summary()).asException();
            }
            return new OpenRequest(
                    new SessionSpec(start.encode(), initialEnv, policy, attachOnly, image), context, false);
        }

        private void unknownFields(JsonObject object, String prefix, List<String> known) {
            object.fieldNames().stream().filter(name -> !known.contains(name)).forEach(name -> {
                String advice = Nearest.to(Quoted.plain(name, SHOWN), known)
                        .map(near -> "did you mean " + prefix + near + "?")
                        .orElse("expected: one of " + String.join(", ", known));
                problems.add(prefix + Quoted.plain(name, SHOWN) + ": unknown field (" + advice + ")");
            });
        }

        /** All of them, unless they are so many that nobody would read them. */
        private String summary() {
            int more = problems.size() - MOST_TOLD;
            String told = String.join("; ", problems.subList(0, Math.min(problems.size(), MOST_TOLD)));
            return more > 0 ? told + "; and " + more + " more" : told;
        }

        private JsonObject startRequest(SessionId id) {
            JsonObject start = new JsonObject();
            text("image").ifPresent(v -> start.put("image", v));
            command().ifPresent(v -> start.put("command", v));
            text("working_dir").ifPresent(v -> start.put("working_dir", v));
            JsonObject environment = new JsonObject();
            texts("environment").forEach((name, value) -> {
                if (name.isEmpty() || name.indexOf('=') >= 0 || name.chars().anyMatch(Character::isISOControl)) {
                    problems.add("environment: " + Quoted.shortly(name) + " (expected: names without =)");
                }
                environment.put(name, value);
            });
            start.put("environment", environment).put("session_id", id.value());
            start.put("resource_factor", resourceFactor());
            runtimeClass().ifPresent(v -> start.put("runtime_class", v));
            for (String name : List.of("run_as_user", "run_as_group", "fs_group")) {
                wholeNumber(name).ifPresent(v -> start.put(name, v));
            }
            text("image_pull_policy").filter(this::knownPullPolicy).ifPresent(v -> start.put("image_pull_policy", v));
            return start;
        }

        private Optional<Object> command() {
            Object value = json.getValue("command");
            boolean words = value instanceof JsonArray list && list.stream().allMatch(String.class::isInstance);
            if (value == null || value instanceof String || words) {
                return Optional.ofNullable(value);
            }
            wrong("command", value, "a string or a list of strings");
            return Optional.empty();
        }

        private int resourceFactor() {
            Object value = json.getValue("resource_factor");
            if (value == null) {
                return 1;
            }
            if (value instanceof Integer factor && FACTORS.contains(factor)) {
                return factor;
            }
            wrong("resource_factor", value, "1, 2, 4 or 8");
            return 1;
        }

        /** The runtime API knows sysbox by its full name, and gvisor as what it takes when nothing is said. */
        private Optional<String> runtimeClass() {
            Optional<String> given = text("runtime_class");
            if (given.isEmpty() || given.get().equals("gvisor")) {
                return Optional.empty();
            }
            if (given.get().equals("sysbox") || given.get().equals("sysbox-runc")) {
                return Optional.of("sysbox-runc");
            }
            wrong("runtime_class", given.get(), "sysbox, sysbox-runc or gvisor");
            return Optional.empty();
        }

        private boolean knownPullPolicy(String value) {
            boolean known = PULL_POLICIES.contains(value);
            if (!known) {
                wrong("image_pull_policy", value, "Always, IfNotPresent or Never");
            }
            return known;
        }

        private ClosePolicy closePolicy() {
            try {
                return text("close_policy").map(ClosePolicy::of).orElse(ClosePolicy.STOP);
            } catch (IllegalArgumentException unknown) {
                problems.add(unknown.getMessage());
                return ClosePolicy.STOP;
            }
        }

        private Optional<SessionSpec.Build> image(JsonObject build) {
            if (!(build.getValue("target_image") instanceof String target) || target.isBlank()) {
                wrong("build.target_image", build.getValue("target_image"), "the name of the image");
                return Optional.empty();
            }
            Object tags = build.getValue("tags");
            if (tags == null) {
                return Optional.of(new SessionSpec.Build(target, List.of()));
            }
            if (tags instanceof JsonArray list && list.stream().allMatch(String.class::isInstance)) {
                return Optional.of(new SessionSpec.Build(
                        target, list.stream().map(Object::toString).toList()));
            }
            wrong("build.tags", tags, "a list of strings");
            return Optional.empty();
        }

        private Optional<Buffer> context(JsonObject build) {
            if (build.getValue("context") instanceof String text && !text.isEmpty()) {
                return Optional.of(Buffer.buffer(text));
            }
            wrong("build.context", build.getValue("context"), "a gzipped tar as base64 text");
            return Optional.empty();
        }

        private Optional<String> text(String name) {
            return typed(name, String.class, "a string");
        }

        private boolean bool(String name) {
            return typed(name, Boolean.class, "true or false").orElse(false);
        }

        private Optional<Integer> wholeNumber(String name) {
            Object value = json.getValue(name);
            if (value == null) {
                return Optional.empty();
            }
            if (value instanceof Integer number && number >= 0) {
                return Optional.of(number);
            }
            wrong(name, value, "a whole number from 0 to " + Integer.MAX_VALUE);
            return Optional.empty();
        }

        private Map<String, String> texts(String name) {
            Map<String, String> texts = new LinkedHashMap<>();
            for (Map.Entry<String, Object> entry :
                    typed(name, JsonObject.class, "an object of strings").orElseGet(JsonObject::new)) {
                if (entry.getValue() instanceof String text) {
                    texts.put(entry.getKey(), text);
                } else {
                    problems.add(name + "." + Quoted.plain(entry.getKey(), SHOWN) + ": " + kind(entry.getValue())
                            + " (expected: a string)");
                }
            }
            return texts;
        }

        private <T> Optional<T> typed(String name, Class<T> type, String expected) {
            Object value = json.getValue(name);
            if (value == null) {
                return Optional.empty();
            }
            if (type.isInstance(value)) {
                return Optional.of(type.cast(value));
            }
            wrong(name, value, expected);
            return Optional.empty();
        }

        private void wrong(String name, Object found, String expected) {
            String shown = found instanceof String text ? Quoted.shortly(text) : kind(found);
            problems.add(name + ": " + (found == null ? "missing" : shown) + " (expected: " + expected + ")");
        }

        private static String kind(Object value) {
            if (value == null) {
                return "null";
            }
            if (value instanceof JsonObject) {
                return "an object";
            }
            if (value instanceof JsonArray) {
                return "a list";
            }
            return value instanceof String ? "a string" : Quoted.plain(value.toString(), SHOWN);
        }
    }
}
