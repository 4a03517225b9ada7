package dev.reveille.bridge;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One guest, whichever bridge it came by. */
class GuestTest {
    private Reception reception;

    @BeforeEach
    void open() {
        reception = Reception.of("s-1", "acme");
    }

    @AfterEach
    void close() {
        await(reception.close());
    }

    @Test
    void ofAnIdThatIsAnothersByNowNothingIsHeard() {
        Reception.Visitor visitor = reception.visitor(Shown.NOTHING);
        visitor.registers("s-1", "X-API-Key", "acme-key");
        reception.awaitListeners(1);

        reception.tells("s-1", "zeta", 1);
        reception.tells("s-1", "acme", 2);

        assertThat(visitor.next().getJsonObject("body").getInteger("restart_count"))
                .isEqualTo(2);
    }

    @Test
    void whoGoesIsForgotten() {
        Reception.Visitor visitor = reception.visitor(Shown.NOTHING);
        visitor.registers("s-1", "X-API-Key", "acme-key");
        reception.awaitListeners(1);

        visitor.goes();

        reception.awaitListeners(0);
    }

    @Test
    void whatIsUnregisteredWhileItIsLookedForIsNotListenedTo() {
        Reception.Visitor visitor = reception.visitor(Shown.NOTHING);
        reception.hesitates();
        visitor.registers("s-1", "X-API-Key", "acme-key");
        visitor.says(new JsonObject().put("type", "unregister").put("address", "reveille.session.progress.s-1"));
        reception.hesitatesNoMore();
        visitor.registers("a.b");

        assertThat(visitor.next().getString("code")).isEqualTo("forbidden");
        assertThat(reception.listeners()).isZero();
    }
}
