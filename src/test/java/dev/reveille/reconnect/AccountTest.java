package dev.reveille.reconnect;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is held against what happened must be able to differ from it. */
class AccountTest {
    private final Account truth = new Account(Map.of("s", 0L));
    private final Account account = new Account(Map.of());

    @Test
    void whoIsToldEachChangeOnceHasNoProblem() {
        happens(1, 2, 3, 4);
        isTold(state(2), change(3));
        account.connected();
        isTold(change(4));

        assertThat(account.problems(truth)).isEmpty();
        assertThat(account.missing(Map.of("s", 4L))).isEmpty();
        assertThat(account.missing(Map.of("s", 5L))).hasSize(1);
    }

    @Test
    void whatComesTwiceOrNotOrOtherwiseIsAProblem() {
        happens(1, 2, 3, 4);

        assertThat(problems(state(2), change(3), change(3))).hasSize(1);
        assertThat(problems(state(2), change(4))).hasSize(1);
        assertThat(problems(state(2), change(4), change(3))).hasSize(2);
        assertThat(problems(state(2), change(3).put("node", "another"))).hasSize(1);
        assertThat(problems(state(2), change(3).put("coalesced", true))).hasSize(1);
    }

    @Test
    void aResetIsAProblemUnlessMoreWasMissedThanIsRemembered() {
        assertThat(problems(state(2), reset(34))).hasSize(1);
        assertThat(problems(state(2), reset(35))).isEmpty();
        assertThat(problems(state(2), reset(1))).hasSize(2);
    }

    @Test
    void whatIsToldBeforeLiveCountsOnlyWithIt() {
        happens(1, 2, 3, 4);
        account.hears(state(2), true);
        account.hears(live(), true);
        account.hears(state(4), true);
        account.connected();
        account.hears(change(3), true);

        assertThat(account.problems(truth)).isEmpty();
    }

    private void happens(long... revisions) {
        for (long revision : revisions) {
            truth.hears(change(revision), false);
        }
    }

    private void isTold(JsonObject... messages) {
        List.of(messages).forEach(message -> account.hears(message, false));
    }

    private List<String> problems(JsonObject... messages) {
        Account told = new Account(Map.of());
        List.of(messages).forEach(message -> told.hears(message, false));
        return told.problems(truth);
    }

    private static JsonObject change(long revision) {
        return message("change", revision);
    }

    private static JsonObject state(long revision) {
        return message("state", revision);
    }

    private static JsonObject reset(long revision) {
        return message("reset", revision).put("reason", "too much");
    }

    private static JsonObject live() {
        return new JsonObject().put("type", "live");
    }

    private static JsonObject message(String type, long revision) {
        return new JsonObject()
                .put("type", type)
                .put("session_id", "s")
                .put("revision", revision)
                .put("state", "running")
                .put("cause", "client")
                .put("at", "2026-03-01T12:00:00Z")
                .put("node", "node-a");
    }
}
