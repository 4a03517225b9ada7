package dev.reveille.runtimeapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.runtimeapi.PodStatus.Outcome;
import dev.reveille.runtimeapi.RuntimeRecord.Status;
import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordsTest {
    private static final SessionId SESSION = new SessionId("s-1");

    private final Records records = new Records(new Discretion(URI.create("http://upstream.test")));

    @ParameterizedTest
    @CsvSource({
        "running,RUNNING",
        "Paused,PAUSED",
        "STOPPED,STOPPED",
        "starting,STARTING",
        "error,ERROR",
        "melting,OTHER",
        "'',OTHER"
    })
    void aStatusIsReadInAnyCase(String word, Status status) {
        assertThat(records.ofSession(running().put("status", word), SESSION).status())
                .isEqualTo(status);
    }

    @Test
    void aMissingStatusIsOther() {
        JsonObject json = running();
        json.remove("status");
        assertThat(records.ofSession(json, SESSION).status()).isEqualTo(Status.OTHER);
        assertThat(records.ofSession(json.put("status", 7), SESSION).status()).isEqualTo(Status.OTHER);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "rt1.up.test",
                "ftp://rt1.up.test",
                "https://",
                "https://user:pw@rt1.up.test",
                "https://rt1.up.test/?a=b",
                "https://rt1.up.test/#a",
                "https://rt1.up.test:99999",
                "https://rt1 up.test"
            })
    void anUnusableUrlIsGarbledWhileThereMustBeASandbox(String url) {
        for (String status : new String[] {"running", "paused", "starting"}) {
            JsonObject json = running().put("status", status).put("url", url);
            assertThatThrownBy(() -> records.ofSession(json, SESSION))
                    .isInstanceOf(RuntimeApiException.class)
                    .hasMessageContaining("url (expected");
        }
        for (String status : new String[] {"stopped", "error"}) {
            JsonObject json = running().put("status", status).put("url", url);
            assertThat(records.ofSession(json, SESSION).runtime()).isEmpty();
        }
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "../etc", "a/b", "a b", "-x"})
    void anUnusableRuntimeIdIsGarbledWhileThereMustBeASandbox(String id) {
        assertThatThrownBy(() -> records.ofSession(running().put("runtime_id", id), SESSION))
                .hasMessageContaining("runtime_id (expected");
    }

    @Test
    void aStoppedOneKeepsTheRuntimeItHad() {
        assertThat(records.ofSession(running().put("status", "stopped"), SESSION)
                        .runtime())
                .isPresent();
    }

    @Test
    void theSessionKeyMayBeAbsentOrNull() {
        assertThat(records.ofSession(running(), SESSION).runtime().orElseThrow().sessionKey())
                .isEmpty();
        JsonObject withNull = running().putNull("session_api_key");
        assertThat(records.ofSession(withNull, SESSION).runtime().orElseThrow().sessionKey())
                .isEmpty();
        assertThatThrownBy(() -> records.ofSession(running().put("session_api_key", 7), SESSION))
                .hasMessageContaining("session_api_key");
    }

    @Test
    void aTrailingSlashOfTheUrlIsDropped() {
        JsonObject json = running().put("url", "https://up.test/rt1/runtime/");
        assertThat(records.ofSession(json, SESSION).runtime().orElseThrow().url())
                .isEqualTo(URI.create("https://up.test/rt1/runtime"));
    }

    @Test
    void malformedWorkHostsAreDropped() {
        JsonObject hosts = new JsonObject()
                .put("https://work-1-rt1.up.test", 12000)
                .put("https://work-2-rt1.up.test", "12001")
                .put("https://work-3-rt1.up.test", 0)
                .put("work-4", 12003)
                .putNull("https://work-5-rt1.up.test");
        assertThat(records.ofSession(running().put("work_hosts", hosts), SESSION)
                        .runtime()
                        .orElseThrow()
                        .workHosts())
                .isEqualTo(Map.of("https://work-1-rt1.up.test", 12000));
        assertThat(records.ofSession(running().put("work_hosts", "none"), SESSION)
                        .runtime()
                        .orElseThrow()
                        .workHosts())
                .isEmpty();
    }

    @Test
    void theReasonIsFitForOutsiders() {
        JsonObject json = running().put("status_detail", "ErrImagePull from registry.internal:5000 on upstream.test");
        assertThat(records.ofSession(json, SESSION).detail()).isEqualTo("ErrImagePull from (address) on (address)");
        assertThat(records.ofSession(running(), SESSION).detail()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "ready,READY,READY",
        "not found,NOT_FOUND,NOT_YET",
        "Pending,PENDING,NOT_YET",
        "running,RUNNING,NOT_YET",
        "failed,FAILED,FATAL",
        "unknown,UNKNOWN,FATAL",
        "CrashLoopBackOff,CRASH_LOOP_BACK_OFF,FATAL",
        "evicted,OTHER,NOT_YET"
    })
    void aPodStatusMeansWhatItAlwaysMeant(String word, PodStatus status, Outcome outcome) {
        assertThat(PodStatus.of(word)).isEqualTo(status);
        assertThat(status.outcome()).isEqualTo(outcome);
    }

    private static JsonObject running() {
        return new JsonObject()
                .put("runtime_id", "rt1")
                .put("url", "https://rt1.up.test")
                .put("status", "running");
    }
}
