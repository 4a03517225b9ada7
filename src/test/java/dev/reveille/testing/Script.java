package dev.reveille.testing;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What to answer, step by step: {@code on("POST", "/resume").answers(500).then(200)}. Each step serves one call; the last
 * one serves all that follow. A script without steps changes nothing.
 */
public final class Script {
    private final List<Step> steps = new ArrayList<>();
    private int served;

    Script() {}

    /** With {@code {"detail": "scripted STATUS"}}. 200 stands for whatever would be answered without a script. */
    public Script answers(int status) {
        return status == 200 ? usual() : answersJson(status, new JsonObject().put("detail", "scripted " + status));
    }

    /** The same as {@link #answers(int)}, for a script that reads well. */
    public Script then(int status) {
        return answers(status);
    }

    /** As without a script. */
    public Script usual() {
        return add(new Step(Step.Kind.USUAL, 0, Map.of(), Buffer.buffer(), 0));
    }

    /** 200 with this. */
    public Script answersJson(JsonObject body) {
        return answersJson(200, body);
    }

    public Script answersJson(int status, JsonObject body) {
        return answersBytes(status, "application/json", body.toBuffer());
    }

    /** 200 with any text, said to be JSON. */
    public Script answersText(String text) {
        return answersBytes(200, "application/json", Buffer.buffer(text));
    }

    public Script answersHtml(int status, String html) {
        return answersBytes(status, "text/html", Buffer.buffer(html));
    }

    public Script answersBytes(int status, String contentType, Buffer body) {
        return add(new Step(Step.Kind.ANSWER, status, Map.of("content-type", contentType), body, 0));
    }

    /** Takes the request and never answers. */
    public Script hangs() {
        return add(new Step(Step.Kind.HANG, 0, Map.of(), Buffer.buffer(), 0));
    }

    /** Takes the request, does nothing with it, and cuts the connection. */
    public Script resets() {
        return add(new Step(Step.Kind.RESET, 0, Map.of(), Buffer.buffer(), 0));
    }

    /** Does what was asked, and cuts the connection instead of answering. Control calls only. */
    public Script losesTheAnswer() {
        return add(new Step(Step.Kind.LOSE_ANSWER, 0, Map.of(), Buffer.buffer(), 0));
    }

    /** Does what was asked, and never answers. Control calls only. */
    public Script keepsTheAnswer() {
        return add(new Step(Step.Kind.KEEP_ANSWER, 0, Map.of(), Buffer.buffer(), 0));
    }

    /** A 200 head and the begin of a body of which the rest never comes. */
    public Script stalls() {
        return add(new Step(Step.Kind.STALL, 200, Map.of(), Buffer.buffer("{\"half\":"), 0));
    }

    /** A 200 head and the begin of a body, then the connection is cut. */
    public Script breaksOff() {
        return add(new Step(Step.Kind.BREAK_OFF, 200, Map.of(), Buffer.buffer("{\"half\":"), 0));
    }

    /** The step before comes this much later; without a step, the usual answer does. */
    public synchronized Script afterMillis(long millis) {
        return changeLast(s -> new Step(s.kind(), s.status(), s.headers(), s.body(), millis));
    }

    /** The step before carries this header too. */
    public synchronized Script header(String name, String value) {
        return changeLast(s -> {
            Map<String, String> headers = new LinkedHashMap<>(s.headers());
            headers.put(name, value);
            return new Step(s.kind(), s.status(), headers, s.body(), s.delayMillis());
        });
    }

    /** The step before serves this many calls. */
    public synchronized Script times(int times) {
        Step last = steps.get(steps.size() - 1);
        for (int i = 1; i < times; i++) {
            steps.add(last);
        }
        return this;
    }

    synchronized Step next() {
        if (steps.isEmpty()) {
            return Step.AS_USUAL;
        }
        Step step = steps.get(Math.min(served, steps.size() - 1));
        served++;
        return step;
    }

    private synchronized Script add(Step step) {
        steps.add(step);
        return this;
    }

    private Script changeLast(UnaryOperator<Step> change) {
        if (steps.isEmpty()) {
            steps.add(Step.AS_USUAL);
        }
        steps.set(steps.size() - 1, change.apply(steps.get(steps.size() - 1)));
        return this;
    }
}
