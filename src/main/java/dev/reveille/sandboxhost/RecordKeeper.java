package dev.reveille.sandboxhost;

import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one sandbox's record on disk, off the event loop: one write after another in the order they are asked for, and
 * the deletion of the folder after the last of them.
 */
final class RecordKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(RecordKeeper.class);

    private final WorkerExecutor worker;
    private final SandboxFolder folder;
    private Future<Void> last = Future.succeededFuture();

    RecordKeeper(WorkerExecutor worker, SandboxFolder folder) {
        this.worker = worker;
        this.folder = folder;
    }

    /** Writes the record. A failure is logged: the sandbox is well, but would not outlive its host like this. */
    void keep(SandboxRecord record) {
        next(() -> folder.write(record), "could not keep its record");
    }

    /** Succeeds when all that was asked for so far is done, or has failed. */
    Future<Void> kept() {
        return last;
    }

    /** Deletes the folder once a process that uses it is gone. Nothing is to be kept afterwards. */
    Future<Void> delete(Future<Void> gone) {
        last = Future.join(last, gone).otherwiseEmpty().mapEmpty();
        next(folder::delete, "could not delete its folder");
        return last;
    }

    private void next(Work work, String otherwise) {
        last = last.compose(v -> worker.executeBlocking(
                        () -> {
                            work.run();
                            return (Void) null;
                        },
                        false))
                .onFailure(e -> LOG.warn("runtime={} {}", folder.path().getFileName(), otherwise, e))
                .otherwiseEmpty();
    }

    private interface Work {
        void run() throws IOException;
    }
}
