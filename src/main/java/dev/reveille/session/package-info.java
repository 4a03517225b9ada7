/**
 * The domain: what a session is, which states its sandbox passes through, and how things go wrong.
 *
 * <p>The door is {@link dev.reveille.session.Session}: a record that changes only by {@link
 * dev.reveille.session.Session#to}, which checks that the step is one of the life drawn in {@link
 * dev.reveille.session.SandboxState}. Failures are the sealed {@link dev.reveille.session.GatewayFailure}.
 *
 * <p>Uses the JDK alone: no I/O, no clock of its own, no JSON. Everything else in Reveille may use this room; it uses
 * none.
 */
package dev.reveille.session;
