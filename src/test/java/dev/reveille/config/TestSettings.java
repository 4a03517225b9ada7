package dev.reveille.config;

import java.util.LinkedHashMap;
import java.util.Map;

/** Settings for tests of all rooms: the defaults, on free ports. */
public final class TestSettings {
    private TestSettings() {}

    /**
     * The defaults with {@code http.port} and {@code admin.port} 0 and nothing kept on disk, and what is given beyond.
     *
     * @param given each as {@code lifecycle.poll-first=5ms}, or {@code tenants.0.name=acme}; an unknown key fails
     */
    public static Settings of(String... given) {
        Map<String, Given> settings = new LinkedHashMap<>();
        put(settings, "http.port=0");
        put(settings, "admin.port=0");
        put(settings, "registry.directory=none");
        for (String each : given) {
            put(settings, each);
        }
        return SettingsReader.read(settings);
    }

    private static void put(Map<String, Given> settings, String given) {
        int equals = given.indexOf('=');
        if (equals < 0 || Keys.named(given.substring(0, equals)).isEmpty()) {
            throw new IllegalArgumentException(given + " (expected: key=value with a known key)");
        }
        settings.put(given.substring(0, equals), new Given(given.substring(equals + 1), "the test"));
    }
}
