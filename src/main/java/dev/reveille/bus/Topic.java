package dev.reveille.bus;

import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * News on the event bus, for everybody who listens.
 *
 * @param address where; part of the public API
 */
public record Topic<T>(String address, Shape<T> shape) {
    private static final Logger LOG = LoggerFactory.getLogger(Topic.class);

    /** Tells everybody. Whether anybody heard it is not known. */
    public void publish(EventBus bus, T news) {
        bus.publish(address, shape.toJson().apply(news));
    }

    /**
     * Hands each piece of news to {@code listener}, on the caller's context, until unregistered. What is not understood is
     * skipped: anybody may publish anything to an address.
     */
    public MessageConsumer<JsonObject> follow(EventBus bus, Consumer<T> listener) {
        return bus.consumer(address, message -> understood(message).ifPresent(listener));
    }

    private Optional<T> understood(Message<?> message) {
        try {
            return Optional.of(shape.fromJson().apply((JsonObject) message.body()));
        } catch (RuntimeException wrong) {
            LOG.warn("address={} news that is not understood: {}", address, wrong.toString());
            return Optional.empty();
        }
    }
}
