package dev.reveille.example;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.reveille.bus.Cluster;
import dev.reveille.bus.SessionView;
import dev.reveille.bus.Sessions;
import dev.reveille.bus.Subscription;
import dev.reveille.session.FailureException;
import dev.reveille.session.SessionChange;
import dev.reveille.session.SessionId;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * Another service of the cluster: joins, prints what happens to sessions, wakes one, prints what came of it and leaves.
 *
 * <p>Takes the session's id, and in the environment what the gateways take: {@code REVEILLE_CLUSTER_NAME}, {@code
 * REVEILLE_CLUSTER_HOST} and {@code REVEILLE_CLUSTER_MEMBERS}.
 */
public final class WatchAndResume {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int JOIN_SECONDS = 60;

    private WatchAndResume() {}

    public static void main(String[] arguments) throws TimeoutException {
        if (arguments.length != 1) {
            System.err.println("usage: WatchAndResume <session>");
            System.exit(64);
        }
        String name = environment("REVEILLE_CLUSTER_NAME", "reveille");
        String host = environment("REVEILLE_CLUSTER_HOST", "127.0.0.1");
        String members = environment("REVEILLE_CLUSTER_MEMBERS", "127.0.0.1");
        Cluster cluster = Cluster.join(
                        Cluster.Options.listener(name, host, members), new VertxOptions(), Vertx.builder())
                .await(JOIN_SECONDS, SECONDS);
        boolean awake;
        try {
            awake = watchAndResume(cluster.vertx(), new SessionId(arguments[0]));
        } finally {
            cluster.vertx().close().await(JOIN_SECONDS, SECONDS);
        }
        if (!awake) {
            System.exit(1);
        }
    }

    private static boolean watchAndResume(Vertx vertx, SessionId session) throws TimeoutException {
        Sessions sessions = new Sessions(vertx);
        Subscription news = sessions.follow(WatchAndResume::print);
        news.ready().await(JOIN_SECONDS, SECONDS);
        try {
            SessionView now = sessions.resume(session, PATIENCE).await();
            System.out.println(
                    now.running() ? now.id() + " is awake at " + now.url().orElseThrow() : now);
            return now.running();
        } catch (FailureException failed) {
            System.out.println(session + " stays as it is: " + failed.failure().code() + ": "
                    + failed.failure().detail());
            return false;
        } finally {
            news.close().await(JOIN_SECONDS, SECONDS);
        }
    }

    private static void print(SessionChange change) {
        System.out.println(change.sessionId() + " " + change.previous().orElse("new") + " -> " + change.state() + " ("
                + change.cause().word() + ", revision " + change.revision() + ", by " + change.node() + ")");
    }

    private static String environment(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }
}
