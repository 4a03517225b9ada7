package dev.reveille.config;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Several nodes as one.
 *
 * @param name only nodes that give the same are one cluster
 * @param host the address that other members connect to; an IPv6 address may come in brackets and is kept without
 * @param port for other members; the next free one if it is taken
 * @param members where other members may be: {@code host} or {@code host:port}, separated by commas
 * @param busPort for the event buses of other members; 0: any free one
 * @param config a configuration of Hazelcast; empty: the one that the program carries
 */
public record ClusterSettings(
        boolean enabled, String name, String host, int port, String members, int busPort, Optional<Path> config) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern MEMBERS = Pattern.compile("[^\\s,<>&]+(\\s*,\\s*[^\\s,<>&]+)*");

    /** @throws IllegalArgumentException naming all values that are out of range */
    public ClusterSettings {
        Objects.requireNonNull(config, "config");
        host = Hosts.bare(host);
        new Expectations("cluster")
                .that(NAME.matcher(name).matches(), "name", name, "1 to 64 characters out of A-Z a-z 0-9 . _ -")
                .host("host", host)
                .that(
                        !Hosts.isWildcard(host),
                        "host",
                        host,
                        "the one address that other members can connect to, or a name for it")
                .number("port", port, 1, 65_535)
                .that(
                        MEMBERS.matcher(members).matches(),
                        "members",
                        members,
                        "hosts, or host:port, separated by commas")
                .number("bus-port", busPort, 0, 65_535)
                .met();
    }
}
