package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.testing.Line;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests as bytes, and what becomes of them: refused, so that nothing of them and of what follows comes to a sandbox, or
 * passed on in one way that everybody reads alike.
 */
class RawRequestsTest {
    private static final String AT = "/raw/runtime";
    private static final String SMUGGLED = "GET " + AT + "/smuggled HTTP/1.1\r\nHost: gw\r\n\r\n";
    private static final String CHUNKED =
            "POST " + AT + "/x HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n";

    private static Rig rig;
    private static RawSandbox sandbox;

    @BeforeAll
    static void start() {
        rig = Rig.with("http.max-request-line=2KiB", "http.max-head=4KiB");
        sandbox = new RawSandbox();
        open("raw", "http://" + sandbox.authority());
        open("below", "http://" + sandbox.authority() + "/below/runtime");
    }

    private static void open(String runtime, String url) {
        JsonObject record = new JsonObject()
                .put("runtime_id", runtime)
                .put("url", url)
                .put("work_hosts", new JsonObject())
                .put("status", "running")
                .put("pod_status", "ready");
        rig.upstream.on("POST", "/start").answersJson(record).then(200);
        rig.gateway.open("s-" + runtime, new JsonObject());
        rig.upstream.on("GET", "/sessions/s-" + runtime).answersJson(record);
    }

    @AfterAll
    static void stop() throws IOException {
        assertThat(rig.complaints()).isEmpty();
        sandbox.close();
        rig.close();
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                // The start line.
                line(400, "no version (HTTP/0.9)", "GET " + AT + "/x"),
                line(400, "no target", "GET HTTP/1.1"),
                line(400, "an empty target", "GET  HTTP/1.1"),
                line(400, "no method", " " + AT + "/x HTTP/1.1"),
                line(400, "a space in front", " GET " + AT + "/x HTTP/1.1"),
                line(400, "a NUL in front", "\0GET " + AT + "/x HTTP/1.1"),
                line(400, "two spaces behind the method", "GET  " + AT + "/x HTTP/1.1"),
                line(400, "two spaces in front of the version", "GET " + AT + "/x  HTTP/1.1"),
                line(400, "a space at the end", "GET " + AT + "/x HTTP/1.1 "),
                line(400, "a tab for a space", "GET\t" + AT + "/x HTTP/1.1"),
                line(400, "a form feed for a space", "GET " + AT + "/x\fHTTP/1.1"),
                line(400, "a space in the target", "GET " + AT + "/x y HTTP/1.1"),
                line(400, "a tab in the target", "GET " + AT + "/x\ty HTTP/1.1"),
                line(400, "a NUL in the target", "GET " + AT + "/x\0y HTTP/1.1"),
                line(400, "DEL in the target", "GET " + AT + "/x\u007fy HTTP/1.1"),
                line(400, "a bare CR in the target", "GET " + AT + "/x\ry HTTP/1.1"),
                line(400, "a byte above ASCII in the target", "GET " + AT + "/\u00e4 HTTP/1.1"),
                line(400, "a fragment", "GET " + AT + "/x#y HTTP/1.1"),
                line(400, "a target without a slash", "GET raw/runtime/x HTTP/1.1"),
                line(400, "an asterisk for GET", "GET * HTTP/1.1"),
                line(400, "a method that is no token", "G(T " + AT + "/x HTTP/1.1"),
                line(400, "a colon in the method", "GET: " + AT + "/x HTTP/1.1"),
                line(400, "a version in lower case", "GET " + AT + "/x http/1.1"),
                line(400, "a version without a dot", "GET " + AT + "/x HTTP/11"),
                line(400, "a version of two digits", "GET " + AT + "/x HTTP/1.10"),
                line(400, "a version with letters", "GET " + AT + "/x HTTP/1.x"),
                line(505, "HTTP/2.0", "GET " + AT + "/x HTTP/2.0"),
                line(505, "HTTP/0.9, named", "GET " + AT + "/x HTTP/0.9"),
                raw(505, "nearly the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nMS\r\n\r\n"),
                raw(400, "a greeting of TLS", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003"),
                raw(400, "a start line that ends in LF", "GET " + AT + "/x HTTP/1.1\nHost: gw\r\n\r\n"),
                raw(400, "two empty lines in front", "\r\n\r\nGET " + AT + "/x HTTP/1.1\r\nHost: gw\r\n\r\n"),
                raw(400, "an empty line of LF in front", "\nGET " + AT + "/x HTTP/1.1\r\nHost: gw\r\n\r\n"),
                raw(400, "a bare CR in front", "\rGET " + AT + "/x HTTP/1.1\r\nHost: gw\r\n\r\n"),
                line(501, "CONNECT", "CONNECT gw:80 HTTP/1.1"),
                line(414, "a line that is too long", "GET " + AT + "/" + "x".repeat(2048) + " HTTP/1.1"),
                // Where it is to go.
                raw(400, "no Host", "GET " + AT + "/x HTTP/1.1\r\nAccept: a\r\n\r\n"),
                field(400, "two Hosts", "Host: other"),
                field(400, "the same Host twice", "host: gw"),
                raw(400, "an empty Host", "GET " + AT + "/x HTTP/1.1\r\nHost:\r\n\r\n"),
                host("a path", "gw/x"),
                host("a user", "u@gw"),
                host("a comma", "gw, other"),
                host("a space", "gw other"),
                host("a percent sign", "gw%00"),
                host("no port behind the colon", "gw:"),
                host("a port of letters", "gw:x"),
                host("a port that is too high", "gw:65536"),
                host("a signed port", "gw:+80"),
                host("two ports", "gw:80:80"),
                host("a bracket that stays open", "[::1"),
                host("no address in brackets", "[gw]"),
                host("a byte above ASCII", "g\u00fc"),
                line(400, "the URI of another host", "GET http://other" + AT + "/x HTTP/1.1"),
                line(400, "the URI of another port", "GET http://gw:81" + AT + "/x HTTP/1.1"),
                line(400, "the URI of a user", "GET http://u@gw" + AT + "/x HTTP/1.1"),
                line(400, "a URI without host", "GET http://" + AT + "/x HTTP/1.1"),
                line(400, "a URI of another scheme", "GET ftp://gw" + AT + "/x HTTP/1.1"),
                raw(400, "an empty Host in HTTP/1.0", "GET " + AT + "/x HTTP/1.0\r\nHost: \r\n\r\n"),
                // Fields.
                field(400, "a folded line", "X-A: 1\r\n 2"),
                field(400, "a line folded with a tab", "X-A: 1\r\n\t2"),
                raw(400, "a space in front of the first field", "GET " + AT + "/x HTTP/1.1\r\n Host: gw\r\n\r\n"),
                field(400, "a space in front of the colon", "X-A : 1"),
                field(400, "a tab in front of the colon", "X-A\t: 1"),
                field(400, "no colon", "X-A"),
                field(400, "no name", ": 1"),
                field(400, "a space in the name", "X A: 1"),
                field(400, "a NUL in the name", "X\0A: 1"),
                field(400, "a byte above ASCII in the name", "X\u00e4: 1"),
                field(400, "a NUL in the value", "X-A: 1\0"),
                field(400, "a bare CR in the value", "X-A: 1\rX-B: 2"),
                field(400, "an escape in the value", "X-A: \u001b[0m"),
                field(400, "DEL in the value", "X-A: \u007f"),
                field(400, "a vertical tab around the value", "X-A:\u000b1"),
                raw(400, "a field that ends in LF", "GET " + AT + "/x HTTP/1.1\r\nHost: gw\nX-A: 1\r\n\r\n"),
                raw(400, "a head that ends in LF", "GET " + AT + "/x HTTP/1.1\r\nHost: gw\r\n\n"),
                field(400, "two Authorization fields", "Authorization: a\r\nAuthorization: b"),
                field(400, "two Expect fields", "Expect: 100-continue\r\nExpect: x"),
                field(400, "two Content-Type fields", "Content-Type: text/plain\r\ncontent-type: text/html"),
                field(431, "fields that are too long", "X-A: " + "x".repeat(4096)),
                field(
                        431,
                        "fields that are too long together",
                        ("X-A: " + "x".repeat(1000) + "\r\n").repeat(5) + "X-B: 1"),
                field(431, "too many fields", "a:\r\n".repeat(200) + "b:"),
                // How long the body is.
                length("no number", "x"),
                length("nothing", ""),
                length("a negative number", "-1"),
                length("a sign", "+5"),
                length("a fraction", "5.0"),
                length("hexadecimal", "0x5"),
                length("a list", "5, 5"),
                length("a list of different ones", "5, 6"),
                length("a space inside", "5 5"),
                length("more than there are numbers", "9223372036854775808"),
                length("far more than there are numbers", "1" + "0".repeat(40)),
                body(400, "the same Content-Length twice", "Content-Length: 5\r\nContent-Length: 5"),
                body(400, "two Content-Lengths", "Content-Length: 5\r\ncontent-length: 6"),
                body(400, "length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked"),
                body(400, "chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 5"),
                body(400, "a space in front of the length's colon", "Content-Length : 5"),
                body(400, "a space in front of the coding's colon", "Transfer-Encoding : chunked"),
                body(400, "a folded coding", "Transfer-Encoding:\r\n chunked"),
                body(400, "a coding behind a vertical tab", "Transfer-Encoding: \u000bchunked"),
                body(400, "a coding in quotes", "Transfer-Encoding: \"chunked\""),
                body(400, "no coding", "Transfer-Encoding:"),
                body(400, "chunked twice", "Transfer-Encoding: chunked, chunked"),
                body(400, "chunked twice in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
                body(
                        400,
                        "chunked and identity in two fields",
                        "Transfer-Encoding: chunked\r\nTransfer-encoding: identity"),
                body(400, "chunked not last", "Transfer-Encoding: chunked, gzip"),
                body(400, "chunked not at all", "Transfer-Encoding: gzip"),
                body(400, "identity", "Transfer-Encoding: identity"),
                body(400, "almost chunked", "Transfer-Encoding: xchunked"),
                body(400, "chunked with a parameter", "Transfer-Encoding: chunked;q=1"),
                body(400, "an empty coding behind chunked", "Transfer-Encoding: chunked,"),
                body(501, "a coding that is not known", "Transfer-Encoding: gzip, chunked"),
                raw(
                        400,
                        "chunks in HTTP/1.0",
                        "POST " + AT + "/x HTTP/1.0\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
    }

    static Stream<Arguments> brokenBodies() {
        return Stream.of(
                Arguments.of("no digits", "xyz\r\n"),
                Arguments.of("nothing", "\r\n"),
                Arguments.of("a sign", "+5\r\nhello\r\n"),
                Arguments.of("a negative size", "-1\r\n"),
                Arguments.of("0x", "0x5\r\nhello\r\n"),
                Arguments.of("a space in front", " 5\r\nhello\r\n"),
                Arguments.of("a space behind", "5 \r\nhello\r\n"),
                Arguments.of("another number behind", "5 5\r\nhello\r\n"),
                Arguments.of("a NUL behind", "5\0\r\nhello\r\n"),
                Arguments.of("a comma behind", "5,\r\nhello\r\n"),
                Arguments.of("an underscore", "1_0\r\n"),
                Arguments.of("a size that overflows", "8000000000000000\r\n"),
                Arguments.of("a size of too many digits", "00000000000000005\r\nhello\r\n"),
                Arguments.of("a size that ends in LF", "5\nhello\r\n"),
                Arguments.of("an extension that ends in LF", "5;a\nhello\r\n"),
                Arguments.of("a bare CR in an extension", "5;a\rb\r\nhello\r\n"),
                Arguments.of("an extension without end", "5;" + "a".repeat(300)),
                Arguments.of("data that are longer", "5\r\nhello!\r\n"),
                Arguments.of("data that end in LF", "5\r\nhello\n0\r\n\r\n"),
                Arguments.of("data that end in CR", "5\r\nhello\r0\r\n\r\n"),
                Arguments.of("a trailer without colon", "5\r\nhello\r\n0\r\nX\r\n\r\n"),
                Arguments.of("a folded trailer", "5\r\nhello\r\n0\r\nX: 1\r\n 2\r\n\r\n"),
                Arguments.of("a NUL in a trailer", "5\r\nhello\r\n0\r\nX: \0\r\n\r\n"),
                Arguments.of("a trailer that ends in LF", "5\r\nhello\r\n0\r\nX: 1\n\r\n"),
                Arguments.of("a body that ends in LF", "5\r\nhello\r\n0\r\n\n"));
    }

    static Stream<Arguments> passed() {
        return Stream.of(
                line("GET", "/x", "GET " + AT + "/x HTTP/1.1"),
                line("a method in lower case", "get /x", "get " + AT + "/x HTTP/1.1"),
                line("a method of nobody's", "B!R~W /x", "B!R~W " + AT + "/x HTTP/1.1"),
                line("a higher minor version", "/x", "GET " + AT + "/x HTTP/1.2"),
                line("one empty line in front", "/x", "\r\nGET " + AT + "/x HTTP/1.1"),
                line("the URI of this host", "/x?y", "GET http://gw" + AT + "/x?y HTTP/1.1"),
                line("a URI with its scheme in capitals", "/x", "GET HTTP://gw" + AT + "/x HTTP/1.1"),
                line("encoded slashes", "/a%2Fb%2fc", "GET " + AT + "/a%2Fb%2fc HTTP/1.1"),
                line("two slashes", "//a//b//", "GET " + AT + "//a//b// HTTP/1.1"),
                line("dots", "/a/./b/../c/...", "GET " + AT + "/a/./b/../c/... HTTP/1.1"),
                line("encoded dots", "/a/%2E%2e/b", "GET " + AT + "/a/%2E%2e/b HTTP/1.1"),
                line("dots that lead out of a sandbox of its own", "/../../x", "GET " + AT + "/../../x HTTP/1.1"),
                line("an encoded NUL", "/%00", "GET " + AT + "/%00 HTTP/1.1"),
                line("parameters", "/a;b=1/c;d", "GET " + AT + "/a;b=1/c;d HTTP/1.1"),
                line("a question mark alone", "/?", "GET " + AT + "? HTTP/1.1"),
                line("two question marks", "/x??a=?", "GET " + AT + "/x??a=? HTTP/1.1"),
                line("percent signs in no escape", "/%zz%", "GET " + AT + "/%zz% HTTP/1.1"),
                line("what a URI would escape", "/\\|^`{}\"<>[]", "GET " + AT + "/\\|^`{}\"<>[] HTTP/1.1"),
                line("nothing behind the service", "/", "GET " + AT + " HTTP/1.1"),
                passed("spaces around a value", "GET /x", "X-A: \t 1 2\t", "X-A: 1 2", "", ""),
                passed("no space in front of a value", "GET /x", "X-A:1", "X-A: 1", "", ""),
                passed("an empty value", "GET /x", "X-A:", "X-A: ", "", ""),
                passed("a tab in a value", "GET /x", "X-A: 1\t2", "X-A: 1\t2", "", ""),
                passed(
                        "bytes above ASCII in a value",
                        "GET /x",
                        "X-A: \u00e4\u0080\u00ff",
                        "X-A: \u00e4\u0080\u00ff",
                        "",
                        ""),
                passed("odd letters in a name", "GET /x", "x!#$%&'*+-.^_`|~9: 1", "x!#$%&'*+-.^_`|~9: 1", "", ""),
                passed("the same field twice", "GET /x", "X-A: 1\r\nx-a: 2", "X-A: 1\r\nx-a: 2", "", ""),
                passed(
                        "what Connection names",
                        "GET /x",
                        "connection: close, X-Secret ,\tx-b\r\nX-SECRET: 1\r\nX-B: 2\r\nX-C: 3",
                        "X-C: 3",
                        "",
                        ""),
                passed(
                        "what Connection cannot take away",
                        "POST /x",
                        "Connection: Host, Content-Length, X-Forwarded-For, Forwarded, X-API-Key\r\nContent-Length: 1",
                        "Content-Length: 1",
                        "a",
                        "a"),
                passed("cookies that Connection names", "GET /x", "Connection: Cookie\r\nCookie: a=1", "", "", ""),
                passed(
                        "what is asked of one connection",
                        "GET /x",
                        "TE: trailers\r\nUpgrade: h2c\r\nKeep-Alive: 1",
                        "",
                        "",
                        ""),
                passed("a length", "POST /x", "Content-Length: 5", "Content-Length: 5", "hello", "hello"),
                passed(
                        "a length with zeros in front",
                        "POST /x",
                        "Content-Length: 005",
                        "content-length: 5",
                        "hello",
                        "hello"),
                passed(
                        "a length with spaces around",
                        "POST /x",
                        "Content-Length: \t5 ",
                        "Content-Length: 5",
                        "hello",
                        "hello"),
                passed("a length for GET", "GET /x", "Content-Length: 5", "Content-Length: 5", "hello", "hello"),
                passed(
                        "a body for an upgrade",
                        "GET /x",
                        "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1",
                        "Content-Length: 1",
                        "a",
                        "a"),
                passed(
                        "chunks",
                        "POST /x",
                        "Transfer-Encoding: chunked",
                        "T",
                        "5\r\nhello\r\n0\r\n\r\n",
                        "5\r\nhello\r\n0\r\n\r\n"),
                passed(
                        "chunks in capitals",
                        "POST /x",
                        "TRANSFER-ENCODING: CHUNKED \t",
                        "T",
                        "5\r\nhello\r\n0\r\n\r\n",
                        "5\r\nhello\r\n0\r\n\r\n"),
                passed(
                        "a size with zeros",
                        "POST /x",
                        "Transfer-Encoding: chunked",
                        "T",
                        "0005\r\nhello\r\n000\r\n\r\n",
                        "5\r\nhello\r\n0\r\n\r\n"),
                passed(
                        "sizes of both cases",
                        "POST /x",
                        "Transfer-Encoding: chunked",
                        "T",
                        "A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n",
                        "a\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n"),
                passed(
                        "extensions",
                        "POST /x",
                        "Transfer-Encoding: chunked",
                        "T",
                        "5;a=\"b;c\" ; d\r\nhello\r\n0;e\r\n\r\n",
                        "5\r\nhello\r\n0\r\n\r\n"),
                passed(
                        "trailers",
                        "POST /x",
                        "Transfer-Encoding: chunked\r\nTrailer: X-T",
                        "T",
                        "5\r\nhello\r\n0\r\nX-T: 1\r\nContent-Length: 9\r\n\r\n",
                        "5\r\nhello\r\n0\r\n\r\n"),
                passed("no body at all", "POST /x", "Content-Length: 0", "Content-Length: 0", "", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void isRefusedBeforeAnythingComesToASandbox(String what, int status, String request) throws Exception {
        try (Line client = rig.client()) {
            client.send(request + SMUGGLED);
            Line.Head refused = client.head();
            assertThat(refused.status()).isEqualTo(status);
            assertThat(refused.field("Connection")).isEqualTo("close");
            assertThat(refused.field("Content-Type")).isEqualTo("application/problem+json");
            assertThat(new JsonObject(client.body(refused)).getInteger("status"))
                    .isEqualTo(status);
            assertThat(client.rest()).isEmpty();
        }
        assertThat(whatCameUntilNow()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenBodies")
    void aBodyWhoseChunksMakeNoSenseBreaksOff(String what, String chunks) throws Exception {
        try (Line client = rig.client()) {
            client.send(CHUNKED + chunks + SMUGGLED);
            Line.Head refused = client.head();
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.field("Connection")).isEqualTo("close");
            client.body(refused);
            assertThat(client.rest()).isEmpty();
        }
        assertThat(whatCameUntilNow()).doesNotContain("smuggled").doesNotContain("0\r\n\r\n");
    }

    @Test
    void trailersThatAreTooLongBreakTheBodyOff() throws Exception {
        try (Line client = rig.client()) {
            client.send(CHUNKED + "0\r\nX: " + "x".repeat(5000) + "\r\n\r\n" + SMUGGLED);
            Line.Head refused = client.head();
            assertThat(refused.status()).isEqualTo(431);
            client.body(refused);
            assertThat(client.rest()).isEmpty();
        }
        assertThat(whatCameUntilNow()).doesNotContain("smuggled").doesNotContain("0\r\n\r\n");
    }

    /** Where upstream names sandboxes by paths, behind a prefix there are others. */
    @ParameterizedTest
    @ValueSource(strings = {"/../../other/runtime/x", "/%2e%2E/x", "/a/..%2f..%2fx", "/..;/x", "/a//../../x", "/..\\x"})
    void dotsDoNotLeadOutOfAPrefix(String path) throws Exception {
        try (Line client = rig.client()) {
            client.send("GET /below/runtime" + path + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            Line.Head refused = client.head();
            assertThat(refused.status()).isEqualTo(400);
            assertThat(client.body(refused)).contains("lead out of the sandbox");
        }
        assertThat(whatCameUntilNow()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a/../x", "/a/%2E%2e/x//y/..", "/x?/../..", "/..a", ""})
    void dotsThatStayBelowAPrefixPass(String path) throws Exception {
        sandbox.taken();
        try (Line client = rig.client()) {
            client.send("GET /below/runtime" + path + " HTTP/1.1\r\nHost: gw\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(200);
        }
        assertThat(sandbox.taken()).startsWith("GET /below/runtime" + path + " HTTP/1.1\r\n");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("passed")
    void isPassedOnInOneWay(String what, String request, String expected) throws Exception {
        sandbox.taken();
        try (Line client = rig.client()) {
            client.send(request);
            assertThat(client.head().status()).isEqualTo(200);
        }
        assertThat(sandbox.taken()).isEqualTo(expected.replace("{sandbox}", sandbox.authority()));
    }

    /** By way of a request behind which nothing else can come. */
    private static String whatCameUntilNow() throws IOException {
        try (Line client = rig.client()) {
            client.send("GET " + AT + "/mark HTTP/1.1\r\nHost: gw\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(200);
        }
        String all = sandbox.taken();
        int mark = all.indexOf("GET /mark ");
        assertThat(mark).isNotNegative();
        return all.substring(0, mark);
    }

    private static Arguments raw(int status, String what, String request) {
        return Arguments.of(what, status, request);
    }

    private static Arguments line(int status, String what, String line) {
        return raw(status, what, line + "\r\nHost: gw\r\n\r\n");
    }

    private static Arguments field(int status, String what, String field) {
        return raw(status, what, "GET " + AT + "/x HTTP/1.1\r\nHost: gw\r\n" + field + "\r\n\r\n");
    }

    private static Arguments host(String what, String host) {
        return raw(400, "in the Host " + what, "GET " + AT + "/x HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    }

    private static Arguments length(String what, String length) {
        return body(400, "as Content-Length " + what, "Content-Length: " + length);
    }

    private static Arguments body(int status, String what, String field) {
        return raw(status, what, "POST " + AT + "/x HTTP/1.1\r\nHost: gw\r\n" + field + "\r\n\r\n0\r\n\r\n");
    }

    /** Of a request without further fields; {@code expected} with a method unless it is GET. */
    private static Arguments line(String what, String expected, String line) {
        String start = expected.startsWith("/") ? "GET " + expected : expected;
        return Arguments.of(what, line + "\r\nHost: gw\r\n\r\n", atTheSandbox(start, "", ""));
    }

    private static Arguments passed(
            String what, String start, String fields, String expectedFields, String body, String expectedBody) {
        String request = start.replace(" /", " " + AT + "/") + " HTTP/1.1\r\nHost: gw\r\n" + fields + "\r\n\r\n" + body;
        return Arguments.of(what, request, atTheSandbox(start, expectedFields, expectedBody));
    }

    private static String atTheSandbox(String start, String fields, String body) {
        boolean chunked = fields.equals("T");
        return start + " HTTP/1.1\r\n"
                + (fields.isEmpty() || chunked ? "" : fields + "\r\n")
                + "X-Forwarded-For: 127.0.0.1\r\n"
                + "Forwarded: for=127.0.0.1;host=\"gw\";proto=http\r\n"
                + "X-Forwarded-Proto: http\r\n"
                + "X-Forwarded-Host: gw\r\n"
                + "X-Forwarded-Port: 80\r\n"
                + "X-Forwarded-Prefix: /raw/runtime\r\n"
                + "host: {sandbox}\r\n"
                + (chunked ? "transfer-encoding: chunked\r\n" : "")
                + "\r\n"
                + body;
    }
}
