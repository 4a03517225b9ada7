package dev.reveille.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.session.Cause;
import dev.reveille.session.ClosePolicy;
import dev.reveille.session.Examples;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.PublicUrls;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Session;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionSpec;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WireTest {
    static List<SandboxState> states() {
        return Examples.everyState();
    }

    static List<GatewayFailure> failures() {
        return Examples.everyFailure();
    }

    @ParameterizedTest
    @MethodSource("states")
    void everyStateComesBackAsItWas(SandboxState state) {
        Session session = Examples.session("s-1", state);

        String text = Wire.session(session).encode();

        assertThat(Wire.session(new JsonObject(text))).isEqualTo(session);
        assertThat(Wire.session(Wire.session(new JsonObject(text))).encode()).isEqualTo(text);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void everyFailureComesBackAsItWas(GatewayFailure failure) {
        JsonObject json = new JsonObject(Wire.failure(failure).encode());

        assertThat(Wire.failure(json)).isEqualTo(failure);
        assertThat(json.getString("code")).isEqualTo(failure.code());
        assertThat(json.getInteger("status")).isEqualTo(failure.status());
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aSessionThatFailedSoComesBackToo(GatewayFailure failure) {
        Session session = Examples.session("s-1", new SandboxState.Failed(Optional.empty(), failure));

        assertThat(Wire.session(new JsonObject(Wire.session(session).encode()))).isEqualTo(session);
    }

    @Test
    void aStartComesBackWithWhoseItsSandboxIs() {
        Session session = Examples.session(
                "s-1", new SandboxState.Starting(Examples.LEASE, Optional.of(Examples.runtime("rt1")), true));

        assertThat(Wire.session(new JsonObject(Wire.session(session).encode()))).isEqualTo(session);
    }

    @Test
    void everyKindOfFailureIsTried() {
        assertThat(Examples.everyFailure().stream().map(Object::getClass))
                .containsAll(List.of(GatewayFailure.class.getPermittedSubclasses()));
        assertThat(Examples.everyState().stream().map(Object::getClass))
                .containsExactlyInAnyOrderElementsOf(List.of(SandboxState.class.getPermittedSubclasses()));
    }

    @Test
    void aFailureOfALaterVersionIsAnInternalOne() {
        JsonObject later = new JsonObject().put("code", "sun_went_out").put("detail", "dark");

        assertThat(Wire.failure(later)).isEqualTo(new GatewayFailure.Internal("dark"));
    }

    @Test
    void aSpecKeepsItsBytesAndItsOrder() {
        Map<String, String> env = new LinkedHashMap<>();
        env.put("Z", "z\n\"'\\");
        env.put("A", "ä\u0000");
        SessionSpec spec = new SessionSpec(
                "{ \"b\":1,  \"a\":\"\\u00e4\" }",
                env,
                ClosePolicy.PAUSE,
                true,
                Optional.of(new SessionSpec.Build("repo:tag", List.of("repo:b", "repo:a"))));
        Session session = Session.first(
                new SessionId("s-1"), "acme", spec, new SandboxState.Stopped(), Cause.ADOPTED, Examples.NOON);

        Session back = Wire.session(new JsonObject(Wire.session(session).encode()));

        assertThat(back).isEqualTo(session);
        assertThat(back.spec().startRequest()).isEqualTo("{ \"b\":1,  \"a\":\"\\u00e4\" }");
        assertThat(back.spec().initialEnv().keySet()).containsExactly("Z", "A");
    }

    @Test
    void theSameSandboxGivesTheSameTextInWhateverOrderItsAddressesWereTold() {
        Map<String, Integer> ab = new LinkedHashMap<>();
        Map<String, Integer> ba = new LinkedHashMap<>();
        for (int i = 0; i < 20; i++) {
            ab.put("http://w" + i, 12000 + i);
            ba.put("http://w" + (19 - i), 12019 - i);
        }

        assertThat(textOf(ab)).isEqualTo(textOf(ba));
    }

    private static String textOf(Map<String, Integer> workHosts) {
        SandboxRuntime runtime =
                new SandboxRuntime(new RuntimeId("rt1"), URI.create("http://up.test/rt1"), Optional.empty(), workHosts);
        return Wire.session(Examples.session("s-1", new SandboxState.Running(runtime)))
                .encode();
    }

    @Test
    void aChangeComesBackAsItWas() {
        Session before = Examples.session("s-1", Examples.running("rt1"));
        Session after = before.to(Examples.paused("rt1"), Examples.NOON.plusMillis(7));

        for (SessionChange change : List.of(
                SessionChange.between(Optional.empty(), before, "node-a"),
                SessionChange.between(Optional.of(before), after, "node-a"))) {
            assertThat(Wire.change(new JsonObject(Wire.change(change).encode())))
                    .isEqualTo(change);
        }
    }

    @Test
    void newsAndListsHoldNeitherKeysNorUpstreamAddresses() {
        PublicUrls urls = new PublicUrls(Optional.of(URI.create("https://gw.test")));
        for (SandboxState state : Examples.everyState()) {
            Session session = Examples.session("s-1", state);

            assertThat(Wire.change(SessionChange.between(Optional.empty(), session, "n"))
                            .encode())
                    .doesNotContain("key-rt1", "up.test");
            assertThat(SessionDocument.summary(session, urls).encode()).doesNotContain("key-rt1", "up.test");
            assertThat(SessionDocument.of(session, urls).encode()).doesNotContain("up.test");
        }
    }

    @Test
    void aCommandComesBackAsItWas() {
        SessionCommand byTraffic = SessionCommand.byTraffic(new SessionId("s-1"), 7, Duration.ofSeconds(3));
        SessionCommand byClient = SessionCommand.byClient(new SessionId("s-1"), "acme", Duration.ZERO)
                .closingBy(Optional.of(ClosePolicy.KEEP));

        for (SessionCommand command : List.of(byTraffic, byClient)) {
            OpenCommand open = new OpenCommand(command, new JsonObject().put("image", "python"));

            assertThat(SessionCommand.fromJson(SessionCommand.toJson(command))).isEqualTo(command);
            assertThat(OpenCommand.fromJson(OpenCommand.toJson(open))).isEqualTo(open);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'session_id': 7}",
                "{'session_id': 'a/b'}",
                "{'session_id': 's', 'wait_ms': -1}",
                "{'session_id': 's', 'wait_ms': 3600001}",
                "{'session_id': 's', 'wait_ms': 1.5}",
                "{'session_id': 's', 'wait_ms': '1'}",
                "{'session_id': 's', 'tenant': {}}",
                "{'session_id': 's', 'cause': 'boredom'}",
                "{'session_id': 's', 'policy': 'burn'}"
            })
    void aWrongCommandIsRefusedInWords(String text) {
        JsonObject json = new JsonObject(text.replace('\'', '"'));

        assertThatThrownBy(() -> SessionCommand.fromJson(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(":");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'limit': 0}", "{'limit': 1001}", "{'limit': 9999999999}", "{'limit': 'all'}"})
    void aWrongListingIsRefusedInWords(String text) {
        JsonObject json = new JsonObject(text.replace('\'', '"'));

        assertThatThrownBy(() -> SessionListing.fromJson(json)).hasMessageStartingWith("limit: ");
    }
}
