/**
 * The upstream's HTTP verbs and words.
 *
 * <p>The doors are {@link dev.reveille.runtimeapi.RuntimeApi}, one method for each verb, and {@link
 * dev.reveille.runtimeapi.AliveProbe}, which asks a sandbox itself. What upstream says arrives as records; what goes wrong
 * arrives as {@link dev.reveille.runtimeapi.RuntimeApiException}, whose kind says whether the thing asked for may have been
 * done. Each single call has a timeout, a bound on its answer and the circuit breaker around it; calls are repeated where
 * that is harmless.
 *
 * <p>It never waits for a state, decides what a state means for a session, or lets an upstream address or key out in a
 * message.
 */
package dev.reveille.runtimeapi;
