package dev.reveille.bridge;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.access.Tenants;
import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
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
        visitor.registers(Address.PROGRESS, "s-1", "X-API-Key", "acme-key");
        reception.awaitListeners(1);

        reception.tells("s-1", "zeta", 1);
        reception.tells("s-1", "acme", 2);

        assertThat(visitor.next().getJsonObject("body").getInteger("restart_count"))
                .isEqualTo(2);
    }

    @Test
    void whoGoesIsForgotten() {
        Reception.Visitor visitor = reception.visitor(Shown.NOTHING);
        visitor.registers(Address.PROGRESS, "s-1", "X-API-Key", "acme-key");
        reception.awaitListeners(1);

        visitor.goes();

        reception.awaitListeners(0);
    }

    @Test
    void whatIsUnregisteredWhileItIsLookedForIsNotListenedTo() {
        Reception.Visitor visitor = reception.visitor(Shown.NOTHING);
        reception.hesitates();
        visitor.registers(Address.PROGRESS, "s-1", "X-API-Key", "acme-key");
        visitor.says(new JsonObject().put("type", "unregister").put("address", "reveille.session.progress.s-1"));
        reception.hesitatesNoMore();
        visitor.registers(Address.PROGRESS, "a.b");

        assertThat(visitor.refusal()).startsWith("forbidden");
        assertThat(reception.listeners()).isZero();
    }

    @Test
    void aTicketThatHasEndedLetsListenToNothingMoreAndWhatIsListenedToGoesOn() {
        String ticket = reception.tickets().issue(Optional.empty(), "acme").text();
        Reception.Visitor visitor = reception.visitor(new Shown(Optional.empty(), Optional.of(ticket)));
        visitor.registers(Address.PROGRESS, "s-1");
        reception.awaitListeners(1);

        reception.advance(Reception.TICKETS_ARE_GOOD_FOR);
        visitor.registers(Address.CHANGES, "s-1");

        assertThat(visitor.refusal()).startsWith("unauthorized");
        reception.tells("s-1", "acme", 1);
        assertThat(visitor.next().getString("type")).isEqualTo("news");
        visitor.registers(
                Address.CHANGES,
                "s-1",
                "ticket",
                reception.tickets().issue(Optional.empty(), "acme").text());
        reception.awaitListeners(2);
    }

    @Test
    void withoutTenantsATicketForOneSessionIsNotMadeMoreByAnyKeyOrABadTicket() {
        Reception open = Reception.withoutTenants("s-1");
        String ticket = open.tickets().mint(new SessionId("s-2"), Tenants.EVERYBODY);
        Reception.Visitor visitor = open.visitor(new Shown(Optional.empty(), Optional.of(ticket)));

        visitor.registers(Address.PROGRESS, "s-1", "X-API-Key", "any");
        assertThat(visitor.refusal()).startsWith("unauthorized");
        visitor.registers(Address.EVERY_CHANGE, "");
        assertThat(visitor.refusal()).startsWith("forbidden");
        visitor.registers(Address.EVERY_CHANGE, "", "ticket", "bad");
        assertThat(visitor.refusal()).startsWith("unauthorized");
        await(open.close());
    }
}
