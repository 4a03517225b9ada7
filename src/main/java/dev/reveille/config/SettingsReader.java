package dev.reveille.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Reads the settings. Environment variables win over the file, the file wins over the defaults.
 *
 * <p>A value that is wrong is noted and replaced by its default, so that reading goes on to find what else is wrong.
 */
public final class SettingsReader {
    private final Map<String, Given> given;
    private final List<String> problems;
    private final Set<String> refused = new HashSet<>();
    private Optional<List<IntentRule>> intents = Optional.empty();

    private SettingsReader(Map<String, Given> given, List<String> problems) {
        this.given = given;
        this.problems = problems;
    }

    /**
     * Settings out of a YAML file and an environment.
     *
     * @param file must exist if it is given
     * @param environment variables that do not begin with {@code REVEILLE_} are ignored
     * @throws SettingsException naming all problems at once
     */
    public static Settings read(Optional<Path> file, Map<String, String> environment) {
        List<String> problems = new ArrayList<>();
        Optional<Map<String, Given>> written =
                file.isEmpty() ? Optional.of(Map.of()) : YamlSource.read(file.get(), problems);
        Map<String, Given> given = new LinkedHashMap<>(written.orElse(Map.of()));
        given.putAll(EnvironmentSource.read(environment, problems));
        SettingsReader reader = new SettingsReader(given, problems);
        if (written.isEmpty()) {
            reader.refused.add(Keys.TENANTS);
        }
        return reader.settings();
    }

    /** @throws SettingsException naming all problems at once */
    static Settings read(Map<String, Given> given) {
        return new SettingsReader(given, new ArrayList<>()).settings();
    }

    private Settings settings() {
        Optional<Settings> settings = checked(this::together);
        if (problems.isEmpty() && settings.isPresent()) {
            return settings.get();
        }
        throw new SettingsException(problems);
    }

    private Settings together() {
        return new Settings(
                section(this::http, Settings::http),
                section(this::admin, Settings::admin),
                section(this::upstream, Settings::upstream),
                section(this::embedded, Settings::embedded),
                tenants(),
                section(this::lifecycle, Settings::lifecycle),
                section(this::hold, Settings::hold),
                section(this::proxy, Settings::proxy),
                section(this::registry, Settings::registry),
                section(this::watchers, Settings::watchers),
                section(this::webhook, Settings::webhook),
                section(this::bridges, Settings::bridges),
                section(this::cluster, Settings::cluster),
                section(this::shutdown, Settings::shutdown),
                section(this::log, Settings::log));
    }

    private HttpSettings http() {
        return new HttpSettings(
                valueOf(Keys.HTTP_HOST),
                valueOf(Keys.HTTP_PORT),
                valueOf(Keys.HTTP_PUBLIC_URL),
                valueOf(Keys.HTTP_ROUTING),
                valueOf(Keys.HTTP_DOMAIN),
                valueOf(Keys.HTTP_DOMAIN_SEPARATOR),
                valueOf(Keys.HTTP_PORT_RANGE),
                valueOf(Keys.HTTP_BODY_LIMIT),
                valueOf(Keys.HTTP_TRUSTED_PROXIES),
                valueOf(Keys.HTTP_MAX_REQUEST_LINE),
                valueOf(Keys.HTTP_MAX_HEAD),
                valueOf(Keys.HTTP_HEAD_TIMEOUT),
                valueOf(Keys.HTTP_IDLE_TIMEOUT),
                valueOf(Keys.HTTP_BODY_TIMEOUT),
                section(this::tls, settings -> settings.http().tls()));
    }

    private TlsSettings tls() {
        return new TlsSettings(valueOf(Keys.TLS_CERTIFICATE), valueOf(Keys.TLS_KEY), valueOf(Keys.TLS_RELOAD));
    }

    private AdminSettings admin() {
        return new AdminSettings(valueOf(Keys.ADMIN_HOST), valueOf(Keys.ADMIN_PORT));
    }

    private UpstreamSettings upstream() {
        return new UpstreamSettings(
                valueOf(Keys.UPSTREAM_URL),
                valueOf(Keys.UPSTREAM_API_KEY),
                valueOf(Keys.UPSTREAM_CALL_TIMEOUT),
                valueOf(Keys.UPSTREAM_ATTEMPTS),
                valueOf(Keys.UPSTREAM_RETRY_DELAY),
                section(this::breaker, settings -> settings.upstream().breaker()));
    }

    private BreakerSettings breaker() {
        return new BreakerSettings(
                valueOf(Keys.BREAKER_FAILURES), valueOf(Keys.BREAKER_WINDOW), valueOf(Keys.BREAKER_RESET));
    }

    private EmbeddedSettings embedded() {
        return new EmbeddedSettings(
                valueOf(Keys.EMBEDDED_DIRECTORY),
                valueOf(Keys.EMBEDDED_COMMAND),
                valueOf(Keys.EMBEDDED_ISOLATION),
                valueOf(Keys.EMBEDDED_MAX_SANDBOXES),
                valueOf(Keys.EMBEDDED_START_TIMEOUT));
    }

    private LifecycleSettings lifecycle() {
        return new LifecycleSettings(
                valueOf(Keys.START_TIMEOUT),
                valueOf(Keys.RESUME_TIMEOUT),
                valueOf(Keys.PAUSE_TIMEOUT),
                valueOf(Keys.STOP_TIMEOUT),
                valueOf(Keys.BUILD_TIMEOUT),
                valueOf(Keys.BUILD_POLL),
                valueOf(Keys.ENVIRONMENT_TIMEOUT),
                valueOf(Keys.ALIVE_TIMEOUT),
                valueOf(Keys.POLL_FIRST),
                valueOf(Keys.POLL_MAX));
    }

    private HoldSettings hold() {
        return new HoldSettings(
                valueOf(Keys.HOLD_DEADLINE),
                valueOf(Keys.HOLD_PER_SESSION),
                valueOf(Keys.HOLD_PER_TENANT),
                valueOf(Keys.HOLD_PER_NODE),
                valueOf(Keys.HOLD_RELEASE));
    }

    private ProxySettings proxy() {
        return new ProxySettings(
                valueOf(Keys.CONNECT_TIMEOUT),
                valueOf(Keys.RESPONSE_TIMEOUT),
                valueOf(Keys.PROXY_IDLE_TIMEOUT),
                valueOf(Keys.STALL_TIMEOUT),
                valueOf(Keys.REPLAY_BUFFER),
                valueOf(Keys.VERDICT_CACHE),
                valueOf(Keys.WAKING_PAGE_AFTER),
                valueOf(Keys.STRICT),
                valueOf(Keys.RETRY_BUDGET),
                valueOf(Keys.SANDBOX_FAILURES),
                valueOf(Keys.SANDBOX_RESET),
                intents());
    }

    private RegistrySettings registry() {
        return new RegistrySettings(
                valueOf(Keys.RETAIN_STOPPED), valueOf(Keys.REPAIR_INTERVAL), valueOf(Keys.REGISTRY_DIRECTORY));
    }

    private WebhookSettings webhook() {
        return new WebhookSettings(
                valueOf(Keys.WEBHOOK_URL),
                valueOf(Keys.WEBHOOK_SECRET),
                valueOf(Keys.WEBHOOK_TIMEOUT),
                valueOf(Keys.WEBHOOK_RETRY_DELAY),
                valueOf(Keys.WEBHOOK_GIVE_UP_AFTER),
                valueOf(Keys.WEBHOOK_MOST));
    }

    private WatcherSettings watchers() {
        return new WatcherSettings(
                valueOf(Keys.WATCHERS_MOST), valueOf(Keys.STALLED_AFTER), valueOf(Keys.TICKET_LIFETIME));
    }

    private BridgeSettings bridges() {
        return new BridgeSettings(
                valueOf(Keys.BRIDGES_MAX_SOCKETS),
                valueOf(Keys.BRIDGES_PER_TENANT),
                valueOf(Keys.BRIDGES_MAX_STRANGERS),
                valueOf(Keys.BRIDGES_STRANGER_TIMEOUT),
                valueOf(Keys.BRIDGES_MAX_REGISTRATIONS),
                valueOf(Keys.BRIDGES_IDLE_TIMEOUT),
                valueOf(Keys.BRIDGES_QUEUE),
                new SockJsBridgeSettings(valueOf(Keys.SOCKJS_ENABLED)),
                section(this::tcpBridge, settings -> settings.bridges().tcp()));
    }

    private TcpBridgeSettings tcpBridge() {
        return new TcpBridgeSettings(
                valueOf(Keys.TCP_ENABLED),
                valueOf(Keys.TCP_HOST),
                valueOf(Keys.TCP_PORT),
                valueOf(Keys.TCP_CERTIFICATE),
                valueOf(Keys.TCP_KEY));
    }

    private ClusterSettings cluster() {
        return new ClusterSettings(
                valueOf(Keys.CLUSTER_ENABLED),
                valueOf(Keys.CLUSTER_NAME),
                valueOf(Keys.CLUSTER_HOST),
                valueOf(Keys.CLUSTER_PORT),
                valueOf(Keys.CLUSTER_MEMBERS),
                valueOf(Keys.CLUSTER_BUS_PORT),
                valueOf(Keys.CLUSTER_CONFIG));
    }

    private ShutdownSettings shutdown() {
        return new ShutdownSettings(valueOf(Keys.NOT_READY), valueOf(Keys.DRAIN), valueOf(Keys.SHUTDOWN_WEBSOCKETS));
    }

    private LogSettings log() {
        return new LogSettings(valueOf(Keys.LOG_FORMAT), valueOf(Keys.LOG_LEVEL));
    }

    private List<TenantSettings> tenants() {
        return places(Keys::tenantOf).stream()
                .flatMap(place -> tenant(place).stream())
                .toList();
    }

    /** Read once: a section that is not in order is read again. */
    private List<IntentRule> intents() {
        if (intents.isEmpty()) {
            intents = Optional.of(places(Keys::intentOf).stream()
                    .flatMap(place -> intent(place).stream())
                    .toList());
        }
        return intents.get();
    }

    private Set<Integer> places(Function<String, Optional<Integer>> placeOf) {
        Set<Integer> places = new TreeSet<>();
        given.keySet().forEach(key -> placeOf.apply(key).ifPresent(places::add));
        return places;
    }

    private Optional<IntentRule> intent(int place) {
        int before = problems.size();
        Optional<String> service = valueOf(Keys.intentService(place));
        Optional<String> method = valueOf(Keys.intentMethod(place));
        Optional<String> path = valueOf(Keys.intentPath(place));
        Optional<String> header = valueOf(Keys.intentHeader(place));
        Optional<String> value = valueOf(Keys.intentValue(place));
        Intent intent = valueOf(Keys.intent(place));
        return problems.size() == before
                ? item(
                        Keys.INTENTS,
                        place,
                        () -> new IntentRule(new IntentMatch(service, method, path, header, value), intent))
                : Optional.empty();
    }

    /** Empty if it is not in order; then nothing is to be said any more about how many tenants there are. */
    private Optional<TenantSettings> tenant(int place) {
        int before = problems.size();
        String name = valueOf(Keys.tenantName(place));
        Optional<String> apiKey = valueOf(Keys.tenantApiKey(place));
        Optional<String> apiKeySha256 = valueOf(Keys.tenantApiKeySha256(place));
        Optional<String> upstreamApiKey = valueOf(Keys.tenantUpstreamApiKey(place));
        Optional<TenantSettings> tenant = problems.size() == before
                ? item(Keys.TENANTS, place, () -> new TenantSettings(name, apiKey, apiKeySha256, upstreamApiKey))
                : Optional.empty();
        if (tenant.isEmpty()) {
            refused.add(Keys.TENANTS);
        }
        return tenant;
    }

    private <T> Optional<T> item(String list, int place, Supplier<T> made) {
        try {
            return Optional.of(made.get());
        } catch (UnmetException e) {
            refuse(e.problems().stream().map(problem -> problem.at(list, place)).toList());
            return Optional.empty();
        }
    }

    /** The section as given; with the defaults for what is wrong in it; or all of it by default. */
    private <T> T section(Supplier<T> asGiven, Function<Settings, T> byDefault) {
        return checked(asGiven).or(() -> checked(asGiven)).orElseGet(() -> byDefault.apply(Settings.defaults()));
    }

    private <T> Optional<T> checked(Supplier<T> made) {
        try {
            return Optional.of(made.get());
        } catch (UnmetException e) {
            refuse(e.problems());
            return Optional.empty();
        }
    }

    /** Notes the rules that are broken, except for those about a value that is wrong anyway. */
    private void refuse(List<Problem> broken) {
        Set<String> compared = new HashSet<>();
        for (Problem problem : broken) {
            if (problem.concerns().stream().noneMatch(refused::contains)) {
                problems.add(problem + origin(problem));
                (problem.concerns().size() == 1 ? refused : compared).addAll(problem.concerns());
            }
        }
        refused.addAll(compared);
    }

    private <T> T valueOf(Key<T> key) {
        Given text = given.get(key.name());
        if (text == null && key.initial().isEmpty()) {
            refuse(List.of(Problem.of(key.name(), "missing", "a value")));
            return null;
        }
        if (text == null || refused.contains(key.name())) {
            return initial(key);
        }
        try {
            return key.form().read(text.text());
        } catch (MismatchException e) {
            refuse(List.of(Problem.of(key.name(), key.form().shown(text.text()), e.getMessage())));
            return initial(key);
        }
    }

    /** Null for one that must be given: whoever asked for it finds out that it was refused. */
    private static <T> T initial(Key<T> key) {
        if (key.initial().isEmpty()) {
            return null;
        }
        try {
            return key.form().read(key.initial().get());
        } catch (MismatchException e) {
            throw new IllegalStateException(key.name() + " has no default", e);
        }
    }

    /** Where it was written; for values that contradict one another, where each of them was. */
    private String origin(Problem problem) {
        List<String> origins = problem.concerns().stream()
                .filter(given::containsKey)
                .map(key -> problem.concerns().size() == 1
                        ? given.get(key).origin()
                        : key + " in " + given.get(key).origin())
                .toList();
        return origins.isEmpty() ? "" : origins.stream().collect(Collectors.joining(", ", "; from ", ""));
    }
}
