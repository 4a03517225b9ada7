package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.reveille.testing.Browser;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The waking page in a real browser. Pictures of it are in {@code target/screenshots}. */
class WakingPageIT {
    private static final Path PICTURES = Path.of("target", "screenshots");
    private static final String WHY_NOT =
            "The waking page is not looked at: there is no Chromium in the PATH (apt-get install chromium)";
    private static final String SOON = "proxy.waking-page-after=100ms";
    private static final String APP = "<!doctype html><title>app</title><link rel=icon href='data:,'><h1>The app</h1>";

    private static Vertx vertx;
    private static Browser browser;

    private Rig rig;

    @BeforeAll
    static void start() throws IOException {
        if (Browser.program().isEmpty()) {
            System.out.println(WHY_NOT);
            return;
        }
        vertx = Vertx.vertx();
        browser = Browser.start(vertx);
    }

    @AfterAll
    static void stop() throws IOException {
        if (browser != null) {
            browser.close();
            vertx.close().await();
        }
    }

    @BeforeEach
    void look() {
        assumeTrue(browser != null, WHY_NOT);
    }

    @AfterEach
    void end() throws IOException {
        if (rig != null) {
            browser.closeTabs();
            rig.close();
        }
    }

    private String aSandboxThatWakesSlowly() {
        String session = rig.paused();
        rig.upstream.session(session).on("GET", "/app").answersHtml(200, APP);
        rig.upstream.resumeTakes(ofMinutes(10));
        return session;
    }

    private String url(String session, String rest) {
        return "http://127.0.0.1:" + rig.port() + rig.path(session, rest);
    }

    private static Browser.Tab aTab() {
        return browser.tab(1100, 760, false);
    }

    /** What a browser complains of beside the status of the page itself, which it always does. */
    private static List<String> complaints(Browser.Tab tab) {
        return tab.complaints().stream()
                .filter(c ->
                        !c.matches("Failed to load resource: the server responded with a status of 50[234] .*/app.*"))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "light, 1100, 760, false",
        "dark, 1100, 760, true",
        "phone, 390, 780, false",
        "phone-dark, 390, 780, true"
    })
    void whoOpensASleepingSandboxSeesItWakeAndThenTheirPage(String name, int width, int height, boolean dark)
            throws IOException {
        rig = Rig.with(SOON);
        aWakeThatTellsHowLongItTakes();
        String session = aSandboxThatWakesSlowly();
        Browser.Tab tab = browser.tab(width, height, dark);

        tab.open(url(session, "/app?a=b") + "#part");
        tab.until("document.title === 'Waking your sandbox'");
        tab.until("document.getElementById('state').textContent === 'Waking…'");
        tab.until("parseInt(document.getElementById('numbers').textContent) >= 2");
        assertThat(tab.says("document.getElementById('numbers').textContent"))
                .containsAnyOf(" s of usually about ", " s, longer than usual");
        tab.screenshot(PICTURES.resolve("waking-" + name + ".png"));
        assertThat(tab.says("document.documentElement.scrollWidth <= innerWidth"))
                .isEqualTo("true");

        rig.upstream.session(session).isRunning();
        tab.until("document.title === 'app'");
        assertThat(tab.says("location.search + location.hash")).isEqualTo("?a=b#part");
        assertThat(complaints(tab)).isEmpty();
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(2);
    }

    private void aWakeThatTellsHowLongItTakes() {
        String another = rig.paused();
        assertThat(await(rig.gateway.act(rig.runtime(another), "work")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void onAHostOfItsOwnItFollowsTheFeedElsewhere() throws IOException {
        rig = Rig.with(SOON, "http.routing=subdomain", "http.domain=localhost");
        String session = aSandboxThatWakesSlowly();
        Browser.Tab tab = aTab();

        tab.open("http://" + rig.runtime(session) + ".localhost:" + rig.port() + "/app");
        tab.until("document.title === 'Waking your sandbox'");
        assertThat(tab.says("document.getElementById('page').dataset.feed"))
                .startsWith("ws://127.0.0.1:" + rig.port() + "/api/v1/sessions/");
        rig.upstream.session(session).isRunning();

        tab.until("document.title === 'app'");
        assertThat(complaints(tab)).isEmpty();
        assertThat(rig.upstream.calls("GET " + rig.path(session, "/app"))).isEqualTo(1);
    }

    @Test
    void withoutTheFeedItLooksAgainAndAgain() throws IOException {
        rig = Rig.with(
                SOON, "http.routing=subdomain", "http.domain=localhost", "http.public-url=http://gateway.invalid:1");
        String session = aSandboxThatWakesSlowly();
        Browser.Tab tab = aTab();

        tab.open("http://" + rig.runtime(session) + ".localhost:" + rig.port() + "/app");
        tab.until("document.title === 'Waking your sandbox'");
        rig.upstream.session(session).isRunning();

        tab.until("document.title === 'app'");
    }

    @Test
    void withoutScriptsItLooksAgainToo() throws IOException {
        rig = Rig.with(SOON);
        String session = aSandboxThatWakesSlowly();
        Browser.Tab tab = aTab();
        tab.withoutScripts();

        tab.open(url(session, "/app"));
        tab.until("document.title === 'Waking your sandbox'");
        tab.screenshot(PICTURES.resolve("waking-without-scripts.png"));
        rig.upstream.session(session).isRunning();

        tab.until("document.title === 'app'");
    }

    @Test
    void aWakeThatFailsIsToldAndCanBeTriedAgain() throws IOException {
        rig = Rig.with(SOON);
        String session = aSandboxThatWakesSlowly();
        Browser.Tab tab = aTab();

        tab.open(url(session, "/app") + "#part");
        tab.until("document.title === 'Waking your sandbox'");
        tab.until("document.getElementById('numbers').textContent !== ''");
        rig.upstream.session(session).reports("error", "failed");
        tab.until("document.title === 'The sandbox could not be woken'");
        tab.screenshot(PICTURES.resolve("failed-while-waking.png"));
        assertThat(tab.says("document.getElementById('again').offsetParent !== null"))
                .isEqualTo("true");

        tab.says("document.getElementById('again').click()");
        tab.until("document.title === 'The sandbox broke down'");
        tab.screenshot(PICTURES.resolve("broke-down.png"));
        rig.upstream.session(session).isRunning();
        Rig.eventually(
                "it is back",
                () -> await(rig.gateway
                                        .request(HttpMethod.GET, rig.path(session, "/app"))
                                        .send())
                                .statusCode()
                        == 200);
        tab.says("document.getElementById('again').click()");
        tab.until("document.title === 'app'");

        assertThat(tab.says("location.hash")).isEqualTo("#part");
        assertThat(complaints(tab)).isEmpty();
    }

    @Test
    void whoMayNotWakeIsToldSo() throws IOException {
        rig = Rig.with(SOON);
        rig.upstream.issuesSessionKeys();
        String session = aSandboxThatWakesSlowly();
        Browser.Tab tab = browser.tab(390, 780, true);

        tab.open(url(session, "/app"));
        tab.until("document.title === 'This sandbox is asleep'");

        tab.screenshot(PICTURES.resolve("asleep-phone-dark.png"));
        assertThat(complaints(tab)).isEmpty();
        assertThat(rig.upstream.calls("POST /resume")).isZero();
    }

    @Test
    void aPageThatDoesNotComeIsNotAskedForForEver() throws IOException {
        rig = Rig.with(SOON);
        String session = aSandboxThatWakesSlowly();
        Browser.Tab tab = aTab();
        tab.open("http://127.0.0.1:" + rig.port() + "/nobody/runtime/app");
        tab.until("document.title === 'There is no such sandbox'");
        tab.screenshot(PICTURES.resolve("no-such-sandbox.png"));
        tab.says("sessionStorage.setItem('reveille.waking." + rig.runtime(session)
                + "', JSON.stringify({at: Date.now(), openings: 5, looks: 0}))");

        tab.open(url(session, "/app"));
        tab.until("document.title === 'Waking your sandbox'");
        rig.upstream.session(session).isRunning();
        tab.until("document.title === 'Your sandbox is awake'");

        assertThat(rig.upstream.calls("GET " + rig.path(session, "/app"))).isZero();
        tab.says("document.getElementById('again').click()");
        tab.until("document.title === 'app'");
    }

    @Test
    void whereNothingIsStoredItStopsAskingAllTheSame() {
        rig = Rig.with(
                SOON, "http.routing=subdomain", "http.domain=localhost", "http.public-url=http://gateway.invalid:1");
        String session = aSandboxThatWakesSlowly();
        String kept = "history.state['reveille.waking." + rig.runtime(session) + "']";
        Browser.Tab tab = aTab();
        tab.withoutStorage();

        tab.open("http://" + rig.runtime(session) + ".localhost:" + rig.port() + "/app");
        tab.until("document.title === 'Waking your sandbox' && " + kept + ".looks === 1");
        tab.says("history.replaceState({ ...history.state, theirs: 7 }, '')");
        tab.until(kept + ".looks === 2");
        tab.says("(history.replaceState({ ...history.state, ['reveille.waking." + rig.runtime(session)
                + "']: { at: Date.now() - 200000, openings: 0, looks: 40 } }, ''), location.reload())");
        tab.until("document.title === 'The sandbox takes too long'");
        rig.upstream.session(session).isRunning();
        tab.says("document.getElementById('again').click()");

        tab.until("document.title === 'app'");
        // The page may have come once more before that.
        assertThat(tab.says("String(history.state.theirs)")).isEqualTo("7");
    }

    @Test
    void manyTabsWakeItOnceAndAllGetTheirPage() {
        rig = Rig.with(SOON);
        String session = aSandboxThatWakesSlowly();
        List<Browser.Tab> tabs = List.of(aTab(), aTab(), aTab());

        tabs.forEach(tab -> tab.open(url(session, "/app")));
        tabs.forEach(tab -> tab.until("document.title === 'Waking your sandbox'"));
        rig.upstream.session(session).isRunning();

        tabs.forEach(tab -> tab.until("document.title === 'app'"));
        assertThat(rig.upstream.calls("POST /resume")).isEqualTo(1);
    }
}
