package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SandboxBreakerTest {
    private Rig rig;
    private Line client;
    private String told;

    @AfterEach
    void stop() throws IOException {
        if (client != null) {
            client.close();
        }
        rig.close();
    }

    private int post(String session, String rest) {
        return ask("POST", session, rest);
    }

    /** On one connection, so that one event loop serves all. @return the status */
    private int ask(String method, String session, String rest) {
        try {
            client = client == null ? rig.client() : client;
            client.send(method + " " + rig.path(session, rest) + " HTTP/1.1\r\nHost: gw\r\n"
                    + (method.equals("POST") ? "Content-Length: 0\r\n\r\n" : "\r\n"));
            Line.Head head = client.head();
            told = client.body(head);
            return head.status();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Loses requests until the breaker opens. */
    private void opened(String session) {
        Rig.eventually("requests fail at once", () -> {
            assertThat(post(session, "/x")).isEqualTo(502);
            return rig.metric("reveille_breakers_opened_total") == 1;
        });
    }

    @Test
    void afterFiveLossesInARowRequestsFailAtOnceWithTheSameProblem() {
        rig = Rig.with("proxy.breaker-reset=1h");
        String session = rig.running();
        rig.upstream.session(session).resets();
        opened(session);
        int tried = rig.upstream.calls("* " + rig.path(session, "/*"));

        for (int i = 0; i < 50; i++) {
            assertThat(ask(i % 2 == 0 ? "GET" : "POST", session, "/n" + i)).isEqualTo(502);
            assertThat(new JsonObject(told).getString("code")).isEqualTo("runtime_disconnected");
        }

        assertThat(rig.upstream.calls("* " + rig.path(session, "/*"))).isEqualTo(tried);
        assertThat(rig.metric("reveille_breakers_refused_total")).isGreaterThanOrEqualTo(50);
    }

    @Test
    void oneLookAtATimeFindsOutThatItIsBack() {
        rig = Rig.with("proxy.breaker-reset=50ms", "proxy.verdict-cache=0");
        String session = rig.running();
        rig.upstream.session(session).resets();
        opened(session);

        rig.upstream.session(session).asUsual();

        Rig.eventually("it passes again", () -> post(session, "/x") == 200);
        assertThat(post(session, "/x")).isEqualTo(200);
    }

    @Test
    void aSandboxWhoseAliveAnswersIsNotGivenARest() {
        rig = Rig.with("proxy.breaker-reset=1h", "proxy.verdict-cache=0");
        String session = rig.running();
        rig.upstream.session(session).on("POST", "/broken").resets();

        for (int i = 0; i < 30; i++) {
            assertThat(post(session, "/broken")).isEqualTo(502);
        }

        assertThat(post(session, "/well")).isEqualTo(200);
        assertThat(rig.metric("reveille_breakers_opened_total")).isZero();
    }

    @Test
    void clientsThatLeaveCountForNobody() throws IOException {
        rig = Rig.with("proxy.breaker-failures=1", "proxy.breaker-reset=1h");
        String path = rig.hand("/slow");
        rig.hand.on("/slow", (line, head) -> line.awaitEnd());
        rig.hand.on("/alive", (line, head) -> line.send("HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n"));

        for (int i = 1; i <= 10; i++) {
            int asked = i;
            try (Line client = rig.client()) {
                client.send("POST " + path + " HTTP/1.1\r\nHost: gw\r\nContent-Length: 0\r\n\r\n");
                Rig.eventually("it is there", () -> rig.hand.calls("/slow") == asked);
            }
        }

        Rig.eventually("all have left", () -> rig.requests("client_left") == 10);
        assertThat(rig.metric("reveille_breakers_opened_total")).isZero();
    }

    @Test
    void aWakeForgetsWhatWasLostBefore() {
        rig = Rig.with("proxy.breaker-reset=1h");
        String session = rig.running();
        rig.upstream.session(session).resets();
        opened(session);

        rig.upstream.session(session).asUsual();
        rig.gateway.post(session, "pause");

        assertThat(post(session, "/x")).isEqualTo(200);
    }

    @Test
    void withoutABreakerEveryRequestIsTried() {
        rig = Rig.with("proxy.breaker-failures=0");
        String session = rig.running();
        rig.upstream.session(session).resets();

        for (int i = 0; i < 30; i++) {
            assertThat(post(session, "/x")).isEqualTo(502);
        }

        assertThat(rig.upstream.calls("POST " + rig.path(session, "/x"))).isEqualTo(30);
    }

    @Test
    void requestsAreSentAgainWithinTheBudgetAndNoFurther() {
        rig = Rig.with("proxy.retry-budget=10", "proxy.verdict-cache=1h", "proxy.breaker-failures=0");
        String session = rig.running();
        rig.upstream.session(session).on("GET", "/flaky").resets();
        int count = 300;

        for (int i = 0; i < count; i++) {
            assertThat(ask("GET", session, "/flaky")).isEqualTo(502);
        }

        int extra = rig.upstream.calls("GET " + rig.path(session, "/flaky")) - count;
        assertThat(extra).isPositive().isEqualTo((int) rig.metric("reveille_retries_total{outcome=\"sent\"}"));
        assertThat(rig.metric("reveille_retries_total{outcome=\"refused\"}")).isPositive();
        // A tenth, and one a second since the machine may be slow.
        assertThat(extra).isLessThanOrEqualTo(count / 10 + 20);
    }

    @Test
    void withoutABudgetNothingIsSentAgainButWhatWokeItsSandbox() {
        rig = Rig.with("proxy.retry-budget=0", "proxy.verdict-cache=0");
        String session = rig.running();
        rig.upstream.session(session).on("GET", "/flaky").resets().then(200);

        assertThat(ask("GET", session, "/flaky")).isEqualTo(502);
        rig.upstream.session(session).isPaused();
        assertThat(post(session, "/x")).isEqualTo(200);
    }
}
