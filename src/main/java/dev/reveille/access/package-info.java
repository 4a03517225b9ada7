/**
 * Who may do what: tenants and their keys, and the keys of sandboxes.
 *
 * <p>The door is {@link dev.reveille.access.Tenants}. All comparisons take the same time whatever the difference. It
 * knows nothing of HTTP and holds no sessions.
 */
package dev.reveille.access;
