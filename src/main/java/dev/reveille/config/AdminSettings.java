package dev.reveille.config;

/**
 * The operator's listener.
 *
 * @param port 0: any free one
 */
public record AdminSettings(String host, int port) {
    /** @throws IllegalArgumentException naming all values that are out of range */
    public AdminSettings {
        host = Hosts.bare(host);
        new Expectations("admin")
                .host("host", host)
                .number("port", port, 0, 65_535)
                .met();
    }
}
