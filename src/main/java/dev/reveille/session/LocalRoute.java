package dev.reveille.session;

/**
 * The way from a node through its own public listener to a runtime: what clients do, without the network in front.
 *
 * @param host where to connect to
 * @param port TCP port
 * @param authority what the Host header says
 * @param path what stands before the sandbox's own path; empty or starting with a slash
 */
public record LocalRoute(String host, int port, String authority, String path) {}
