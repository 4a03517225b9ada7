package dev.reveille.bridge;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One connection of a bridge: what it has shown, what it listens to, and what waits for it. Belongs to one event loop. */
final class Guest {
    /** Whoever is refused more often guesses. */
    private static final int MOST_REFUSALS = 20;

    private final Admission admission;
    private final Shown shown;
    private final int mostRegistrations;
    private final long mostWaiting;
    private final Runnable cut;
    private final Map<String, Admission.Listener> listening = new HashMap<>();
    private final Set<String> asking = new HashSet<>();
    private long waiting;
    private int refusals;
    private boolean active;

    /**
     * @param mostWaiting bytes that may wait to be sent
     * @param cut ends the connection at once
     */
    Guest(Admission admission, Shown shown, int mostRegistrations, long mostWaiting, Runnable cut) {
        this.admission = admission;
        this.shown = shown;
        this.mostRegistrations = mostRegistrations;
        this.mostWaiting = mostWaiting;
        this.cut = cut;
    }

    /**
     * Wants to listen to {@code address}.
     *
     * @return when it may; fails with {@link FailureException}
     */
    Future<Void> register(String address, JsonObject headers) {
        if (listening.containsKey(address) || asking.contains(address)) {
            return refused(new GatewayFailure.InvalidRequest("you listen to that address already"));
        }
        if (listening.size() + asking.size() >= mostRegistrations) {
            return refused(new GatewayFailure.InvalidRequest(
                    "you listen to too many addresses (expected: at most " + mostRegistrations + ")"));
        }
        asking.add(String.valueOf(address));
        return admission
                .admit(address, shown, headers)
                .onSuccess(listener -> {
                    active = true;
                    listening.put(address, listener);
                })
                .onFailure(refusal -> count())
                .onComplete(answered -> asking.remove(String.valueOf(address)))
                .mapEmpty();
    }

    private Future<Void> refused(GatewayFailure failure) {
        count();
        return Future.failedFuture(failure.asException());
    }

    private void count() {
        if (++refusals > MOST_REFUSALS) {
            cut.run();
        }
    }

    void unregister(String address) {
        listening.remove(address);
    }

    boolean hears(String address, Object news) {
        return Optional.ofNullable(listening.get(address))
                .filter(listener -> admission.mayHear(listener, news))
                .isPresent();
    }

    /** Whether it has ever been let listen to anything. */
    boolean isActive() {
        return active;
    }

    /** {@code bytes} were given to the connection; {@code sent} is when they have left. Cuts off whoever lets too many wait. */
    void sending(int bytes, Future<Void> sent) {
        waiting += bytes;
        sent.onComplete(left -> waiting -= bytes);
        if (waiting > mostWaiting) {
            cut.run();
        }
    }

    /** What a refusal looks like, as the clients of bridges expect it, with what the API would say. */
    static JsonObject error(String address, Throwable refusal) {
        GatewayFailure failure = refusal instanceof FailureException known
                ? known.failure()
                : new GatewayFailure.Internal("something went wrong here; the log of the gateway says what");
        JsonObject error = new JsonObject()
                .put("type", "err")
                .put("failureCode", failure.status())
                .put("failureType", "RECIPIENT_FAILURE")
                .put("code", failure.code())
                .put("message", failure.detail());
        return address == null ? error : error.put("address", address);
    }
}
