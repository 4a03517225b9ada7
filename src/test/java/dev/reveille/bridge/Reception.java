package dev.reveille.bridge;

import static dev.reveille.testing.TestGateway.await;

import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.bus.Catalogue;
import dev.reveille.config.Settings;
import dev.reveille.config.TestSettings;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionProgress;
import dev.reveille.watch.StatusEvent;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Where guests arrive, without connections: there is one session, and a clock that goes on when it is told to. */
final class Reception {
    static final Duration TICKETS_ARE_GOOD_FOR = Duration.ofMinutes(5);

    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2025-01-01T12:00:00Z"));
    private final Tickets tickets = new Tickets(() -> new byte[32], TICKETS_ARE_GOOD_FOR, now::get);
    private final AtomicReference<Promise<Void>> hesitation = new AtomicReference<>();
    private final House house;

    private Reception(String session, String owner, String... given) {
        Settings settings = TestSettings.of(given);
        Tenants tenants = new Tenants(settings.tenants(), Optional.empty());
        this.house = new House(
                vertx,
                new Admission(vertx.eventBus(), tenants, tickets),
                new Feed(),
                new Seats(settings.bridges()),
                settings.bridges());
        await(Catalogue.GET
                .serve(vertx.eventBus(), look -> {
                    boolean there = look.id().value().equals(session)
                            && look.tenant().orElseThrow().equals(owner);
                    Promise<Void> waiting = hesitation.get();
                    return (waiting == null ? Future.<Void>succeededFuture() : waiting.future())
                            .compose(v -> there
                                    ? Future.succeededFuture(new JsonObject())
                                    : Future.failedFuture(new GatewayFailure.UnknownSession("none").asException()));
                })
                .completion());
    }

    /** For the tenants acme and zeta, with keys of those names. */
    static Reception of(String session, String owner, String... settings) {
        String[] all = new String[settings.length + 4];
        all[0] = "tenants.0.name=acme";
        all[1] = "tenants.0.api-key=acme-key";
        all[2] = "tenants.1.name=zeta";
        all[3] = "tenants.1.api-key=zeta-key";
        System.arraycopy(settings, 0, all, 4, settings.length);
        return new Reception(session, owner, all);
    }

    /** For everybody. */
    static Reception withoutTenants(String session) {
        return new Reception(session, Tenants.EVERYBODY);
    }

    Tickets tickets() {
        return tickets;
    }

    void advance(Duration time) {
        now.updateAndGet(at -> at.plus(time));
    }

    /** Whether there is a session is not answered from now on. */
    void hesitates() {
        hesitation.set(Promise.promise());
    }

    void hesitatesNoMore() {
        hesitation.getAndSet(null).complete();
    }

    /** Progress, with a number. */
    void tells(String session, String tenant, int number) {
        house.feed()
                .tell(new StatusEvent.Progressed(
                        new SessionProgress(
                                new SessionId(session),
                                tenant,
                                1,
                                "starting",
                                Duration.ZERO,
                                Optional.empty(),
                                Optional.of("pending"),
                                number,
                                List.of(),
                                Optional.empty(),
                                ""),
                        tenant));
    }

    /** How many are there. */
    int taken() {
        return house.seats().taken();
    }

    int listeners() {
        return house.feed().addresses();
    }

    void awaitListeners(int addresses) {
        while (listeners() != addresses) {
            onLoop(() -> {});
        }
    }

    Visitor visitor(Shown shown) {
        Visitor visitor = new Visitor();
        onLoop(() -> {
            visitor.guest = new Guest(house, shown, visitor);
            visitor.guest.begin();
        });
        return visitor;
    }

    private void onLoop(Runnable what) {
        Promise<Void> done = Promise.promise();
        context.runOnContext(v -> {
            what.run();
            done.complete();
        });
        await(done.future());
    }

    Future<Void> close() {
        return vertx.close();
    }

    /** One that is there, and takes what it is told. */
    final class Visitor implements Line {
        private static final JsonObject END = new JsonObject().put("type", "end");

        private final BlockingQueue<JsonObject> told = new LinkedBlockingQueue<>();
        private Guest guest;

        /** Wants to listen there. */
        void registers(String addresses, String session, String... headers) {
            JsonObject all = new JsonObject();
            for (int i = 0; i < headers.length; i += 2) {
                all.put(headers[i], headers[i + 1]);
            }
            says(new JsonObject()
                    .put("type", "register")
                    .put("address", addresses + session)
                    .put("headers", all));
        }

        void says(JsonObject message) {
            onLoop(() -> guest.says(message.toBuffer()));
        }

        /** The next that it is told; of type {@code end} if the connection is closed or cut. */
        JsonObject next() {
            try {
                JsonObject next = told.poll(15, TimeUnit.SECONDS);
                if (next == null) {
                    throw new AssertionError("nothing is told");
                }
                return next;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        /** The code and the words of the next that it is told. */
        String refusal() {
            JsonObject next = next();
            return next.getString("code") + ": " + next.getString("message");
        }

        void goes() {
            onLoop(guest::left);
        }

        @Override
        public Future<Void> write(Buffer text) {
            told.add(text.toJsonObject());
            return Future.succeededFuture();
        }

        @Override
        public JsonObject news(String address, JsonObject body) {
            return new JsonObject().put("type", "news").put("body", body);
        }

        @Override
        public Optional<JsonObject> pong() {
            return Optional.of(new JsonObject().put("type", "pong"));
        }

        @Override
        public void close() {
            told.add(END);
        }

        @Override
        public void cut() {
            told.add(END);
        }
    }
}
