package dev.reveille.bridge;

import io.vertx.core.json.JsonObject;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client of a bridge, whichever it is. */
abstract class Client implements AutoCloseable {
    private static final JsonObject END = new JsonObject().put("type", "end");

    /** The number of news that only try whether any come. */
    static final int PROBE = 1_000_000;

    private final BlockingQueue<JsonObject> heard = new LinkedBlockingQueue<>();

    abstract void say(JsonObject message);

    /** The type of what carries news: {@code rec} or {@code message}. */
    abstract String news();

    /** The type of what is said before the node closes the connection. */
    abstract String goodbye();

    @Override
    public abstract void close();

    void hears(JsonObject message) {
        heard.add(message);
    }

    void ended() {
        heard.add(END);
    }

    Client register(String address, String... headers) {
        JsonObject all = new JsonObject();
        for (int i = 0; i < headers.length; i += 2) {
            all.put(headers[i], headers[i + 1]);
        }
        say(new JsonObject().put("type", "register").put("address", address).put("headers", all));
        return this;
    }

    /** The next that it hears of that type; what comes before is dropped. */
    JsonObject next(String type) {
        try {
            while (true) {
                JsonObject next = heard.poll(15, TimeUnit.SECONDS);
                if (next == null) {
                    throw new AssertionError("nothing of type " + type + " was heard");
                }
                if (next.getString("type").equals(type)) {
                    return next;
                }
                if (next.getString("type").equals("end")) {
                    throw new AssertionError("the connection has ended");
                }
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The body of the next news, without those that only try whether any come. */
    JsonObject record() {
        JsonObject body = next(news()).getJsonObject("body");
        return body.getInteger("restart_count", 0) == PROBE ? record() : body;
    }

    /** Whether news come within a moment; what comes before is dropped. */
    boolean hearsSoon() {
        try {
            JsonObject next = heard.poll(50, TimeUnit.MILLISECONDS);
            return next != null && next.getString("type").equals(news());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The next refusal that says why. */
    JsonObject refused() {
        JsonObject refused = next("err");
        return refused.containsKey("code") ? refused : refused();
    }

    String refusal() {
        return refused().getString("code");
    }

    void awaitEnd() {
        next("end");
    }
}
