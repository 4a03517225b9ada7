/**
 * Who may do what: tenants and their keys, the keys of sandboxes, and tickets for those who have none.
 *
 * <p>The doors are {@link dev.reveille.access.Tenants} and {@link dev.reveille.access.Tickets}. All comparisons take the same time whatever the difference. It
 * knows nothing of HTTP and holds no sessions.
 */
package dev.reveille.access;
