package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnreadTest {
    private static final int PIECE = 64 * 1024 - Unread.PIECE;

    private final List<String> givenUp = new ArrayList<>();
    private final Unread unread = new Unread(16 * 64 * 1024);

    private Unread.Answer answer(String name) {
        return unread.answer(() -> givenUp.add(name));
    }

    private static void handed(Unread.Answer answer, int pieces) {
        for (int n = 0; n < pieces; n++) {
            answer.handed(PIECE);
        }
    }

    @Test
    void anAnswerIsReadUntilSoMuchOfItWaitsAndAgainWhenHalfOfThatHasLeft() {
        Unread.Answer one = answer("one");
        handed(one, 3);
        assertThat(one.full()).isFalse();
        one.handed(PIECE);
        assertThat(one.full()).isTrue();
        one.left(PIECE);
        assertThat(one.hasRoom()).isFalse();
        one.left(PIECE);
        assertThat(one.hasRoom()).isTrue();
    }

    @Test
    void shortPiecesCountForWhatTheyTake() {
        Unread.Answer one = answer("one");
        for (int n = 0; n < Unread.MOST_OF_ONE / Unread.PIECE; n++) {
            one.handed(1);
        }
        assertThat(one.full()).isTrue();
    }

    @Test
    void onceHalfOfTheRoomIsTakenNothingIsReadWhileAnythingWaits() {
        handed(answer("one"), 4);
        handed(answer("two"), 4);
        Unread.Answer three = answer("three");
        assertThat(three.full()).isFalse();
        three.handed(PIECE);
        assertThat(three.full()).isTrue();
        assertThat(three.hasRoom()).isFalse();
        three.left(PIECE);
        assertThat(three.hasRoom()).isTrue();
        assertThat(givenUp).isEmpty();
    }

    @Test
    void whatWasGivenUpAndDoesNotLeaveIsNotTakenFromOthers() {
        Unread.Answer one = answer("one");
        Unread.Answer two = answer("two");
        handed(one, 8);
        handed(two, 9);
        assertThat(givenUp).containsExactly("one");
        // Nothing of it leaves: its connection is blocked.
        handed(two, 7);
        assertThat(givenUp).containsExactly("one");
        one.left(PIECE);
        one.handed(PIECE);
        two.handed(PIECE);
        assertThat(givenUp).containsExactly("one", "two");
    }

    @Test
    void withoutRoomTheOneThatHasStoodStillForLongestIsGivenUp() {
        Unread.Answer one = answer("one");
        Unread.Answer two = answer("two");
        handed(one, 8);
        handed(two, 8);
        one.left(PIECE);
        handed(one, 2);
        assertThat(givenUp).containsExactly("two");
        // What it kept is dropped.
        for (int n = 0; n < 8; n++) {
            two.left(PIECE);
        }
        handed(one, 7);
        assertThat(givenUp).containsExactly("two");
        handed(one, 1);
        assertThat(givenUp).containsExactly("two", "one");
    }
}
