/**
 * Which sessions there are and where they stand.
 *
 * <p>The door is {@link dev.reveille.registry.SessionRegistry}. The truth is one map, shared by all nodes, in which a
 * record is only ever swapped for its successor by compare-and-set. Each node keeps a copy of it in memory, so that the way
 * of a request awaits nothing; {@link dev.reveille.registry.RegistryVerticle} feeds that copy from the news of other nodes
 * and repairs it from the map.
 *
 * <p>It never calls upstream and decides no transition.
 */
package dev.reveille.registry;
