package dev.reveille.config;

import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Settings out of a YAML file.
 *
 * <p>Works on the parsed tree of SnakeYAML, the parser inside Vert.x' own YAML module. That module answers with a JSON
 * object: of two equal keys the last wins silently, no value knows its line, and {@code 010} or {@code off} have already
 * become 8 and false. In the tree a value is the text that was written, with its place, and nothing is constructed.
 */
final class YamlSource {
    /** How far below an unknown key its own keys are reported. Ends walks through trees that contain themselves. */
    private static final int DEEPEST = 4;

    private final Path file;
    private final List<String> problems;
    private final Map<String, Given> given = new LinkedHashMap<>();
    private final Map<String, Integer> lines = new LinkedHashMap<>();

    private YamlSource(Path file, List<String> problems) {
        this.file = file;
        this.problems = problems;
    }

    /** What the file sets, by key. Empty if it could not be read at all. */
    static Optional<Map<String, Given>> read(Path file, List<String> problems) {
        YamlSource source = new YamlSource(file, problems);
        boolean parsed = source.text().filter(source::parses).isPresent();
        return parsed ? Optional.of(source.given) : Optional.empty();
    }

    private Optional<String> text() {
        try {
            if (!Files.isDirectory(file)) {
                return Optional.of(Files.readString(file));
            }
            problems.add(file + ": a directory (expected: a YAML file)");
        } catch (NoSuchFileException e) {
            problems.add(file + ": no such file (expected: a YAML file)");
        } catch (AccessDeniedException e) {
            problems.add(file + ": access denied (expected: a file that this user may read)");
        } catch (CharacterCodingException e) {
            problems.add(file + ": not UTF-8 (expected: a YAML file)");
        } catch (IOException e) {
            problems.add(file + ": " + e.getMessage() + " (expected: a file that can be read)");
        }
        return Optional.empty();
    }

    private boolean parses(String text) {
        LoaderOptions options = new LoaderOptions();
        try {
            Node root = new Yaml(new SafeConstructor(options)).compose(new StringReader(withoutByteOrderMark(text)));
            if (root instanceof MappingNode mapping) {
                entries("", mapping, 0);
            } else if (root != null && !isNothing(root)) {
                problems.add(file + ": " + kind(root) + " (expected: keys such as http, upstream or tenants); from "
                        + origin(root));
                return false;
            }
            return true;
        } catch (MarkedYAMLException e) {
            problems.add(file + ": not YAML, " + e.getProblem() + place(e.getProblemMark()));
        } catch (YAMLException e) {
            problems.add(file + ": not YAML, " + firstLine(e.getMessage()));
        }
        return false;
    }

    private void entries(String section, MappingNode mapping, int depth) {
        for (NodeTuple entry : mapping.getValue()) {
            if (!(entry.getKeyNode() instanceof ScalarNode name)) {
                problems.add((section.isEmpty() ? file.toString() : section) + ": a key that is no word; from "
                        + origin(entry.getKeyNode()));
                continue;
            }
            String key = section.isEmpty() ? name.getValue() : section + "." + name.getValue();
            Integer before = lines.putIfAbsent(key, line(name));
            if (before != null && depth <= DEEPEST) {
                problems.add(key + ": given twice (expected: once); from " + origin(name) + " and line " + before);
                continue;
            }
            value(key, entry.getValueNode(), depth + 1);
        }
    }

    private void value(String name, Node node, int depth) {
        Optional<Key<?>> key = Keys.named(name);
        if (key.isPresent()) {
            leaf(key.get(), node);
        } else if (Keys.isList(name)) {
            list(name, depth, node);
        } else if (node instanceof MappingNode mapping && depth < DEEPEST && isPromising(name, mapping)) {
            entries(name, mapping, depth);
        } else if (!Keys.isSection(name)) {
            problems.add(Unknown.key(name) + "; from " + origin(node));
        } else if (!isNothing(node)) {
            problems.add(name + ": " + kind(node) + " (expected: a group of keys); from " + origin(node));
        }
    }

    private void leaf(Key<?> key, Node node) {
        if (node instanceof ScalarNode scalar) {
            give(key, isNothing(node) ? "" : scalar.getValue(), node);
        } else if (node instanceof SequenceNode list && Form.LISTS.contains(key.form()) && isWords(list)) {
            give(key, words(list), node);
        } else {
            problems.add(key.name() + ": " + kind(node) + " (expected: a single value); from " + origin(node));
        }
    }

    private void list(String list, int depth, Node node) {
        boolean ofTenants = list.equals(Keys.TENANTS);
        if (isNothing(node)) {
            return;
        }
        if (!(node instanceof SequenceNode items)) {
            problems.add(list + ": " + kind(node) + " (expected: a list of " + (ofTenants ? "tenants" : "rules")
                    + "); from " + origin(node));
            return;
        }
        for (int i = 0; i < items.getValue().size(); i++) {
            String name = list + "." + i;
            Node item = items.getValue().get(i);
            if (item instanceof MappingNode mapping && !mapping.getValue().isEmpty()) {
                entries(name, mapping, depth);
            } else {
                problems.add(name + ": " + kind(item) + " (expected: the keys "
                        + (ofTenants ? "name and api-key" : "match and intent") + "); from " + origin(item));
            }
        }
    }

    private void give(Key<?> key, String text, Node node) {
        given.put(key.name(), new Given(text, origin(node)));
    }

    private String origin(Node node) {
        return file + " line " + line(node);
    }

    /** Whether its own keys say more than the name does. */
    private static boolean isPromising(String name, MappingNode mapping) {
        return Keys.isSection(name) || !mapping.getValue().isEmpty();
    }

    private static boolean isWords(SequenceNode list) {
        return list.getValue().stream().allMatch(ScalarNode.class::isInstance);
    }

    private static String words(SequenceNode list) {
        JsonArray words = new JsonArray();
        list.getValue().forEach(node -> words.add(((ScalarNode) node).getValue()));
        return words.encode();
    }

    private static boolean isNothing(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    /** What a node is, without what is in it. */
    private static String kind(Node node) {
        if (node instanceof MappingNode) {
            return "a group of keys";
        }
        return node instanceof SequenceNode ? "a list" : isNothing(node) ? "nothing" : "a single value";
    }

    private static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }

    private static String place(Mark mark) {
        return mark == null ? "" : "; line " + (mark.getLine() + 1) + " column " + (mark.getColumn() + 1);
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse("");
    }

    private static String withoutByteOrderMark(String text) {
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }
}
