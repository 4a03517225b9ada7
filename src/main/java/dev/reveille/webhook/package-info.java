/**
 * Posts each change of each session to the URL of the settings: at least once, those of one session in order, signed.
 *
 * <p>The door is {@link dev.reveille.webhook.WebhookVerticle}. Each session has one node that posts for it, by
 * rendezvous hashing over the members; how far it has come is kept in a shared map. What is to be posted is in the
 * session's record, with its last changes. So a node that is killed loses none, and who takes over goes on where it was.
 * Beside that a node keeps what it hears of while it cannot post.
 *
 * <p>Signatures and headers are those of Standard Webhooks, https://www.standardwebhooks.com. Nothing that a receiver
 * does or does not do delays a session.
 */
package dev.reveille.webhook;
