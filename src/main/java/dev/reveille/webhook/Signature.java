package dev.reveille.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs as Standard Webhooks 1.0.0 says: HMAC-SHA256 over id, moment and body. */
final class Signature {
    /** Secrets that begin so are written in base 64; others are taken as they are. */
    private static final String ENCODED = "whsec_";

    private static final String ALGORITHM = "HmacSHA256";
    private static final String VERSION = "v1,";

    private final SecretKeySpec key;

    /** @param secret not empty; behind {@code whsec_} in base 64 */
    Signature(String secret) {
        this.key = new SecretKeySpec(bytes(secret), ALGORITHM);
    }

    private static byte[] bytes(String secret) {
        if (secret.startsWith(ENCODED)) {
            try {
                return Base64.getDecoder().decode(secret.substring(ENCODED.length()));
            } catch (IllegalArgumentException another) {
                // It only looks like one: receivers that use no library sign with what they were given.
                return secret.getBytes(StandardCharsets.UTF_8);
            }
        }
        return secret.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The value of the field {@code webhook-signature}.
     *
     * @param at seconds since 1970
     */
    String of(String id, long at, String body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            byte[] signed = mac.doFinal((id + "." + at + "." + body).getBytes(StandardCharsets.UTF_8));
            return VERSION + Base64.getEncoder().encodeToString(signed);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, impossible);
        }
    }
}
