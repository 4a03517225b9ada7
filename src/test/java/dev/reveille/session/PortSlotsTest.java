package dev.reveille.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PortSlotsTest {
    private final List<String> turnedAway = new ArrayList<>();
    private final PortSlots slots = slots(20_000, 20_012);

    private PortSlots slots(int first, int last) {
        return new PortSlots(first, last, runtime -> turnedAway.add(runtime.value()));
    }

    private static RuntimeId runtime(String id) {
        return new RuntimeId(id);
    }

    private static int port(PortSlots slots, String id) {
        return slots.port(runtime(id), Service.RUNTIME).orElse(0);
    }

    @Test
    void aRuntimeHasFourPortsInARowAndKeepsThem() {
        int first = port(slots, "a");

        assertThat(Stream.of(Service.VSCODE, Service.WORK_1, Service.WORK_2)
                        .map(s -> slots.port(runtime("a"), s).orElseThrow()))
                .containsExactly(first + 1, first + 2, first + 3);
        assertThat(port(slots, "a")).isEqualTo(first);
        assertThat(slots.holder((first - 20_000) / 4)).isEqualTo(runtime("a"));
        // Port 20012 makes no slot.
        assertThat(slots.usable()).containsExactly(0, 1, 2);
    }

    @Test
    void thePortsFollowFromTheIdAndNotFromWhoCameBefore() {
        PortSlots wide = slots(20_000, 20_399);
        PortSlots afterARestart = slots(20_000, 20_399);
        port(afterARestart, "somebody-else");

        assertThat(port(afterARestart, "abcdefghijklmnop")).isEqualTo(port(wide, "abcdefghijklmnop"));
    }

    @Test
    void aRuntimeForWhichNoneAreLeftIsToldOfOnceAndHasNoneFromThenOn() {
        Set<Integer> taken = new HashSet<>();
        for (String id : List.of("a", "b", "c")) {
            taken.add(port(slots, id));
        }
        assertThat(taken).containsExactlyInAnyOrder(20_000, 20_004, 20_008);

        assertThat(port(slots, "d")).isZero();
        slots.release(runtime("a"));

        assertThat(port(slots, "d")).isZero();
        assertThat(turnedAway).containsExactly("d");
        assertThat(port(slots, "e")).isPositive();
    }

    @Test
    void thePortsOfARuntimeThatIsGoneAreGivenToAnother() {
        int first = port(slots, "a");
        port(slots, "b");
        port(slots, "c");

        slots.release(runtime("a"));

        assertThat(slots.holder((first - 20_000) / 4)).isNull();
        assertThat(port(slots, "d")).isEqualTo(first);
    }

    @Test
    void aSlotThatCannotBeUsedIsLeftByWhoeverHasIt() {
        int first = port(slots, "a");

        slots.exclude((first - 20_000) / 4);

        assertThat(port(slots, "a")).isPositive().isNotEqualTo(first);
        assertThat(slots.usable()).hasSize(2).doesNotContain((first - 20_000) / 4);
        port(slots, "b");
        assertThat(port(slots, "c")).isZero();
    }

    @Test
    void portsThatWereAskedForAndNeverUsedComeBackAtTheSecondLook() {
        port(slots, "known");
        port(slots, "unknown");

        slots.tidy(r -> r.equals(runtime("known")));
        assertThat(port(slots, "unknown")).isPositive();
        port(slots, "x");
        slots.tidy(r -> r.equals(runtime("known")));

        assertThat(port(slots, "y")).isPositive();
        assertThat(turnedAway).isEmpty();
    }

    @Test
    void aRuntimeThatBecameKnownBetweenTwoLooksKeepsItsPorts() {
        int first = port(slots, "a");

        slots.tidy(r -> false);
        slots.tidy(r -> true);
        slots.tidy(r -> false);

        assertThat(slots.holder((first - 20_000) / 4)).isEqualTo(runtime("a"));
    }

    @Test
    void fewerThanFourPortsAreNoSlot() {
        assertThatThrownBy(() -> slots(20_000, 20_002)).hasMessage("ports: 20000-20002 (expected: at least 4)");
    }
}
