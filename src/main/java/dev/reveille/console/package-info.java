/**
 * The web console: the pages, styles and scripts that a browser loads below {@code /console/}.
 *
 * <p>The door is {@link dev.reveille.console.Console}. It serves files that are the same for everybody and knows nothing of
 * sessions, tenants or keys: what the console shows it asks of the API, in the name of whoever looks at it.
 */
package dev.reveille.console;
