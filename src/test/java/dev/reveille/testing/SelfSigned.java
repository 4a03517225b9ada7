package dev.reveille.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A certificate that a test makes, with its key, as two PEM files. */
public record SelfSigned(Path certificate, Path key) {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final Map<String, Made> MADE = new HashMap<>();

    /** Of {@code localhost}; {@code name} tells it from others. Those of one name are the same, as making one takes a second. */
    public static SelfSigned in(Path directory, String name) throws IOException, GeneralSecurityException {
        Made made;
        synchronized (MADE) {
            made = MADE.get(name);
            if (made == null) {
                made = make(directory.resolve(name + ".p12"), name);
                MADE.put(name, made);
            }
        }
        return new SelfSigned(
                Files.writeString(directory.resolve(name + ".crt"), made.certificate()),
                Files.writeString(directory.resolve(name + ".key"), made.key()));
    }

    private static Made make(Path store, String name) throws IOException, GeneralSecurityException {
        run(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-alias",
                "it",
                "-dname",
                "CN=" + name,
                "-ext",
                "SAN=DNS:localhost,IP:127.0.0.1",
                "-validity",
                "30",
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD),
                "-keystore",
                store.toString()));
        KeyStore made = KeyStore.getInstance(store.toFile(), PASSWORD);
        return new Made(
                pem("CERTIFICATE", made.getCertificate("it").getEncoded()),
                pem("PRIVATE KEY", made.getKey("it", PASSWORD).getEncoded()));
    }

    /** Both as PEM. */
    private record Made(String certificate, String key) {}

    /** Puts {@code other} in the place of this one, as a renewal does. */
    public void becomes(SelfSigned other) throws IOException {
        move(other.key, key);
        move(other.certificate, certificate);
    }

    private static void move(Path from, Path to) throws IOException {
        Path beside = to.resolveSibling(to.getFileName() + ".new");
        Files.copy(from, beside, StandardCopyOption.REPLACE_EXISTING);
        Files.move(beside, to, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String pem(String what, byte[] der) {
        String lines = Base64.getMimeEncoder().encodeToString(der);
        return "-----BEGIN " + what + "-----\n" + lines + "\n-----END " + what + "-----\n";
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(said);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
