package dev.reveille.proxy;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Locale;

/**
 * Whether a request is a browser's that is about to show what it gets to a person. Programs must never be taken for one:
 * they read our JSON.
 *
 * <p>Browsers say so (Fetch Metadata), but only to hosts that they trust, which are those behind https and this machine.
 * Elsewhere it shows in what they accept, and in that nothing else is there that they leave to scripts.
 */
final class Navigation {
    /** What browsers do not send by themselves when somebody opens a page. */
    private static final List<String> OF_PROGRAMS = List.of(
            "Authorization",
            "Content-Type",
            "Origin",
            "Range",
            "X-Requested-With",
            "X-Session-API-Key",
            WakeRight.API_KEY,
            Intents.HEADER);

    /** {@code HttpURLConnection} says that it likes HTML best, and does not mean it. */
    private static final String JAVA = "Java/";

    private static final String HTML = "text/html";
    private static final String JSON = "json";
    private static final String QUALITY = "q=";

    private Navigation() {}

    static boolean isOne(HttpServerRequest request) {
        MultiMap headers = request.headers();
        if (!HttpMethod.GET.equals(request.method())
                || EndToEnd.asksForUpgrade(request)
                || headers.contains("Sec-Purpose")
                || headers.contains("Purpose")) {
            return false;
        }
        String mode = headers.get("Sec-Fetch-Mode");
        return mode == null ? looksLikeOne(headers) : mode.equalsIgnoreCase("navigate");
    }

    private static boolean looksLikeOne(MultiMap headers) {
        String agent = headers.get(HttpHeaders.USER_AGENT);
        return (agent == null || !agent.startsWith(JAVA))
                && OF_PROGRAMS.stream().noneMatch(headers::contains)
                && prefersHtml(headers.getAll(HttpHeaders.ACCEPT));
    }

    /** Whether HTML is named, and before JSON if that is named too. Who takes everything prefers nothing. */
    private static boolean prefersHtml(List<String> accepted) {
        double html = 0;
        double json = 0;
        for (String list : accepted) {
            for (String range : list.toLowerCase(Locale.ROOT).split(",", -1)) {
                String[] parts = range.split(";", -1);
                if (parts[0].trim().equals(HTML)) {
                    html = Math.max(html, quality(parts));
                } else if (parts[0].contains(JSON)) {
                    json = Math.max(json, quality(parts));
                }
            }
        }
        return html > json;
    }

    /** 0 where it makes no sense: whoever wrote that is no browser. */
    private static double quality(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].trim();
            if (parameter.startsWith(QUALITY)) {
                try {
                    return Double.parseDouble(
                            parameter.substring(QUALITY.length()).trim());
                } catch (NumberFormatException senseless) {
                    return 0;
                }
            }
        }
        return 1;
    }
}
