package dev.reveille.runtimeapi;

import dev.reveille.session.Quoted;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;

/** Makes upstream's words fit for outsiders: short, without control characters, addresses and keys. */
final class Discretion {
    private static final int LONGEST = 300;

    /** Searched for addresses before the cut, so that none is left over in part. */
    private static final int LONGEST_READ = 16_384;

    private static final String INSTEAD = "(address)";

    /**
     * A URL; an IPv6 address in brackets; a host with a port; an IPv4 address; a name inside a cluster. Each begins only where
     * a word does and repeats no group, so that the search is linear and flat.
     */
    private static final Pattern ADDRESS = Pattern.compile("(?<![A-Za-z0-9+.-])[A-Za-z0-9][A-Za-z0-9+.-]*://\\S+"
            + "|\\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\\](?::\\d+)?"
            + "|(?<![\\w.-])(?=[\\d.-]*[A-Za-z]|\\d+\\.\\d)[A-Za-z0-9][A-Za-z0-9.-]*:\\d{2,5}(?!\\d)"
            + "|(?<![\\w.])\\d{1,3}(?:\\.\\d{1,3}){3}(?![\\w.]\\d)"
            + "|(?<![\\w.-])[A-Za-z0-9][A-Za-z0-9.-]*\\.(?:svc|local|internal|lan)(?![A-Za-z0-9-])[A-Za-z0-9.-]*");

    private final Pattern hidden;

    /** @param base the upstream's own address, hidden even where nothing else shows that it is one */
    Discretion(URI base) {
        this.hidden = base.getHost() == null
                ? ADDRESS
                : Pattern.compile(ADDRESS.pattern() + "|(?<![\\w-])(?i:" + Pattern.quote(base.getHost())
                        + ")(?::\\d+)?(?![\\w-])");
    }

    String apply(String text) {
        String readable = Quoted.plain(text, LONGEST_READ);
        return Quoted.plain(hidden.matcher(readable).replaceAll(INSTEAD), LONGEST)
                .strip();
    }

    /** The same, with what must not be told left out of all its texts. The others stay as they are, however long. */
    JsonObject apply(JsonObject json, Optional<String> key) {
        JsonObject fit = new JsonObject();
        json.forEach(member -> fit.put(member.getKey(), fit(member.getValue(), key)));
        return fit;
    }

    private Object fit(Object value, Optional<String> key) {
        if (value instanceof JsonObject object) {
            return apply(object, key);
        }
        if (value instanceof JsonArray array) {
            JsonArray fit = new JsonArray();
            array.forEach(item -> fit.add(fit(item, key)));
            return fit;
        }
        return value instanceof String text && tells(text, key) ? apply(text, key) : value;
    }

    private boolean tells(String text, Optional<String> key) {
        return key.filter(k -> !k.isEmpty() && text.contains(k)).isPresent()
                || hidden.matcher(text).find();
    }

    /** @param key was shown to upstream, which may have repeated it */
    String apply(String text, Optional<String> key) {
        return apply(
                key.filter(k -> !k.isEmpty()).map(k -> text.replace(k, "(key)")).orElse(text));
    }
}
