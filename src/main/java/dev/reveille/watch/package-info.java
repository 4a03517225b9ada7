/**
 * Tells those who look on where sessions stand, and each change, once and in order, by websocket and by server-sent events.
 *
 * <p>The door is {@link dev.reveille.watch.StatusStreams}; parts of this process follow there too, see {@link
 * dev.reveille.watch.StatusEvent}. The hub makes changes out of what the node learns of sessions: since a record carries
 * its last changes, news that was lost, or was never published because its publisher died, is filled in from the record.
 * Each event loop has a desk for the watchers that are connected to it; a message is encoded once and written to all.
 *
 * <p>It moves no session and decides nothing; who may watch what is decided before.
 */
package dev.reveille.watch;
