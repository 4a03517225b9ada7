package dev.reveille.api;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.access.Tickets;
import dev.reveille.bus.ClusterNode;
import dev.reveille.bus.SharedSecret;
import dev.reveille.session.SessionId;
import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may follow a session without a key. */
class FeedTicketTest {
    private static final SessionId MINE = new SessionId("s-1");

    private static Vertx vertx;
    private static FakeRuntimeApi upstream;
    private static TestGateway gateway;
    private static SharedSecret secret;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        upstream = FakeRuntimeApi.start(vertx);
        gateway = TestGateway.before(
                upstream,
                vertx,
                "tenants.0.name=acme",
                "tenants.0.api-key=acme-key",
                "tenants.1.name=zeta",
                "tenants.1.api-key=zeta-key");
        secret = await(SharedSecret.of(vertx, ClusterNode.alone(), "tickets"));
        open("s-1");
        open("s-2");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        upstream.close();
        await(vertx.close());
    }

    private static void open(String session) {
        int status = await(gateway.request(HttpMethod.PUT, "/api/v1/sessions/" + session)
                        .putHeader("X-API-Key", "acme-key")
                        .putHeader("Prefer", "wait=15")
                        .sendJsonObject(new JsonObject()))
                .statusCode();
        assertThat(status).isEqualTo(201);
    }

    private static String ticket(SessionId session, String tenant) {
        return ticketOf(Instant.now(), session, tenant);
    }

    private static String ticketOf(Instant minted, SessionId session, String tenant) {
        return new Tickets(secret, Duration.ofMinutes(5), () -> minted).mint(session, tenant);
    }

    private static RawConnection.Answer follow(String session, String query, String... headers) {
        return asks("GET /api/v1/sessions/" + session + "/events" + query, headers);
    }

    private static RawConnection.Answer asks(String requestLine, String... headers) {
        Stream<String> handshake =
                RawConnection.HANDSHAKE.entries().stream().map(e -> e.getKey() + ": " + e.getValue());
        try (RawConnection raw = RawConnection.to(gateway.port())) {
            return raw.send(RawConnection.head(
                            requestLine,
                            Stream.concat(handshake, Stream.of(headers)).toArray(String[]::new)))
                    .answer();
        }
    }

    @Test
    void aTicketOpensTheFeedOfItsSessionFromEveryPage() {
        String good = "?ticket=" + ticket(MINE, "acme");

        assertThat(follow("s-1", good).status()).isEqualTo(101);
        assertThat(follow("s-1", good, "Origin: https://rt1.sandboxes.example.org")
                        .status())
                .isEqualTo(101);
        assertThat(follow("s-1", good, "Origin: null").status()).isEqualTo(101);
    }

    @Test
    void aKeyStillDoes() {
        assertThat(follow("s-1", "", "X-API-Key: acme-key").status()).isEqualTo(101);
        assertThat(follow("s-1", "").status()).isEqualTo(401);
    }

    static Stream<String> ticketsThatAreNotGood() {
        String good = ticket(MINE, "acme");
        return Stream.of(
                "",
                "x",
                "s-1.acme.99999999999.AAAA",
                good.substring(0, good.length() - 1),
                good.substring(1),
                good + "A",
                good.replace("s-1", "s-2"),
                ticket(new SessionId("s-2"), "acme"),
                ticketOf(Instant.now().minus(Duration.ofMinutes(6)), MINE, "acme"),
                new Tickets(() -> new byte[32], Duration.ofMinutes(5), Instant::now).mint(MINE, "acme"),
                "%00",
                "%F0%9F%92%A5.%2e.%2e");
    }

    @ParameterizedTest
    @MethodSource("ticketsThatAreNotGood")
    void oneThatIsNotGoodIsRefusedWhateverElseIsShown(String shown) {
        for (String[] also : new String[][] {{}, {"X-API-Key: acme-key"}}) {
            RawConnection.Answer refused = follow("s-1", "?ticket=" + shown, also);

            assertThat(refused.status()).as(refused.body()).isEqualTo(401);
            assertThat(refused.json().getString("code")).isEqualTo("unauthorized");
        }
    }

    @Test
    void itDoesNotMakeItsHolderAnotherTenant() {
        assertThat(follow("s-1", "?ticket=" + ticket(MINE, "zeta")).status()).isEqualTo(403);
    }

    @Test
    void itIsOneTicketAndNothingElse() {
        String good = ticket(MINE, "acme");

        assertThat(follow("s-1", "?ticket=" + good + "&ticket=" + good).status())
                .isEqualTo(400);
        assertThat(follow("s-1", "?ticket=" + good + "&sinc=1").status()).isEqualTo(400);
        assertThat(follow("s-1", "?ticket=%zz").status()).isEqualTo(400);
    }

    @Test
    void whoHasAKeyGetsOneForASessionOrForAllOfThem() {
        String one = issued("{\"session_id\":\"s-1\"}");
        String all = issued("{}");

        assertThat(follow("s-1", "?ticket=" + one).status()).isEqualTo(101);
        assertThat(follow("s-2", "?ticket=" + one).status()).isEqualTo(401);
        assertThat(asks("GET /api/v1/events?ticket=" + one).status()).isEqualTo(401);
        assertThat(follow("s-1", "?ticket=" + all).status()).isEqualTo(101);
        assertThat(follow("s-2", "?ticket=" + all).status()).isEqualTo(101);
        assertThat(asks("GET /api/v1/events?ticket=" + all).status()).isEqualTo(101);
        assertThat(asks("GET /api/v1/events").status()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"session_id":"s-3"}       | acme-key | 404
            {"session_id":"s-1"}       | zeta-key | 403
            {"session_id":"s-1"}       | nobody   | 401
            {}                         | nobody   | 401
            {"session_id":"a.b"}       | acme-key | 400
            {"session_id":7}           | acme-key | 400
            {"session_id":{}}          | acme-key | 400
            {"session":"s-1"}          | acme-key | 400
            []                         | acme-key | 400
            """)
    void othersGetNone(String body, String key, int status) {
        assertThat(ticketFor(body, key).statusCode()).isEqualTo(status);
    }

    private static String issued(String body) {
        HttpResponse<Buffer> answer = ticketFor(body, "acme-key");
        assertThat(answer.statusCode()).as(answer.bodyAsString()).isEqualTo(200);
        assertThat(answer.getHeader("Cache-Control")).isEqualTo("no-store");
        assertThat(Instant.parse(answer.bodyAsJsonObject().getString("expires_at")))
                .isBetween(Instant.now().plusSeconds(240), Instant.now().plusSeconds(301));
        return answer.bodyAsJsonObject().getString("ticket");
    }

    private static HttpResponse<Buffer> ticketFor(String body, String key) {
        return await(gateway.request(HttpMethod.POST, "/api/v1/tickets")
                .putHeader("X-API-Key", key)
                .sendBuffer(Buffer.buffer(body)));
    }

    @Test
    void itIsForTheFeedAlone() {
        String query = "?ticket=" + ticket(MINE, "acme");

        assertThat(asks("GET /api/v1/sessions/s-1" + query).status()).isEqualTo(401);
        assertThat(asks("POST /api/v1/sessions/s-1/resume" + query).status()).isEqualTo(401);
        assertThat(asks("DELETE /api/v1/sessions/s-1" + query).status()).isEqualTo(401);
        assertThat(asks("GET /sessions/s-1" + query).status()).isEqualTo(401);
        assertThat(asks("POST /api/v1/tickets" + query).status()).isEqualTo(401);
    }
}
