package dev.reveille.lifecycle;

import dev.reveille.registry.SessionRegistry;
import dev.reveille.session.RuntimeId;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.Session;
import dev.reveille.session.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which session each runtime belongs to, on disk. Upstream lists live sandboxes only, and its answers about a runtime name no
 * session: after all nodes were down, a request to one that is paused would find nothing. Holds names and no keys; what it
 * says is always asked of upstream again.
 *
 * <p>Nodes on one machine may share a file: what they write is the same but for moments.
 */
final class Ledger {
    private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);
    private static final int MOST = 100_000;
    private static final long WRITE_MILLIS = 2_000;

    private final Vertx vertx;
    private final SessionRegistry registry;
    private final Optional<Path> file;

    /** Guarded by this: the oldest first. */
    private final Map<String, Name> names = new LinkedHashMap<>();

    /** As it stands in the file; null before the first time. */
    private List<String> written;

    private boolean complained;
    private long timer;

    /** @param file empty: nothing is kept */
    Ledger(Vertx vertx, SessionRegistry registry, Optional<Path> file) {
        this.vertx = vertx;
        this.registry = registry;
        this.file = file;
    }

    /**
     * Whose a runtime is.
     *
     * @param session of which it is or was the sandbox
     * @param tenant whose session that is
     */
    record Name(SessionId session, String tenant) {}

    /** @return once what was written is known */
    Future<Void> begin() {
        if (file.isEmpty()) {
            return Future.succeededFuture();
        }
        timer = vertx.setPeriodic(WRITE_MILLIS, t -> write());
        return vertx.executeBlocking(() -> {
            read();
            return null;
        });
    }

    /** @return once all that is known is written */
    Future<Void> end() {
        if (file.isEmpty()) {
            return Future.succeededFuture();
        }
        vertx.cancelTimer(timer);
        return write();
    }

    synchronized Optional<Name> of(RuntimeId runtime) {
        return Optional.ofNullable(names.get(runtime.value()));
    }

    /** @param gone whether upstream knows neither its session nor the runtime itself: one 404 may be a router's */
    synchronized void forget(RuntimeId runtime, boolean gone) {
        if (gone) {
            names.remove(runtime.value());
        }
    }

    private Future<Void> write() {
        // In order: an earlier state must not be written after a later one.
        return vertx.executeBlocking(
                () -> {
                    save();
                    return null;
                },
                true);
    }

    private void read() {
        try (Stream<String> lines = Files.lines(file.orElseThrow())) {
            lines.limit(MOST).forEach(this::remember);
        } catch (NoSuchFileException first) {
            LOG.debug("there is no ledger yet");
        } catch (IOException | RuntimeException unreadable) {
            complain("read", unreadable);
        }
    }

    private synchronized void remember(String line) {
        try {
            JsonArray name = new JsonArray(line);
            RuntimeId runtime = new RuntimeId(name.getString(0));
            names.put(runtime.value(), new Name(new SessionId(name.getString(1)), name.getString(2)));
        } catch (RuntimeException odd) {
            LOG.debug("a line of the ledger is not understandable");
        }
    }

    private void save() {
        List<String> lines = lines();
        if (lines.equals(written)) {
            return;
        }
        try {
            Path target = file.orElseThrow();
            Files.createDirectories(target.getParent());
            Path next = Files.createTempFile(
                    target.getParent(),
                    ".ledger",
                    "",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try {
                Files.write(next, lines);
                Files.move(next, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(next);
            }
            written = lines;
        } catch (IOException | RuntimeException broken) {
            complain("written", broken);
        }
    }

    private synchronized List<String> lines() {
        // What has stopped since is no session's any more.
        names.entrySet()
                .removeIf(known -> registry.seen(known.getValue().session())
                        .filter(s -> !runtime(s).equals(Optional.of(known.getKey())))
                        .isPresent());
        for (Session session : registry.all()) {
            runtime(session).ifPresent(id -> names.put(id, new Name(session.id(), session.tenant())));
        }
        names.keySet().stream().limit(Math.max(0, names.size() - MOST)).toList().forEach(names::remove);
        return names.entrySet().stream()
                .map(known -> new JsonArray()
                        .add(known.getKey())
                        .add(known.getValue().session().value())
                        .add(known.getValue().tenant())
                        .encode())
                .collect(Collectors.toList());
    }

    private static Optional<String> runtime(Session session) {
        return session.runtime().map(SandboxRuntime::id).map(RuntimeId::value);
    }

    /** Once is enough: it works without. */
    private void complain(String what, Exception why) {
        if (!complained) {
            complained = true;
            LOG.warn(
                    "{} could not be {}, so paused sandboxes are not found by their URLs after all nodes were down: {}",
                    file.orElseThrow(),
                    what,
                    why.toString());
        }
    }
}
