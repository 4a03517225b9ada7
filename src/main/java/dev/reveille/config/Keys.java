package dev.reveille.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Every setting with its default, in the order of {@code conf/reveille.yaml}. */
final class Keys {
    static final String TENANTS = "tenants";
    static final String INTENTS = "proxy.intents";

    private static final Map<String, Key<?>> ALL = new LinkedHashMap<>();
    private static final Pattern TENANT = Pattern.compile("tenants\\.(0|[1-9][0-9]{0,3})\\..+");
    private static final Pattern TENANT_VARIABLE =
            Pattern.compile("REVEILLE_TENANTS_(0|[1-9][0-9]{0,3})_(NAME|API_KEY|API_KEY_SHA256|UPSTREAM_API_KEY)");
    private static final Pattern INTENT = Pattern.compile("proxy\\.intents\\.(0|[1-9][0-9]{0,3})\\..+");
    private static final Pattern INTENT_VARIABLE = Pattern.compile(
            "REVEILLE_PROXY_INTENTS_(0|[1-9][0-9]{0,3})_(INTENT|MATCH_(SERVICE|METHOD|PATH|HEADER|VALUE))");

    static final Key<String> HTTP_HOST =
            key("http.host", Form.TEXT, "127.0.0.1", s -> s.http().host());
    static final Key<Integer> HTTP_PORT =
            key("http.port", Form.NUMBER, "8080", s -> s.http().port());
    static final Key<Optional<URI>> HTTP_PUBLIC_URL = key(
            "http.public-url",
            Form.urlOr("", "an http or https URL, or nothing"),
            "",
            s -> s.http().publicUrl());
    static final Key<Routing> HTTP_ROUTING = key(
            "http.routing", Form.choice(Routing.class), "path", s -> s.http().routing());
    static final Key<Optional<String>> HTTP_DOMAIN =
            key("http.domain", Form.textOrNone(), "", s -> s.http().domain());
    static final Key<String> HTTP_DOMAIN_SEPARATOR =
            key("http.domain-separator", Form.TEXT, ".", s -> s.http().domainSeparator());
    static final Key<Optional<PortRange>> HTTP_PORT_RANGE =
            key("http.port-range", Form.portsOrNone(), "", s -> s.http().portRange());
    static final Key<ByteSize> HTTP_BODY_LIMIT =
            key("http.body-limit", Form.SIZE, "32MiB", s -> s.http().bodyLimit());
    static final Key<List<AddressRange>> HTTP_TRUSTED_PROXIES =
            key("http.trusted-proxies", Form.RANGES, "", s -> s.http().trustedProxies());
    static final Key<ByteSize> HTTP_MAX_REQUEST_LINE =
            key("http.max-request-line", Form.SIZE, "16KiB", s -> s.http().maxRequestLine());
    static final Key<ByteSize> HTTP_MAX_HEAD =
            key("http.max-head", Form.SIZE, "64KiB", s -> s.http().maxHead());
    static final Key<Duration> HTTP_HEAD_TIMEOUT =
            key("http.head-timeout", Form.TIME, "30s", s -> s.http().headTimeout());
    static final Key<Duration> HTTP_IDLE_TIMEOUT =
            key("http.idle-timeout", Form.TIME, "75s", s -> s.http().idleTimeout());
    static final Key<Duration> HTTP_BODY_TIMEOUT =
            key("http.body-timeout", Form.TIME, "60s", s -> s.http().bodyTimeout());
    static final Key<Optional<Path>> TLS_CERTIFICATE = key(
            "http.tls.certificate", Form.FILE_OR_NONE, "", s -> s.http().tls().certificate());
    static final Key<Optional<Path>> TLS_KEY =
            key("http.tls.key", Form.FILE_OR_NONE, "", s -> s.http().tls().key());
    static final Key<Duration> TLS_RELOAD =
            key("http.tls.reload", Form.TIME, "30s", s -> s.http().tls().reload());

    static final Key<String> ADMIN_HOST =
            key("admin.host", Form.TEXT, "127.0.0.1", s -> s.admin().host());
    static final Key<Integer> ADMIN_PORT =
            key("admin.port", Form.NUMBER, "9090", s -> s.admin().port());

    static final Key<Optional<URI>> UPSTREAM_URL = key(
            "upstream.url",
            Form.urlOr("embedded", "embedded, or an http or https URL"),
            "embedded",
            s -> s.upstream().url());
    static final Key<Optional<String>> UPSTREAM_API_KEY =
            key("upstream.api-key", Form.SECRET_OR_NONE, "", s -> s.upstream().apiKey());
    static final Key<Duration> UPSTREAM_CALL_TIMEOUT =
            key("upstream.call-timeout", Form.TIME, "10s", s -> s.upstream().callTimeout());
    static final Key<Integer> UPSTREAM_ATTEMPTS =
            key("upstream.attempts", Form.NUMBER, "3", s -> s.upstream().attempts());
    static final Key<Duration> UPSTREAM_RETRY_DELAY =
            key("upstream.retry-delay", Form.TIME, "200ms", s -> s.upstream().retryDelay());
    static final Key<Integer> BREAKER_FAILURES = key(
            "upstream.breaker.failures",
            Form.NUMBER,
            "5",
            s -> s.upstream().breaker().failures());
    static final Key<Duration> BREAKER_WINDOW = key(
            "upstream.breaker.window",
            Form.TIME,
            "10s",
            s -> s.upstream().breaker().window());
    static final Key<Duration> BREAKER_RESET = key(
            "upstream.breaker.reset",
            Form.TIME,
            "5s",
            s -> s.upstream().breaker().reset());

    static final Key<Path> EMBEDDED_DIRECTORY = key(
            "embedded.directory",
            Form.PLACE,
            "~/.reveille/sandboxes",
            s -> s.embedded().directory());
    static final Key<List<String>> EMBEDDED_COMMAND =
            key("embedded.command", Form.WORDS, "", s -> s.embedded().command());
    static final Key<Isolation> EMBEDDED_ISOLATION = key(
            "embedded.isolation",
            Form.choice(Isolation.class),
            "auto",
            s -> s.embedded().isolation());
    static final Key<Integer> EMBEDDED_MAX_SANDBOXES =
            key("embedded.max-sandboxes", Form.NUMBER, "32", s -> s.embedded().maxSandboxes());
    static final Key<Duration> EMBEDDED_START_TIMEOUT =
            key("embedded.start-timeout", Form.TIME, "60s", s -> s.embedded().startTimeout());

    static final Key<Duration> START_TIMEOUT =
            key("lifecycle.start-timeout", Form.TIME, "300s", s -> s.lifecycle().startTimeout());
    static final Key<Duration> RESUME_TIMEOUT = key(
            "lifecycle.resume-timeout", Form.TIME, "120s", s -> s.lifecycle().resumeTimeout());
    static final Key<Duration> PAUSE_TIMEOUT =
            key("lifecycle.pause-timeout", Form.TIME, "60s", s -> s.lifecycle().pauseTimeout());
    static final Key<Duration> STOP_TIMEOUT =
            key("lifecycle.stop-timeout", Form.TIME, "60s", s -> s.lifecycle().stopTimeout());
    static final Key<Duration> BUILD_TIMEOUT =
            key("lifecycle.build-timeout", Form.TIME, "30m", s -> s.lifecycle().buildTimeout());
    static final Key<Duration> BUILD_POLL =
            key("lifecycle.build-poll", Form.TIME, "5s", s -> s.lifecycle().buildPoll());
    static final Key<Duration> ENVIRONMENT_TIMEOUT = key(
            "lifecycle.environment-timeout",
            Form.TIME,
            "30s",
            s -> s.lifecycle().environmentTimeout());
    static final Key<Duration> ALIVE_TIMEOUT =
            key("lifecycle.alive-timeout", Form.TIME, "5s", s -> s.lifecycle().aliveTimeout());
    static final Key<Duration> POLL_FIRST =
            key("lifecycle.poll-first", Form.TIME, "50ms", s -> s.lifecycle().pollFirst());
    static final Key<Duration> POLL_MAX =
            key("lifecycle.poll-max", Form.TIME, "2s", s -> s.lifecycle().pollMax());

    static final Key<Duration> HOLD_DEADLINE =
            key("hold.deadline", Form.TIME, "90s", s -> s.hold().deadline());
    static final Key<Integer> HOLD_PER_SESSION =
            key("hold.per-session", Form.NUMBER, "5000", s -> s.hold().perSession());
    static final Key<Integer> HOLD_PER_TENANT =
            key("hold.per-tenant", Form.NUMBER, "10000", s -> s.hold().perTenant());
    static final Key<Integer> HOLD_PER_NODE =
            key("hold.per-node", Form.NUMBER, "20000", s -> s.hold().perNode());
    static final Key<Integer> HOLD_RELEASE =
            key("hold.release", Form.NUMBER, "32", s -> s.hold().release());

    static final Key<Duration> CONNECT_TIMEOUT =
            key("proxy.connect-timeout", Form.TIME, "2s", s -> s.proxy().connectTimeout());
    static final Key<Duration> RESPONSE_TIMEOUT =
            key("proxy.response-timeout", Form.TIME, "900s", s -> s.proxy().responseTimeout());
    static final Key<Duration> PROXY_IDLE_TIMEOUT =
            key("proxy.idle-timeout", Form.TIME, "0", s -> s.proxy().idleTimeout());
    static final Key<Duration> STALL_TIMEOUT =
            key("proxy.stall-timeout", Form.TIME, "5m", s -> s.proxy().stallTimeout());
    static final Key<ByteSize> REPLAY_BUFFER =
            key("proxy.replay-buffer", Form.SIZE, "64KiB", s -> s.proxy().replayBuffer());
    static final Key<Duration> VERDICT_CACHE =
            key("proxy.verdict-cache", Form.TIME, "1s", s -> s.proxy().verdictCache());
    static final Key<Duration> WAKING_PAGE_AFTER =
            key("proxy.waking-page-after", Form.TIME, "1s", s -> s.proxy().wakingPageAfter());
    static final Key<Boolean> STRICT =
            key("proxy.strict", Form.YES_OR_NO, "false", s -> s.proxy().strict());
    static final Key<Integer> RETRY_BUDGET =
            key("proxy.retry-budget", Form.NUMBER, "10", s -> s.proxy().retryBudget());
    static final Key<Integer> SANDBOX_FAILURES =
            key("proxy.breaker-failures", Form.NUMBER, "5", s -> s.proxy().breakerFailures());
    static final Key<Duration> SANDBOX_RESET =
            key("proxy.breaker-reset", Form.TIME, "1s", s -> s.proxy().breakerReset());

    static final Key<Duration> RETAIN_STOPPED =
            key("registry.retain-stopped", Form.TIME, "1h", s -> s.registry().retainStopped());
    static final Key<Duration> REPAIR_INTERVAL =
            key("registry.repair-interval", Form.TIME, "10s", s -> s.registry().repairInterval());

    static final Key<Optional<Path>> REGISTRY_DIRECTORY = key(
            "registry.directory",
            Form.DIRECTORY_OR_NONE,
            "~/.reveille/registry",
            s -> s.registry().directory());

    static final Key<Integer> WATCHERS_MOST =
            key("watchers.most", Form.NUMBER, "10000", s -> s.watchers().most());
    static final Key<Duration> STALLED_AFTER =
            key("watchers.stalled-after", Form.TIME, "60s", s -> s.watchers().stalledAfter());
    static final Key<Duration> TICKET_LIFETIME =
            key("watchers.ticket-lifetime", Form.TIME, "5m", s -> s.watchers().ticketLifetime());

    static final Key<Optional<URI>> WEBHOOK_URL = key(
            "webhook.url",
            Form.urlOr("", "an http or https URL, or nothing"),
            "",
            s -> s.webhook().url());
    static final Key<Optional<String>> WEBHOOK_SECRET =
            key("webhook.secret", Form.SECRET_OR_NONE, "", s -> s.webhook().secret());
    static final Key<Duration> WEBHOOK_TIMEOUT =
            key("webhook.timeout", Form.TIME, "10s", s -> s.webhook().timeout());
    static final Key<Duration> WEBHOOK_RETRY_DELAY =
            key("webhook.retry-delay", Form.TIME, "1s", s -> s.webhook().retryDelay());
    static final Key<Duration> WEBHOOK_GIVE_UP_AFTER =
            key("webhook.give-up-after", Form.TIME, "24h", s -> s.webhook().giveUpAfter());
    static final Key<Integer> WEBHOOK_MOST =
            key("webhook.most", Form.NUMBER, "10000", s -> s.webhook().most());

    static final Key<Integer> BRIDGES_MAX_SOCKETS =
            key("bridges.max-sockets", Form.NUMBER, "10000", s -> s.bridges().maxSockets());
    static final Key<Integer> BRIDGES_PER_TENANT =
            key("bridges.per-tenant", Form.NUMBER, "5000", s -> s.bridges().perTenant());
    static final Key<Integer> BRIDGES_MAX_STRANGERS =
            key("bridges.max-strangers", Form.NUMBER, "500", s -> s.bridges().maxStrangers());
    static final Key<Duration> BRIDGES_STRANGER_TIMEOUT =
            key("bridges.stranger-timeout", Form.TIME, "10s", s -> s.bridges().strangerTimeout());
    static final Key<Integer> BRIDGES_MAX_REGISTRATIONS = key(
            "bridges.max-registrations", Form.NUMBER, "100", s -> s.bridges().maxRegistrations());
    static final Key<Duration> BRIDGES_IDLE_TIMEOUT =
            key("bridges.idle-timeout", Form.TIME, "60s", s -> s.bridges().idleTimeout());
    static final Key<ByteSize> BRIDGES_QUEUE =
            key("bridges.queue", Form.SIZE, "256KiB", s -> s.bridges().queue());
    static final Key<Boolean> SOCKJS_ENABLED = key(
            "bridges.sockjs.enabled",
            Form.YES_OR_NO,
            "true",
            s -> s.bridges().sockjs().enabled());
    static final Key<Boolean> TCP_ENABLED = key(
            "bridges.tcp.enabled",
            Form.YES_OR_NO,
            "false",
            s -> s.bridges().tcp().enabled());
    static final Key<String> TCP_HOST = key(
            "bridges.tcp.host", Form.TEXT, "127.0.0.1", s -> s.bridges().tcp().host());
    static final Key<Integer> TCP_PORT =
            key("bridges.tcp.port", Form.NUMBER, "7000", s -> s.bridges().tcp().port());
    static final Key<Optional<Path>> TCP_CERTIFICATE = key(
            "bridges.tcp.certificate",
            Form.FILE_OR_NONE,
            "",
            s -> s.bridges().tcp().certificate());
    static final Key<Optional<Path>> TCP_KEY =
            key("bridges.tcp.key", Form.FILE_OR_NONE, "", s -> s.bridges().tcp().key());

    static final Key<Boolean> CLUSTER_ENABLED =
            key("cluster.enabled", Form.YES_OR_NO, "false", s -> s.cluster().enabled());
    static final Key<String> CLUSTER_NAME =
            key("cluster.name", Form.TEXT, "reveille", s -> s.cluster().name());
    static final Key<String> CLUSTER_HOST =
            key("cluster.host", Form.TEXT, "127.0.0.1", s -> s.cluster().host());
    static final Key<Integer> CLUSTER_PORT =
            key("cluster.port", Form.NUMBER, "5701", s -> s.cluster().port());
    static final Key<String> CLUSTER_MEMBERS =
            key("cluster.members", Form.TEXT, "127.0.0.1", s -> s.cluster().members());
    static final Key<Integer> CLUSTER_BUS_PORT =
            key("cluster.bus-port", Form.NUMBER, "0", s -> s.cluster().busPort());
    static final Key<Optional<Path>> CLUSTER_CONFIG =
            key("cluster.config", Form.FILE_OR_NONE, "", s -> s.cluster().config());

    static final Key<Duration> NOT_READY =
            key("shutdown.not-ready", Form.TIME, "2s", s -> s.shutdown().notReady());
    static final Key<Duration> DRAIN =
            key("shutdown.drain", Form.TIME, "30s", s -> s.shutdown().drain());
    static final Key<Duration> SHUTDOWN_WEBSOCKETS =
            key("shutdown.websockets", Form.TIME, "10s", s -> s.shutdown().websockets());

    static final Key<LogSettings.Format> LOG_FORMAT = key(
            "log.format",
            Form.choice(LogSettings.Format.class),
            "text",
            s -> s.log().format());
    static final Key<String> LOG_LEVEL =
            key("log.level", Form.TEXT, "info", s -> s.log().level());

    private Keys() {}

    /** All but those of lists. */
    static Collection<Key<?>> all() {
        return Collections.unmodifiableCollection(ALL.values());
    }

    static Key<String> tenantName(int index) {
        return new Key<>(
                tenant(index, "name"),
                Form.TEXT,
                Optional.empty(),
                s -> s.tenants().get(index).name());
    }

    static Key<Optional<String>> tenantApiKey(int index) {
        return new Key<>(
                tenant(index, "api-key"),
                Form.SECRET_OR_NONE,
                Optional.of(""),
                s -> s.tenants().get(index).apiKey());
    }

    static Key<Optional<String>> tenantApiKeySha256(int index) {
        return new Key<>(
                tenant(index, "api-key-sha256"),
                Form.SECRET_OR_NONE,
                Optional.of(""),
                s -> s.tenants().get(index).apiKeySha256());
    }

    static Key<Optional<String>> tenantUpstreamApiKey(int index) {
        return new Key<>(
                tenant(index, "upstream-api-key"),
                Form.SECRET_OR_NONE,
                Optional.of(""),
                s -> s.tenants().get(index).upstreamApiKey());
    }

    static List<Key<?>> ofTenant(int index) {
        return List.of(tenantName(index), tenantApiKey(index), tenantApiKeySha256(index), tenantUpstreamApiKey(index));
    }

    static Key<Optional<String>> intentService(int index) {
        return ofMatch(index, "service", IntentMatch::service);
    }

    static Key<Optional<String>> intentMethod(int index) {
        return ofMatch(index, "method", IntentMatch::method);
    }

    static Key<Optional<String>> intentPath(int index) {
        return ofMatch(index, "path", IntentMatch::path);
    }

    static Key<Optional<String>> intentHeader(int index) {
        return ofMatch(index, "header", IntentMatch::header);
    }

    static Key<Optional<String>> intentValue(int index) {
        return ofMatch(index, "value", IntentMatch::value);
    }

    static Key<Intent> intent(int index) {
        return new Key<>(
                intent(index, "intent"),
                Form.choice(Intent.class),
                Optional.empty(),
                s -> s.proxy().intents().get(index).intent());
    }

    static List<Key<?>> ofIntent(int index) {
        return List.of(
                intentService(index),
                intentMethod(index),
                intentPath(index),
                intentHeader(index),
                intentValue(index),
                intent(index));
    }

    /** Those of one item of each list. */
    static Stream<Key<?>> ofItems(int index) {
        return Stream.concat(ofTenant(index).stream(), ofIntent(index).stream());
    }

    static Optional<Key<?>> named(String name) {
        Stream<Key<?>> candidates = tenantOf(name)
                .or(() -> intentOf(name))
                .map(Keys::ofItems)
                .orElseGet(() -> Stream.ofNullable(ALL.get(name)));
        return candidates.filter(key -> key.name().equals(name)).findFirst();
    }

    static Optional<Key<?>> ofVariable(String variable) {
        Stream<Key<?>> candidates = place(TENANT_VARIABLE, variable)
                .or(() -> place(INTENT_VARIABLE, variable))
                .map(Keys::ofItems)
                .orElseGet(() -> ALL.values().stream());
        return candidates.filter(key -> key.variable().equals(variable)).findFirst();
    }

    /** Which tenant a key is about, if it is about one. */
    static Optional<Integer> tenantOf(String name) {
        return place(TENANT, name);
    }

    /** Which rule of intents a key is about, if it is about one. */
    static Optional<Integer> intentOf(String name) {
        return place(INTENT, name);
    }

    private static Optional<Integer> place(Pattern item, String name) {
        Matcher matcher = item.matcher(name);
        return matcher.matches() ? Optional.of(Integer.valueOf(matcher.group(1))) : Optional.empty();
    }

    static boolean isList(String name) {
        return name.equals(TENANTS) || name.equals(INTENTS);
    }

    static boolean isSection(String name) {
        return isList(name) || ALL.keySet().stream().anyMatch(key -> key.startsWith(name + "."));
    }

    private static Key<Optional<String>> ofMatch(
            int index, String name, Function<IntentMatch, Optional<String>> place) {
        return new Key<>(
                intent(index, "match." + name),
                Form.textOrNone(),
                Optional.of(""),
                s -> place.apply(s.proxy().intents().get(index).match()));
    }

    private static String intent(int index, String name) {
        return INTENTS + "." + index + "." + name;
    }

    private static String tenant(int index, String name) {
        return TENANTS + "." + index + "." + name;
    }

    private static <T> Key<T> key(String name, Form<T> form, String initial, Function<Settings, T> place) {
        Key<T> key = new Key<>(name, form, Optional.of(initial), place);
        ALL.put(name, key);
        return key;
    }
}
