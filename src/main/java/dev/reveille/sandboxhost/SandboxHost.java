package dev.reveille.sandboxhost;

import dev.reveille.config.EmbeddedSettings;
import dev.reveille.config.Isolation;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A runtime API of our own, with real sandboxes on this machine, for trying, testing and single machines.
 *
 * <p>It listens on 127.0.0.1 only and therefore checks no {@code X-API-Key}; the sandboxes check their session keys. The
 * {@code image} and {@code command} of a {@code /start} are not used: what runs is the built-in program, or the command
 * that is configured. A configured command without bubblewrap outlives this process if that is killed by SIGKILL; the
 * built-in program never does.
 */
public final class SandboxHost {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxHost.class);
    private static final String LOOPBACK = "127.0.0.1";
    private static final int BLOCK = 64 * 1024;
    private static final int HEADERS = 64 * 1024;
    private static final int WORKERS = 4;
    private static final int CONNECTIONS_PER_PORT = 16_384;
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;

    /** Below the 5 s after which common servers close an idle connection. */
    private static final int KEEP_ALIVE_SECONDS = 4;

    private final Vertx vertx;
    private final EmbeddedSettings settings;
    private final Bubblewrap bubblewrap;
    private Desk desk;
    private volatile boolean endedInOrder;

    public SandboxHost(Vertx vertx, EmbeddedSettings settings) {
        this(vertx, settings, new Bubblewrap("bwrap"));
    }

    SandboxHost(Vertx vertx, EmbeddedSettings settings, Bubblewrap bubblewrap) {
        this.vertx = vertx;
        this.settings = settings;
        this.bubblewrap = bubblewrap;
    }

    /**
     * Listens on 127.0.0.1; the API's base URL is {@code http://127.0.0.1:PORT}. To be called once.
     *
     * <p>The sandboxes that an earlier host has left in the directory are there again, paused if they were live.
     *
     * @param port 0: any free one
     * @return the port; fails when the directory cannot be used, or another host uses it, or bubblewrap is required and
     *     does not work
     */
    public Future<Integer> start(int port) {
        desk = new Desk(port);
        return vertx.deployVerticle(desk).map(id -> desk.server.actualPort());
    }

    /**
     * From now on it is stopped before the JVM ends, also where a signal ends that: until then its sandboxes serve on.
     * Otherwise they end with the signal.
     */
    public void endsInOrder() {
        endedInOrder = true;
    }

    /**
     * Ends every sandbox's process and stops listening. Workspaces stay on disk, except those of stopped sandboxes.
     *
     * @return succeeds when all are gone; may be called again, and when {@link #start} has failed
     */
    public Future<Void> stop() {
        boolean deployed = desk != null && vertx.deploymentIDs().contains(desk.id());
        return deployed ? vertx.undeploy(desk.id()) : Future.succeededFuture();
    }

    /** Owns the context on which all happens, and what must be closed. */
    private final class Desk extends VerticleBase {
        private final int port;
        private WorkerExecutor worker;
        private HttpClient client;
        private Sandboxes sandboxes;
        private SandboxRouter router;
        private ControlApi api;
        private HttpServer server;
        private DirectoryLock lock;
        private Thread hook;

        Desk(int port) {
            this.port = port;
        }

        String id() {
            return context.deploymentID();
        }

        @Override
        public Future<?> start() {
            // Their threads must live as long as the host: bubblewrap takes the end of its parent thread for our end.
            worker = vertx.createSharedWorkerExecutor("sandbox-host", WORKERS, 1, TimeUnit.HOURS);
            client = vertx.createHttpClient(clientOptions(), new PoolOptions().setHttp1MaxSize(CONNECTIONS_PER_PORT));
            server = vertx.createHttpServer(serverOptions()).requestHandler(this::handle);
            return worker.executeBlocking(this::prepare, false)
                    .compose(stock -> server.listen(port, LOOPBACK).onSuccess(s -> open(stock)))
                    .recover(failure -> release().transform(v -> Future.failedFuture(failure)));
        }

        @Override
        public Future<?> stop() {
            forgetHook();
            return sandboxes
                    .leave()
                    .eventually(() -> server.close())
                    .eventually(() -> client.close())
                    .eventually(this::release)
                    .eventually(() -> worker.close());
        }

        private Stock prepare() throws Exception {
            SandboxFolder.createFolder(directory());
            lock = DirectoryLock.take(directory().toRealPath());
            return new Stock(launcher(), Inventory.takeOver(directory()));
        }

        private Future<Void> release() {
            return worker.executeBlocking(
                    () -> {
                        if (lock != null) {
                            lock.close();
                        }
                        return null;
                    },
                    false);
        }

        private void open(Stock stock) {
            String url = "http://" + LOOPBACK + ":" + server.actualPort();
            Sandbox.Surroundings around = new Sandbox.Surroundings(
                    vertx,
                    context,
                    worker,
                    client,
                    new Ports(),
                    stock.launcher(),
                    directory(),
                    settings.startTimeout(),
                    url);
            sandboxes = new Sandboxes(around, settings.maxSandboxes());
            stock.left().forEach(sandboxes::restore);
            router = new SandboxRouter(sandboxes, new Forwarder(vertx, client));
            api = new ControlApi(vertx, sandboxes);
            hook = new Thread(this::terminate, "sandbox-host-shutdown");
            Runtime.getRuntime().addShutdownHook(hook);
            LOG.info(
                    "sandbox-host url={} directory={} restored={}",
                    url,
                    directory(),
                    stock.left().size());
        }

        /** All hooks run at once: one that ends things in order needs the sandboxes until then. */
        private void terminate() {
            if (!endedInOrder) {
                sandboxes.terminate();
            }
        }

        private void forgetHook() {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException endingAlready) {
                LOG.debug("The JVM is ending: its hook ends the same processes");
            }
        }

        private void handle(HttpServerRequest request) {
            if (!router.handle(request)) {
                api.handle(request);
            }
        }
    }

    /** What a host begins with. */
    private record Stock(Launcher launcher, List<SandboxRecord> left) {}

    private Path directory() {
        return settings.directory().toAbsolutePath().normalize();
    }

    private Launcher launcher() throws Exception {
        return new Launcher(settings, directory().toRealPath(), wall());
    }

    private Optional<Bubblewrap> wall() {
        if (settings.isolation() == Isolation.NONE) {
            return Optional.empty();
        }
        boolean works = bubblewrap.works();
        if (!works && settings.isolation() == Isolation.BUBBLEWRAP) {
            throw new IllegalStateException("embedded.isolation: bubblewrap, but bwrap is not installed or does not"
                    + " work here (expected: a bwrap that can run /bin/true, or embedded.isolation: none)");
        }
        if (!works) {
            LOG.warn("bwrap is not installed or does not work here: sandboxes are ordinary processes of this user");
        }
        return works ? Optional.of(bubblewrap) : Optional.empty();
    }

    private static HttpServerOptions serverOptions() {
        return new HttpServerOptions()
                .setMaxChunkSize(BLOCK)
                .setMaxInitialLineLength(HEADERS)
                .setMaxHeaderSize(HEADERS)
                .setHttp2ClearTextEnabled(false);
    }

    private static HttpClientOptions clientOptions() {
        return new HttpClientOptions()
                .setMaxChunkSize(BLOCK)
                .setMaxInitialLineLength(HEADERS)
                .setMaxHeaderSize(HEADERS)
                .setConnectTimeout(CONNECT_TIMEOUT_MILLIS)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS);
    }
}
