package dev.reveille.bridge;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of a bridge: what it has shown, what it listens to, and what waits for it. Belongs to one event loop. */
final class Guest {
    private static final Logger LOG = LoggerFactory.getLogger(Guest.class);

    /** Whoever is refused more often guesses, or means no good. */
    private static final int MOST_REFUSALS = 20;

    /** What a message that waits costs beside its text. */
    private static final int WRAPPING = 128;

    /** How long one has that is asked to go. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    private final House house;
    private final Context context;
    private final Shown shown;
    private final Line line;
    private final Map<String, Admission.Listener> listening = new HashMap<>();

    /** Each address with something that tells this asking from later ones. */
    private final Map<String, Object> asking = new HashMap<>();

    private Optional<Seats.Seat> seat = Optional.empty();
    private long waiting;
    private int refusals;
    private long timer;
    private long introduction = -1;
    private boolean active;
    private boolean heard = true;
    private boolean over;

    /** @param shown with the connection */
    Guest(House house, Shown shown, Line line) {
        this.house = house;
        this.context = house.vertx().getOrCreateContext();
        this.shown = shown;
        this.line = line;
    }

    void begin() {
        timer = house.vertx().setPeriodic(house.settings().idleTimeout().toMillis(), t -> look());
        try {
            takesSeat();
        } catch (FailureException full) {
            dismiss(full.failure());
        }
    }

    private void takesSeat() {
        Optional<String> tenant = house.admission().tenant(shown);
        if (tenant.isPresent()) {
            seat = Optional.of(house.seats().of(tenant.get()));
        } else {
            seat = Optional.of(house.seats().stranger(() -> run(this::makesRoom)));
            introduction =
                    house.vertx().setTimer(house.settings().strangerTimeout().toMillis(), t -> introduced());
        }
    }

    private boolean isStranger() {
        return seat.map(Seats.Seat::isStrangers).orElse(false);
    }

    /** It had time to say on whose behalf it comes. */
    private void introduced() {
        if (isStranger()) {
            dismiss(new GatewayFailure.Unauthorized(
                    "nothing was shown in time (expected: a register with a valid API key" + " or ticket, within "
                            + house.settings().strangerTimeout().toMillis() + " ms)"));
        }
    }

    private void makesRoom() {
        if (isStranger()) {
            cut();
        }
    }

    /** Whoever says nothing, or has never listened to anything, is not kept. One that does not read is not listened to. */
    private void look() {
        if (!heard || !active) {
            cut();
        }
        heard = false;
    }

    void run(Runnable what) {
        context.runOnContext(v -> what.run());
    }

    /** Something came of it, if only a part. */
    void isHeard() {
        heard = true;
    }

    /** It has said {@code text}, which should be a message. */
    void says(Buffer text) {
        if (over) {
            return;
        }
        isHeard();
        try {
            says(new JsonObject(text));
        } catch (DecodeException | ClassCastException none) {
            refuse(null, new GatewayFailure.InvalidRequest("that is no JSON object"));
        }
    }

    private void says(JsonObject message) {
        String address = message.getValue("address") instanceof String given ? given : null;
        switch (String.valueOf(message.getValue("type"))) {
            case "ping" -> line.pong().ifPresent(this::send);
            case "register" ->
                register(address, message.getValue("headers") instanceof JsonObject given ? given : new JsonObject());
            case "unregister" -> unregister(address);
            // Without the address: clients would take it for a refusal to let them listen there.
            case "send", "publish" -> refuse(null, new GatewayFailure.Forbidden("one may only listen here"));
            default ->
                refuse(
                        address,
                        new GatewayFailure.InvalidRequest("unknown type (expected: register, unregister or ping)"));
        }
    }

    private void register(String address, JsonObject headers) {
        try {
            room(address);
            Admission.Listener listener = house.admission().identify(address, shown, headers);
            seat.orElseThrow().belongsTo(listener.tenant());
            Object asked = new Object();
            asking.put(address, asked);
            house.admission()
                    .look(listener)
                    .onSuccess(there -> {
                        if (asking.remove(address, asked)) {
                            listens(listener);
                        }
                    })
                    .onFailure(refused -> {
                        if (asking.remove(address, asked)) {
                            refuse(address, Admission.said(refused));
                        }
                    });
        } catch (FailureException refused) {
            refuse(address, refused.failure());
        }
    }

    private void room(String address) {
        if (listening.containsKey(address) || asking.containsKey(address)) {
            throw new GatewayFailure.InvalidRequest("you listen to that address already").asException();
        }
        int most = house.settings().maxRegistrations();
        if (listening.size() + asking.size() >= most) {
            throw new GatewayFailure.InvalidRequest("you listen to too many addresses (expected: at most " + most + ")")
                    .asException();
        }
    }

    private void listens(Admission.Listener listener) {
        active = true;
        listening.put(listener.address().text(), listener);
        house.feed().listen(listener.address().text(), this);
    }

    private void unregister(String address) {
        if (listening.remove(address) != null) {
            house.feed().unlisten(address, this);
        } else if (asking.remove(address) == null) {
            refuse(address, new GatewayFailure.InvalidRequest("you do not listen to that address"));
        }
    }

    /** An id may be another's by now: sessions are forgotten, and opened again by whoever comes first. */
    void isTold(News news) {
        Admission.Listener listener = listening.get(news.address());
        if (listener != null && listener.tenant().equals(news.tenant())) {
            send(line.news(news.address(), news.body()));
        }
    }

    /** Tells it what is wrong; once too often, and it is cut off. */
    void refuse(String address, GatewayFailure failure) {
        send(error(address, failure));
        if (++refusals > MOST_REFUSALS) {
            cut();
        }
    }

    private void send(JsonObject message) {
        if (over) {
            return;
        }
        Buffer text = message.toBuffer();
        int cost = text.length() + WRAPPING;
        waiting += cost;
        line.write(text).onComplete(left -> waiting -= cost);
        if (waiting > house.settings().queue().bytes()) {
            cut();
        }
    }

    /** What a refusal looks like, as the clients of bridges expect it, with what the API would say. */
    private static JsonObject error(String address, GatewayFailure failure) {
        JsonObject error = new JsonObject()
                .put("type", "err")
                .put("failureCode", failure.status())
                .put("failureType", "RECIPIENT_FAILURE")
                .put("code", failure.code())
                .put("message", failure.detail());
        return address == null ? error : error.put("address", address);
    }

    /** This node is about to leave. */
    void dismiss() {
        dismiss(new GatewayFailure.ShuttingDown("this node is about to leave; connect again", Duration.ofSeconds(1)));
    }

    private void dismiss(GatewayFailure why) {
        send(error(null, why));
        end();
    }

    /** Ends it behind what was sent; whoever does not read that is cut off. */
    void end() {
        if (!over) {
            over = true;
            line.close();
            house.vertx().setTimer(LAST_WORDS.toMillis(), t -> line.cut());
        }
    }

    private void cut() {
        if (!over) {
            LOG.debug("client={} is cut off", line);
        }
        over = true;
        line.cut();
    }

    /** The connection has ended. */
    void left() {
        over = true;
        seat.ifPresent(Seats.Seat::isLeft);
        house.vertx().cancelTimer(timer);
        house.vertx().cancelTimer(introduction);
        listening.keySet().forEach(address -> house.feed().unlisten(address, this));
        listening.clear();
        asking.clear();
    }
}
