package dev.reveille.watch;

import dev.reveille.session.SessionId;
import java.util.Objects;
import java.util.Optional;

/**
 * One piece of news, for all desks.
 *
 * @param number counts the news of this node, from 1; 0: it is not told again to those who missed it
 * @param tenant whose session it is about
 * @param session which one
 * @param print tells the session, and this life of it, from others
 * @param revision of the session
 * @param forSession what those are told who watch that session; empty: nothing
 * @param forTenant what those are told who watch all sessions of the tenant
 */
record Bulletin(
        long number,
        String tenant,
        SessionId session,
        long print,
        long revision,
        Optional<Message> forSession,
        Message forTenant) {
    Bulletin {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(session, "session");
        Objects.requireNonNull(forSession, "forSession");
        Objects.requireNonNull(forTenant, "forTenant");
    }
}
