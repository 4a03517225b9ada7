package dev.reveille.config;

import io.vertx.core.json.Json;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Writes settings as a file of settings. It reads back as the same settings, except for the secrets. */
final class SettingsYaml {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/](?:[A-Za-z0-9_./:-]*[A-Za-z0-9_./-])?|\\[.*]");

    private static final List<String> PROXY = List.of("proxy");

    private final StringBuilder text = new StringBuilder();
    private List<String> section = List.of();

    private SettingsYaml() {}

    static String of(Settings settings) {
        SettingsYaml yaml = new SettingsYaml();
        Keys.all().forEach(key -> yaml.key(key, settings));
        yaml.tenants(settings);
        return yaml.text.toString();
    }

    private void key(Key<?> key, Settings settings) {
        List<String> path = Arrays.asList(key.name().split("\\.", -1));
        List<String> next = path.subList(0, path.size() - 1);
        if (section.equals(PROXY) && !next.equals(PROXY)) {
            intents(settings);
        }
        for (int depth = 0; depth < next.size(); depth++) {
            if (!section.equals(next) && !startsAlike(next, depth)) {
                line(depth, next.get(depth) + ":");
            }
        }
        section = next;
        line(next.size(), path.get(next.size()) + ": " + quoted(key.textIn(settings)));
    }

    private boolean startsAlike(List<String> next, int depth) {
        return section.size() > depth && section.subList(0, depth + 1).equals(next.subList(0, depth + 1));
    }

    private void tenants(Settings settings) {
        line(0, settings.tenants().isEmpty() ? Keys.TENANTS + ": []" : Keys.TENANTS + ":");
        for (int i = 0; i < settings.tenants().size(); i++) {
            String mark = "- ";
            for (Key<?> key : Keys.ofTenant(i)) {
                String name = key.name().substring(key.name().lastIndexOf('.') + 1);
                line(1, mark + name + ": " + quoted(key.textIn(settings)));
                mark = "  ";
            }
        }
    }

    private void intents(Settings settings) {
        int count = settings.proxy().intents().size();
        line(1, count == 0 ? "intents: []" : "intents:");
        for (int i = 0; i < count; i++) {
            line(2, "- match:");
            for (Key<?> key : Keys.ofIntent(i)) {
                boolean ofMatch = key.name().contains(".match.");
                String name = key.name().substring(key.name().lastIndexOf('.') + 1);
                line(ofMatch ? 4 : 3, name + ": " + quoted(key.textIn(settings)));
            }
        }
    }

    private void line(int depth, String content) {
        text.append("  ".repeat(depth)).append(content).append('\n');
    }

    /** What could be taken for something else than text is written as a JSON string, which YAML reads as well. */
    private static String quoted(String value) {
        return PLAIN.matcher(value).matches() ? value : Json.encode(value);
    }
}
