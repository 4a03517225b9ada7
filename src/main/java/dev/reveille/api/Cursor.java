package dev.reveille.api;

import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SessionId;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Where a page of sessions ended. Clients hand it back as it is and read nothing into it. */
final class Cursor {
    private Cursor() {}

    static String encode(String lastId) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(lastId.getBytes(StandardCharsets.UTF_8));
    }

    static String decode(String cursor) {
        try {
            String id = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            return new SessionId(id).value();
        } catch (IllegalArgumentException wrong) {
            throw new GatewayFailure.InvalidRequest(
                            "cursor: not one of ours (expected: next_cursor of the page before)")
                    .asException();
        }
    }
}
