package dev.reveille.config;

/** What tells sandboxes apart in the URLs that are handed out. Those by path are served in each case. */
public enum Routing {
    /** {@code /{runtime_id}/{service}/…}. */
    PATH,
    /** A host name for each service of each sandbox. */
    SUBDOMAIN,
    /** A port for each service of each sandbox. */
    PORT
}
