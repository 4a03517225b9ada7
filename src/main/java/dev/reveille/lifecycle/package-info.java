/**
 * Opens, wakes, pauses and closes sessions by calling the runtime API, and waits until their sandboxes answer.
 *
 * <p>The door is {@link dev.reveille.lifecycle.LifecycleVerticle}: everybody else speaks to it through the endpoints of
 * {@link dev.reveille.bus.Catalogue}. A command, as an errand of its caller, only begins a transition, by compare-and-set;
 * the winner carries it ({@link dev.reveille.lifecycle.Transitions}) within its deadline, and all who asked wait for the
 * session to settle. What nobody carries any more the sweeper takes over.
 *
 * <p>It never sees a request to a sandbox.
 */
package dev.reveille.lifecycle;
