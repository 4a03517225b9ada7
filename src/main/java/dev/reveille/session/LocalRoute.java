package dev.reveille.session;

/**
 * The way from a node through its own public listener to a runtime: what clients do, without the network in front.
 *
 * @param scheme what the listener speaks, whatever stands in front; its certificate need not be valid for {@code host}
 * @param host where to connect to
 * @param port TCP port
 * @param authority what the Host header says
 * @param path what stands before the sandbox's own path; empty or starting with a slash
 */
public record LocalRoute(String scheme, String host, int port, String authority, String path) {}
