package dev.reveille.sandboxhost;

import java.security.SecureRandom;
import java.util.Base64;

/**
 * What stays the same for the whole life of a sandbox.
 *
 * @param runtimeId 16 lower-case letters
 * @param hostUrl the base URL of the host, without a path
 */
record SandboxIdentity(String runtimeId, String sessionId, String sessionApiKey, String hostUrl) {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int ID_LENGTH = 16;
    private static final int KEY_BYTES = 32;

    static SandboxIdentity fresh(String sessionId, String hostUrl) {
        String id = RANDOM.ints(ID_LENGTH, 'a', 'z' + 1)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        byte[] key = new byte[KEY_BYTES];
        RANDOM.nextBytes(key);
        String text = Base64.getUrlEncoder().withoutPadding().encodeToString(key);
        return new SandboxIdentity(id, sessionId, text, hostUrl);
    }

    String url() {
        return service("runtime");
    }

    String service(String name) {
        return hostUrl + "/" + runtimeId + "/" + name;
    }
}
