package dev.reveille.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of HTML with places to fill in: <code>{{name}}</code> becomes a value, and what stands between
 * <code>{{#name}}</code> and <code>{{/name}}</code> goes if that value is empty. Values are text and never markup; there is
 * no way to fill one in unescaped.
 */
final class Template {
    private static final Pattern PLACE = Pattern.compile("\\{\\{([a-z-]+)}}");
    private static final Pattern PART = Pattern.compile("\\{\\{#([a-z-]+)}}(.*?)\\{\\{/\\1}}", Pattern.DOTALL);

    private final String text;

    private Template(String text) {
        this.text = text;
    }

    /** The resource {@code name} beside this class. */
    static Template of(String name) {
        try (InputStream in = Template.class.getResourceAsStream(name)) {
            return new Template(new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    static Template ofText(String text) {
        return new Template(text);
    }

    /** @param values for all names that occur; others do not matter */
    String filled(Map<String, String> values) {
        // Parts first: nothing that a value holds is looked at again.
        String chosen = PART.matcher(text)
                .replaceAll(part ->
                        Matcher.quoteReplacement(value(values, part.group(1)).isEmpty() ? "" : part.group(2)));
        return PLACE.matcher(chosen)
                .replaceAll(place -> Matcher.quoteReplacement(escaped(value(values, place.group(1)))));
    }

    /** What a Content-Security-Policy calls the one {@code element}, a script or style, that is in the page. */
    String hashOf(String element) {
        int begin = text.indexOf("<" + element + ">") + element.length() + 2;
        int end = text.indexOf("</" + element + ">", begin);
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(text.substring(begin, end).getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
        } catch (GeneralSecurityException every) {
            throw new IllegalStateException("every Java has SHA-256", every);
        }
    }

    private static String value(Map<String, String> values, String name) {
        return Objects.requireNonNull(values.get(name), name);
    }

    /** As text of an element, and as the value of an attribute in quotes. */
    private static String escaped(String value) {
        StringBuilder escaped = new StringBuilder(value.length() + 16);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
