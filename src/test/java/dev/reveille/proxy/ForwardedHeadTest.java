package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ForwardedHeadTest {
    private static Rig rig;

    @BeforeAll
    static void start() {
        rig = Rig.with();
    }

    @AfterAll
    static void stop() throws IOException {
        rig.close();
    }

    private static String lines(String... fields) {
        return String.join("\r\n", fields) + "\r\n";
    }

    private static Line.Head whatTheSandboxGets(String... fields) throws Exception {
        CompletableFuture<Line.Head> got = new CompletableFuture<>();
        rig.hand.on("/head", (line, head) -> {
            got.complete(head);
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/head?a=%2F&a=2") + " HTTP/1.1\r\nHost: gw.test:88\r\n" + lines(fields)
                    + "\r\n");
            client.head();
        }
        return Rig.get(got);
    }

    private static Line.Head whatTheClientGets(String... fields) throws Exception {
        rig.hand.on(
                "/answer",
                (line, head) -> line.send("HTTP/1.1 200 Fine\r\nContent-Length: 0\r\n" + lines(fields) + "\r\n"));
        try (Line client = rig.client()) {
            client.send("GET " + rig.hand("/answer") + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            return client.head();
        }
    }

    @Test
    void aRedirectStaysBehindTheGateway() throws Exception {
        Line.Head got = whatTheClientGets(
                "Location: " + rig.hand.url() + "/next?a=1", "Content-Location: " + rig.hand.url() + "/this");

        assertThat(got.field("Location")).isEqualTo("/hand/runtime/next?a=1");
        assertThat(got.field("Content-Location")).isEqualTo("/hand/runtime/this");
    }

    @Test
    void namesThatManyServersTakeForOursDoNotGoThrough() throws Exception {
        Line.Head got = whatTheSandboxGets(
                "X_Forwarded_For: 127.0.0.1", "X-Forwarded_Host: evil.test", "X_API_Key: k", "x_other: 1");

        assertThat(got.fields().keySet())
                .contains("x_other")
                .doesNotContain("X_Forwarded_For", "X-Forwarded_Host", "X_API_Key");
    }

    @Test
    void whatIsAboutTheClientsConnectionStaysOnIt() throws Exception {
        Line.Head got = whatTheSandboxGets(
                "Connection: keep-alive, X-Hop",
                "X-Hop: 1",
                "Keep-Alive: 5",
                "TE: trailers",
                "Proxy-Connection: keep-alive",
                "Proxy-Authorization: x",
                "Upgrade: foo",
                "X-End: 1");

        assertThat(got.target()).isEqualTo("/head?a=%2F&a=2");
        assertThat(got.fields().keySet())
                .contains("X-End")
                .doesNotContain(
                        "Connection",
                        "X-Hop",
                        "Keep-Alive",
                        "TE",
                        "Proxy-Connection",
                        "Proxy-Authorization",
                        "Upgrade",
                        "Transfer-Encoding");
    }

    @Test
    void theGatewaysOwnKeyAndWordNeverReachASandbox() throws Exception {
        Line.Head got = whatTheSandboxGets("X-API-Key: secret", "x-api-key: twice", "X-Reveille-Wake: yes");

        assertThat(got.fields().keySet()).doesNotContain("X-API-Key", "X-Reveille-Wake");
    }

    @Test
    void whereARequestCameFromIsSaidByTheGatewayAlone() throws Exception {
        Line.Head got = whatTheSandboxGets(
                "X-Forwarded-For: 6.6.6.6",
                "X-Forwarded-Proto: gopher",
                "X-Forwarded-Host: evil",
                "X-Forwarded-Port: 1",
                "X-Forwarded-Prefix: /evil",
                "Forwarded: for=6.6.6.6");

        assertThat(got.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(got.field("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(got.field("X-Forwarded-Host")).isEqualTo("gw.test:88");
        assertThat(got.field("X-Forwarded-Prefix")).isEqualTo("/hand/runtime");
        assertThat(got.field("X-Forwarded-Port")).isEqualTo("88");
        assertThat(got.field("Forwarded")).isEqualTo("for=127.0.0.1;host=\"gw.test:88\";proto=http");
    }

    @Test
    void whatIsForTheSandboxPasses() throws Exception {
        Line.Head got = whatTheSandboxGets(
                "X-Session-API-Key: k",
                "Authorization: Bearer b",
                "Cookie: a=1; b=2",
                "Origin: http://app",
                "X-Expose-Secrets: plaintext",
                "X-Init-API-Key: i",
                "X-A: 1",
                "X-A: 2");

        assertThat(got.field("X-Session-API-Key")).isEqualTo("k");
        assertThat(got.field("Authorization")).isEqualTo("Bearer b");
        assertThat(got.field("Cookie")).isEqualTo("a=1; b=2");
        assertThat(got.field("Origin")).isEqualTo("http://app");
        assertThat(got.field("X-Expose-Secrets")).isEqualTo("plaintext");
        assertThat(got.field("X-Init-API-Key")).isEqualTo("i");
        assertThat(got.fields().get("X-A")).containsExactly("1", "2");
    }

    @Test
    void whatIsAboutTheSandboxsConnectionStaysOnItAndTheRestPasses() throws Exception {
        Line.Head got = whatTheClientGets(
                "Connection: X-Hop, keep-alive",
                "X-Hop: 1",
                "Keep-Alive: timeout=9",
                "Proxy-Authenticate: x",
                "Proxy-Connection: x",
                "X-Archive-Sha: abc",
                "Server: uvicorn",
                "Access-Control-Allow-Origin: *",
                "Location: /elsewhere");

        assertThat(got.start()).isEqualTo("HTTP/1.1 200 Fine");
        assertThat(got.fields().keySet())
                .containsExactlyInAnyOrder(
                        "Content-Length", "X-Archive-Sha", "Server", "Access-Control-Allow-Origin", "Location");
    }

    @Test
    void aCookieReachesItsOwnRuntimeOnly() throws Exception {
        Line.Head got = whatTheClientGets(
                "Set-Cookie: a=1; Path=/; HttpOnly",
                "Set-Cookie: b=2",
                "Set-Cookie: c=3; path=/hand/vscode; Secure",
                "Set-Cookie: d=4; Path=/handy",
                "Set-Cookie: path=5",
                "Set-Cookie: __Host-e=6; Path=/; Secure");

        assertThat(got.fields().get("Set-Cookie"))
                .containsExactly(
                        "a=1; HttpOnly; Path=/hand",
                        "b=2; Path=/hand",
                        "c=3; path=/hand/vscode; Secure",
                        "d=4; Path=/hand",
                        "path=5; Path=/hand",
                        "__Host-e=6; Path=/; Secure");
    }
}
