package dev.reveille.config;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * One setting.
 *
 * @param name with its sections, as {@code http.port}
 * @param initial the default as it would be written; empty: must be given
 * @param place where the value is found in the settings
 */
record Key<T>(String name, Form<T> form, Optional<String> initial, Function<Settings, T> place) {
    static final String VARIABLES = "REVEILLE_";

    /** The environment variable that sets it. */
    String variable() {
        return VARIABLES + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** The value in {@code settings}, as it would be written; secrets are masked. */
    String textIn(Settings settings) {
        return form.text(place.apply(settings));
    }
}
