package dev.reveille.testing;

import static dev.reveille.testing.TestGateway.await;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Chromium without a window, led by its DevTools protocol: over one websocket, calls with a number that the answer
 * repeats, and events in between.
 */
public final class Browser implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Browser.class);
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final String LISTENING = "DevTools listening on ";
    private static final int LARGEST_MESSAGE = 64 << 20;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(40);
    private static final long BETWEEN_LOOKS_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Their numbers on Windows, by which browsers know them everywhere. */
    private static final Map<String, Integer> KEYS = Map.of(
            "Tab",
            9,
            "Enter",
            13,
            "Escape",
            27,
            "PageUp",
            33,
            "PageDown",
            34,
            "End",
            35,
            "Home",
            36,
            "ArrowUp",
            38,
            "ArrowDown",
            40);

    private final Process process;
    private final Path profile;
    private final WebSocketClient client;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, Promise<JsonObject>> pending = new ConcurrentHashMap<>();
    private final Map<String, Tab> tabs = new ConcurrentHashMap<>();
    private final WebSocket socket;

    private Browser(Vertx vertx, Path program, Path profile) throws IOException {
        this.profile = profile;
        List<String> command = List.of(
                program.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--no-proxy-server",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank");
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        client = vertx.createWebSocketClient(
                new WebSocketClientOptions().setMaxFrameSize(LARGEST_MESSAGE).setMaxMessageSize(LARGEST_MESSAGE));
        URI devTools = address();
        socket = await(client.connect(devTools.getPort(), devTools.getHost(), devTools.getPath())
                .onSuccess(s -> s.textMessageHandler(text -> heard(new JsonObject(text)))));
    }

    /** Where Chromium is; empty if it is not installed. */
    public static Optional<Path> program() {
        return Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator, -1))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Runs when this returns. */
    public static Browser start(Vertx vertx) throws IOException {
        Path program = program().orElseThrow(() -> new IllegalStateException("Chromium is not installed"));
        return new Browser(vertx, program, Files.createTempDirectory("reveille-browser-"));
    }

    /** It says so on its error stream, of which the rest is read for it never to stand still. */
    private URI address() throws IOException {
        BufferedReader lines = process.inputReader(UTF_8);
        List<String> said = new ArrayList<>();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            said.add(line);
            if (line.startsWith(LISTENING)) {
                Thread reader = new Thread(() -> lines.lines().forEach(rest -> {}), "browser-output");
                reader.setDaemon(true);
                reader.start();
                return URI.create(line.substring(LISTENING.length()).trim());
            }
        }
        throw new IOException("Chromium did not start: " + said);
    }

    /** A tab of that size, which nothing was opened in yet, and with storage of its own. */
    public Tab tab(int width, int height, boolean dark) {
        JsonObject storage = call("", "Target.createBrowserContext", new JsonObject());
        JsonObject target = call(
                "",
                "Target.createTarget",
                new JsonObject()
                        .put("url", "about:blank")
                        .put("browserContextId", storage.getString("browserContextId")));
        String session = call("", "Target.attachToTarget", target.copy().put("flatten", true))
                .getString("sessionId");
        Tab tab = new Tab(session, storage);
        tabs.put(session, tab);
        tab.prepare(width, height, dark);
        return tab;
    }

    /** Closes all tabs, which would otherwise go on drawing and asking. */
    public void closeTabs() {
        for (Tab tab : List.copyOf(tabs.values())) {
            tabs.remove(tab.session);
            call("", "Target.disposeBrowserContext", tab.storage);
        }
    }

    private JsonObject call(String session, String method, JsonObject parameters) {
        int id = calls.incrementAndGet();
        Promise<JsonObject> answer = Promise.promise();
        pending.put(id, answer);
        JsonObject message =
                new JsonObject().put("id", id).put("method", method).put("params", parameters);
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        Future<Void> sent = socket.writeTextMessage(message.encode());
        return await(sent.compose(done -> answer.future()));
    }

    private void heard(JsonObject message) {
        Integer id = message.getInteger("id");
        if (id == null) {
            Tab tab = tabs.get(message.getString("sessionId", ""));
            if (tab != null) {
                tab.heard(message.getString("method"), message.getJsonObject("params"));
            }
            return;
        }
        Promise<JsonObject> answer = pending.remove(id);
        if (message.containsKey("error")) {
            answer.fail(message.getJsonObject("error").encode());
        } else {
            answer.complete(message.getJsonObject("result"));
        }
    }

    @Override
    public void close() throws IOException {
        // Its helpers outlive it by a little, and write to the profile until they end.
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        process.destroy();
        try {
            CompletableFuture.allOf(all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                    .get(10, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            all.forEach(ProcessHandle::destroyForcibly);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
        await(client.close());
        remove(profile);
    }

    /** As far as it can be: nothing depends on it. */
    private static void remove(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException | UncheckedIOException used) {
            LOG.info("{} stays: {}", folder, used.toString());
        }
    }

    /** One page after the other, and what it complains of. */
    public final class Tab {
        private final String session;
        private final JsonObject storage;
        private final List<String> complaints = new CopyOnWriteArrayList<>();

        private Tab(String session, JsonObject storage) {
            this.session = session;
            this.storage = storage;
        }

        private void prepare(int width, int height, boolean dark) {
            for (String domain : List.of("Page", "Runtime", "Log")) {
                call(session, domain + ".enable", new JsonObject());
            }
            call(
                    session,
                    "Emulation.setDeviceMetricsOverride",
                    new JsonObject()
                            .put("width", width)
                            .put("height", height)
                            .put("deviceScaleFactor", 2)
                            .put("mobile", width < 500));
            call(
                    session,
                    "Emulation.setEmulatedMedia",
                    new JsonObject()
                            .put(
                                    "features",
                                    new JsonArray().add(feature("prefers-color-scheme", dark ? "dark" : "light"))));
        }

        private void heard(String event, JsonObject about) {
            if (event.equals("Runtime.exceptionThrown")) {
                complaints.add(about.getJsonObject("exceptionDetails").encode());
            } else if (event.equals("Log.entryAdded")) {
                JsonObject entry = about.getJsonObject("entry");
                if (List.of("error", "warning").contains(entry.getString("level"))) {
                    complaints.add(entry.getString("text") + " " + entry.getString("url", ""));
                }
            } else if (event.equals("Runtime.consoleAPICalled")
                    && !about.getString("type").equals("log")) {
                complaints.add(about.encode());
            }
        }

        /** Errors and warnings in the console, since the begin. */
        public List<String> complaints() {
            return complaints;
        }

        public void withoutScripts() {
            call(session, "Emulation.setScriptExecutionDisabled", new JsonObject().put("value", true));
        }

        /** Keeps nothing for its pages, as many browsers do in frames. */
        public void withoutStorage() {
            String refusing =
                    "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no'); } })";
            call(session, "Page.addScriptToEvaluateOnNewDocument", new JsonObject().put("source", refusing));
        }

        /** Prefers what moves less, in addition to its colours. */
        public void withoutMotion(boolean dark) {
            call(
                    session,
                    "Emulation.setEmulatedMedia",
                    new JsonObject()
                            .put(
                                    "features",
                                    new JsonArray()
                                            .add(feature("prefers-color-scheme", dark ? "dark" : "light"))
                                            .add(feature("prefers-reduced-motion", "reduce"))));
        }

        private static JsonObject feature(String name, String value) {
            return new JsonObject().put("name", name).put("value", value);
        }

        /** Presses and releases keys one after the other: {@code Enter}, {@code ArrowDown}, or a sign. */
        public void press(String... keys) {
            for (String key : keys) {
                JsonObject stroke = new JsonObject().put("key", key).put("code", key);
                Integer number = KEYS.get(key);
                if (number != null) {
                    stroke.put("windowsVirtualKeyCode", number);
                }
                String text = key.equals("Enter") ? "\r" : key.length() == 1 ? key : "";
                JsonObject down = stroke.copy().put("type", text.isEmpty() ? "rawKeyDown" : "keyDown");
                call(session, "Input.dispatchKeyEvent", text.isEmpty() ? down : down.put("text", text));
                call(session, "Input.dispatchKeyEvent", stroke.put("type", "keyUp"));
            }
        }

        /** Writes where the focus is. */
        public void type(String text) {
            call(session, "Input.insertText", new JsonObject().put("text", text));
        }

        /** Opens an address, as if somebody had typed it. */
        public void open(String url) {
            call(session, "Page.navigate", new JsonObject().put("url", url));
        }

        /** What an expression comes to as text; empty while there is no page to ask. */
        public String says(String expression) {
            try {
                JsonObject answer = call(
                        session, "Runtime.evaluate", new JsonObject().put("expression", "String(" + expression + ")"));
                return answer.getJsonObject("result").getString("value", "");
            } catch (RuntimeException between) {
                return "";
            }
        }

        /** Returns once the page is there as a whole, and the expression is true of it. */
        public void until(String expression) {
            long begun = System.nanoTime();
            while (!says("document.readyState === 'complete' && (" + expression + ")")
                    .equals("true")) {
                if (System.nanoTime() - begun > PATIENCE_NANOS) {
                    throw new AssertionError(expression + " never came true of: "
                            + says("document.documentElement.innerText") + " " + complaints);
                }
                LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
            }
        }

        public void screenshot(Path file) throws IOException {
            String image =
                    call(session, "Page.captureScreenshot", new JsonObject()).getString("data");
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.write(file, Base64.getDecoder().decode(image));
        }
    }
}
