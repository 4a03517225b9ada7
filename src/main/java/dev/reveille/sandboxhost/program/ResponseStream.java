package dev.reveille.sandboxhost.program;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.ExecutionException;

/** A response's body as a blocking stream: each block waits until the one before it has left, so one is in memory. */
final class ResponseStream extends OutputStream {
    private static final int BLOCK = 64 * 1024;

    private final HttpServerResponse response;
    private Buffer block = Buffer.buffer(BLOCK);
    private Future<Void> sent = Future.succeededFuture();

    ResponseStream(HttpServerResponse response) {
        this.response = response;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        block.appendBytes(bytes, offset, length);
        if (block.length() >= BLOCK) {
            send();
        }
    }

    /** Flushing is by block only. */
    @Override
    public void flush() {}

    @Override
    public void close() throws IOException {
        send();
        await();
    }

    private void send() throws IOException {
        await();
        sent = response.write(block);
        block = Buffer.buffer(BLOCK);
    }

    private void await() throws IOException {
        try {
            sent.toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException e) {
            throw new IOException("The client has left", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted", e);
        }
    }
}
