package dev.reveille;

import dev.reveille.session.SandboxState;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Follows sessions of a gateway that runs somewhere, for people; goes on where it was when the connection is lost. */
@Command(
        name = "watch",
        description = "Follow a session, or all of yours, of a gateway that runs. Until Ctrl-C.",
        footer = "The API key is taken from $REVEILLE_API_KEY.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "1:refused: a bad key, no such session, or what else will be the same the next time",
            "2:wrong usage"
        })
final class Watch implements Callable<Integer> {
    /** Three heartbeats; after that nobody is there any more. */
    private static final int SILENCE_MILLIS = 45_000;

    private static final int CONNECT_MILLIS = 10_000;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;
    private static final int UNAUTHORIZED = 401;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERROR = 500;
    private static final Set<String> SCHEMES = Set.of("http", "https");
    private static final Set<String> OF_A_STATE = Set.of("state", "change", "progress");
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "SESSION", description = "Which one. By default all of yours.")
    private Optional<String> session = Optional.empty();

    @Option(
            names = {"-u", "--url"},
            paramLabel = "URL",
            description = "Where the gateway is. By default $REVEILLE_URL, or http://127.0.0.1:8080.")
    private Optional<String> url = Optional.empty();

    @Option(
            names = "--state",
            split = ",",
            paramLabel = "STATE",
            description =
                    "Only what is or becomes that: building, starting, running, pausing, paused, resuming, stopping,"
                            + " stopped, failed.")
    private List<String> states = List.of();

    @Option(
            names = "--since",
            paramLabel = "ID",
            description = "Go on behind that; the id of a message, or a revision.")
    private Optional<String> since = Optional.empty();

    @Option(names = "--json", description = "Print the messages as they come, one a line.")
    private boolean json;

    private URI target;
    private String last = "";

    Watch() {
        this(System.getenv());
    }

    Watch(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws InterruptedException {
        checkStates();
        target = target();
        last = since.orElse("");
        int failures = 0;
        while (!Thread.currentThread().isInterrupted()) {
            String before = last;
            try {
                follow();
                failures = 0;
            } catch (Refused refused) {
                spec.commandLine().getErr().println("reveille: " + refused.getMessage());
                return 1;
            } catch (IOException lost) {
                failures = last.equals(before) ? failures + 1 : 1;
                if (failures == 1) {
                    note("the connection is lost (" + reason(lost) + "); trying again");
                }
            }
            TimeUnit.MILLISECONDS.sleep(pause(failures));
        }
        return 0;
    }

    /** Never the same for two, so that those who lost the same node do not all come at once. */
    private static long pause(int failures) {
        long longest = Math.min(LONGEST_PAUSE_MILLIS, 250L << Math.min(failures, 10));
        return longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2);
    }

    private void checkStates() {
        states.stream()
                .filter(word -> !SandboxState.WORDS.contains(word))
                .findFirst()
                .ifPresent(word -> {
                    throw wrongUsage("--state: " + printable(word) + " (expected: some of "
                            + String.join(", ", SandboxState.WORDS) + ")");
                });
    }

    private URI target() {
        String base = url.orElseGet(() -> environment.getOrDefault("REVEILLE_URL", ""));
        if (base.isEmpty()) {
            base = "http://127.0.0.1:8080";
        }
        String path =
                session.map(id -> "/api/v1/sessions/" + encoded(id) + "/events").orElse("/api/v1/events");
        String query = states.isEmpty() || session.isPresent() ? "" : "?state=" + encoded(String.join(",", states));
        try {
            URI whole = new URI(base.replaceFirst("/+$", "") + path + query);
            if (SCHEMES.contains(String.valueOf(whole.getScheme()).toLowerCase(Locale.ROOT))
                    // Not its host: names with underscores, as compose gives them, are none to Java.
                    && whole.getRawAuthority() != null) {
                return whole;
            }
        } catch (URISyntaxException wrong) {
            // Said below.
        }
        throw wrongUsage("--url: " + printable(base) + " (expected: one such as http://127.0.0.1:8080)");
    }

    private ParameterException wrongUsage(String why) {
        return new ParameterException(spec.commandLine(), "reveille: " + why);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Until the stream ends. */
    private void follow() throws IOException {
        HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
        try {
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout(CONNECT_MILLIS);
            connection.setReadTimeout(SILENCE_MILLIS);
            connection.setRequestProperty("Accept", "text/event-stream");
            String key = environment.getOrDefault("REVEILLE_API_KEY", "");
            if (!key.isEmpty()) {
                connection.setRequestProperty("X-API-Key", key);
            }
            if (!last.isEmpty()) {
                connection.setRequestProperty("Last-Event-ID", last);
            }
            int status = connection.getResponseCode();
            if (status != HttpURLConnection.HTTP_OK) {
                throw refused(status, connection.getErrorStream());
            }
            read(connection.getInputStream());
        } finally {
            connection.disconnect();
        }
    }

    private static IOException refused(int status, InputStream answer) throws IOException {
        String text = answer == null ? "" : new String(answer.readNBytes(16_384), StandardCharsets.UTF_8);
        String why = "the answer is " + status;
        try {
            why = new JsonObject(text).getString("detail", why);
        } catch (DecodeException | ClassCastException other) {
            // It comes from something else on the way.
        }
        if (status == UNAUTHORIZED) {
            why += "; give the API key in REVEILLE_API_KEY";
        }
        boolean later = status >= SERVER_ERROR || status == TOO_MANY;
        return later ? new IOException(why) : new Refused(why);
    }

    private void read(InputStream stream) throws IOException {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            StringBuilder data = new StringBuilder();
            String id = last;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isEmpty()) {
                    last = id;
                    if (data.length() > 0) {
                        told(data.toString());
                    }
                    data.setLength(0);
                } else if (line.startsWith("data:")) {
                    data.append(line.substring(5).stripLeading());
                } else if (line.startsWith("id:")) {
                    id = line.substring(3).strip();
                }
            }
        }
    }

    private void told(String data) {
        try {
            if (!wanted(data)) {
                return;
            }
            String line = json ? data : line(new JsonObject(data));
            if (!line.isEmpty()) {
                print(line);
            }
        } catch (DecodeException | ClassCastException odd) {
            note("a message is not understandable");
        }
    }

    /** The stream of one session tells all of its states. What tells of none, such as a reset, is for everybody. */
    private boolean wanted(String data) {
        if (states.isEmpty() || session.isEmpty()) {
            return true;
        }
        JsonObject message = new JsonObject(data);
        return !OF_A_STATE.contains(message.getString("type", "")) || states.contains(message.getString("state", ""));
    }

    private void print(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }

    private void note(String what) {
        spec.commandLine().getErr().println("reveille: " + what);
    }

    /** A message for people; empty if it tells them nothing. */
    static String line(JsonObject message) {
        String what = switch (message.getString("type", "")) {
            case "state" -> "is " + message.getString("state") + because(message);
            case "change" -> change(message) + because(message);
            case "progress" -> progress(message);
            case "reset" ->
                (message.containsKey("state") ? "is " + message.getString("state") + because(message) : "all anew")
                        + "  (" + printable(message.getString("reason", "")) + ")";
            case "forgotten" -> "is forgotten";
            default -> "";
        };
        return what.isEmpty()
                ? ""
                : moment(message) + "  " + printable(message.getString("session_id", "*")) + "  " + what;
    }

    private static String change(JsonObject message) {
        String previous = message.getString("previous");
        String state = message.getString("state");
        String took = message.getLong("took_ms", 0L) > 0 && previous != null
                ? "  after " + seconds(message.getLong("took_ms") / 1_000.0)
                : "";
        String skipped = message.getBoolean("coalesced", false)
                ? "  (" + message.getLong("skipped", 0L) + " changes before it are not shown)"
                : "";
        return (previous == null || previous.equals(state) ? state : previous + " → " + state) + took + skipped;
    }

    private static String because(JsonObject message) {
        String cause = message.getString("cause", "");
        String detail = message.getString("detail", "");
        return (cause.isEmpty() ? "" : "  by " + printable(cause)) + (detail.isEmpty() ? "" : ": " + printable(detail));
    }

    private static String progress(JsonObject message) {
        StringBuilder line = new StringBuilder("… ").append(message.getString("state"));
        line.append(' ').append(seconds(message.getDouble("elapsed_seconds", 0.0)));
        if (message.getDouble("expected_seconds") != null) {
            line.append(" of about ").append(seconds(message.getDouble("expected_seconds")));
        }
        for (String fact : new String[] {"pod_status", "build_status"}) {
            if (message.getString(fact) != null) {
                line.append("  ").append(printable(message.getString(fact)));
            }
        }
        if (message.getInteger("restart_count", 0) > 0) {
            line.append("  restarted ")
                    .append(message.getInteger("restart_count"))
                    .append(" times");
            JsonArray reasons = message.getJsonArray("restart_reasons", new JsonArray());
            if (!reasons.isEmpty()) {
                line.append(": ").append(printable(reasons.encode()));
            }
        }
        return line.toString();
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
    }

    private static String moment(JsonObject message) {
        String at = message.getString("at");
        Instant moment = at == null ? Instant.now() : Instant.parse(at);
        return CLOCK.format(moment.atZone(ZoneId.systemDefault()));
    }

    /** What comes from elsewhere must not lead the terminal. */
    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "·");
    }

    private static String reason(Exception error) {
        return error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    }

    /** It will be the same the next time. */
    private static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        private Refused(String message) {
            super(message);
        }
    }
}
