package dev.reveille.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which requests. What is not said fits all, and something is.
 *
 * @param service the word of a service
 * @param method in capitals
 * @param path behind the service's name and without the query; {@code *} stands for any text, slashes included
 * @param header the name of a field that is there
 * @param value what one of that field's values is; {@code *} stands for any text
 */
public record IntentMatch(
        Optional<String> service,
        Optional<String> method,
        Optional<String> path,
        Optional<String> header,
        Optional<String> value) {
    private static final List<String> SERVICES = List.of("runtime", "vscode", "work-1", "work-2");
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}");

    /** @throws IllegalArgumentException naming all values that have another form */
    public IntentMatch {
        method = method.map(name -> name.toUpperCase(Locale.ROOT));
        Expectations expectations = new Expectations(Keys.INTENTS)
                .that(
                        service.isPresent() || method.isPresent() || path.isPresent() || header.isPresent(),
                        "match",
                        "nothing",
                        "at least one of service, method, path, header")
                .that(value.isEmpty() || header.isPresent(), "match.value", "without a header", "match.header too");
        service.ifPresent(word -> expectations.that(
                SERVICES.contains(word), "match.service", word, "one of " + String.join(", ", SERVICES)));
        method.ifPresent(name ->
                expectations.that(TOKEN.matcher(name).matches(), "match.method", name, "a method such as GET or POST"));
        path.ifPresent(glob -> expectations.that(
                (glob.startsWith("/") || glob.startsWith("*")) && glob.indexOf('?') < 0,
                "match.path",
                glob,
                "a path that begins with / or *, without query"));
        header.ifPresent(name ->
                expectations.that(TOKEN.matcher(name).matches(), "match.header", name, "the name of a header field"));
        expectations.met();
    }
}
