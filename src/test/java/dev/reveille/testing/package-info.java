/**
 * What the tests of every room stand on: a scripted runtime API with its sandboxes, as real servers on ports of their own.
 *
 * <p>The door is {@link dev.reveille.testing.FakeRuntimeApi}. Its methods are states and verbs, may be called from any
 * thread, and take effect for the next request. It knows nothing of Reveille: what it says is written by hand, so that
 * it cannot share a mistake with the code under test.
 */
package dev.reveille.testing;
