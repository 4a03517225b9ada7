package dev.reveille.testing;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code /rt1/runtime/alive}, or {@code rt1.localhost} and {@code /alive}: the runtime, its service, and the rest from the
 * next slash on.
 */
record SandboxPath(String runtimeId, String service, String rest) {
    private static final Pattern FORM = Pattern.compile("/([A-Za-z0-9._-]+)/(runtime|vscode|work-1|work-2)(/.*)?");
    private static final Pattern NAME = Pattern.compile("(?:(vscode|work-1|work-2)-)?([A-Za-z0-9_]+)\\.localhost");
    private static final Set<String> CONTROL = Set.of("sessions", "runtime", "api");

    static Optional<SandboxPath> of(String host, String path) {
        Matcher name = NAME.matcher(host);
        if (name.matches()) {
            String service = name.group(1) == null ? "runtime" : name.group(1);
            return Optional.of(new SandboxPath(name.group(2), service, path));
        }
        return of(path);
    }

    private static Optional<SandboxPath> of(String path) {
        Matcher matcher = FORM.matcher(path);
        if (!matcher.matches() || CONTROL.contains(matcher.group(1))) {
            return Optional.empty();
        }
        String rest = matcher.group(3) == null ? "/" : matcher.group(3);
        return Optional.of(new SandboxPath(matcher.group(1), matcher.group(2), rest));
    }
}
