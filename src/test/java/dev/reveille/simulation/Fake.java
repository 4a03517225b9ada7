package dev.reveille.simulation;

import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;

/** An interface of Vert.x of which only the methods are there that are used here. All others fail loudly. */
final class Fake<T> {
    private final Class<T> type;
    private final Map<String, Answer> answers = new HashMap<>();

    private Fake(Class<T> type) {
        this.type = type;
    }

    /** What a method does, whichever of its overloads is called. */
    interface Answer {
        Object to(Object[] arguments);
    }

    static <T> Fake<T> of(Class<T> type) {
        return new Fake<>(type);
    }

    Fake<T> on(String method, Answer answer) {
        answers.put(method, answer);
        return this;
    }

    Fake<T> gives(String method, Object value) {
        return on(method, arguments -> value);
    }

    T made() {
        return type.cast(Proxy.newProxyInstance(
                Fake.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Answer answer = answers.get(method.getName());
                    if (answer != null) {
                        Object given = answer.to(arguments);
                        return given == this ? proxy : given;
                    }
                    return switch (method.getName()) {
                        case "hashCode" -> System.identityHashCode(proxy);
                        case "equals" -> proxy == arguments[0];
                        case "toString" -> type.getSimpleName();
                        default -> throw new UnsupportedOperationException(method.toString());
                    };
                }));
    }
}
