package dev.reveille.sandboxhost;

import static dev.reveille.sandboxhost.HostClient.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecordKeeperTest {
    @TempDir
    Path directory;

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        within(vertx.close());
    }

    @Test
    void theLastRecordAskedForIsTheOneThatStays() throws IOException {
        SandboxFolder folder = folder();
        RecordKeeper keeper = keeper(folder);

        IntStream.range(0, 50).forEach(i -> keeper.keep(record(i)));
        within(keeper.kept());

        assertThat(folder.read().state().lastStartMillis()).isEqualTo(49);
    }

    @Test
    void theFolderIsDeletedAfterTheLastWriteAndTheProcess() {
        SandboxFolder folder = folder();
        RecordKeeper keeper = keeper(folder);
        Promise<Void> gone = Promise.promise();

        IntStream.range(0, 50).forEach(i -> keeper.keep(record(i)));
        Future<Void> written = keeper.kept();
        Future<Void> deleted = keeper.delete(gone.future());

        within(written);
        assertThat(folder.path()).exists();
        gone.complete();
        within(deleted);
        assertThat(folder.path()).doesNotExist();
    }

    @Test
    void aRecordThatCannotBeWrittenHoldsNothingUp() throws IOException {
        SandboxFolder folder = folder();
        RecordKeeper keeper = keeper(folder);
        Files.writeString(folder.path(), "in the way");

        keeper.keep(record(1));
        within(keeper.kept());
        within(keeper.delete(Future.succeededFuture()));

        assertThat(folder.path()).doesNotExist();
    }

    private SandboxFolder folder() {
        return new SandboxFolder(directory.resolve("abcdefghijklmnop"));
    }

    private RecordKeeper keeper(SandboxFolder folder) {
        return new RecordKeeper(vertx.createSharedWorkerExecutor("keeper", 4), folder);
    }

    private static SandboxRecord record(long millis) {
        SandboxSpec spec = new SandboxSpec("s", "", "", Map.of());
        return new SandboxRecord(
                "abcdefghijklmnop",
                "key",
                spec,
                SandboxState.unborn().starting().appeared().ready(millis));
    }
}
