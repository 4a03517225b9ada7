package dev.reveille.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Every setting. {@code conf/reveille.yaml} lists them with their defaults; the record names follow its keys.
 *
 * <p>A record that exists is in order by itself: each constructor checks ranges and what its values have to do with one
 * another, and names everything that is wrong. Durations that may be zero say so; all others are at least a
 * millisecond.
 *
 * @param tenants may be empty only while {@code http.host} is a loopback address
 */
public record Settings(
        Http http,
        Admin admin,
        Upstream upstream,
        Embedded embedded,
        List<Tenant> tenants,
        Lifecycle lifecycle,
        Hold hold,
        Proxy proxy,
        Registry registry,
        Watchers watchers,
        Webhook webhook,
        Bridges bridges,
        Cluster cluster,
        Shutdown shutdown,
        Log log) {

    /** @throws IllegalArgumentException naming all values that contradict one another */
    public Settings {
        Objects.requireNonNull(embedded, "embedded");
        Objects.requireNonNull(upstream, "upstream");
        Objects.requireNonNull(lifecycle, "lifecycle");
        Objects.requireNonNull(hold, "hold");
        Objects.requireNonNull(proxy, "proxy");
        Objects.requireNonNull(registry, "registry");
        Objects.requireNonNull(watchers, "watchers");
        Objects.requireNonNull(webhook, "webhook");
        Objects.requireNonNull(bridges, "bridges");
        Objects.requireNonNull(cluster, "cluster");
        Objects.requireNonNull(shutdown, "shutdown");
        Objects.requireNonNull(log, "log");
        tenants = List.copyOf(tenants);
        Expectations expectations = new Expectations("")
                .that(!tenants.isEmpty() || Hosts.isLoopback(http.host()), unguarded(http.host()))
                .that(!samePort(http, admin), onePort(http, admin))
                .that(
                        !tenants.isEmpty() || Hosts.isLoopback(bridges.tcp().host()),
                        unguardedBridge(bridges.tcp().host()));
        if (http.routing() == Routing.PORT && http.portRange().isPresent()) {
            PortRange range = http.portRange().get();
            expectations.that(!cluster.enabled(), portsOfOneNode());
            expectations.that(
                    !range.contains(admin.port()) || !Hosts.overlap(http.host(), admin.host()),
                    taken(range, "admin.port", admin.port(), List.of("admin.host", "http.host")));
        }
        expectations.that(
                !cluster.enabled() || !upstream.embedded() || Hosts.isLoopback(cluster.host()),
                hostOfOneMachine(cluster.host()));
        Set<String> names = new HashSet<>();
        Map<String, String> owners = new HashMap<>();
        for (Tenant tenant : tenants) {
            String owner = owners.putIfAbsent(tenant.keySha256(), tenant.name());
            expectations
                    .that(names.add(tenant.name()), nameTaken(tenant.name()))
                    .that(owner == null, keyTaken(owner, tenant.name()));
        }
        expectations.met();
    }

    /** What holds when nothing is configured: loopback only, the embedded host, no tenants. */
    public static Settings defaults() {
        return SettingsReader.read(Optional.empty(), Map.of());
    }

    /** The same, as one of several nodes. @throws SettingsException if something else does not go with that */
    public Settings clustered() {
        try {
            return with(
                    http,
                    admin,
                    new Cluster(
                            true,
                            cluster.name(),
                            cluster.host(),
                            cluster.port(),
                            cluster.members(),
                            cluster.busPort(),
                            cluster.config()));
        } catch (IllegalArgumentException contradiction) {
            throw new SettingsException(List.of(contradiction.getMessage()));
        }
    }

    /** The same, on other ports. */
    public Settings onPorts(int httpPort, int adminPort) {
        return with(
                new Http(
                        http.host(),
                        httpPort,
                        http.publicUrl(),
                        http.routing(),
                        http.domain(),
                        http.domainSeparator(),
                        http.portRange(),
                        http.bodyLimit(),
                        http.trustedProxies(),
                        http.maxRequestLine(),
                        http.maxHead(),
                        http.headTimeout(),
                        http.idleTimeout(),
                        http.bodyTimeout(),
                        http.tls()),
                new Admin(admin.host(), adminPort),
                cluster);
    }

    private Settings with(Http newHttp, Admin newAdmin, Cluster newCluster) {
        return new Settings(
                newHttp,
                newAdmin,
                upstream,
                embedded,
                tenants,
                lifecycle,
                hold,
                proxy,
                registry,
                watchers,
                webhook,
                bridges,
                newCluster,
                shutdown,
                log);
    }

    /** The settings as a file of settings, with every secret masked. */
    public String toYaml() {
        return SettingsYaml.of(this);
    }

    /**
     * The public listener.
     *
     * @param host an address or name; an IPv6 address may come in brackets and is kept without
     * @param port 0: any free one
     * @param publicUrl the base of the URLs handed out, without path; empty: scheme, host and port of the listener
     * @param routing how the URLs handed out name sandboxes
     * @param domain what the host names of sandboxes end in, in lower case; there if they have host names
     * @param domainSeparator a dot or a hyphen, between a sandbox's own name and {@code domain}
     * @param portRange the ports of sandboxes, four for each; there if they have ports
     * @param bodyLimit the longest body that is read into memory, so not that of sandbox traffic
     * @param trustedProxies who is believed what it says of earlier hops
     * @param maxRequestLine the longest first line of a request, without its end
     * @param maxHead the longest header fields of a request together, without the ends of their lines
     * @param headTimeout from the first byte of a request, or from connecting, to the whole head
     * @param idleTimeout from the end of an answer to the first byte of the next request
     * @param bodyTimeout how long nothing of a body may come while it is wanted
     * @param tls whether and with what it is encrypted, the ports of sandboxes included
     */
    public record Http(
            String host,
            int port,
            Optional<URI> publicUrl,
            Routing routing,
            Optional<String> domain,
            String domainSeparator,
            Optional<PortRange> portRange,
            ByteSize bodyLimit,
            List<AddressRange> trustedProxies,
            ByteSize maxRequestLine,
            ByteSize maxHead,
            Duration headTimeout,
            Duration idleTimeout,
            Duration bodyTimeout,
            Tls tls) {
        private static final long LEAST_HEAD = 1 << 10;
        private static final long MOST_HEAD = 1 << 20;
        private static final long LEAST_BODY = 1 << 10;
        private static final long MOST_BODY = 1 << 30;
        private static final List<String> SEPARATORS = List.of(".", "-");
        private static final int LEAST_PORTS = 4;
        private static final int MOST_PORTS = 4_000;

        /** @throws IllegalArgumentException naming all values that are out of range */
        public Http {
            Objects.requireNonNull(routing, "routing");
            Objects.requireNonNull(tls, "tls");
            host = Hosts.bare(host);
            publicUrl = publicUrl.map(Settings::withoutTrailingSlash);
            domain = domain.map(name -> name.toLowerCase(Locale.ROOT));
            trustedProxies = List.copyOf(trustedProxies);
            Expectations expectations = new Expectations("http")
                    .host("host", host)
                    .number("port", port, 0, 65_535)
                    .that(
                            SEPARATORS.contains(domainSeparator),
                            "domain-separator",
                            domainSeparator,
                            "one of " + String.join(", ", SEPARATORS))
                    .that(routing != Routing.SUBDOMAIN || domain.isPresent(), needed("http.domain", routing))
                    .that(routing != Routing.PORT || portRange.isPresent(), needed("http.port-range", routing))
                    .size("body-limit", bodyLimit, LEAST_BODY, MOST_BODY)
                    .size("max-request-line", maxRequestLine, LEAST_HEAD, MOST_HEAD)
                    .size("max-head", maxHead, LEAST_HEAD, MOST_HEAD)
                    .time("head-timeout", headTimeout)
                    .time("idle-timeout", idleTimeout)
                    .time("body-timeout", bodyTimeout);
            domain.ifPresent(name -> expectations.that(
                    Hosts.isDomain(name),
                    "domain",
                    name,
                    "a domain such as sandboxes.example.org, at most 189 characters, without port"));
            portRange.ifPresent(range -> expectations.that(
                    range.size() >= LEAST_PORTS && range.size() <= MOST_PORTS,
                    "port-range",
                    range.toString(),
                    LEAST_PORTS + " to " + MOST_PORTS + " ports, four for each sandbox"));
            if (routing == Routing.PORT && portRange.isPresent()) {
                expectations.that(
                        !portRange.get().contains(port), taken(portRange.get(), "http.port", port, List.of()));
            }
            publicUrl.ifPresent(url -> expectations
                    .base("public-url", url)
                    .that(
                            url.getRawPath() == null || url.getRawPath().isEmpty(),
                            "public-url",
                            Form.withoutSecrets(url.toString()),
                            "no path; sandboxes are reached below /{runtime_id}"));
            expectations.met();
        }
    }

    /**
     * TLS on the public listener.
     *
     * @param certificate PEM, the server's own first, then those it was signed with; there if there is TLS
     * @param key PEM, not encrypted; there if there is TLS
     * @param reload between two looks whether the files were renewed
     */
    public record Tls(Optional<Path> certificate, Optional<Path> key, Duration reload) {
        /** @throws IllegalArgumentException naming all values that are out of range, and files that are of no use */
        public Tls {
            Expectations expectations = new Expectations("http.tls")
                    .that(certificate.isPresent() || key.isEmpty(), "certificate", "missing", "a file; there is a key")
                    .that(key.isPresent() || certificate.isEmpty(), "key", "missing", "a file; there is a certificate")
                    .time("reload", reload);
            if (certificate.isPresent() && key.isPresent()) {
                try {
                    KeyPairFiles.read(certificate.get(), key.get());
                } catch (UnusableFileException unusable) {
                    expectations.that(false, unusable.key(), unusable.file().toString(), unusable.expected());
                }
            }
            expectations.met();
        }

        public boolean enabled() {
            return certificate.isPresent();
        }

        public String scheme() {
            return enabled() ? "https" : "http";
        }
    }

    /** What tells sandboxes apart in the URLs that are handed out. Those by path are served in each case. */
    public enum Routing {
        /** {@code /{runtime_id}/{service}/…}. */
        PATH,
        /** A host name for each service of each sandbox. */
        SUBDOMAIN,
        /** A port for each service of each sandbox. */
        PORT
    }

    /**
     * The operator's listener.
     *
     * @param port 0: any free one
     */
    public record Admin(String host, int port) {
        /** @throws IllegalArgumentException naming all values that are out of range */
        public Admin {
            host = Hosts.bare(host);
            new Expectations("admin")
                    .host("host", host)
                    .number("port", port, 0, 65_535)
                    .met();
        }
    }

    /**
     * The runtime API.
     *
     * @param url the base, without a slash at its end; empty: the embedded host
     * @param apiKey sent as {@code X-API-Key}
     * @param callTimeout from sending one call to its whole answer
     * @param attempts how often a call is made until it is given up, 1: never again
     * @param retryDelay from a failed attempt to the next; may be zero
     */
    public record Upstream(
            Optional<URI> url,
            Optional<String> apiKey,
            Duration callTimeout,
            int attempts,
            Duration retryDelay,
            Breaker breaker) {
        /** @throws IllegalArgumentException naming all values that are out of range */
        public Upstream {
            Objects.requireNonNull(breaker, "breaker");
            url = url.map(Settings::withoutTrailingSlash);
            Expectations expectations = new Expectations("upstream")
                    .time("call-timeout", callTimeout)
                    .number("attempts", attempts, 1, 20)
                    .timeOrNone("retry-delay", retryDelay);
            url.ifPresent(base -> expectations.base("url", base));
            apiKey.ifPresent(key -> expectations.secret("api-key", key));
            expectations.met();
        }

        public boolean embedded() {
            return url.isEmpty();
        }

        /** Without the key: records end up in logs. */
        @Override
        public String toString() {
            return "Upstream[" + url.map(URI::toString).orElse("embedded") + "]";
        }
    }

    /**
     * The circuit breaker around the runtime API.
     *
     * @param failures that many within {@code window} open it
     * @param window how far back failures count
     * @param reset from opening to the next call that is let through
     */
    public record Breaker(int failures, Duration window, Duration reset) {
        /** @throws IllegalArgumentException naming all values that are out of range */
        public Breaker {
            new Expectations("upstream.breaker")
                    .number("failures", failures, 1, 1_000_000)
                    .time("window", window)
                    .time("reset", reset)
                    .met();
        }
    }

    /**
     * The embedded sandbox host.
     *
     * @param directory where each sandbox has its workspace
     * @param command run for each sandbox; empty: the built-in sandbox program
     * @param maxSandboxes how many run at once
     * @param startTimeout from starting a sandbox's process to its first answer
     */
    public record Embedded(
            Path directory, List<String> command, Isolation isolation, int maxSandboxes, Duration startTimeout) {
        /** @throws IllegalArgumentException naming all values that are out of range */
        public Embedded {
            Objects.requireNonNull(directory, "directory");
            Objects.requireNonNull(isolation, "isolation");
            command = List.copyOf(command);
            new Expectations("embedded")
                    .that(
                            command.isEmpty() || !command.get(0).isBlank(),
                            "command",
                            command.toString(),
                            "a program to run first")
                    .number("max-sandboxes", maxSandboxes, 1, 10_000)
                    .time("start-timeout", startTimeout)
                    .met();
        }
    }

    /** How the embedded host walls its sandboxes in. */
    public enum Isolation {
        /** Bubblewrap where it works, otherwise none. */
        AUTO,
        /** Bubblewrap, and no sandbox where it does not work. */
        BUBBLEWRAP,
        /** A plain process of the same user. */
        NONE
    }

    /**
     * A customer of this gateway.
     *
     * @param name 1 to 64 letters, digits, {@code -} or {@code _}
     * @param apiKey what its clients send; empty: {@code apiKeySha256} is given instead
     * @param apiKeySha256 the SHA-256 digest of what its clients send, 64 hexadecimal digits, kept in lower case; empty:
     *     {@code apiKey} is given instead
     * @param upstreamApiKey empty: {@code upstream.api-key} is used for it
     */
    public record Tenant(
            String name, Optional<String> apiKey, Optional<String> apiKeySha256, Optional<String> upstreamApiKey) {
        private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{1,64}");

        /** @throws IllegalArgumentException naming all values that have another form */
        public Tenant {
            apiKeySha256 = apiKeySha256.map(digest -> digest.toLowerCase(Locale.ROOT));
            Expectations expectations = new Expectations(Keys.TENANTS)
                    .that(FORM.matcher(name).matches(), "name", name, "1 to 64 characters out of A-Z a-z 0-9 - _")
                    .that(
                            apiKey.isPresent() || apiKeySha256.isPresent(),
                            "api-key",
                            "missing",
                            "a value, or api-key-sha256")
                    .that(
                            apiKey.isEmpty() || apiKeySha256.isEmpty(),
                            "api-key-sha256",
                            "given together with api-key",
                            "only one of them");
            apiKey.ifPresent(key -> expectations.secret("api-key", key));
            apiKeySha256.ifPresent(digest -> expectations.digest("api-key-sha256", digest));
            upstreamApiKey.ifPresent(key -> expectations.secret("upstream-api-key", key));
            expectations.met();
        }

        /** The SHA-256 digest of the key that its clients send, in lower-case hexadecimal digits. */
        public String keySha256() {
            return apiKeySha256.orElseGet(() -> Digests.sha256(apiKey.orElseThrow()));
        }

        /** Without the keys: records end up in logs. */
        @Override
        public String toString() {
            return "Tenant[" + name + "]";
        }
    }

    /**
     * Times of transitions, each from its begin to the sandbox being ready (or gone), and the pace of waiting.
     *
     * @param startTimeout from the call that starts a sandbox to its first answer
     * @param resumeTimeout from the call that resumes a sandbox to its first answer
     * @param pauseTimeout from the call that pauses a sandbox to the runtime API reporting it paused
     * @param stopTimeout from the call that stops a sandbox to the runtime API reporting it gone
     * @param buildTimeout from the call that begins a build to its image being there
     * @param buildPoll between two looks at a build
     * @param environmentTimeout from a sandbox's first answer to its session's environment being applied
     * @param aliveTimeout from asking a sandbox whether it is alive to its answer
     * @param pollFirst between the first two looks at a sandbox that becomes ready; later ones are further apart
     * @param pollMax between two looks at most
     */
    public record Lifecycle(
            Duration startTimeout,
            Duration resumeTimeout,
            Duration pauseTimeout,
            Duration stopTimeout,
            Duration buildTimeout,
            Duration buildPoll,
            Duration environmentTimeout,
            Duration aliveTimeout,
            Duration pollFirst,
            Duration pollMax) {
        /** @throws IllegalArgumentException naming all values that are out of range */
        public Lifecycle {
            new Expectations("lifecycle")
                    .time("start-timeout", startTimeout)
                    .time("resume-timeout", resumeTimeout)
                    .time("pause-timeout", pauseTimeout)
                    .time("stop-timeout", stopTimeout)
                    .time("build-timeout", buildTimeout)
                    .time("build-poll", buildPoll)
                    .time("environment-timeout", environmentTimeout)
                    .time("alive-timeout", aliveTimeout)
                    .time("poll-first", pollFirst)
                    .time("poll-max", pollMax)
                    .atMost("poll-first", pollFirst, "poll-max", pollMax)
                    .met();
        }
    }

    /**
     * Requests that wait for a sandbox.
     *
     * @param deadline from the request's arrival to its being forwarded
     * @param perSession how many wait for one session at once
     * @param perTenant how many wait for the sessions of one tenant at once
     * @param perNode how many wait in this process at once
     * @param release how many go to a sandbox at once when it has woken; 0: all
     */
    public record Hold(Duration deadline, int perSession, int perTenant, int perNode, int release) {
        private static final int MOST = 1_000_000;

        /** @throws IllegalArgumentException naming all values that are out of range */
        public Hold {
            new Expectations("hold")
                    .time("deadline", deadline)
                    .number("per-session", perSession, 1, MOST)
                    .number("per-tenant", perTenant, 1, MOST)
                    .number("per-node", perNode, 1, MOST)
                    .number("release", release, 0, MOST)
                    .atMost("per-session", perSession, "per-tenant", perTenant)
                    .atMost("per-tenant", perTenant, "per-node", perNode)
                    .met();
        }
    }

    /**
     * Forwarding.
     *
     * @param connectTimeout from opening a connection to a sandbox to its standing
     * @param responseTimeout from the request being sent to the head of its answer
     * @param stallTimeout how long one side may take nothing of what is to be sent to it
     * @param replayBuffer how much of a body is kept for sending it again; may be zero
     * @param verdictCache how long the finding whether a sandbox is alive is believed; may be zero
     * @param wakingPageAfter how long a person looks at nothing before the page that a sandbox wakes; zero: no such page
     * @param strict whether every 404, 502 and 504 counts as a disconnect and every 503 as paused, unprobed
     * @param retryBudget how many requests may be sent again, in percent of all; 0: none
     * @param breakerFailures after how many losses in a row a sandbox is given a rest; 0: never
     * @param breakerReset from that to the next look whether it answers
     * @param intents what requests mean for a sandbox that sleeps, where that differs from the defaults; the first that
     *     fits counts
     */
    public record Proxy(
            Duration connectTimeout,
            Duration responseTimeout,
            Duration stallTimeout,
            ByteSize replayBuffer,
            Duration verdictCache,
            Duration wakingPageAfter,
            boolean strict,
            int retryBudget,
            int breakerFailures,
            Duration breakerReset,
            List<IntentRule> intents) {
        private static final long MOST_REPLAY = 64 << 20;
        private static final int MOST_FAILURES = 1_000_000;

        /** @throws IllegalArgumentException naming all values that are out of range */
        public Proxy {
            intents = List.copyOf(intents);
            new Expectations("proxy")
                    .time("connect-timeout", connectTimeout)
                    .time("response-timeout", responseTimeout)
                    .time("stall-timeout", stallTimeout)
                    .size("replay-buffer", replayBuffer, 0, MOST_REPLAY)
                    .timeOrNone("verdict-cache", verdictCache)
                    .timeOrNone("waking-page-after", wakingPageAfter)
                    .number("retry-budget", retryBudget, 0, 100)
                    .number("breaker-failures", breakerFailures, 0, MOST_FAILURES)
                    .time("breaker-reset", breakerReset)
                    .met();
        }
    }

    /** What a request means for a sandbox that sleeps. */
    public enum Intent {
        /** It wakes it. */
        WAKES,
        /** It is forwarded if the sandbox is awake, and never the reason to wake it. */
        USES,
        /** The same, and no sign that anybody is there. */
        IGNORES
    }

    /** What the requests mean that {@code match} fits. */
    public record IntentRule(Match match, Intent intent) {
        public IntentRule {
            Objects.requireNonNull(match, "match");
            Objects.requireNonNull(intent, "intent");
        }
    }

    /**
     * Which requests. What is not said fits all, and something is.
     *
     * @param service the word of a service
     * @param method in capitals
     * @param path behind the service's name and without the query; {@code *} stands for any text, slashes included
     * @param header the name of a field that is there
     * @param value what one of that field's values is; {@code *} stands for any text
     */
    public record Match(
            Optional<String> service,
            Optional<String> method,
            Optional<String> path,
            Optional<String> header,
            Optional<String> value) {
        private static final List<String> SERVICES = List.of("runtime", "vscode", "work-1", "work-2");
        private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}");

        /** @throws IllegalArgumentException naming all values that have another form */
        public Match {
            method = method.map(name -> name.toUpperCase(Locale.ROOT));
            Expectations expectations = new Expectations(Keys.INTENTS)
                    .that(
                            service.isPresent() || method.isPresent() || path.isPresent() || header.isPresent(),
                            "match",
                            "nothing",
                            "at least one of service, method, path, header")
                    .that(value.isEmpty() || header.isPresent(), "match.value", "without a header", "match.header too");
            service.ifPresent(word -> expectations.that(
                    SERVICES.contains(word), "match.service", word, "one of " + String.join(", ", SERVICES)));
            method.ifPresent(name -> expectations.that(
                    TOKEN.matcher(name).matches(), "match.method", name, "a method such as GET or POST"));
            path.ifPresent(glob -> expectations.that(
                    (glob.startsWith("/") || glob.startsWith("*")) && glob.indexOf('?') < 0,
                    "match.path",
                    glob,
                    "a path that begins with / or *, without query"));
            header.ifPresent(name -> expectations.that(
                    TOKEN.matcher(name).matches(), "match.header", name, "the name of a header field"));
            expectations.met();
        }
    }

    /**
     * The memory of sessions.
     *
     * @param retainStopped how long a stopped or failed session stays known; may be zero
     * @param repairInterval between two comparisons of the local routes with the shared registry
     * @param directory where the names of sandboxes are kept; empty: nowhere
     */
    public record Registry(Duration retainStopped, Duration repairInterval, Optional<Path> directory) {
        /** @throws IllegalArgumentException naming all values that are out of range */
        public Registry {
            Objects.requireNonNull(directory, "directory");
            new Expectations("registry")
                    .timeOrNone("retain-stopped", retainStopped)
                    .time("repair-interval", repairInterval)
                    .met();
        }
    }

    /**
     * Who is told of each change by a POST.
     *
     * @param url where to; empty: nobody is told
     * @param secret what the posts are signed with; there must be one if there is a URL
     * @param timeout how long the receiver may take to answer
     * @param retryDelay how long to wait before the second try; then twice as long each time, and five minutes at most
     * @param giveUpAfter how long a change is tried before a failure is the last one
     * @param most how many sessions may have something to be posted at once
     */
    public record Webhook(
            Optional<URI> url,
            Optional<String> secret,
            Duration timeout,
            Duration retryDelay,
            Duration giveUpAfter,
            int most) {
        private static final int LIMIT = 1_000_000;

        /** @throws IllegalArgumentException naming all values that are out of range */
        public Webhook {
            Expectations expectations = new Expectations("webhook")
                    .that(url.isEmpty() || secret.isPresent(), "secret", "", "a secret, as webhook.url is given")
                    .time("timeout", timeout)
                    .time("retry-delay", retryDelay)
                    .time("give-up-after", giveUpAfter)
                    .number("most", most, 1, LIMIT);
            url.ifPresent(u -> expectations.receiver("url", u));
            secret.ifPresent(s -> expectations.secret("secret", s));
            expectations.met();
        }

        @Override
        public String toString() {
            return "Webhook[" + url.map(u -> Form.withoutSecrets(u.toString())).orElse("") + "]";
        }
    }

    /**
     * Streams of what happens to sessions.
     *
     * @param most how many a tenant may have at one node at once
     * @param stalledAfter how long one may take nothing before it is closed
     * @param ticketLifetime how long a ticket opens streams; an open one outlives it
     */
    public record Watchers(int most, Duration stalledAfter, Duration ticketLifetime) {
        private static final int LIMIT = 1_000_000;

        /** @throws IllegalArgumentException naming all values that are out of range */
        public Watchers {
            new Expectations("watchers")
                    .number("most", most, 1, LIMIT)
                    .time("stalled-after", stalledAfter)
                    .time("ticket-lifetime", ticketLifetime)
                    .met();
        }
    }

    /**
     * The event bus for those who are no members: browsers by SockJS, and services by TCP. They may listen and nothing else.
     *
     * @param maxSockets how many of both are open on this node at once, beside strangers'
     * @param perTenant how many of these are one tenant's
     * @param maxStrangers how many are open beside these, of those who have not shown yet on whose behalf they come
     * @param strangerTimeout how long they have for that
     * @param maxRegistrations how many addresses one of them listens to
     * @param idleTimeout how long one may be silent, not even pinging
     * @param queue how much may wait for one that does not read; beyond that it is cut off
     */
    public record Bridges(
            int maxSockets,
            int perTenant,
            int maxStrangers,
            Duration strangerTimeout,
            int maxRegistrations,
            Duration idleTimeout,
            ByteSize queue,
            SockJsBridge sockjs,
            TcpBridge tcp) {
        private static final int MOST = 1_000_000;
        private static final long LEAST_QUEUE = 16 << 10;
        private static final long MOST_QUEUE = 64 << 20;

        /** @throws IllegalArgumentException naming all values that are out of range */
        public Bridges {
            Objects.requireNonNull(sockjs, "sockjs");
            Objects.requireNonNull(tcp, "tcp");
            new Expectations("bridges")
                    .number("max-sockets", maxSockets, 1, MOST)
                    .number("per-tenant", perTenant, 1, MOST)
                    .number("max-strangers", maxStrangers, 1, MOST)
                    .time("stranger-timeout", strangerTimeout)
                    .number("max-registrations", maxRegistrations, 1, MOST)
                    .time("idle-timeout", idleTimeout)
                    .size("queue", queue, LEAST_QUEUE, MOST_QUEUE)
                    .met();
        }
    }

    /** The bridge at {@code /eventbus} of the public listener. */
    public record SockJsBridge(boolean enabled) {}

    /**
     * The bridge for services, a listener of its own.
     *
     * @param port 0: any free one
     * @param certificate a file; there if it speaks TLS, which it must on all but loopback addresses
     * @param key a file, as the certificate
     */
    public record TcpBridge(boolean enabled, String host, int port, Optional<Path> certificate, Optional<Path> key) {
        /** @throws IllegalArgumentException naming all values that are out of range, and files that are of no use */
        public TcpBridge {
            host = Hosts.bare(host);
            Expectations expectations = new Expectations("bridges.tcp")
                    .host("host", host)
                    .number("port", port, 0, 65_535)
                    .that(
                            Hosts.isLoopback(host) || certificate.isPresent(),
                            "host",
                            host,
                            "a loopback address, as there is no bridges.tcp.certificate: keys would be read on the way")
                    .that(certificate.isPresent() || key.isEmpty(), "certificate", "missing", "a file; there is a key")
                    .that(key.isPresent() || certificate.isEmpty(), "key", "missing", "a file; there is a certificate");
            if (certificate.isPresent() && key.isPresent()) {
                try {
                    KeyPairFiles.read(certificate.get(), key.get());
                } catch (UnusableFileException unusable) {
                    expectations.that(false, unusable.key(), unusable.file().toString(), unusable.expected());
                }
            }
            expectations.met();
        }
    }

    /**
     * Several nodes as one.
     *
     * @param name only nodes that give the same are one cluster
     * @param host the address that other members connect to; an IPv6 address may come in brackets and is kept without
     * @param port for other members; the next free one if it is taken
     * @param members where other members may be: {@code host} or {@code host:port}, separated by commas
     * @param busPort for the event buses of other members; 0: any free one
     * @param config a configuration of Hazelcast; empty: the one that the program carries
     */
    public record Cluster(
            boolean enabled, String name, String host, int port, String members, int busPort, Optional<Path> config) {
        private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
        private static final Pattern MEMBERS = Pattern.compile("[^\\s,<>&]+(\\s*,\\s*[^\\s,<>&]+)*");

        /** @throws IllegalArgumentException naming all values that are out of range */
        public Cluster {
            Objects.requireNonNull(config, "config");
            host = Hosts.bare(host);
            new Expectations("cluster")
                    .that(NAME.matcher(name).matches(), "name", name, "1 to 64 characters out of A-Z a-z 0-9 . _ -")
                    .host("host", host)
                    .that(
                            !Hosts.isWildcard(host),
                            "host",
                            host,
                            "the one address that other members can connect to, or a name for it")
                    .number("port", port, 1, 65_535)
                    .that(
                            MEMBERS.matcher(members).matches(),
                            "members",
                            members,
                            "hosts, or host:port, separated by commas")
                    .number("bus-port", busPort, 0, 65_535)
                    .met();
        }
    }

    /**
     * Leaving.
     *
     * @param notReady how long {@code /ready} says no before connections are closed; may be zero
     * @param drain how long open requests may take after that; may be zero
     * @param websockets over how much of {@code drain} the closing of websockets is spread; may be zero
     */
    public record Shutdown(Duration notReady, Duration drain, Duration websockets) {
        /** @throws IllegalArgumentException naming all values that are out of range */
        public Shutdown {
            new Expectations("shutdown")
                    .timeOrNone("not-ready", notReady)
                    .timeOrNone("drain", drain)
                    .timeOrNone("websockets", websockets)
                    .met();
        }

        /** Over how long the closing of websockets is spread; never longer than {@code drain}. */
        public Duration websocketWindow() {
            return websockets.compareTo(drain) < 0 ? websockets : drain;
        }
    }

    /**
     * The log.
     *
     * @param level error, warn, info, debug or trace
     */
    public record Log(Format format, String level) {
        private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

        /** @throws IllegalArgumentException if there is no such level */
        public Log {
            Objects.requireNonNull(format, "format");
            level = level.toLowerCase(Locale.ROOT);
            new Expectations("log")
                    .that(LEVELS.contains(level), "level", level, "one of " + String.join(", ", LEVELS))
                    .met();
        }

        /** How a line of the log looks. */
        public enum Format {
            /** For people: one line, columns first. */
            TEXT,
            /** For programs: one JSON object a line. */
            JSON
        }
    }

    private static boolean samePort(Http http, Admin admin) {
        return http.port() != 0 && http.port() == admin.port() && Hosts.overlap(http.host(), admin.host());
    }

    private static Problem onePort(Http http, Admin admin) {
        return new Problem(
                "admin.port",
                "" + admin.port(),
                "another than http.port " + http.port() + " on the same host",
                List.of("admin.port", "http.port", "admin.host", "http.host"));
    }

    private static Problem needed(String key, Routing routing) {
        return new Problem(
                key,
                "",
                "a value when http.routing is " + routing.name().toLowerCase(Locale.ROOT),
                List.of(key, "http.routing"));
    }

    private static Problem taken(PortRange range, String key, int port, List<String> also) {
        List<String> concerns = new ArrayList<>(List.of("http.port-range", key));
        concerns.addAll(also);
        return new Problem("http.port-range", range.toString(), "a range without " + key + " " + port, concerns);
    }

    private static Problem portsOfOneNode() {
        return new Problem(
                "http.routing",
                "port",
                "path or subdomain with cluster.enabled, as each node would give a sandbox other ports",
                List.of("http.routing", "cluster.enabled"));
    }

    private static Problem hostOfOneMachine(String host) {
        return new Problem(
                "upstream.url",
                "embedded",
                "a URL when cluster.host " + host
                        + " is not a loopback address, as the embedded host serves one machine",
                List.of("upstream.url", "cluster.enabled", "cluster.host"));
    }

    private static Problem unguardedBridge(String host) {
        return new Problem(
                "bridges.tcp.host",
                host,
                "a loopback address such as 127.0.0.1, as there are no tenants",
                List.of("bridges.tcp.host"));
    }

    private static Problem unguarded(String host) {
        return new Problem(
                Keys.TENANTS,
                "none",
                "at least one tenant when http.host " + host + " is not a loopback address",
                List.of(Keys.TENANTS, "http.host"));
    }

    private static Problem nameTaken(String name) {
        return new Problem(Keys.TENANTS, name + " twice", "a name of its own for each tenant", List.of());
    }

    private static Problem keyTaken(String owner, String name) {
        return new Problem(
                Keys.TENANTS,
                "one api-key for " + owner + " and " + name,
                "a key of its own for each tenant",
                List.of());
    }

    private static URI withoutTrailingSlash(URI url) {
        String text = url.toString();
        return text.endsWith("/") ? URI.create(text.replaceFirst("/+$", "")) : url;
    }
}
