/**
 * What operators and their machines ask: is it alive, may it get traffic, how does it fare.
 *
 * <p>The door is {@link dev.reveille.admin.AdminVerticle}, with a listener of its own that is not for the public. It only
 * reads.
 */
package dev.reveille.admin;
