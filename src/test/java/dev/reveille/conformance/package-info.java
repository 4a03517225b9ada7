/**
 * The clients that exist, replayed call by call in front of a whole gateway.
 *
 * <p>{@link dev.reveille.conformance.V0Client}, {@link dev.reveille.conformance.V1Client} and
 * {@link dev.reveille.conformance.SdkWorkspace} do what OpenHands' own classes do: the same calls, headers, bodies, timeouts,
 * retries, and the same reading of what they get, known faults included. They speak through the JDK's HTTP client, so that
 * the gateway is not tested with its own libraries. What stands behind the gateway is a {@link
 * dev.reveille.conformance.Deployment}.
 */
package dev.reveille.conformance;
