package dev.reveille.api;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.ext.web.Router;
import java.net.URI;
import org.junit.jupiter.api.Test;

class ApiTest {
    @Test
    void whatIsToBeServedBesideItIsToldBeforeItServes() {
        try (Front front = Front.before(URI.create("http://127.0.0.1:1"))) {
            assertThatThrownBy(() -> front.api().beside("/late*", Router::router))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("beside: /late* (expected: before on)");
        }
    }
}
