package dev.reveille.bus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.SessionId;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whether what is written about the bus is all and is so. */
class BusPageTest {
    private static final Path PAGE = Path.of("src/site/markdown/bus.md");
    private static final Path EXAMPLE = Path.of("src/test/java/dev/reveille/example/WatchAndResume.java");
    private static final Pattern SAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern ADDRESS = Pattern.compile("`(reveille\\.(?:session|runtime)\\.[a-z.<>_]+)`");

    @Test
    void everyAddressIsNamedAndNoOther() throws Exception {
        List<String> named = ADDRESS.matcher(Files.readString(PAGE))
                .results()
                .map(found -> found.group(1))
                .distinct()
                .toList();

        assertThat(named).containsExactlyInAnyOrderElementsOf(addresses());
    }

    @Test
    void everySampleStandsInTheExample() throws IOException {
        String example = unindented(Files.readString(EXAMPLE));
        Matcher samples = SAMPLE.matcher(Files.readString(PAGE));

        assertThat(samples.results().map(sample -> unindented(sample.group(1))))
                .isNotEmpty()
                .allSatisfy(sample -> assertThat(example).contains(sample));
    }

    private static List<String> addresses() throws IllegalAccessException {
        List<String> all = new ArrayList<>();
        for (Field field : Catalogue.class.getFields()) {
            Object value = field.get(null);
            if (value instanceof Endpoint<?, ?> endpoint) {
                all.add(endpoint.address());
            } else if (value instanceof Topic<?> topic) {
                all.add(topic.address());
            }
        }
        assertThat(all).contains(Catalogue.CHANGED.address(), Catalogue.RUNTIME_STOP.address());
        all.add(Catalogue.changed(new SessionId("x")).address().replaceFirst("x$", "<session_id>"));
        all.add(Catalogue.progress(new SessionId("x")).address().replaceFirst("x$", "<session_id>"));
        return all;
    }

    private static String unindented(String code) {
        return code.replaceAll("(?m)^ +", "");
    }
}
