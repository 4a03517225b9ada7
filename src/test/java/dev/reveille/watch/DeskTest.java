package dev.reveille.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.SessionId;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How many are spoken to on one event loop, and what else has its turn there. */
class DeskTest {
    private static final int MANY = 5 * Desk.SENT_AT_ONCE;

    private Vertx vertx;
    private Stage stage;
    private Hub hub;
    private Desk desk;
    private NetServer elsewhere;
    private Socket somebody;
    private final CompletableFuture<Integer> writtenWhenHeard = new CompletableFuture<>();
    private final CompletableFuture<Void> allWritten = new CompletableFuture<>();
    private int written;

    @BeforeEach
    void start() throws IOException {
        vertx = Stage.vertx();
        stage = Stage.on(vertx);
        Context context = ((VertxInternal) vertx).createEventLoopContext();
        hub = new Hub(vertx, context, stage.registry(), Stage.TIMES.repairInterval(), InstantSource.system());
        TestGateway.await(hub.open());
        desk = new Desk(vertx, context, hub, new Places(MANY), Stage.TIMES, InstantSource.system());
        hub.add(desk);
        elsewhere = TestGateway.await(vertx.createNetServer()
                .connectHandler(socket -> socket.handler(said -> writtenWhenHeard.complete(written)))
                .listen(0, "127.0.0.1"));
        somebody = new Socket(InetAddress.getLoopbackAddress(), elsewhere.actualPort());
    }

    @AfterEach
    void stop() throws IOException {
        somebody.close();
        stage.close();
        TestGateway.await(vertx.close());
    }

    @Test
    void theNetworkHasItsTurnWhileManyAreTold() throws Exception {
        stage.opens("s-1");
        List<Noted> all = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            all.add(watches("s-1"));
        }
        stage.changes("s-1");

        // With their first they were told the state.
        allWritten.get(10, TimeUnit.SECONDS);
        assertThat(writtenWhenHeard.get(10, TimeUnit.SECONDS)).isBetween(MANY + 1, MANY + MANY / 2);
        assertThat(all).allSatisfy(one -> assertThat(one.told).containsExactly(1L, 2L));
    }

    private Noted watches(String session) {
        Noted outlet = new Noted();
        Wish wish = new Wish(Stage.TENANT, Optional.of(new SessionId(session)), Optional.empty(), Set.of());
        TestGateway.await(desk.admit(wish).onSuccess(watcher -> desk.reached(watcher, outlet)));
        return outlet;
    }

    /** At the first change that is written, something comes from the network. */
    private void wrote() {
        written++;
        if (written == MANY + 1) {
            try {
                somebody.getOutputStream().write('!');
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        }
        if (written == 2 * MANY) {
            allWritten.complete(null);
        }
    }

    private final class Noted implements Outlet {
        private final List<Long> told = new ArrayList<>();

        @Override
        public boolean full() {
            return false;
        }

        @Override
        public void write(Message message) {
            String text = message.eventText().toString();
            told.add(new JsonObject(text.substring(text.indexOf("data: ") + 6)).getLong("revision"));
            wrote();
        }

        @Override
        public void flush() {
            // It is written already.
        }

        @Override
        public void ping() {
            // It needs none.
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
            // It is never full.
        }

        @Override
        public void onClosed(Runnable closed) {
            // It stays open.
        }
    }
}
