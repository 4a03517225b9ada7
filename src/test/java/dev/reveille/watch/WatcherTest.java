package dev.reveille.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How much is kept for one watcher, and what it is told of the rest. */
class WatcherTest {
    private final List<String> sent = new ArrayList<>();
    private final List<String> places = new ArrayList<>();
    private boolean full;
    private final Watcher watcher = new Watcher(new Wish("acme", Optional.empty(), Optional.empty(), Set.of()));

    @Test
    void whatWaitsIsSentInOrderOnceItTakesSomething() {
        reached();
        full = true;
        hears("a", 1, 2);
        hears("b", 1);

        assertThat(watcher.pump()).isFalse();
        assertThat(sent).isEmpty();
        full = false;
        watcher.pump();

        assertThat(sent).containsExactly("a 1", "a 2", "b 1");
    }

    @Test
    void beyondThatTheNewestOfEachStandsForTheRest() {
        reached();
        full = true;
        hears("b", 1);
        for (int i = 1; i <= Watcher.WAITING + 10; i++) {
            hears("a", i);
        }
        hears("c", 7);
        full = false;
        watcher.pump();
        hears("a", 99);
        watcher.pump();

        assertThat(sent).containsExactly("b 1", "a 74+73", "c 7", "a 99");
    }

    @Test
    void beyondThatNothingIsKeptAndItBeginsAgainOnce() {
        reached();
        full = true;
        for (int i = 0; i <= Watcher.SESSIONS; i++) {
            hears("s-" + i, 1);
        }
        assertThat(watcher.pump()).isFalse();
        full = false;

        assertThat(watcher.pump()).isTrue();
        hears("s-1", 2);
        assertThat(watcher.pump()).isFalse();
        assertThat(sent).isEmpty();

        watcher.begins(Opening.of(message("now", 1)));
        hears("s-1", 3);
        assertThat(watcher.pump()).isFalse();
        assertThat(sent).containsExactly("now 1", "s-1 3");
    }

    @Test
    void othersHaveTheirTurnBeforeALongBeginIsOver() {
        watcher.begins(new Opening(
                IntStream.range(0, Watcher.AT_ONCE + 5)
                        .mapToObj(i -> message("s-" + i, 1))
                        .iterator(),
                Map.of()));
        reached();

        watcher.pump();
        assertThat(sent).hasSize(Watcher.AT_ONCE);
        assertThat(watcher.hasMore()).isTrue();
        watcher.pump();
        assertThat(sent).hasSize(Watcher.AT_ONCE + 5);
        assertThat(watcher.hasMore()).isFalse();
    }

    @Test
    void whatItHasFromElsewhereIsNotToldAgain() {
        watcher.begins(new Opening(List.<Message>of().iterator(), Map.of(print("a"), 3L)));
        reached();
        hears("a", 2, 3, 4);
        hears("b", 1);
        watcher.pump();

        assertThat(sent).containsExactly("a 4", "b 1");
    }

    @Test
    void aResetThatWaitsIsToldBeforeWhatStandsForTheRest() {
        reached();
        full = true;
        for (int i = 1; i <= Watcher.WAITING; i++) {
            hears("a", i);
        }
        hears("a", aBreak(Messages.RESET, "a", "reset 70"));
        hears("a", 71, 72);
        hears("b", aBreak(Messages.FORGOTTEN, "b", "forgotten 5"));
        hears("b", 1);
        hears("c", aBreak(Messages.FORGOTTEN, "c", "forgotten 9"));
        full = false;
        watcher.pump();

        assertThat(sent).containsExactly("reset 70", "a 72+1", "forgotten 5", "b 1", "forgotten 9");
        // Whoever went on behind those in the middle would be told again what had gone before them.
        assertThat(places).contains("at forgotten 9").doesNotContain("at reset 70", "at forgotten 5");
    }

    @Test
    void whatItHasFromElsewhereAndIsNeverHeardOfLetsItBeginAgain() {
        watcher.begins(new Opening(List.<Message>of().iterator(), Map.of(print("a"), 3L, print("b"), 2L)));
        reached();
        hears("b", 2);
        watcher.forgetsWhereItCameFrom(Instant.EPOCH, Duration.ofSeconds(30));
        watcher.forgetsWhereItCameFrom(Instant.EPOCH.plusSeconds(30), Duration.ofSeconds(30));
        assertThat(watcher.pump()).isFalse();

        watcher.forgetsWhereItCameFrom(Instant.EPOCH.plusSeconds(31), Duration.ofSeconds(30));
        assertThat(watcher.pump()).isTrue();
        assertThat(watcher.lost()).isNotEmpty();
        watcher.begins(Opening.of(message("now", 1)));
        watcher.forgetsWhereItCameFrom(Instant.EPOCH.plusSeconds(99), Duration.ofSeconds(30));
        assertThat(watcher.pump()).isFalse();
        assertThat(sent).containsExactly("now 1");
    }

    private void hears(String session, Message message) {
        watcher.hears(
                new Bulletin(1, "acme", new SessionId(session), print(session), 1, Optional.empty(), message), message);
    }

    private static Message aBreak(String event, String session, String text) {
        return new Message(
                event,
                "at " + text,
                Optional.of(new SessionId(session)),
                "",
                () -> new JsonObject().put("told", text).put("id", "at " + text),
                null);
    }

    private void hears(String session, long... revisions) {
        for (long revision : revisions) {
            Message message = message(session, revision);
            watcher.hears(
                    new Bulletin(
                            1, "acme", new SessionId(session), print(session), revision, Optional.empty(), message),
                    message);
        }
    }

    private static long print(String session) {
        return session.hashCode();
    }

    private static Message message(String session, long revision) {
        return message(session, session + " " + revision);
    }

    private static Message message(String session, String text) {
        return new Message(
                Message.USUAL,
                "",
                Optional.of(new SessionId(session)),
                "running",
                () -> new JsonObject().put("told", text),
                more -> message(session, text + "+" + more));
    }

    private static String data(Message message) {
        String event = message.eventText().toString();
        return event.substring(event.indexOf("data: ") + 6);
    }

    private void reached() {
        watcher.isReachedBy(new Outlet() {
            @Override
            public boolean full() {
                return full;
            }

            @Override
            public void write(Message message) {
                JsonObject told = new JsonObject(data(message));
                sent.add(told.getString("told"));
                assertThat(told.getString("id", "")).isEqualTo(message.id());
                places.add(message.id());
            }

            @Override
            public void flush() {
                // Each is sent when it is written.
            }

            @Override
            public void ping() {
                throw new AssertionError("nobody pings here");
            }

            @Override
            public void close(short code, String reason) {
                throw new AssertionError("nobody closes here");
            }

            @Override
            public void cut() {
                throw new AssertionError("nobody cuts here");
            }

            @Override
            public void onDrain(Runnable drained) {
                // The test asks it to go on.
            }

            @Override
            public void onClosed(Runnable closed) {
                // It stays open.
            }
        });
    }
}
