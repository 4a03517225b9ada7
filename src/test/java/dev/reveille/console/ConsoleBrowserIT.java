package dev.reveille.console;

import static dev.reveille.console.Looks.isWellMade;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.reveille.testing.Browser;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The console in a real browser, before a gateway that is played. Pictures of it are in {@code target/screenshots}. */
class ConsoleBrowserIT {
    private static final Path PICTURES = Path.of("target", "screenshots");
    private static final String WHY_NOT =
            "The console is not looked at: there is no Chromium in the PATH (apt-get install chromium)";

    private static Vertx vertx;
    private static Browser browser;

    private PlayedGateway gateway;

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
    void play() {
        assumeTrue(browser != null, WHY_NOT);
        gateway = PlayedGateway.start(vertx);
    }

    @AfterEach
    void end() {
        if (gateway != null) {
            browser.closeTabs();
            gateway.close();
        }
    }

    private void aBusyGateway() {
        gateway.has("conversation-1", "running").later(ofSeconds(4));
        gateway.has("conversation-2", "running")
                .later(ofMinutes(3))
                .changes("conversation-2", "pausing", "idle", "")
                .later(ofSeconds(2))
                .changes("conversation-2", "paused", "idle", "");
        gateway.later(ofMinutes(1)).has("nightly-build", "starting").later(ofSeconds(9));
        gateway.changes("nightly-build", "failed", "client", "the pod is in crashloopbackoff (OOMKilled)");
        gateway.later(ofSeconds(40)).has("review-7", "stopped").has("conversation-3", "running");
        for (int i = 0; i < 60; i++) {
            gateway.woke("conversation-" + i % 9, 800 + (i * 7919) % 2600, i % 13 != 5);
        }
        gateway.changes("conversation-2", "resuming", "traffic", "");
    }

    @ParameterizedTest
    @CsvSource({
        "light, 1280, 860, false",
        "dark, 1280, 860, true",
        "phone, 360, 740, false",
        "phone-dark, 360, 740, true"
    })
    void itShowsAllAtAGlanceAndFollowsOne(String name, int width, int height, boolean dark) throws IOException {
        aBusyGateway();
        Browser.Tab tab = browser.tab(width, height, dark);

        tab.open(gateway.url());
        tab.until("document.querySelectorAll('.row').length === 5");
        tab.until("document.getElementById('link-word').textContent === 'Live'");
        tab.screenshot(PICTURES.resolve("console-" + name + ".png"));
        isWellMade(tab, width);
        tab.says("location.hash = '#/node'");
        tab.until("document.querySelectorAll('.bar-ready').length > 10");
        tab.screenshot(PICTURES.resolve("console-overview-" + name + ".png"));
        isWellMade(tab, width);
        tab.says("location.hash = '#/session/conversation-2'");
        gateway.progresses("conversation-2", 4, 9, "pending", 1);
        tab.until("document.querySelectorAll('.entry').length === 4");
        tab.until("document.querySelector('.progress').innerText.includes('Pod: pending')");
        tab.screenshot(PICTURES.resolve("console-session-" + name + ".png"));
        isWellMade(tab, width);

        assertThat(tab.complaints()).isEmpty();
    }

    private Browser.Tab opened() {
        return opened(browser.tab(1280, 860, false));
    }

    private Browser.Tab opened(Browser.Tab tab) {
        tab.open(gateway.url());
        tab.until("document.getElementById('link-word').textContent === 'Live'");
        return tab;
    }

    private static String text(String selector) {
        return "document.querySelector('" + selector + "').innerText";
    }

    private static String focused(String selector) {
        return "document.activeElement.matches('" + selector + "')";
    }

    private static String rows(String expected) {
        return "[...document.querySelectorAll('.row')].sort((a, b) => a.ariaPosInSet - b.ariaPosInSet)"
                + ".map(r => r.querySelector('.row-name').textContent).join() === '" + expected + "'";
    }

    @Test
    void changesComeByThemselvesTheNewestOnTop() {
        gateway.has("one", "running").later(ofSeconds(1)).has("two", "paused");
        Browser.Tab tab = opened();
        tab.until(rows("two,one"));

        gateway.later(ofSeconds(1)).changes("one", "pausing", "idle", "");
        tab.until(rows("one,two"));
        gateway.later(ofSeconds(1)).has("three", "starting");
        tab.until(rows("three,one,two"));
        gateway.forgets("one");

        tab.until(rows("three,two"));
        assertThat(tab.complaints()).isEmpty();
    }

    @Test
    void allIsDoneByKeyboardAlone() {
        gateway.has("alpha", "running")
                .later(ofSeconds(1))
                .has("beta", "running")
                .has("gamma", "running");
        Browser.Tab tab = opened();
        tab.until("document.querySelectorAll('.row').length === 3");

        tab.press("/");
        tab.until(focused("#search"));
        tab.type("alp");
        tab.until(rows("alpha"));
        tab.press("ArrowDown", "Enter");
        tab.until(focused("#session-title"));
        tab.until(text("#session-title") + ".trim() === 'alpha'");
        tab.press("Tab", "Enter");
        tab.until(text(".standing strong") + " === 'paused'");
        tab.until(text(".outcome") + ".startsWith('It sleeps')");
        tab.until(focused("[data-action=resume]"));
        tab.press("Enter");
        tab.until(text(".standing strong") + " === 'running'");

        tab.until(focused("[data-action=pause]"));
        tab.press("Tab", "Enter");
        tab.until(focused("#close-policy"));
        tab.press("Escape");
        tab.until(focused("[data-action=close]"));
        tab.press("Enter", "Tab", "Enter");
        tab.until(text(".standing strong") + " === 'stopped'");
        assertThat(gateway.calls()).contains("DELETE /api/v1/sessions/alpha");

        tab.press("Escape");
        tab.until("location.hash === '#/'");
        tab.press("/", "Escape");
        tab.until("document.querySelectorAll('.row').length === 3");
        tab.press("Escape", "j", "k", "j", "Enter");
        tab.until("document.getElementById('session-pane').hidden === false");
        tab.press("?");
        tab.until("document.getElementById('help-dialog').open");
        tab.press("Escape");
        tab.until("!document.getElementById('help-dialog').open");
        tab.press("n");
        tab.until(focused("#open-dialog input"));
        tab.type("delta");
        tab.press("Enter");
        tab.until("location.hash === '#/session/delta'");
        tab.until(text(".standing strong") + " === 'starting'");

        assertThat(tab.complaints()).isEmpty();
    }

    @Test
    void whatStrangersWroteStaysText() throws IOException {
        String name = "<img src=x onerror=alert(1)>";
        String why = "</p><script>alert(2)</script> &amp; \u202e \"quoted\"";
        gateway.has(name, "running").changes(name, "failed", "<b>cause</b>", why);
        Browser.Tab tab = opened();

        tab.until("document.querySelectorAll('.row').length === 1");
        tab.says("document.querySelector('.row').click()");
        tab.until("document.querySelectorAll('.entry').length === 2");
        tab.until("document.querySelectorAll('.links a').length === 3");
        tab.screenshot(PICTURES.resolve("console-hostile.png"));

        assertThat(tab.says("document.querySelector('.row-name').textContent")).isEqualTo(name);
        assertThat(tab.says("document.querySelector('.entry-detail').textContent"))
                .contains("<script>alert(2)</script>");
        assertThat(tab.says("document.querySelectorAll('img, b, script:not([src])').length"))
                .isEqualTo("0");
        assertThat(tab.says("[...document.links].every(a => a.protocol === 'http:')"))
                .isEqualTo("true");
        assertThat(tab.complaints()).isEmpty();
    }

    @Test
    void aStreamThatIsCutGoesOnWhereItWas() throws IOException {
        gateway.has("one", "running");
        Browser.Tab tab = opened();
        tab.until(rows("one"));

        gateway.isAway(true);
        tab.until("!document.getElementById('lost').hidden");
        tab.until(text("#link-word") + " === 'Cut off'");
        tab.screenshot(PICTURES.resolve("console-lost.png"));
        assertThat(tab.says(text("#lost"))).contains("may be old");
        gateway.later(ofSeconds(1))
                .has("two", "running")
                .changes("one", "paused", "idle", "")
                .isAway(false);
        tab.says("document.getElementById('lost-retry').click()");

        tab.until(rows("one,two"));
        tab.until("document.getElementById('lost').hidden");
        tab.until("document.querySelector('.row-state').textContent === 'paused'");
        assertThat(gateway.calls()).anyMatch(call -> call.matches("GET /api/v1/events\\?since=c[0-9]+"));
    }

    @Test
    void whatCannotBeToldAgainIsToldAnew() {
        gateway.has("one", "running").has("two", "running");
        Browser.Tab tab = opened();
        tab.until("document.querySelectorAll('.row').length === 2");

        gateway.isAway(true)
                .forgets("one")
                .later(ofSeconds(1))
                .has("three", "paused")
                .forgetsThePast()
                .isAway(false);
        tab.says("document.getElementById('lost-retry').click()");

        tab.until(rows("three,two"));
    }

    @Test
    void withoutAStreamItLooksAgainAndAgain() {
        gateway.hasNoStreams().has("one", "running");
        Browser.Tab tab = browser.tab(1280, 860, false);
        tab.open(gateway.url());

        tab.until(rows("one"));
        tab.until(text("#lost") + ".includes('no event stream')");
        gateway.changes("one", "paused", "idle", "").later(ofSeconds(1)).has("two", "running");

        tab.until(rows("two,one"));
        tab.until(
                "document.querySelectorAll('.row-state')[1].textContent + document.querySelectorAll('.row-state')[0].textContent"
                        + " === 'runningpaused'");
    }

    @Test
    void whatIsRefusedIsToldInPlainWords() throws IOException {
        gateway.has("one", "paused");
        Browser.Tab tab = opened();
        tab.says("location.hash = '#/session/one'");
        tab.until("document.querySelector('[data-action=resume]').checkVisibility()");

        gateway.refuses(502, "resume_failed", "the runtime API refused to resume the sandbox: no room", true);
        tab.says("document.querySelector('[data-action=resume]').click()");

        tab.until(text(".outcome") + " !== '' && document.querySelector('.outcome').dataset.kind === 'fault'");
        assertThat(tab.says(text(".outcome")))
                .isEqualTo(
                        "It could not be woken. The runtime API refused to resume the sandbox: no room. Trying again may help.");
        tab.until("document.getElementById('announcements').textContent.includes('no room')");
        tab.screenshot(PICTURES.resolve("console-refused.png"));
        gateway.refuses(400, "invalid_request", "image: not together with build", false);
        tab.press("n");
        tab.until(focused("#open-dialog input"));
        tab.type("not a name");
        tab.press("Enter");
        tab.until(text("#open-fault") + ".includes('1 to 128')");
        tab.says("document.querySelector('#open-dialog input').value = 'new'");
        tab.press("Enter");
        tab.until(text("#open-fault") + ".includes('not together with build')");
        tab.screenshot(PICTURES.resolve("console-open.png"));
    }

    @Test
    void aKeyIsAskedForAndKeptInTheTabAlone() throws IOException {
        gateway.asksForKey("acme-key").has("one", "running");
        Browser.Tab tab = browser.tab(360, 740, true);
        tab.open(gateway.url());

        tab.until("document.getElementById('sign-in').checkVisibility()");
        tab.screenshot(PICTURES.resolve("console-sign-in.png"));
        isWellMade(tab, 360);
        tab.type("nobody's");
        tab.press("Enter");
        tab.until(text("#sign-in-fault") + ".includes('not good')");
        tab.until(focused("#api-key"));
        tab.type("acme-key");
        tab.press("Enter");
        tab.until(rows("one"));
        tab.screenshot(PICTURES.resolve("console-signed-in.png"));
        isWellMade(tab, 360);

        assertThat(tab.says("sessionStorage.getItem('reveille.key')")).isEqualTo("acme-key");
        assertThat(tab.says("JSON.stringify(localStorage) + document.cookie + location.href"))
                .doesNotContain("acme-key");
        assertThat(tab.says("document.documentElement.outerHTML.includes('acme-key')"))
                .isEqualTo("false");
        assertThat(gateway.calls()).noneMatch(call -> call.contains("key"));

        tab.says("document.getElementById('sign-out').click()");
        tab.until("document.getElementById('sign-in').checkVisibility()");
        assertThat(tab.says("sessionStorage.length + ' ' + document.querySelectorAll('.row').length"))
                .isEqualTo("0 0");
        assertThat(tab.says("document.body.innerText")).doesNotContain("one");
    }

    @Test
    void ofThousandsOnlyThoseThatAreSeenAreDrawn() throws IOException {
        gateway.hasMany(5_000);
        Browser.Tab tab = opened();
        tab.until(text("#shown-count") + " === '5,000'");
        tab.until("Number(document.querySelectorAll('.row').length) < 60");

        tab.says("document.getElementById('list').focus()");
        tab.press("End");
        tab.until("document.querySelector('.row.active .row-name').textContent === 'session-00000'");
        gateway.hasMany(2_000);
        tab.press("Home");
        tab.until("document.querySelector('.row[aria-posinset=\"1\"] .row-name').textContent === 'session-01999'");
        tab.press("/");
        tab.type("session-0199");
        tab.until(text("#shown-count") + " === '10 of 5,000'");
        tab.until("document.querySelectorAll('.row').length === 10");
        tab.screenshot(PICTURES.resolve("console-many.png"));

        assertThat(tab.says("document.querySelector('.row').getAttribute('aria-setsize')"))
                .isEqualTo("10");
        assertThat(tab.complaints()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"360, 740, true", "1280, 860, false"})
    void questionsAndFormsAreWellMadeToo(int width, int height, boolean dark) throws IOException {
        gateway.has("one", "running");
        Browser.Tab tab = opened(browser.tab(width, height, dark));
        tab.says("location.hash = '#/session/one'");
        tab.until("document.querySelector('[data-action=close]').checkVisibility()");

        tab.says("document.querySelector('[data-action=close]').click()");
        tab.until(focused("#close-policy"));
        tab.screenshot(PICTURES.resolve("console-close-" + width + ".png"));
        isWellMade(tab, width);
        tab.press("Escape", "n");
        tab.until(focused("#open-dialog input"));
        tab.says("document.querySelector('#open-dialog details').open = true");
        tab.screenshot(PICTURES.resolve("console-open-" + width + ".png"));
        isWellMade(tab, width);
        tab.press("Escape");
        tab.until("!document.getElementById('open-dialog').open");
        tab.press("?");
        tab.until("document.getElementById('help-dialog').open");
        tab.screenshot(PICTURES.resolve("console-help-" + width + ".png"));
        isWellMade(tab, width);
    }

    @Test
    void ofALongPastTheEndIsTold() {
        gateway.has("one", "running").remembersOnly(32);
        for (int i = 0; i < 20; i++) {
            gateway.later(ofSeconds(1)).changes("one", "paused", "idle", "");
            gateway.later(ofSeconds(1)).changes("one", "running", "traffic", "");
        }
        Browser.Tab tab = opened();

        tab.says("location.hash = '#/session/one'");

        tab.until("document.querySelectorAll('.entry').length === 24");
        tab.until("document.getElementById('session-pane').innerText.includes('Earlier changes are not known')");
        gateway.later(ofSeconds(1)).changes("one", "paused", "idle", "");
        tab.until("document.querySelectorAll('.entry').length === 25");
        assertThat(tab.says("[...document.querySelectorAll('.entry')].map(e => e.value).join()"))
                .isEqualTo("42,41,40,39,38,37,36,35,34,33,32,31,30,29,28,27,26,25,24,23,22,21,20,19,18");
    }

    @Test
    void whoWantsNothingToMoveSeesNothingMove() {
        gateway.has("one", "starting");
        Browser.Tab tab = browser.tab(1280, 860, false);
        tab.withoutMotion(false);
        opened(tab);
        tab.until("document.querySelectorAll('.row').length === 1");

        assertThat(tab.says("document.getAnimations().length")).isEqualTo("0");
        Browser.Tab another = opened();
        another.until("document.querySelectorAll('.row').length === 1");
        another.until("document.getAnimations().length > 0");
    }

    @Test
    void onlyWhatMattersIsReadAloudAtOnce() {
        gateway.has("mine", "running").has("other", "running");
        Browser.Tab tab = opened();
        tab.says("location.hash = '#/session/mine'");
        tab.until(focused("#session-title"));

        gateway.changes("other", "paused", "idle", "").changes("mine", "paused", "idle", "");

        tab.until("document.getElementById('announcements').textContent === 'mine is paused'");
    }
}
