package dev.reveille.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.reveille.config.TestSettings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeatsTest {
    private final List<String> gone = new ArrayList<>();
    private final Seats seats =
            new Seats(TestSettings.of("bridges.max-sockets=3", "bridges.per-tenant=2", "bridges.max-strangers=2")
                    .bridges());

    private Seats.Seat stranger(String name) {
        return seats.stranger(() -> gone.add(name));
    }

    private Seats.Seat of(String tenant) {
        Seats.Seat seat = stranger("one of " + tenant);
        seat.belongsTo(tenant);
        return seat;
    }

    @Test
    void whoHasWaitedLongestMakesRoom() {
        Seats.Seat first = stranger("first");
        stranger("second");
        assertThat(gone).isEmpty();

        stranger("third");
        assertThat(gone).containsExactly("first");
        first.isLeft();

        stranger("fourth");
        assertThat(gone).containsExactly("first", "second");
        assertThat(seats.taken()).isEqualTo(2);
    }

    @Test
    void oneTenantCannotTakeAllSeats() {
        of("acme");
        Seats.Seat leaves = of("acme");
        Seats.Seat waits = stranger("waits");
        assertThatThrownBy(() -> waits.belongsTo("acme")).hasMessageContaining("2 connections of this tenant");
        assertThat(waits.isStrangers()).isTrue();
        of("zeta");
        assertThatThrownBy(() -> waits.belongsTo("zeta")).hasMessageContaining("3 connections already");

        leaves.isLeft();
        leaves.isLeft();
        waits.belongsTo("acme");

        assertThat(waits.isStrangers()).isFalse();
        assertThat(seats.taken()).isEqualTo(3);
        assertThat(gone).isEmpty();
    }

    @Test
    void whoIsSeatedMakesRoomForNobodyAndCountsOnce() {
        Seats.Seat seat = of("acme");
        seat.belongsTo("zeta");
        stranger("one");
        stranger("two");

        assertThat(gone).isEmpty();
        assertThat(seats.taken()).isEqualTo(3);
        seat.isLeft();
        assertThat(seats.taken()).isEqualTo(2);
    }
}
