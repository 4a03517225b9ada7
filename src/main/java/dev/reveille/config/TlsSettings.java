package dev.reveille.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * TLS on the public listener.
 *
 * @param certificate PEM, the server's own first, then those it was signed with; there if there is TLS
 * @param key PEM, not encrypted; there if there is TLS
 * @param reload between two looks whether the files were renewed
 */
public record TlsSettings(Optional<Path> certificate, Optional<Path> key, Duration reload) {
    /** @throws IllegalArgumentException naming all values that are out of range, and files that are of no use */
    public TlsSettings {
        new Expectations("http.tls")
                .keyPair(certificate, key)
                .time("reload", reload)
                .met();
    }

    public boolean enabled() {
        return certificate.isPresent();
    }

    public String scheme() {
        return enabled() ? "https" : "http";
    }
}
