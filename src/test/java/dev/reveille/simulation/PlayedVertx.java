package dev.reveille.simulation;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Timer;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientBuilder;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.impl.future.PromiseImpl;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;

/** What one node has of Vert.x: timers, an event bus, a client for HTTP. All of it ends with the node. */
final class PlayedVertx {
    private final World world;
    private final BiConsumer<String, JsonObject> publishing;
    private final BiFunction<RequestOptions, Buffer, Reply> http;
    private final Map<String, Handler<Message<JsonObject>>> consumers = new HashMap<>();
    private final Set<Long> timers = new HashSet<>();
    private final ContextInternal context = madeContext();
    private final EventBus bus = bus();
    private final VertxInternal vertx = made();
    private boolean alive = true;
    private long lastTimer;

    /** An answer to a request by HTTP. */
    record Reply(int status, JsonObject body) {}

    /**
     * @param publishing takes what this node publishes
     * @param http answers its requests, when they arrive
     */
    PlayedVertx(
            World world, BiConsumer<String, JsonObject> publishing, BiFunction<RequestOptions, Buffer, Reply> http) {
        this.world = world;
        this.publishing = publishing;
        this.http = http;
    }

    Vertx vertx() {
        return vertx;
    }

    ContextInternal context() {
        return context;
    }

    boolean alive() {
        return alive;
    }

    /** Nothing happens on this node any more. What it has sent is under way none the less. */
    void dies() {
        alive = false;
    }

    /** Something published elsewhere, or here, has arrived. */
    void hears(String address, JsonObject news) {
        Handler<Message<JsonObject>> consumer = consumers.get(address);
        if (alive && consumer != null) {
            consumer.handle(message(news, Promise.promise()));
        }
    }

    private VertxInternal made() {
        return Fake.of(VertxInternal.class)
                .on("setTimer", a -> timer((Long) a[0], 0, handler(a[1])))
                .on("setPeriodic", a -> timer((Long) a[0], (Long) a[0], handler(a[1])))
                .on("cancelTimer", a -> timers.remove((Long) a[0]))
                .on("timer", a -> timer(((TimeUnit) a[1]).toMillis((Long) a[0])))
                .gives("getOrCreateContext", context)
                .gives("eventBus", bus)
                .on("executeBlocking", a -> blocking((Callable<?>) a[0]))
                .on("httpClientBuilder", a -> clientBuilder())
                .made();
    }

    // Timers.

    private long timer(long millis, long period, Handler<Long> handler) {
        long id = ++lastTimer;
        timers.add(id);
        ring(id, millis, period, handler);
        return id;
    }

    private void ring(long id, long millis, long period, Handler<Long> handler) {
        world.at(Duration.ofMillis(millis), () -> {
            if (alive && timers.contains(id)) {
                if (period == 0) {
                    timers.remove(id);
                } else {
                    ring(id, period, period, handler);
                }
                handler.handle(id);
            }
        });
    }

    private Timer timer(long millis) {
        Promise<Void> over = Promise.promise();
        timer(millis, 0, id -> over.complete());
        return (Timer) Proxy.newProxyInstance(
                PlayedVertx.class.getClassLoader(), new Class<?>[] {Timer.class}, (proxy, method, arguments) -> {
                    try {
                        return method.invoke(over.future(), arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }

    @SuppressWarnings("unchecked")
    private static Handler<Long> handler(Object handler) {
        return (Handler<Long>) handler;
    }

    /** Whoever is here runs on it. */
    private ContextInternal madeContext() {
        EventLoop loop = Fake.of(EventLoop.class)
                .on("schedule", a -> scheduled((Runnable) a[0], ((TimeUnit) a[2]).toMillis((Long) a[1])))
                .made();
        return Fake.of(ContextInternal.class)
                .gives("isRunningOnContext", true)
                .gives("nettyEventLoop", loop)
                .on("promise", a -> new PromiseImpl<>(context))
                .on("runOnContext", a -> {
                    world.soon(() -> run(a[0]));
                    return null;
                })
                .made();
    }

    private Object scheduled(Runnable task, long millis) {
        long id = timer(millis, 0, t -> task.run());
        Fake<?> scheduled = Fake.of(ScheduledFuture.class);
        return scheduled.on("cancel", a -> timers.remove(id)).made();
    }

    @SuppressWarnings("unchecked")
    private void run(Object handler) {
        if (alive) {
            ((Handler<Void>) handler).handle(null);
        }
    }

    private static Future<?> blocking(Callable<?> work) {
        try {
            return Future.succeededFuture(work.call());
        } catch (Exception failed) {
            return Future.failedFuture(failed);
        }
    }

    // The event bus. Questions are asked on the node that answers them.

    @SuppressWarnings("unchecked")
    private EventBus bus() {
        return Fake.of(EventBus.class)
                .on("publish", a -> {
                    publishing.accept((String) a[0], (JsonObject) a[1]);
                    return null;
                })
                .on("consumer", a -> {
                    consumers.put((String) a[0], (Handler<Message<JsonObject>>) a[1]);
                    return consumer((String) a[0]);
                })
                .on("request", a -> {
                    Promise<Message<JsonObject>> reply = Promise.promise();
                    consumers.get((String) a[0]).handle(message((JsonObject) a[1], reply));
                    return reply.future();
                })
                .made();
    }

    private MessageConsumer<?> consumer(String address) {
        return Fake.of(MessageConsumer.class)
                .gives("completion", Future.succeededFuture())
                .on("unregister", a -> {
                    consumers.remove(address);
                    return Future.succeededFuture();
                })
                .made();
    }

    @SuppressWarnings("unchecked")
    private static Message<JsonObject> message(JsonObject body, Promise<Message<JsonObject>> reply) {
        return Fake.of(Message.class)
                .gives("body", body)
                .on("reply", a -> {
                    reply.complete(message((JsonObject) a[0], Promise.promise()));
                    return null;
                })
                .on("fail", a -> {
                    reply.fail(new ReplyException(ReplyFailure.RECIPIENT_FAILURE, (Integer) a[0], (String) a[1]));
                    return null;
                })
                .made();
    }

    // HTTP.

    private HttpClientBuilder clientBuilder() {
        Fake<HttpClientBuilder> builder = Fake.of(HttpClientBuilder.class);
        return builder.gives("with", builder)
                .gives("withConnectHandler", builder)
                .on("build", a -> client())
                .made();
    }

    private HttpClientAgent client() {
        return Fake.of(HttpClientAgent.class)
                .on("request", a -> {
                    PromiseImpl<HttpClientRequest> connected = new PromiseImpl<>(context);
                    connected.complete(request((RequestOptions) a[0]));
                    return connected.future();
                })
                .gives("close", Future.succeededFuture())
                .made();
    }

    private HttpClientRequest request(RequestOptions options) {
        return Fake.of(HttpClientRequest.class)
                .on("send", a -> {
                    Buffer body = a == null ? Buffer.buffer() : (Buffer) a[0];
                    return world.call(this::alive, () -> http.apply(options, body))
                            .map(PlayedVertx::response);
                })
                .gives("reset", Future.succeededFuture(true))
                .made();
    }

    /** The body is there at once, and all of it. */
    @SuppressWarnings("unchecked")
    private static HttpClientResponse response(Reply reply) {
        Fake<HttpClientResponse> response = Fake.of(HttpClientResponse.class);
        return response.gives("statusCode", reply.status())
                .gives("getHeader", null)
                .gives("exceptionHandler", response)
                .on("handler", a -> {
                    ((Handler<Buffer>) a[0]).handle(reply.body().toBuffer());
                    return response;
                })
                .on("endHandler", a -> {
                    ((Handler<Void>) a[0]).handle(null);
                    return response;
                })
                .made();
    }
}
