package dev.reveille.api;

import dev.reveille.access.ApiKey;
import dev.reveille.access.Tenants;
import dev.reveille.access.Tickets;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.PublicUrls;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds out for which tenant a request comes. */
final class Caller {
    /** Where a ticket stands in the query. */
    static final String TICKET = "ticket";

    private static final String TENANT = "tenant";
    private static final String GOOD_TICKET = "good-ticket";
    private static final Set<String> HERE = Set.of("localhost", "127.0.0.1", "[::1]", "::1");
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    private final Tenants tenants;
    private final Tickets tickets;
    private final PublicUrls urls;

    Caller(Tenants tenants, Tickets tickets, PublicUrls urls) {
        this.tenants = tenants;
        this.tickets = tickets;
        this.urls = urls;
    }

    /**
     * For what a ticket lets read: one that is shown counts in place of a key, and must be good, and that session's or one
     * for all. A page of a sandbox is a foreign page here; whoever gave it the ticket has seen to that.
     */
    void identifyByTicket(RoutingContext context) {
        List<String> shown = context.queryParam(TICKET);
        Optional<String> tenant = shown.stream()
                .findFirst()
                .flatMap(tickets::verify)
                .filter(grant -> grant.session()
                        .map(only -> only.value().equals(context.pathParam("session_id")))
                        .orElse(true))
                .map(Tickets.Grant::tenant);
        if (!shown.isEmpty() && tenant.isEmpty()) {
            context.fail(new GatewayFailure.Unauthorized(
                            "the ticket is not good for this, or not any more; get a new one, or provide an API key"
                                    + " (X-API-Key)")
                    .asException());
            return;
        }
        tenant.ifPresent(name -> context.put(TENANT, name));
        context.next();
    }

    /**
     * For what looks at each message for itself. Goes on without a tenant if the request shows nothing; what it shows must be
     * good. Where everybody is let in it is as with {@link #identify}.
     */
    void identifyIfShown(RoutingContext context) {
        List<String> shown = context.queryParam(TICKET);
        if (!shown.isEmpty()) {
            if (tickets.verify(shown.get(0)).isPresent()) {
                context.put(GOOD_TICKET, shown.get(0)).next();
            } else {
                context.fail(new GatewayFailure.Unauthorized("the ticket is not good, or not any more; get a new one")
                        .asException());
            }
        } else if (tenants.open() || key(context.request()).isPresent()) {
            identify(context);
        } else {
            context.next();
        }
    }

    /** Goes on with the tenant known; fails with {@code unauthorized} or {@code forbidden}. */
    void identify(RoutingContext context) {
        if (tenant(context) != null) {
            context.next();
            return;
        }
        // The body stays unread until somebody wants it; the caller is known before.
        Optional<String> key = key(context.request());
        if (tenants.open() && !knownHere(context.request())) {
            context.fail(
                    new GatewayFailure.Forbidden("this gateway has no tenants, so it serves this machine alone, under"
                                    + " the name localhost, an IP address or that of http.public-url")
                            .asException());
            return;
        }
        if (tenants.open() && key.isEmpty() && fromForeignPage(context.request())) {
            context.fail(new GatewayFailure.Forbidden(
                            "pages of other sites may not use this gateway without a key; send any X-API-Key")
                    .asException());
            return;
        }
        Optional<String> tenant = tenants.whose(key);
        if (tenant.isEmpty()) {
            context.fail(new GatewayFailure.Unauthorized(
                            key.isEmpty() ? "provide an API key (X-API-Key)" : "provide a valid API key (X-API-Key)")
                    .asException());
            return;
        }
        context.put(TENANT, tenant.get());
        context.next();
    }

    /** The tenant that was found; null before. */
    static String tenant(RoutingContext context) {
        return context.get(TENANT);
    }

    /** The ticket that was shown, and was good then; null if none was. */
    static String ticket(RoutingContext context) {
        return context.get(GOOD_TICKET);
    }

    private static Optional<String> key(HttpServerRequest request) {
        return ApiKey.shown(request.getHeader(ApiKey.FIELD), request.getHeader("Authorization"));
    }

    /**
     * A page from elsewhere whose name was made to lead to this machine is of the same origin for the browser, and may then
     * send what headers it likes. Its own name is the one thing it cannot hide.
     */
    private boolean knownHere(HttpServerRequest request) {
        HostAndPort authority = request.authority();
        String host = authority == null ? "" : authority.host().toLowerCase(Locale.ROOT);
        return host.startsWith("[")
                || IPV4.matcher(host).matches()
                || host.equals("localhost")
                || host.endsWith(".localhost")
                || host.equals(URI.create(urls.base()).getHost());
    }

    /**
     * Without tenants everybody who reaches the loopback listener is let in, and a web page that somebody on this machine
     * looks at reaches it too. Browsers say where such a request comes from.
     */
    private boolean fromForeignPage(HttpServerRequest request) {
        String origin = request.getHeader("Origin");
        if (origin == null) {
            return "cross-site".equalsIgnoreCase(request.getHeader("Sec-Fetch-Site"));
        }
        if (origin.equalsIgnoreCase(urls.base())) {
            return false;
        }
        try {
            String host = URI.create(origin).getHost();
            return host == null || !HERE.contains(host);
        } catch (IllegalArgumentException opaque) {
            return true;
        }
    }
}
