package dev.reveille;

import dev.reveille.bus.ClusterNode;
import dev.reveille.config.Logging;
import dev.reveille.config.Settings;
import dev.reveille.config.SettingsException;
import dev.reveille.config.SettingsReader;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The commands. Without one, {@code serve}. */
@Command(
        name = "reveille",
        description = "The gateway that wakes sandboxes.",
        mixinStandardHelpOptions = true,
        versionProvider = Cli.Version.class,
        subcommands = Watch.class,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:well", "1:failed", "2:wrong usage", "78:wrong settings"})
final class Cli implements Callable<Integer> {
    static final int WRONG_SETTINGS = 78;
    private static final int FAILED = 1;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description =
                    "Settings in YAML. By default none; $REVEILLE_CONFIG names one too. Every key can also be set by"
                            + " environment: http.port is REVEILLE_HTTP_PORT.",
            scope = picocli.CommandLine.ScopeType.INHERIT)
    private Path config;

    @Override
    public Integer call() {
        return serve(false);
    }

    @Command(description = "Run the gateway until Ctrl-C. This is the default.")
    int serve(
            @Option(
                            names = "--cluster",
                            description =
                                    "Join other nodes, as with cluster.enabled: true. Where http.port and admin.port"
                                            + " have their defaults and those are taken, the next free ones are used, so that"
                                            + " several nodes can run on one machine.")
                    boolean cluster) {
        return withSettings(given -> cluster ? given.clustered() : given, settings -> {
            Logging.apply(settings.log());
            return new Node(settings, cluster).untilStopped();
        });
    }

    @Command(
            name = "check-config",
            description = "Check the settings, print them as they are in effect, and exit; 78 if something is wrong.")
    int checkConfig() {
        return withSettings(given -> given, settings -> {
            out().print(settings.toYaml());
            out().flush();
            return 0;
        });
    }

    @Command(description = "Show the main job on this machine: open, use, pause, wake, break and close a real sandbox.")
    int demo(
            @Option(
                            names = "--requests",
                            paramLabel = "N",
                            defaultValue = "50",
                            description = "How many requests to send at once to the paused sandbox. By default"
                                    + " ${DEFAULT-VALUE}.")
                    int requests,
            @Option(
                            names = "--wakes",
                            paramLabel = "N",
                            defaultValue = "20",
                            description = "How many wakes to measure. By default ${DEFAULT-VALUE}.")
                    int wakes) {
        return new Demo(out(), Math.max(1, requests), Math.max(1, wakes)).run();
    }

    private int withSettings(UnaryOperator<Settings> change, ToIntFunction<Settings> command) {
        Settings settings;
        try {
            Map<String, String> environment = System.getenv();
            Optional<Path> file = Optional.ofNullable(config)
                    .or(() -> Optional.ofNullable(environment.get("REVEILLE_CONFIG"))
                            .filter(f -> !f.isEmpty())
                            .map(Path::of));
            settings = change.apply(SettingsReader.read(file, environment));
        } catch (SettingsException wrong) {
            spec.commandLine().getErr().println(wrong.getMessage());
            return WRONG_SETTINGS;
        }
        return command.applyAsInt(settings);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** A gateway that runs in this process until it is told to stop. */
    private final class Node {
        private final Settings settings;
        private final boolean onFreePorts;

        /** @param onFreePorts whether a default port that is taken is replaced by the next free one */
        private Node(Settings settings, boolean onFreePorts) {
            this.settings = settings;
            this.onFreePorts = onFreePorts;
        }

        private int untilStopped() {
            Platform platform;
            try {
                platform = Platform.start(settings.cluster()).await(2, TimeUnit.MINUTES);
            } catch (Exception failed) {
                return failed(failed);
            }
            Gateway gateway;
            try {
                gateway = gateway(platform).await(2, TimeUnit.MINUTES);
            } catch (Exception failed) {
                platform.close();
                return failed(failed);
            }
            greet(gateway, platform.node());
            return waitForSignal(platform, gateway);
        }

        private Future<Gateway> gateway(Platform platform) {
            return onFreePorts
                    ? FreePorts.of(platform, settings).compose(platform::gateway)
                    : platform.gateway(settings);
        }

        private int failed(Exception why) {
            spec.commandLine().getErr().println("reveille: could not start: " + reason(why));
            return FAILED;
        }

        private void greet(Gateway gateway, ClusterNode node) {
            String url = gateway.publicUrl();
            String key = settings.tenants().isEmpty() ? "any" : "$KEY";
            out().println("Reveille listens on " + url + ", its admin listener on http://"
                    + settings.admin().host() + ":" + gateway.adminPort());
            if (settings.cluster().enabled()) {
                out().println("It is " + node.id() + ", one of " + node.size() + " in the cluster "
                        + settings.cluster().name());
            }
            out().println("Its console is " + url + "/console/");
            out().println("Try:");
            out().println("  curl -X PUT -H 'X-API-Key: " + key + "' -H 'Prefer: wait=60' " + url
                    + "/api/v1/sessions/hello");
            out().println("  curl -X POST -H 'X-API-Key: " + key + "' -H 'Prefer: wait=60' " + url
                    + "/api/v1/sessions/hello/pause");
            out().println("  curl -X DELETE -H 'X-API-Key: " + key + "' " + url + "/api/v1/sessions/hello");
            out().flush();
        }

        /** Runs until the process is asked to end. The hook holds the process back until all is released. */
        private int waitForSignal(Platform platform, Gateway gateway) {
            CountDownLatch released = new CountDownLatch(1);
            Duration limit = settings.shutdown()
                    .notReady()
                    .plus(settings.shutdown().drain())
                    .plusSeconds(15);
            Thread hook = new Thread(
                    () -> {
                        out().println("Reveille is leaving: finishing what is under way");
                        try {
                            gateway.stop().await(limit.toMillis(), TimeUnit.MILLISECONDS);
                        } catch (Exception late) {
                            spec.commandLine()
                                    .getErr()
                                    .println("reveille: not everything ended in time: " + reason(late));
                        }
                        platform.close();
                        out().println("Reveille has left");
                        released.countDown();
                        // A JVM that a signal ends says so in its exit code; leaving in order is a success.
                        Runtime.getRuntime().halt(0);
                    },
                    "shutdown");
            Runtime.getRuntime().addShutdownHook(hook);
            gateway.stopsOnSignal();
            try {
                released.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            return 0;
        }
    }

    private static String reason(Throwable error) {
        return error.getMessage() == null ? error.toString() : error.getMessage();
    }

    /** The version that the build wrote down. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"reveille " + number()};
        }

        /** As {@code 1.2}. */
        static String number() {
            Properties properties = new Properties();
            try (InputStream in = Cli.class.getResourceAsStream("/reveille.properties")) {
                properties.load(in);
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
            return properties.getProperty("version");
        }
    }
}
