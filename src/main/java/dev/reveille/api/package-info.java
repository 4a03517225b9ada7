/**
 * What clients ask of the gateway itself: the sessions API and the status feed.
 *
 * <p>The door is {@link dev.reveille.api.Api}. Requests become commands on the event bus, and their answers HTTP; {@code
 * openapi.yaml} is the contract. It holds no state and decides nothing about sessions.
 */
package dev.reveille.api;
