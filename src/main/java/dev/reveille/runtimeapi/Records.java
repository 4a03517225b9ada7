package dev.reveille.runtimeapi;

import dev.reveille.runtimeapi.RuntimeRecord.Status;
import dev.reveille.session.Quoted;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Upstream's JSON, as records. Lenient where clients have always been, strict where we would send a request by it. */
final class Records {
    private static final Logger LOG = LoggerFactory.getLogger(Records.class);

    /** It will be the value of a header. */
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,1024}");

    private static final int MOST_REASONS = 20;
    private static final int LONGEST_DETAIL = 300;

    private final Discretion discretion;

    Records(Discretion discretion) {
        this.discretion = discretion;
    }

    /** Upstream leaves the session's name out where it was asked by it. */
    RuntimeRecord ofSession(JsonObject json, SessionId asked) {
        RuntimeRecord record = of(json, statusOf(json).hasRuntime());
        if (record.sessionId().filter(named -> !named.equals(asked)).isPresent()) {
            throw RuntimeApiException.garbled("session_id", "the one asked for");
        }
        return new RuntimeRecord(
                Optional.of(asked),
                record.runtime(),
                record.status(),
                record.podStatus(),
                record.detail(),
                record.told());
    }

    /** An answer without a status is a start under way. */
    RuntimeRecord ofStart(JsonObject json) {
        Status status = statusOf(json);
        return of(json, status != Status.ERROR && status != Status.STOPPED);
    }

    List<RuntimeRecord> ofList(JsonObject json) {
        return ofEntries(Fields.requiredArray(json, "runtimes"));
    }

    /** One odd entry must not hide the others. */
    List<RuntimeRecord> ofEntries(JsonArray entries) {
        List<RuntimeRecord> records = new ArrayList<>();
        for (Object entry : entries) {
            if (entry instanceof JsonObject object) {
                ofEntry(object).ifPresent(records::add);
            }
        }
        return records;
    }

    private Optional<RuntimeRecord> ofEntry(JsonObject json) {
        try {
            return Optional.of(of(json, statusOf(json).hasRuntime()));
        } catch (RuntimeApiException odd) {
            LOG.warn("upstream entry left out: {}", odd.detail());
            return Optional.empty();
        }
    }

    PodReport ofPod(JsonObject json, RuntimeId asked) {
        if (!asked.value().equals(json.getValue("runtime_id"))) {
            throw RuntimeApiException.garbled("runtime_id", "the one asked for");
        }
        return new PodReport(
                asked,
                PodStatus.of(Fields.requiredText(json, "pod_status")),
                Fields.count(json, "restart_count"),
                reasons(json),
                json);
    }

    BuildReport ofBuild(JsonObject json) {
        return new BuildReport(
                BuildReport.State.of(Fields.requiredText(json, "status")),
                Fields.text(json, "image"),
                Fields.text(json, "error").map(discretion::apply));
    }

    /** The sandbox's key, absent and null and empty being the same. */
    static Optional<String> sessionKey(JsonObject json) {
        Object key = json.getValue("session_api_key");
        if (key == null || key.equals("")) {
            return Optional.empty();
        }
        if (key instanceof String text && KEY.matcher(text).matches()) {
            return Optional.of(text);
        }
        throw RuntimeApiException.garbled("session_api_key", "up to 1024 visible ASCII characters");
    }

    private RuntimeRecord of(JsonObject json, boolean runtimeNeeded) {
        return new RuntimeRecord(
                sessionId(json),
                runtimeNeeded ? Optional.of(runtime(json)) : runtimeIfAny(json),
                statusOf(json),
                Fields.text(json, "pod_status"),
                detail(json),
                json);
    }

    /** What is wrong with it, in upstream's words: newer ones tell it in one field, others only why it restarted. */
    private String detail(JsonObject json) {
        return Fields.text(json, "status_detail")
                .map(discretion::apply)
                .filter(told -> !told.isEmpty())
                .orElseGet(() -> Quoted.plain(String.join(", ", reasons(json)), LONGEST_DETAIL));
    }

    private static Status statusOf(JsonObject json) {
        return Fields.text(json, "status").map(Status::of).orElse(Status.OTHER);
    }

    private static Optional<SessionId> sessionId(JsonObject json) {
        try {
            return Fields.text(json, "session_id").map(SessionId::new);
        } catch (IllegalArgumentException otherForm) {
            return Optional.empty();
        }
    }

    private static Optional<SandboxRuntime> runtimeIfAny(JsonObject json) {
        try {
            return Optional.of(runtime(json));
        } catch (RuntimeApiException unusable) {
            return Optional.empty();
        }
    }

    private static SandboxRuntime runtime(JsonObject json) {
        String id = Fields.requiredText(json, "runtime_id");
        if (!RuntimeId.isOne(id)) {
            throw RuntimeApiException.garbled("runtime_id", "1 to 128 characters out of A-Z a-z 0-9 - _ .");
        }
        URI url = address(Fields.requiredText(json, "url"))
                .orElseThrow(() -> RuntimeApiException.garbled("url", "an absolute http or https URL without query"));
        return new SandboxRuntime(new RuntimeId(id), url, sessionKey(json), workHosts(json));
    }

    /** Paths are appended to it, so it has none of the things that a path may not be put behind. */
    private static Optional<URI> address(String text) {
        try {
            URI uri = new URI(text);
            boolean http = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            boolean plain = uri.getRawQuery() == null && uri.getRawFragment() == null && uri.getRawUserInfo() == null;
            return http && plain && uri.getHost() != null && uri.getPort() != 0 && uri.getPort() <= 65_535
                    ? Optional.of(uri)
                    : Optional.empty();
        } catch (URISyntaxException notOne) {
            return Optional.empty();
        }
    }

    private static Map<String, Integer> workHosts(JsonObject json) {
        Map<String, Integer> hosts = new HashMap<>();
        if (json.getValue("work_hosts") instanceof JsonObject entries) {
            for (Map.Entry<String, Object> entry : entries) {
                if (entry.getValue() instanceof Integer port
                        && port >= 1
                        && port <= 65_535
                        && address(entry.getKey()).isPresent()) {
                    hosts.put(entry.getKey(), port);
                }
            }
        }
        return hosts;
    }

    private List<String> reasons(JsonObject json) {
        if (!(json.getValue("restart_reasons") instanceof JsonArray reasons)) {
            return List.of();
        }
        return reasons.stream()
                .filter(String.class::isInstance)
                .map(reason -> discretion.apply((String) reason))
                .limit(MOST_REASONS)
                .toList();
    }
}
