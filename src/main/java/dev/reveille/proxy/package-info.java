/**
 * The way of a request to its sandbox and back.
 *
 * <pre>
 *   listener → host, port or path → route → intent, key → [hold until awake] → forward → verdict → client
 * </pre>
 *
 * <p>The door is {@link dev.reveille.proxy.ProxyVerticle}, which owns the public listener ({@code http} makes it); {@link
 * dev.reveille.proxy.Exchange} is one request's whole life and the place to start reading. A request to a running sandbox
 * looks into this node's memory only. It never calls the runtime API: what it needs of sessions it asks for on the event
 * bus.
 */
package dev.reveille.proxy;
