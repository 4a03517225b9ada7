package dev.reveille.bridge;

import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.bus.Catalogue;
import dev.reveille.bus.SessionCommand;
import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who may listen to what. */
final class Admission {
    /** An unknown session is asked for at the runtime API. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);
    private static final String UNKNOWN = "there is no such session, or it is not yours";

    private final EventBus bus;
    private final Tenants tenants;
    private final Tickets tickets;

    Admission(EventBus bus, Tenants tenants, Tickets tickets) {
        this.bus = bus;
        this.tenants = tenants;
        this.tickets = tickets;
    }

    /**
     * Somebody who may listen.
     *
     * @param address to what
     * @param tenant on whose behalf
     */
    record Listener(Address address, String tenant) {}

    /**
     * Finds out who wants to listen to {@code address}.
     *
     * @param shown with the connection
     * @param headers of the message, which count before that
     * @throws FailureException {@code forbidden} or {@code unauthorized}
     */
    Listener identify(String address, Shown shown, JsonObject headers) {
        Address known = Address.of(address)
                .orElseThrow(() -> forbidden("nobody may listen to that address (expected: " + Address.CHANGES
                        + "{session_id} or " + Address.PROGRESS + "{session_id})"));
        return known.session()
                .map(id -> new Listener(known, tenant(id, shown, headers)))
                .orElseGet(() -> listenerToAll(known, shown, headers));
    }

    /** On whose behalf somebody comes, by what the connection has shown; empty: that has to follow with a message. */
    Optional<String> tenant(Shown shown) {
        return shown.tenant().or(() -> good(shown.ticket()).map(Tickets.Grant::tenant));
    }

    /**
     * Looks whether there is a session of {@code listener}'s behind the address. One that is unknown and one of somebody else are
     * the same to him.
     *
     * @return fails with {@link FailureException}
     */
    Future<Void> look(Listener listener) {
        if (listener.address().session().isEmpty()) {
            return Future.succeededFuture();
        }
        SessionId id = listener.address().session().get();
        SessionCommand look = SessionCommand.byClient(id, listener.tenant(), Duration.ZERO);
        return Catalogue.GET
                .askHere(bus, look, PATIENCE)
                .recover(failed -> Future.failedFuture(alike(failed)))
                .mapEmpty();
    }

    /** What is said of {@code refused}; anything unexpected is logged. */
    static GatewayFailure said(Throwable refused) {
        if (refused instanceof FailureException known) {
            return known.failure();
        }
        LOG.error("unexpected", refused);
        return GatewayFailure.Internal.inTheLog();
    }

    private Listener listenerToAll(Address address, Shown shown, JsonObject headers) {
        Optional<String> ticket = ticket(shown, headers);
        if (ticket.isPresent()
                && good(ticket).orElseThrow(Admission::notGood).session().isPresent()) {
            throw forbidden("the ticket is good for one session alone");
        }
        if (!tenants.open()) {
            throw forbidden("several tenants share this gateway, so listen to one session at a time, at "
                    + Address.CHANGES + "{session_id}");
        }
        return new Listener(address, Tenants.EVERYBODY);
    }

    private String tenant(SessionId id, Shown shown, JsonObject headers) {
        Optional<String> key = Shown.key(headers);
        if (byTicket(key, shown, headers)) {
            return good(ticket(shown, headers))
                    .filter(grant -> grant.opens(id))
                    .map(Tickets.Grant::tenant)
                    .orElseThrow(Admission::notGood);
        }
        if (tenants.open()) {
            return Tenants.EVERYBODY;
        }
        if (key.isPresent()) {
            return tenants.whose(key).orElseThrow(() -> unauthorized("provide a valid API key (header X-API-Key)"));
        }
        return shown.tenant()
                .orElseThrow(() -> unauthorized(
                        "provide an API key (header X-API-Key of the message) or a ticket (header ticket)"));
    }

    /** Where everybody is let in, the ticket may be all that somebody has, and any key would do in its place. */
    private boolean byTicket(Optional<String> key, Shown shown, JsonObject headers) {
        return Shown.ticket(headers).isPresent() || (shown.ticket().isPresent() && (key.isEmpty() || tenants.open()));
    }

    /** That of the message, or else of the connection. */
    private static Optional<String> ticket(Shown shown, JsonObject headers) {
        return Shown.ticket(headers).or(shown::ticket);
    }

    /** What was good when the connection was opened need not be so still. */
    private Optional<Tickets.Grant> good(Optional<String> ticket) {
        return ticket.flatMap(tickets::verify);
    }

    private static Throwable alike(Throwable failed) {
        boolean hidden = failed instanceof FailureException known
                && (known.failure() instanceof GatewayFailure.UnknownSession
                        || known.failure() instanceof GatewayFailure.Forbidden);
        return hidden ? new GatewayFailure.UnknownSession(UNKNOWN).asException() : failed;
    }

    private static FailureException forbidden(String detail) {
        return new GatewayFailure.Forbidden(detail).asException();
    }

    private static FailureException notGood() {
        return unauthorized("the ticket is not good for this, or not any more; get a new one");
    }

    private static FailureException unauthorized(String detail) {
        return new GatewayFailure.Unauthorized(detail).asException();
    }
}
