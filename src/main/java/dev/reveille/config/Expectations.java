package dev.reveille.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What a record of settings expects of its values. Collects what is not met, so that {@link #met} names all of it. */
final class Expectations {
    /** Timers and the options of Vert.x count milliseconds in an {@code int}, which ends after 24 days. */
    private static final Duration LONGEST = Duration.ofDays(24);

    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Pattern SECRET = Pattern.compile("[\\x21-\\x7e]{1,512}");
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
    private static final String OF_NOTHING = Digests.sha256("");
    private static final Set<String> SCHEMES = Set.of("http", "https");

    private final String section;
    private final List<Problem> problems = new ArrayList<>();

    /** @param section what the keys begin with; empty for keys that are whole */
    Expectations(String section) {
        this.section = section;
    }

    /** More than nothing. */
    Expectations time(String key, Duration value) {
        return time(key, value, LONGEST);
    }

    /** More than nothing, and {@code most} at most. */
    Expectations time(String key, Duration value, Duration most) {
        return within(key, value, SHORTEST, most);
    }

    /** Nothing at all is fine as well. */
    Expectations timeOrNone(String key, Duration value) {
        return within(key, value, Duration.ZERO, LONGEST);
    }

    Expectations number(String key, int value, int least, int most) {
        return that(value >= least && value <= most, key, "" + value, least + " to " + most);
    }

    Expectations size(String key, ByteSize value, long least, long most) {
        return that(
                value.bytes() >= least && value.bytes() <= most,
                key,
                value.toString(),
                new ByteSize(least) + " to " + new ByteSize(most));
    }

    /** {@code value} and {@code bound} are numbers of the same section. */
    Expectations atMost(String key, int value, String boundKey, int bound) {
        return ordered(value <= bound, key, "" + value, boundKey, "" + bound);
    }

    Expectations atMost(String key, Duration value, String boundKey, Duration bound) {
        return ordered(value.compareTo(bound) <= 0, key, Durations.text(value), boundKey, Durations.text(bound));
    }

    Expectations host(String key, String value) {
        return that(Hosts.isHost(value), key, value, "an IP address or a host name, without port");
    }

    Expectations secret(String key, String value) {
        return that(SECRET.matcher(value).matches(), key, "(hidden)", "1 to 512 visible ASCII characters");
    }

    /** The digest of a secret, in lower case. That of the empty text comes from a variable that was not set. */
    Expectations digest(String key, String value) {
        return that(DIGEST.matcher(value).matches(), key, "(hidden)", "64 hexadecimal digits, as sha256sum prints them")
                .that(!value.equals(OF_NOTHING), key, "that of an empty key", "that of a key");
    }

    /** An absolute URL to which a path can be appended. */
    Expectations base(String key, URI value) {
        return that(
                isBase(value),
                key,
                Form.withoutSecrets(value.toString()),
                "an http or https URL with a valid host name, without user, query or fragment");
    }

    /** An absolute URL to post to, with a path and a query of its own. */
    Expectations receiver(String key, URI value) {
        return that(
                isPlain(value),
                key,
                Form.withoutSecrets(value.toString()),
                "an http or https URL with a valid host name, without user or fragment");
    }

    Expectations that(boolean met, String key, String value, String expected) {
        if (!met) {
            problems.add(Problem.of(whole(key), value, expected));
        }
        return this;
    }

    Expectations that(boolean met, Problem otherwise) {
        if (!met) {
            problems.add(otherwise);
        }
        return this;
    }

    /** Of PEM files, {@code certificate} and {@code key} below the section: both or none, and of use together. */
    Expectations keyPair(Optional<Path> certificate, Optional<Path> key) {
        that(certificate.isPresent() || key.isEmpty(), "certificate", "missing", "a file; there is a key");
        that(key.isPresent() || certificate.isEmpty(), "key", "missing", "a file; there is a certificate");
        if (certificate.isPresent() && key.isPresent()) {
            try {
                KeyPairFiles.read(certificate.get(), key.get());
            } catch (UnusableFileException unusable) {
                that(false, unusable.key(), unusable.file().toString(), unusable.expected());
            }
        }
        return this;
    }

    /** @throws UnmetException with everything that was not as expected */
    void met() {
        if (!problems.isEmpty()) {
            throw new UnmetException(problems);
        }
    }

    private Expectations within(String key, Duration value, Duration least, Duration most) {
        Objects.requireNonNull(value, key);
        return that(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                key,
                Durations.text(value),
                Durations.text(least) + " to " + Durations.text(most));
    }

    private Expectations ordered(boolean met, String key, String value, String boundKey, String bound) {
        String expected = "at most " + whole(boundKey) + " " + bound;
        return that(met, new Problem(whole(key), value, expected, List.of(whole(key), whole(boundKey))));
    }

    private String whole(String key) {
        return section.isEmpty() ? key : section + "." + key;
    }

    private static boolean isBase(URI url) {
        return isPlain(url) && url.getRawQuery() == null;
    }

    private static boolean isPlain(URI url) {
        return url.getScheme() != null
                && SCHEMES.contains(url.getScheme())
                && url.getHost() != null
                && url.getPort() != 0
                && url.getPort() <= 65_535
                && url.getRawUserInfo() == null
                && url.getRawFragment() == null;
    }
}
