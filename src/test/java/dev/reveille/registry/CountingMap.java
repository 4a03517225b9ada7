package dev.reveille.registry;

import io.vertx.core.Future;
import io.vertx.core.shareddata.AsyncMap;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A shared map that counts what is asked of it, and can be made to fail. */
public final class CountingMap {
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<String, Queue<Throwable>> failures = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> repeats = new ConcurrentHashMap<>();
    private final AsyncMap<String, String> counted;

    public CountingMap(AsyncMap<String, String> inner) {
        this.counted = counted(inner);
    }

    public AsyncMap<String, String> map() {
        return counted;
    }

    /** Of every method, since the begin. */
    public int calls() {
        return calls.get();
    }

    /** The next {@code times} calls of {@code method} fail, without reaching the map. */
    public void fails(String method, int times) {
        Queue<Throwable> queue = failures.computeIfAbsent(method, m -> new ConcurrentLinkedQueue<>());
        queue.addAll(new ArrayDeque<>(java.util.Collections.nCopies(times, new IllegalStateException("map is ill"))));
    }

    /** How many calls of {@code method} will fail yet. */
    public int failures(String method) {
        return failures.getOrDefault(method, new ConcurrentLinkedQueue<>()).size();
    }

    /** The next call of {@code method} reaches the map twice, as when the answer to the first is lost with a member. */
    public void repeats(String method) {
        repeats.computeIfAbsent(method, m -> new AtomicInteger()).incrementAndGet();
    }

    @SuppressWarnings("unchecked")
    private AsyncMap<String, String> counted(AsyncMap<String, String> inner) {
        return (AsyncMap<String, String>) Proxy.newProxyInstance(
                AsyncMap.class.getClassLoader(), new Class<?>[] {AsyncMap.class}, (proxy, method, arguments) -> {
                    calls.incrementAndGet();
                    Queue<Throwable> ill = failures.get(method.getName());
                    Throwable illness = ill == null ? null : ill.poll();
                    if (illness != null) {
                        return Future.failedFuture(illness);
                    }
                    AtomicInteger again = repeats.get(method.getName());
                    try {
                        if (again != null && again.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                            return ((Future<?>) method.invoke(inner, arguments))
                                    .compose(lost -> again(inner, method, arguments));
                        }
                        return method.invoke(inner, arguments);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }

    private static Future<?> again(Object inner, Method method, Object[] arguments) {
        try {
            return (Future<?>) method.invoke(inner, arguments);
        } catch (ReflectiveOperationException thrown) {
            return Future.failedFuture(thrown);
        }
    }
}
