package dev.reveille.bus;

import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.function.Consumer;

/**
 * News on the event bus, for everybody who listens.
 *
 * @param address where; part of the public API
 */
public record Topic<T>(String address, Shape<T> shape) {
    /** Tells everybody. Whether anybody heard it is not known. */
    public void publish(EventBus bus, T news) {
        bus.publish(address, shape.toJson().apply(news));
    }

    /** Hands each piece of news to {@code listener}, on the caller's context, until unregistered. */
    public MessageConsumer<JsonObject> follow(EventBus bus, Consumer<T> listener) {
        return bus.consumer(address, message -> listener.accept(shape.fromJson().apply(message.body())));
    }
}
