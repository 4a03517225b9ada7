package dev.reveille.access;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.SessionId;
import java.time.Instant;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TicketsTest {
    private static final SessionId SESSION = new SessionId("s-1");

    private Instant now = Instant.parse("2026-11-24T12:00:00Z");
    private byte[] secret = {1, 2, 3};
    private final Tickets tickets = new Tickets(() -> secret, ofMinutes(5), () -> now);

    @Test
    void aTicketTellsWhatItIsFor() {
        String ticket = tickets.mint(SESSION, "acme");

        assertThat(tickets.verify(ticket)).contains(new Tickets.Grant(Optional.of(SESSION), "acme"));
        assertThat(ticket).matches("[A-Za-z0-9._-]+");
    }

    @Test
    void itIsGoodAtEveryNodeWithTheSameSecretAndAtNoOther() {
        String ticket = tickets.mint(SESSION, "acme");

        assertThat(new Tickets(() -> new byte[] {1, 2, 3}, ofMinutes(1), () -> now).verify(ticket))
                .isPresent();
        assertThat(new Tickets(() -> new byte[] {1, 2, 4}, ofMinutes(1), () -> now).verify(ticket))
                .isEmpty();
    }

    @Test
    void itEndsAfterItsTime() {
        String ticket = tickets.mint(SESSION, "acme");

        now = now.plus(ofMinutes(5)).minus(ofMillis(1));
        assertThat(tickets.verify(ticket)).isPresent();
        now = now.plus(ofMillis(1));
        assertThat(tickets.verify(ticket)).isEmpty();
    }

    @Test
    void itEndsWhenNodesAgreeOnAnotherSecret() {
        String ticket = tickets.mint(SESSION, "acme");

        secret = new byte[] {4};

        assertThat(tickets.verify(ticket)).isEmpty();
        assertThat(tickets.verify(tickets.mint(SESSION, "acme"))).isPresent();
    }

    @Test
    void whatItSaysCannotBeChanged() {
        String ticket = tickets.mint(SESSION, "acme");
        long until = now.plus(ofMinutes(5)).getEpochSecond();

        assertThat(tickets.verify(ticket.replace("s-1", "s-2"))).isEmpty();
        assertThat(tickets.verify(ticket.replace("acme", "zeta"))).isEmpty();
        assertThat(tickets.verify(ticket.replace(".acme", ".acme."))).isEmpty();
        assertThat(tickets.verify(ticket.replace("" + until, "" + (until + 1)))).isEmpty();
    }

    @Test
    void noPartOfItIsATicket() {
        String ticket = tickets.mint(SESSION, "acme");

        for (int end = 0; end < ticket.length(); end++) {
            assertThat(tickets.verify(ticket.substring(0, end)))
                    .as("the first %s", end)
                    .isEmpty();
            assertThat(tickets.verify(ticket.substring(end + 1)))
                    .as("from %s", end + 1)
                    .isEmpty();
        }
    }

    @Property(tries = 300)
    void noOtherCharacterPasses(@ForAll @IntRange(max = 60) int at, @ForAll char other) {
        String ticket = tickets.mint(SESSION, "acme");
        String changed = ticket.substring(0, at) + other + ticket.substring(at + 1);

        assertThat(tickets.verify(changed).isPresent()).isEqualTo(changed.equals(ticket));
    }

    @Property(tries = 300)
    void whateverIsShownIsRefusedAndNothingThrown(@ForAll String shown) {
        assertThat(tickets.verify(shown)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "...", "s-1.acme.99999999999.", "s-1.acme.x.AAAA", "é.é.é.é", "\0.\0.\0.\0"})
    void oddOnesAreRefusedToo(String shown) {
        assertThat(tickets.verify(shown)).isEmpty();
    }

    @Test
    void aLongOneIsNotLookedAt() {
        assertThat(tickets.verify("s-1.acme.9." + "A".repeat(1_000_000))).isEmpty();
        String longest = tickets.mint(new SessionId("s".repeat(128)), "t".repeat(64));
        assertThat(tickets.verify(longest)).isPresent();
    }
}
