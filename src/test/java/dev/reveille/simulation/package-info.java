/**
 * A whole cluster in one thread: real nodes on a Vertx, a network, a shared map, an upstream and a clock that are played.
 *
 * <p>What a node does between two calls it does here for real, with the code that serves: registry, lifecycle, client of the
 * runtime API. What lies between nodes is a list of messages, and nothing arrives, gets lost, comes twice or runs out but
 * by an action of the test. The same actions therefore lead to the same end each time.
 */
package dev.reveille.simulation;
