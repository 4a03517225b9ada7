package dev.reveille.bus;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A question on the event bus and its answer.
 *
 * @param <A> what is asked
 * @param <R> what is answered
 * @param address where; part of the public API
 */
public record Endpoint<A, R>(String address, Shape<A> argument, Shape<R> reply) {
    private static final Logger LOG = LoggerFactory.getLogger(Endpoint.class);

    /**
     * Asks a node of the cluster.
     *
     * @param patience from now to the reply; the serving side may need up to the {@code patience} of the command
     * @return the reply; fails with {@link FailureException}, {@code runtime_api_unavailable} excepted only with what the
     *     serving side said, or {@code internal} if nobody answered in time
     */
    public Future<R> ask(EventBus bus, A question, Duration patience) {
        return send(bus, question, patience, false);
    }

    /** As {@link #ask}, but served by this node itself. */
    public Future<R> askHere(EventBus bus, A question, Duration patience) {
        return send(bus, question, patience, true);
    }

    private Future<R> send(EventBus bus, A question, Duration patience, boolean here) {
        return attempt(bus, question, patience, here).recover(error -> Future.failedFuture(asFailure(error)));
    }

    /** As {@link #ask}, but fails with what the event bus says, so that the caller can tell whether to ask again. */
    Future<R> attempt(EventBus bus, A question, Duration patience, boolean here) {
        DeliveryOptions options = new DeliveryOptions()
                .setSendTimeout(Math.max(1, patience.toMillis()))
                .setLocalOnly(here);
        return bus.<JsonObject>request(address, argument.toJson().apply(question), options)
                .map(message -> reply.fromJson().apply(message.body()));
    }

    /**
     * Answers questions with what {@code handler} says. A handler that throws, or fails with anything but a {@link
     * FailureException}, answers {@code internal}, and the log has the rest.
     */
    public MessageConsumer<JsonObject> serve(EventBus bus, Function<A, Future<R>> handler) {
        return bus.consumer(address, message -> {
            A question;
            try {
                question = argument.fromJson().apply(object(message));
            } catch (RuntimeException wrong) {
                fail(message, asInvalid(wrong));
                return;
            }
            answer(message, question, handler);
        });
    }

    /** Anybody may send anything to an address. */
    private static JsonObject object(Message<?> message) {
        if (message.body() instanceof JsonObject object) {
            return object;
        }
        throw new GatewayFailure.InvalidRequest("the body is not understandable (expected: a JSON object)")
                .asException();
    }

    private void answer(Message<JsonObject> message, A question, Function<A, Future<R>> handler) {
        Future<R> result;
        try {
            result = handler.apply(question);
        } catch (RuntimeException defect) {
            result = Future.failedFuture(defect);
        }
        result.map(reply.toJson()).onSuccess(message::reply).onFailure(error -> fail(message, asReported(error)));
    }

    private static GatewayFailure asInvalid(RuntimeException wrong) {
        if (wrong instanceof FailureException known) {
            return known.failure();
        }
        return new GatewayFailure.InvalidRequest(
                wrong.getMessage() == null ? "the message is not understandable" : wrong.getMessage());
    }

    private GatewayFailure asReported(Throwable error) {
        if (error instanceof FailureException known) {
            return known.failure();
        }
        LOG.error("address={} failed", address, error);
        return GatewayFailure.Internal.inTheLog();
    }

    private static void fail(Message<JsonObject> message, GatewayFailure failure) {
        message.fail(failure.status(), Wire.failure(failure).encode());
    }

    /** What a failed {@link #attempt} means to the caller. */
    FailureException asFailure(Throwable error) {
        if (error instanceof ReplyException reply) {
            return switch (reply.failureType()) {
                case RECIPIENT_FAILURE ->
                    Wire.failure(new JsonObject(reply.getMessage())).asException();
                case NO_HANDLERS ->
                    new GatewayFailure.ShuttingDown(
                                    "this node is starting or about to leave; try again", Duration.ofSeconds(1))
                            .asException();
                default -> {
                    LOG.warn("address={} no answer: {}", address, reply.getMessage());
                    yield new GatewayFailure.Internal("the gateway itself did not answer in time").asException();
                }
            };
        }
        LOG.error("address={} failed", address, error);
        return GatewayFailure.Internal.inTheLog().asException();
    }
}
