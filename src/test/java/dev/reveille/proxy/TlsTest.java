package dev.reveille.proxy;

import static dev.reveille.testing.TestGateway.await;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.config.SettingsException;
import dev.reveille.config.SettingsReader;
import dev.reveille.testing.FrameLine;
import dev.reveille.testing.FreePorts;
import dev.reveille.testing.SelfSigned;
import dev.reveille.testing.Trusting;
import io.netty.handler.codec.http2.Http2Error;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path directory;

    private Rig rig(SelfSigned pair, String... more) {
        String[] settings = new String[3 + more.length];
        settings[0] = "http.tls.certificate=" + pair.certificate();
        settings[1] = "http.tls.key=" + pair.key();
        settings[2] = "http.tls.reload=20ms";
        System.arraycopy(more, 0, settings, 3, more.length);
        return Rig.with(settings);
    }

    private static HttpClientAgent client(Rig rig, HttpVersion version) {
        return rig.vertx.createHttpClient(new HttpClientOptions()
                .setSsl(true)
                .setTrustAll(true)
                .setVerifyHost(false)
                .setUseAlpn(true)
                .setAlpnVersions(List.of(version))
                .setProtocolVersion(version));
    }

    private record Answer(HttpVersion version, int status, String body) {}

    private static Answer get(HttpClientAgent client, int port, String path) {
        return await(client.request(new RequestOptions()
                        .setHost("localhost")
                        .setPort(port)
                        .setMethod(HttpMethod.GET)
                        .setURI(path))
                // Inside, so that who reads the body is there before it: this thread may be late.
                .compose(request -> request.send()
                        .compose(answer -> answer.body()
                                .map(body -> new Answer(answer.version(), answer.statusCode(), body.toString())))));
    }

    private static SSLSocket connected(int port, String... protocols) throws Exception {
        SSLSocket socket = unspoken(port);
        socket.setEnabledProtocols(protocols);
        socket.startHandshake();
        return socket;
    }

    private static SSLSocket spoken(String application, int port) throws Exception {
        SSLSocket socket = unspoken(port);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {application});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        assertThat(socket.getApplicationProtocol()).isEqualTo(application);
        return socket;
    }

    private static SSLSocket unspoken(int port) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(15_000);
        return socket;
    }

    private static String issuer(int port) {
        try (SSLSocket socket = connected(port, "TLSv1.3")) {
            return name(socket);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static String name(SSLSocket socket) throws SSLPeerUnverifiedException {
        return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                .getSubjectX500Principal()
                .getName();
    }

    @Test
    void bothVersionsAreOfferedAndTheSandboxHearsThatItWasTls() throws Exception {
        SelfSigned pair = SelfSigned.in(directory, "first");
        try (Rig rig = rig(pair)) {
            rig.hand.on("/ok", (line, head) -> {
                String proto = head.field("X-Forwarded-Proto");
                line.send("HTTP/1.1 200 OK\r\nContent-Length: " + proto.length() + "\r\n\r\n" + proto);
            });
            String url = readySession(rig);
            for (HttpVersion version : List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1)) {
                HttpClientAgent client = client(rig, version);
                Answer answer = get(client, rig.port(), rig.hand("/ok"));
                assertThat(answer.version()).isEqualTo(version);
                assertThat(answer.body()).isEqualTo("https");
                await(client.close());
            }
            assertThat(url).startsWith("https://127.0.0.1:" + rig.port() + "/");
            assertThat(rig.complaints()).isEmpty();
        }
    }

    @Test
    void aStrayHeadThatComesWithTheFirstWordsIsSeen() throws Exception {
        try (Rig rig = rig(SelfSigned.in(directory, "first"));
                SSLSocket socket = spoken("h2", rig.port())) {
            FrameLine client = FrameLine.over(socket).strayFromTheFirst();

            assertThat(client.until(FrameLine.GOAWAY, 0).reason()).isEqualTo((int) Http2Error.PROTOCOL_ERROR.code());
        }
    }

    @Test
    void whoAgreesOnHttp2AndSaysNothingIsClosed() throws Exception {
        try (Rig rig = rig(SelfSigned.in(directory, "first"), "http.head-timeout=1s");
                SSLSocket socket = spoken("h2", rig.port())) {
            FrameLine.over(socket).awaitEnd();

            assertThat(rig.complaints()).isEmpty();
        }
    }

    /** The URL of a session that is ready, for which the gateway has looked at its own listener. */
    private static String readySession(Rig rig) {
        JsonObject session = rig.gateway.get(rig.running()).bodyAsJsonObject();
        assertThat(session.getString("state")).as(session.encode()).isEqualTo("running");
        return session.getString("url");
    }

    @Test
    void whatIsOlderThanTls12IsRefused() throws Exception {
        SelfSigned pair = SelfSigned.in(directory, "first");
        try (Rig rig = rig(pair)) {
            connected(rig.port(), "TLSv1.2").close();
            connected(rig.port(), "TLSv1.3").close();
            assertThatThrownBy(() -> connected(rig.port(), "TLSv1.1")).isInstanceOf(IOException.class);
            try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), rig.port())) {
                plain.setSoTimeout(15_000);
                plain.getOutputStream().write("GET / HTTP/1.1\r\nHost: gw\r\n\r\n".getBytes(US_ASCII));
                assertThat(new String(plain.getInputStream().readAllBytes(), ISO_8859_1))
                        .doesNotContain("HTTP/1.1");
            }
        }
    }

    @Test
    void aRenewedCertificateIsTakenAndOpenConnectionsStay() throws Exception {
        SelfSigned pair = SelfSigned.in(directory, "first");
        SelfSigned next = SelfSigned.in(directory, "second");
        CompletableFuture<Void> renewed = new CompletableFuture<>();
        try (Rig rig = rig(pair)) {
            rig.hand.on("/slow", (line, head) -> {
                Rig.get(renewed);
                line.send(OK);
            });
            try (SSLSocket open = connected(rig.port(), "TLSv1.3")) {
                assertThat(name(open)).isEqualTo("CN=first");
                open.getOutputStream()
                        .write(("GET " + rig.hand("/slow") + " HTTP/1.1\r\nHost: gw\r\n\r\n").getBytes(US_ASCII));
                pair.becomes(next);
                Rig.eventually("the new one is shown", () -> issuer(rig.port()).equals("CN=second"));
                renewed.complete(null);

                byte[] answer = open.getInputStream().readNBytes(OK.length());
                assertThat(new String(answer, US_ASCII)).startsWith("HTTP/1.1 200 OK");
            }
        }
    }

    @Test
    void aBrokenNewFileIsToldOnceAndTheOldCertificateStays() throws Exception {
        SelfSigned pair = SelfSigned.in(directory, "first");
        SelfSigned next = SelfSigned.in(directory, "second");
        try (Rig rig = rig(pair)) {
            Files.copy(next.key(), pair.key(), REPLACE_EXISTING);
            String[] said = {""};
            Rig.eventually("it is told", () -> {
                said[0] += String.join("\n", rig.complaints());
                return said[0].contains("of no use");
            });
            assertThat(said[0])
                    .contains("http.tls.key: " + pair.key() + " (expected: the key of the first certificate in ")
                    .doesNotContain("PRIVATE");
            assertThat(issuer(rig.port())).isEqualTo("CN=first");

            Files.copy(next.certificate(), pair.certificate(), REPLACE_EXISTING);
            Rig.eventually("the new one is shown", () -> issuer(rig.port()).equals("CN=second"));
            assertThat(rig.complaints()).isEmpty();
        }
    }

    @Test
    void thePortsOfSandboxesSpeakItToo() throws Exception {
        SelfSigned pair = SelfSigned.in(directory, "first");
        SelfSigned next = SelfSigned.in(directory, "second");
        int first = FreePorts.inARow(8);
        try (Rig rig = rig(pair, "http.routing=port", "http.port-range=" + first + "-" + (first + 7))) {
            String url = readySession(rig);

            assertThat(url).startsWith("https://127.0.0.1:").doesNotContain(":" + rig.port());
            int port = URI.create(url).getPort();
            HttpClientAgent client = client(rig, HttpVersion.HTTP_2);
            assertThat(get(client, port, "/alive").status()).isEqualTo(200);
            pair.becomes(next);
            Rig.eventually("the new one is shown", () -> issuer(port).equals("CN=second"));
            assertThat(get(client, port, "/alive").status()).isEqualTo(200);
        }
    }

    @Test
    void filesThatAreOfNoUseAreProblemsOfTheSettings() throws Exception {
        SelfSigned pair = SelfSigned.in(directory, "first");
        SelfSigned other = SelfSigned.in(directory, "second");
        Path nowhere = directory.resolve("nowhere");
        Path text = Files.writeString(directory.resolve("text"), "hello");

        assertThat(problems(pair.certificate(), null)).contains("http.tls.key: missing (expected: a file");
        assertThat(problems(null, pair.key())).contains("http.tls.certificate: missing (expected: a file");
        assertThat(problems(nowhere, pair.key()))
                .contains("http.tls.certificate: " + nowhere + " (expected: a PEM file that can be read)");
        assertThat(problems(text, pair.key())).contains("http.tls.certificate: " + text + " (expected: ");
        assertThat(problems(pair.certificate(), text)).contains("http.tls.key: " + text + " (expected: a private key");
        assertThat(problems(pair.certificate(), other.key())).contains("(expected: the key of the first certificate");
    }

    private static String problems(Path certificate, Path key) {
        Map<String, String> given = new HashMap<>();
        if (certificate != null) {
            given.put("REVEILLE_HTTP_TLS_CERTIFICATE", certificate.toString());
        }
        if (key != null) {
            given.put("REVEILLE_HTTP_TLS_KEY", key.toString());
        }
        try {
            SettingsReader.read(Optional.empty(), given);
            throw new AssertionError("no problem");
        } catch (SettingsException found) {
            assertThat(found.problems()).hasSize(1);
            return found.problems().get(0);
        }
    }
}
