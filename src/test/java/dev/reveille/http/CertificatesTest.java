package dev.reveille.http;

import static dev.reveille.testing.TestGateway.await;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.TlsSettings;
import dev.reveille.testing.SelfSigned;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificatesTest {
    @TempDir
    Path directory;

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        await(vertx.close());
    }

    @Test
    void aListenerThatBeganBeforeARenewalAndAsksBehindItHearsOfIt() throws Exception {
        SelfSigned pair = SelfSigned.in(directory, "first");
        SelfSigned next = SelfSigned.in(directory, "second");
        Certificates certificates = await(Certificates.watch(
                vertx, new TlsSettings(Optional.of(pair.certificate()), Optional.of(pair.key()), ofMillis(20))));
        Buffer begun = pem(certificates.on(new HttpServerOptions()).getKeyCertOptions());
        Promise<Buffer> other = Promise.promise();
        certificates.renewing(renewed -> told(other, renewed));
        pair.becomes(next);
        Buffer renewed = await(other.future());

        Promise<Buffer> late = Promise.promise();
        certificates.renewing(options -> told(late, options));

        assertThat(await(late.future())).isEqualTo(renewed).isNotEqualTo(begun);
        await(certificates.close());
    }

    private static Future<?> told(Promise<Buffer> told, ServerSSLOptions options) {
        told.tryComplete(pem(options.getKeyCertOptions()));
        return Future.succeededFuture();
    }

    private static Buffer pem(KeyCertOptions options) {
        return ((PemKeyCertOptions) options).getCertValue();
    }
}
