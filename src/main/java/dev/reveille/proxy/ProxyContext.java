package dev.reveille.proxy;

import dev.reveille.config.ProxySettings;
import dev.reveille.registry.SessionRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * What the exchanges of one event loop share.
 *
 * @param holdDeadline what a request may spend on questions and waiting, its sandbox's own work aside
 * @param probePatience how long a sandbox that is on its way may be silent before it counts as not there yet
 * @param lookPatience how long a question that may need the runtime API may take
 */
record ProxyContext(
        Vertx vertx,
        SessionRegistry registry,
        Connections connections,
        Silence silence,
        IdleLimit idle,
        Waker waker,
        Holds holds,
        Verdicts verdicts,
        Intents intents,
        WakeRight wakeRight,
        Pages pages,
        Breakers breakers,
        RetryBudget retries,
        Tunnels tunnels,
        Unread unread,
        ProxyMeters meters,
        ProxySettings settings,
        Duration holdDeadline,
        Duration probePatience,
        Duration lookPatience) {}
