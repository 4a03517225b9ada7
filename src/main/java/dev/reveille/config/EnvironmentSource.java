package dev.reveille.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Settings out of environment variables. */
final class EnvironmentSource {
    /** Names the file, so it is no setting of that file. */
    private static final String FILE = "REVEILLE_CONFIG";

    /**
     * Kubernetes tells every container about each service of its namespace. For services named {@code reveille…} that
     * makes variables which look like ours; {@code REVEILLE_ADMIN_PORT=tcp://10.0.0.1:9090} even has the name of one.
     * See <a href="https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables">there</a>.
     */
    private static final Pattern SERVICE_LINK =
            Pattern.compile("REVEILLE_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_.+)?)");

    private static final Pattern SERVICE_PORT = Pattern.compile("(tcp|udp|sctp)://.*");

    private EnvironmentSource() {}

    /** An empty variable counts as not set: that is how compose files hand on what they were not given. */
    static Map<String, Given> read(Map<String, String> environment, List<String> problems) {
        Map<String, Given> given = new LinkedHashMap<>();
        new TreeMap<>(environment).forEach((variable, text) -> {
            if (!isOurs(variable, text)) {
                return;
            }
            Optional<Key<?>> key = Keys.ofVariable(variable);
            if (key.isEmpty()) {
                problems.add(Unknown.variable(variable));
            } else if (!text.isBlank()) {
                given.put(key.get().name(), new Given(text, "environment variable " + variable));
            }
        });
        return given;
    }

    private static boolean isOurs(String variable, String text) {
        return variable.startsWith(Key.VARIABLES)
                && !variable.equals(FILE)
                && !SERVICE_LINK.matcher(variable).matches()
                && !(variable.endsWith("_PORT") && SERVICE_PORT.matcher(text).matches());
    }
}
