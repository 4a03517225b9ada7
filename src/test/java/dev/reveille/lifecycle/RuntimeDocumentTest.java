package dev.reveille.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Examples;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.SandboxState;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuntimeDocumentTest {
    private static final PublicUrls URLS = new PublicUrls(Optional.of(URI.create("http://gw.test")));

    /** Clients end their wait on those words, and upstream told them of what it was before. */
    @ParameterizedTest
    @CsvSource({
        "failed, pending",
        "unknown, pending",
        "CrashLoopBackOff, pending",
        "ready, pending",
        "running, running",
        "ImagePullBackOff, ImagePullBackOff"
    })
    void whatIsComingUpHasNotFailed(String told, String shown) {
        SandboxState waking = new SandboxState.Resuming(Examples.LEASE, Examples.runtime("rt1"));

        JsonObject record =
                RuntimeDocument.record(Examples.session("s-1", waking), Optional.of(pod(told)), false, URLS);

        assertThat(record.getString("pod_status")).isEqualTo(shown);
        assertThat(record.getString("status")).isEqualTo("starting");
    }

    @ParameterizedTest
    @CsvSource({"failed", "unknown", "CrashLoopBackOff"})
    void whatHasNotAnsweredYetAndBrokeIsToldToHave(String told) {
        SandboxState running = Examples.running("rt1");

        JsonObject record =
                RuntimeDocument.record(Examples.session("s-1", running), Optional.of(pod(told)), false, URLS);

        assertThat(record.getString("pod_status")).isEqualTo(told);
    }

    private static JsonObject pod(String status) {
        return new JsonObject().put("runtime_id", "rt1").put("pod_status", status);
    }
}
