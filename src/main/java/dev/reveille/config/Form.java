package dev.reveille.config;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How a value is written. Whether it makes sense is for the record that takes it.
 *
 * @param reading from text, without spaces around it
 * @param writing to text that reads back as the same value, except for secrets
 * @param showing the text as it may stand in a complaint
 */
record Form<T>(Reading<T> reading, Function<T, String> writing, Function<String, String> showing) {
    static final String MASK = "********";

    static final Form<String> TEXT = of(text -> text, text -> text);
    static final Form<Integer> NUMBER = of(Form::number, number -> Integer.toString(number));
    static final Form<Boolean> YES_OR_NO = of(Form::yesOrNo, yes -> Boolean.toString(yes));
    static final Form<Duration> TIME = of(Durations::read, Durations::text);
    static final Form<ByteSize> SIZE = of(Form::size, ByteSize::toString);
    static final Form<Path> PLACE = of(Form::place, Path::toString);
    static final Form<Optional<Path>> FILE_OR_NONE = of(
            text -> text.isEmpty() ? Optional.empty() : Optional.of(place(text)),
            file -> file.map(Path::toString).orElse(""));
    static final Form<Optional<Path>> DIRECTORY_OR_NONE = of(
            text -> text.equals("none") ? Optional.empty() : Optional.of(place(text)),
            directory -> directory.map(Path::toString).orElse("none"));
    static final Form<List<String>> WORDS =
            of(Form::words, words -> words.isEmpty() ? "[]" : new JsonArray(words).encode());
    static final Form<List<AddressRange>> RANGES = of(
            Form::ranges,
            ranges -> ranges.isEmpty()
                    ? "[]"
                    : new JsonArray(ranges.stream().map(AddressRange::toString).toList()).encode());

    /** Those whose value may be written as a list. */
    static final Set<Form<?>> LISTS = Set.of(WORDS, RANGES);

    static final Form<Optional<String>> SECRET_OR_NONE = new Form<>(
            text -> Optional.of(text).filter(secret -> !secret.isEmpty()),
            secret -> secret.isPresent() ? MASK : "",
            text -> "(hidden)");

    private static final Pattern SIZED = Pattern.compile("([0-9]{1,9})(B|KiB|MiB|GiB)");
    private static final Pattern ALMOST_SIZED = Pattern.compile("([0-9]{1,9}) ?([kKmMgG])(?:[iI]?[bB])?");
    private static final String SIZES = "a size such as 512B, 64KiB, 1MiB or 2GiB";

    /** From text to value. */
    interface Reading<T> {
        /** @throws MismatchException saying what was expected */
        T read(String text) throws MismatchException;
    }

    T read(String text) throws MismatchException {
        return reading.read(text);
    }

    String text(T value) {
        return writing.apply(value);
    }

    String shown(String text) {
        return showing.apply(text);
    }

    /** A URL, or {@code none} for its absence. */
    static Form<Optional<URI>> urlOr(String none, String expected) {
        return new Form<>(
                text -> text.equalsIgnoreCase(none) ? Optional.empty() : Optional.of(url(text, expected)),
                url -> url.map(URI::toString).orElse(none),
                Form::withoutSecrets);
    }

    /** Ports in a row, or nothing. */
    static Form<Optional<PortRange>> portsOrNone() {
        return of(
                text -> text.isEmpty() ? Optional.empty() : Optional.of(PortRange.read(text)),
                range -> range.map(PortRange::toString).orElse(""));
    }

    /** A text, or nothing. */
    static Form<Optional<String>> textOrNone() {
        return of(text -> Optional.of(text).filter(t -> !t.isEmpty()), text -> text.orElse(""));
    }

    /** One of the constants of {@code type}, in any case. */
    static <E extends Enum<E>> Form<E> choice(Class<E> type) {
        return of(text -> choice(type, text), Form::lower);
    }

    /** A URL without what may be a password: the user, and the query. */
    static String withoutSecrets(String url) {
        return url.replaceFirst("//[^/]*@", "//…@").replaceFirst("\\?.*", "?…");
    }

    private static <T> Form<T> of(Reading<T> reading, Function<T, String> writing) {
        return new Form<>(reading, writing, text -> text);
    }

    private static Integer number(String text) throws MismatchException {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            throw new MismatchException("a whole number up to " + Integer.MAX_VALUE);
        }
    }

    private static Boolean yesOrNo(String text) throws MismatchException {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new MismatchException("true or false");
        };
    }

    /** {@code 64K} and {@code 64KB} are refused: they are 64000 bytes to some and 65536 to others. */
    private static ByteSize size(String text) throws MismatchException {
        if (text.equals("0")) {
            return new ByteSize(0);
        }
        Matcher matcher = SIZED.matcher(text);
        if (matcher.matches()) {
            return new ByteSize(Long.parseLong(matcher.group(1)) << shift(matcher.group(2)));
        }
        Matcher almost = ALMOST_SIZED.matcher(text);
        if (almost.matches()) {
            String meant = almost.group(1) + almost.group(2).toUpperCase(Locale.ROOT) + "iB";
            throw new MismatchException(SIZES + "; did you mean " + meant + "?");
        }
        boolean bare = text.chars().allMatch(c -> c >= '0' && c <= '9') && !text.isEmpty();
        throw new MismatchException(bare ? SIZES + "; a unit is missing" : SIZES);
    }

    private static int shift(String unit) {
        return switch (unit) {
            case "KiB" -> 10;
            case "MiB" -> 20;
            case "GiB" -> 30;
            default -> 0;
        };
    }

    private static Path place(String text) throws MismatchException {
        if (text.isEmpty()) {
            throw new MismatchException("a directory");
        }
        try {
            boolean atHome = text.equals("~") || text.startsWith("~/");
            return atHome ? Path.of(System.getProperty("user.home"), text.substring(1)) : Path.of(text);
        } catch (InvalidPathException e) {
            throw new MismatchException("a directory");
        }
    }

    private static List<String> words(String text) throws MismatchException {
        if (text.startsWith("[")) {
            return list(text);
        }
        return text.isEmpty() ? List.of() : Arrays.asList(text.split("\\s+", -1));
    }

    private static List<AddressRange> ranges(String text) throws MismatchException {
        List<AddressRange> ranges = new ArrayList<>();
        for (String word :
                words(text.startsWith("[") ? text : text.replace(',', ' ').trim())) {
            ranges.add(AddressRange.read(word.toLowerCase(Locale.ROOT)));
        }
        return List.copyOf(ranges);
    }

    private static List<String> list(String text) throws MismatchException {
        try {
            List<?> items = new JsonArray(text).getList();
            if (items.stream().allMatch(String.class::isInstance)) {
                return items.stream().map(String.class::cast).toList();
            }
        } catch (DecodeException e) {
            // Falls through: a text that is no JSON is as wrong as a list of something else.
        }
        throw new MismatchException("words with spaces between them, or a list of strings");
    }

    private static URI url(String text, String expected) throws MismatchException {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new MismatchException(expected);
        }
    }

    private static <E extends Enum<E>> E choice(Class<E> type, String text) throws MismatchException {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equalsIgnoreCase(text)) {
                return constant;
            }
        }
        throw new MismatchException(Arrays.stream(type.getEnumConstants())
                .map(Form::lower)
                .collect(Collectors.joining(", ", "one of ", "")));
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static URI withoutTrailingSlash(URI url) {
        String text = url.toString();
        return text.endsWith("/") ? URI.create(text.replaceFirst("/+$", "")) : url;
    }
}
