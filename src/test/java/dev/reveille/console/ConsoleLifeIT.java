package dev.reveille.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.reveille.testing.Browser;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The console in a real browser, before a real gateway: a session's whole life, by mouse. */
class ConsoleLifeIT {
    private static final Path PICTURES = Path.of("target", "screenshots");
    private static final String WHY_NOT =
            "The console is not looked at: there is no Chromium in the PATH (apt-get install chromium)";

    private static void click(Browser.Tab tab, String selector) {
        tab.until("document.querySelector('" + selector + "').checkVisibility()");
        tab.says("document.querySelector('" + selector + "').click()");
    }

    private static void untilState(Browser.Tab tab, String state) {
        tab.until("document.querySelector('.standing strong').textContent === '" + state + "'");
    }

    @Test
    void aSessionIsOpenedPausedWokenAndClosed() throws IOException {
        assumeTrue(Browser.program().isPresent(), WHY_NOT);
        Vertx vertx = Vertx.vertx();
        try (FakeRuntimeApi upstream = FakeRuntimeApi.start(vertx);
                TestGateway gateway =
                        TestGateway.before(upstream, vertx, "tenants.0.name=acme", "tenants.0.api-key=acme-key");
                Browser browser = Browser.start(vertx)) {
            upstream.startTakes(Duration.ofMillis(300)).resumeTakes(Duration.ofMillis(300));
            Browser.Tab tab = browser.tab(1280, 860, false);
            tab.open("http://127.0.0.1:" + gateway.port() + "/console/");
            tab.until("document.getElementById('sign-in').checkVisibility()");
            tab.type("acme-key");
            tab.press("Enter");

            click(tab, "#new-session");
            tab.type("hello");
            tab.press("Enter");
            untilState(tab, "running");
            tab.until("document.querySelectorAll('.links a').length === 4");
            click(tab, "[data-action=pause]");
            untilState(tab, "paused");
            tab.until("document.querySelector('.outcome').textContent.startsWith('It sleeps')");
            click(tab, "[data-action=resume]");
            untilState(tab, "running");
            tab.until("document.querySelector('.outcome').textContent.startsWith('It runs')");
            tab.says("document.getElementById('show-help').click()");
            tab.press("Escape");
            tab.screenshot(PICTURES.resolve("console-life.png"));
            click(tab, "[data-action=close]");
            click(tab, "[data-action=confirm]");
            untilState(tab, "stopped");

            tab.says("location.hash = '#/node'");
            tab.until("document.querySelectorAll('.nodes li').length === 1");
            assertThat(upstream.calls("POST /resume")).isEqualTo(1);
            assertThat(upstream.calls("POST /stop")).isEqualTo(1);
            assertThat(complaints(tab)).isEmpty();
        } finally {
            vertx.close().await();
        }
    }

    /** Beside those of the first question, which was without a key. */
    private static List<String> complaints(Browser.Tab tab) {
        return tab.complaints().stream()
                .filter(c -> !c.matches("Failed to load resource: the server responded with a status of 40[0146] .*"))
                .toList();
    }
}
