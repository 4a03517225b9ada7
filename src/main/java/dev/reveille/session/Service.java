package dev.reveille.session;

import java.util.Arrays;
import java.util.Optional;

/** What a sandbox offers to the outside, each under a name of its own. */
public enum Service {
    /** The action server or agent server. */
    RUNTIME("runtime"),
    /** The editor; in path mode it keeps its prefix, since its server is told its base path. */
    VSCODE("vscode"),
    /** The first app that the agent serves. */
    WORK_1("work-1"),
    /** The second. */
    WORK_2("work-2");

    private final String word;

    Service(String word) {
        this.word = word;
    }

    /** As it stands in paths and host names. */
    public String word() {
        return word;
    }

    /** The service whose word is {@code text}; empty if there is none. */
    public static Optional<Service> of(String text) {
        return Arrays.stream(values()).filter(s -> s.word.equals(text)).findFirst();
    }
}
