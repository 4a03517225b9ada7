package dev.reveille.sandboxhost.program;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The built-in sandbox's command line: {@code SandboxProgram PORT WORKSPACE STATE}, the key in SESSION_API_KEY. */
public final class SandboxProgram {
    /** Exit code when the port was taken; the host then tries another. */
    private static final int PORT_TAKEN = 3;

    private static final int BLOCK = 64 * 1024;

    private SandboxProgram() {}

    /**
     * Listens on 127.0.0.1 until it is told to end: by a signal, or by the end of standard input, which comes when the
     * process that started it is gone.
     *
     * @param args the port; the workspace; a folder outside it for what the shell remembers
     */
    public static void main(String[] args) throws IOException {
        // Otherwise Netty finds whatever logs for the gateway in the same jar, and brings it up.
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        Map<String, String> environment = System.getenv();
        Vertx vertx = Vertx.vertx(options());
        Workspace workspace = new Workspace(Path.of(args[1]));
        Shell shell = new Shell(vertx, workspace.root(), Path.of(args[2]));
        Runtime.getRuntime().addShutdownHook(new Thread(shell::killAll));
        String key = environment.getOrDefault("SESSION_API_KEY", "");
        vertx.createHttpServer(new HttpServerOptions().setMaxChunkSize(BLOCK).setHandle100ContinueAutomatically(true))
                .requestHandler(new ActionServer(vertx, workspace, shell, key)::handle)
                .listen(Integer.parseInt(args[0]), "127.0.0.1")
                .onFailure(SandboxProgram::cannotListen);
        watchParent();
    }

    private static VertxOptions options() {
        return new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(8)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false));
    }

    private static void cannotListen(Throwable failure) {
        System.err.println("Cannot listen: " + failure.getMessage());
        System.exit(PORT_TAKEN);
    }

    private static void watchParent() throws IOException {
        while (System.in.read() >= 0) {
            // Nothing is ever sent; only the end matters.
        }
        System.exit(0);
    }
}
