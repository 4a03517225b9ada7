/**
 * What clients ask of the gateway itself: the runtime API, as its clients know it, the sessions API and the streams of what
 * happens to sessions.
 *
 * <p>The door is {@link dev.reveille.api.Api}. Requests become commands on the event bus, and their answers HTTP; what only
 * upstream can answer is passed on to it. {@code openapi.yaml} is the contract. It decides nothing about sessions, and
 * remembers nothing but what upstream said last.
 */
package dev.reveille.api;
