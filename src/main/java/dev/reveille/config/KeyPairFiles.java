package dev.reveille.config;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;

/**
 * A server's certificate and its key, as they were in their files at one moment, and known to belong together.
 *
 * @param certificate PEM, with the chain behind it
 * @param key PEM
 * @param until when the certificate runs out
 */
public record KeyPairFiles(Buffer certificate, Buffer key, Instant until) {
    private static final int LARGEST = 1 << 20;

    /** Reads both. @throws UnusableFileException saying which is not what it should be */
    public static KeyPairFiles read(Path certificate, Path key) throws UnusableFileException {
        Buffer chain = content("certificate", certificate);
        Buffer secret = content("key", key);
        X509Certificate first = first(certificate, chain);
        PrivateKey priv = key(key, chain, secret);
        if (!belongs(priv, first.getPublicKey())) {
            throw new UnusableFileException("key", key, "the key of the first certificate in " + certificate);
        }
        return new KeyPairFiles(chain, secret, first.getNotAfter().toInstant());
    }

    /** As listeners take it. */
    public PemKeyCertOptions options() {
        return new PemKeyCertOptions().addCertValue(certificate).addKeyValue(key);
    }

    /** Without the key: records end up in logs. */
    @Override
    public String toString() {
        return "KeyPairFiles[until=" + until + "]";
    }

    private static Buffer content(String name, Path file) throws UnusableFileException {
        try {
            if (Files.size(file) <= LARGEST) {
                return Buffer.buffer(Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new UnusableFileException(name, file, "a PEM file that can be read");
        }
        throw new UnusableFileException(name, file, "a PEM file of at most 1MiB");
    }

    private static X509Certificate first(Path file, Buffer chain) throws UnusableFileException {
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(chain.getBytes()))
                    .stream()
                    .map(X509Certificate.class::cast)
                    .findFirst()
                    .orElseThrow(() -> new UnusableFileException("certificate", file, "at least one certificate"));
        } catch (GeneralSecurityException e) {
            throw new UnusableFileException("certificate", file, "X.509 certificates in PEM");
        }
    }

    /** With the parser that listeners use: whatever they would not read must not come so far. */
    private static PrivateKey key(Path file, Buffer chain, Buffer secret) throws UnusableFileException {
        PemKeyCertOptions options = new PemKeyCertOptions().addCertValue(chain).addKeyValue(secret);
        Optional<PrivateKey> key;
        try {
            KeyStore store = options.loadKeyStore(null);
            key = keyOf(store, options.getKeyManagerFactory(null).getKeyManagers());
        } catch (Exception e) {
            throw new UnusableFileException("key", file, "a private key in PEM, not encrypted");
        }
        return key.orElseThrow(() -> new UnusableFileException("key", file, "a private key in PEM, not encrypted"));
    }

    private static Optional<PrivateKey> keyOf(KeyStore store, KeyManager[] managers) throws GeneralSecurityException {
        for (String alias : Collections.list(store.aliases())) {
            for (KeyManager manager : managers) {
                if (manager instanceof X509KeyManager keys && keys.getPrivateKey(alias) != null) {
                    return Optional.of(keys.getPrivateKey(alias));
                }
            }
        }
        return Optional.empty();
    }

    /** What the one signs, the other must confirm. */
    private static boolean belongs(PrivateKey priv, PublicKey pub) {
        byte[] text = new byte[32];
        new SecureRandom().nextBytes(text);
        try {
            Signature signature = Signature.getInstance(algorithm(priv));
            signature.initSign(priv);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(pub);
            signature.update(text);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static String algorithm(PrivateKey key) {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
    }
}
