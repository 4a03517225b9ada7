package dev.reveille.session;

import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The names of subdomain mode: {@code {runtime_id}{separator}{domain}} for a runtime, and the same with the service and a
 * hyphen in front for its other services, since clients make those names themselves.
 */
public final class HostNames {
    private static final int LONGEST_LABEL = 63;
    private static final Pattern LABEL = Pattern.compile("[a-z0-9](?:[a-z0-9-]*[a-z0-9])?");

    /** What names of services need in front of the runtime's. */
    private static final int LONGEST_PREFIX = "vscode-".length();

    private final String suffix;
    private final int longestId;
    private final Optional<String> ownName;

    /**
     * @param domain what all sandboxes' names end in, in lower case and without a dot at either end
     * @param separator what stands between a runtime's id and the domain: a dot, or a hyphen where the wildcard
     *     certificate is that of the domain's parent
     * @param ownName a name that may lie below the domain and is the gateway's own all the same
     */
    public HostNames(String domain, String separator, Optional<String> ownName) {
        this.suffix = separator + domain;
        this.ownName = Objects.requireNonNull(ownName, "ownName");
        int dot = suffix.indexOf('.');
        this.longestId = LONGEST_LABEL - LONGEST_PREFIX - (dot < 0 ? suffix.length() : dot) - 1;
    }

    /** Whether {@code runtime} and all its services can have names: an id is up to upstream and need not be a label. */
    boolean canName(RuntimeId runtime) {
        return runtime.value().length() <= longestId
                && LABEL.matcher(runtime.value()).matches();
    }

    /** The name of a runtime that {@link #canName can have one}. */
    String of(RuntimeId runtime, Service service) {
        return (service == Service.RUNTIME ? "" : service.word() + "-") + runtime + suffix;
    }

    /**
     * What stands before the domain in {@code authority}, in lower case. On the way of every request, so it makes nothing
     * for names that are not below the domain.
     *
     * @param authority a host in any case, a dot at its end counting as not there, and perhaps a port
     * @return null if it belongs to no sandbox; otherwise anything, an empty text included
     */
    public String below(String authority) {
        int end = authority.indexOf(':');
        end = end < 0 ? authority.length() : end;
        end = end > 0 && authority.charAt(end - 1) == '.' ? end - 1 : end;
        int begin = end - suffix.length();
        if (begin < 0 || !authority.regionMatches(true, begin, suffix, 0, suffix.length()) || isOwn(authority, end)) {
            return null;
        }
        return authority.substring(0, begin).toLowerCase(Locale.ROOT);
    }

    private boolean isOwn(String authority, int length) {
        return ownName.isPresent()
                && ownName.get().length() == length
                && authority.regionMatches(true, 0, ownName.get(), 0, length);
    }
}
