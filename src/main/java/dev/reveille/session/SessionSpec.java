package dev.reveille.session;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What the client asked for when it opened the session.
 *
 * @param startRequest the body of {@code /start}, JSON, byte for byte as it goes upstream
 * @param initialEnv variables set inside the sandbox after each start and each resume, in this order
 * @param closePolicy what closing does
 * @param attachOnly whether to fail instead of starting a sandbox that is not there
 * @param build the image to build before the start; empty if the image exists already
 */
public record SessionSpec(
        String startRequest,
        Map<String, String> initialEnv,
        ClosePolicy closePolicy,
        boolean attachOnly,
        Optional<Build> build) {

    public SessionSpec {
        Objects.requireNonNull(startRequest, "startRequest");
        initialEnv = Collections.unmodifiableMap(new LinkedHashMap<>(initialEnv));
        Objects.requireNonNull(closePolicy, "closePolicy");
        Objects.requireNonNull(build, "build");
    }

    /** Closing policy as it applies: a session that only attached never stops what it did not start. */
    public ClosePolicy effectiveClosePolicy() {
        return attachOnly && closePolicy == ClosePolicy.STOP ? ClosePolicy.KEEP : closePolicy;
    }

    /** Without the request and the variables, which may hold secrets. */
    @Override
    public String toString() {
        return "SessionSpec[closePolicy=" + closePolicy + ", attachOnly=" + attachOnly + "]";
    }

    /**
     * An image to build.
     *
     * @param targetImage the name it gets
     * @param tags further names
     */
    public record Build(String targetImage, List<String> tags) {
        public Build {
            Objects.requireNonNull(targetImage, "targetImage");
            tags = List.copyOf(tags);
        }
    }
}
