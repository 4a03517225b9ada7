package dev.reveille.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The bridge for services, a listener of its own.
 *
 * @param port 0: any free one
 * @param certificate a file; there if it speaks TLS, which it must on all but loopback addresses
 * @param key a file, as the certificate
 */
public record TcpBridgeSettings(
        boolean enabled, String host, int port, Optional<Path> certificate, Optional<Path> key) {
    /** @throws IllegalArgumentException naming all values that are out of range, and files that are of no use */
    public TcpBridgeSettings {
        host = Hosts.bare(host);
        new Expectations("bridges.tcp")
                .host("host", host)
                .number("port", port, 0, 65_535)
                .that(
                        Hosts.isLoopback(host) || certificate.isPresent(),
                        "host",
                        host,
                        "a loopback address, as there is no bridges.tcp.certificate: keys would be read on the way")
                .keyPair(certificate, key)
                .met();
    }
}
