package dev.reveille.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The scripts of one side. The newest one that fits a call serves it. */
final class Scripts {
    private record Entry(CallPattern pattern, Script script) {}

    private final List<Entry> newestFirst = new CopyOnWriteArrayList<>();

    Script on(String method, String path) {
        Script script = new Script();
        newestFirst.add(0, new Entry(new CallPattern(method, path), script));
        return script;
    }

    Step next(String method, String path) {
        return newestFirst.stream()
                .filter(entry -> entry.pattern().matches(method, path))
                .findFirst()
                .map(entry -> entry.script().next())
                .orElse(Step.AS_USUAL);
    }

    void clear() {
        newestFirst.clear();
    }
}
