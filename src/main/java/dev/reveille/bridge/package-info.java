/**
 * The event bus for those who are no members of the cluster: browsers by SockJS, services by TCP. They hear of changes of
 * their own sessions, and can say nothing.
 *
 * <p>The door is {@link dev.reveille.bridge.Bridges}. Who may listen to what is decided in {@link
 * dev.reveille.bridge.Admission}, and looked at again with each message. All of a node are fed by one follower of its streams,
 * {@link dev.reveille.bridge.Feed}. It publishes nothing, and keeps nothing of a session.
 */
package dev.reveille.bridge;
