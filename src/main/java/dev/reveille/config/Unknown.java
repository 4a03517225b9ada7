package dev.reveille.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What to say about a name that no setting has. What was written for it is not shown: it may be a misnamed secret. */
final class Unknown {
    private Unknown() {}

    static String key(String name) {
        List<String> known = names(name).toList();
        return name + ": unknown " + advice(name, known);
    }

    static String variable(String variable) {
        List<String> known = Stream.concat(Keys.all().stream(), Keys.ofItems(0))
                .map(key -> key.variable().substring(Key.VARIABLES.length()))
                .toList();
        String name = variable.substring(Key.VARIABLES.length());
        String advice = Nearest.to(name, known)
                .map(near -> "did you mean " + Key.VARIABLES + near + "?")
                .orElseGet(() -> "expected: " + namesakes(name, known));
        return variable + ": unknown (" + advice + ")";
    }

    private static String namesakes(String name, List<String> known) {
        String section = name.substring(0, name.indexOf('_') + 1);
        return section.isEmpty() || known.stream().noneMatch(variable -> variable.startsWith(section))
                ? "REVEILLE_ and a key, such as " + Keys.HTTP_PORT.variable()
                : known.stream()
                        .filter(variable -> variable.startsWith(section))
                        .map(variable -> Key.VARIABLES + variable)
                        .collect(Collectors.joining(", ", "one of ", ""));
    }

    private static String advice(String name, List<String> known) {
        return Nearest.to(name, name.indexOf('.') < 0 ? sections(known) : known)
                .map(near -> "(did you mean " + near + "?)")
                .orElseGet(() -> "(expected: one of " + String.join(", ", siblings(name, known)) + ")");
    }

    private static Stream<String> names(String near) {
        int place = Keys.tenantOf(near).or(() -> Keys.intentOf(near)).orElse(0);
        return Stream.concat(Keys.all().stream(), Keys.ofItems(place)).map(Key::name);
    }

    /** The keys of the innermost section that {@code name} is in and that exists; otherwise the sections. */
    private static Set<String> siblings(String name, List<String> known) {
        for (int end = name.lastIndexOf('.'); end > 0; end = name.lastIndexOf('.', end - 1)) {
            String section = name.substring(0, end + 1);
            Set<String> keys = known.stream()
                    .filter(key -> key.startsWith(section))
                    .collect(Collectors.toCollection(LinkedHashSet::new));
            if (!keys.isEmpty()) {
                return keys;
            }
        }
        return sections(known);
    }

    private static Set<String> sections(List<String> known) {
        return known.stream()
                .map(key -> key.substring(0, key.indexOf('.')))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
