package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.reveille.testing.Line;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** What a trusted proxy says of earlier hops. Everybody else is in {@link ForwardedHeadTest}. */
class TrustedProxiesTest {
    private static Rig rig;

    @BeforeAll
    static void start() {
        rig = Rig.with("http.trusted-proxies=127.0.0.0/8, 10.0.0.0/8");
    }

    @AfterAll
    static void stop() throws IOException {
        rig.close();
    }

    private static Line.Head whatTheSandboxGets(String... fields) throws Exception {
        CompletableFuture<Line.Head> got = new CompletableFuture<>();
        rig.hand.on("/head", (line, head) -> {
            got.complete(head);
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/head") + " HTTP/1.1\r\nHost: gw.test\r\n" + String.join("\r\n", fields)
                    + (fields.length == 0 ? "" : "\r\n") + "\r\n");
            client.head();
        }
        return Rig.get(got);
    }

    @Test
    void isKeptAndAddedTo() throws Exception {
        Line.Head got = whatTheSandboxGets(
                "X-Forwarded-For: 203.0.113.9",
                "X-Forwarded-For: 10.0.0.7",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: public.test",
                "X-Forwarded-Prefix: /here",
                "Forwarded: for=203.0.113.9;proto=https");

        assertThat(got.field("X-Forwarded-For")).isEqualTo("203.0.113.9, 10.0.0.7, 127.0.0.1");
        assertThat(got.field("X-Forwarded-Proto")).isEqualTo("https");
        assertThat(got.field("X-Forwarded-Host")).isEqualTo("public.test");
        assertThat(got.field("X-Forwarded-Port")).isEqualTo("443");
        assertThat(got.field("X-Forwarded-Prefix")).isEqualTo("/here/hand/runtime");
        assertThat(got.field("Forwarded"))
                .isEqualTo("for=203.0.113.9;proto=https, for=127.0.0.1;host=\"gw.test\";proto=http");
    }

    @Test
    void isWhatCountsWhereItSaysNothing() throws Exception {
        Line.Head got = whatTheSandboxGets();

        assertThat(got.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(got.field("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(got.field("X-Forwarded-Host")).isEqualTo("gw.test");
        assertThat(got.field("X-Forwarded-Port")).isEqualTo("80");
        assertThat(got.field("X-Forwarded-Prefix")).isEqualTo("/hand/runtime");
        assertThat(got.field("Forwarded")).isEqualTo("for=127.0.0.1;host=\"gw.test\";proto=http");
    }

    @ParameterizedTest
    @CsvSource({
        "'203.0.113.9', 203.0.113.9",
        "'6.6.6.6, 203.0.113.9', 203.0.113.9",
        "'203.0.113.9, 10.0.0.7', 203.0.113.9",
        "'203.0.113.9:4711, [10.0.0.7]:80', 203.0.113.9",
        "'[2001:db8::1]:80', 2001:db8::1",
        "'10.0.0.8, 10.0.0.7', 10.0.0.8",
        "'', 127.0.0.1"
    })
    void namesTheClientWhoIsLogged(String said, String client) throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger("dev.reveille.http.InvalidRequest");
        ListAppender<ILoggingEvent> heard = new ListAppender<>();
        heard.start();
        logger.addAppender(heard);
        logger.setLevel(Level.DEBUG);
        try (Line line = rig.client()) {
            line.send("POST " + rig.hand("/x") + " HTTP/1.1\r\nHost: gw\r\nX-Forwarded-For: " + said
                    + "\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n");
            assertThat(line.head().status()).isEqualTo(400);
        } finally {
            logger.setLevel(null);
            logger.detachAppender(heard);
        }
        assertThat(heard.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .singleElement()
                .asString()
                .startsWith("refused client=" + client + " because=");
    }
}
