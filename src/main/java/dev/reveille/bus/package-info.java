/**
 * The event bus as an interface: which addresses there are, what travels on them, and how records become JSON.
 *
 * <p>The door is {@link dev.reveille.bus.Catalogue}, which names every {@link dev.reveille.bus.Endpoint} and {@link
 * dev.reveille.bus.Topic}; {@link dev.reveille.bus.Wire} translates. {@link dev.reveille.bus.Sessions} is the door for
 * other services of the cluster, which have to do with nodes that come and go. {@link dev.reveille.bus.ClusterNode} is this
 * process as a member of the cluster, and the only place that knows how members find each other.
 *
 * <p>It decides nothing: who serves an address stands in the room that deploys it.
 */
package dev.reveille.bus;
