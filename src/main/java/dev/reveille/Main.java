package dev.reveille;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/** The command line. Exit codes: 0 well, 1 failed, 2 wrong usage, 78 wrong settings. */
public final class Main {
    /** Read when TLS is used first. A client that begins its handshake anew (TLS 1.2) has the node compute, and none needs to. */
    private static final String REFUSE_RENEGOTIATION = "jdk.tls.rejectClientInitiatedRenegotiation";

    private Main() {}

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] args) {
        System.setProperty(REFUSE_RENEGOTIATION, "true");
        System.exit(run(args, writer(System.out), writer(System.err)));
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    /** Runs a command. @return its exit code */
    static int run(String[] args, PrintWriter out, PrintWriter err) {
        return new CommandLine(new Cli())
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler((error, line, parsed) -> {
                    err.println("reveille: " + error.getMessage());
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(args);
    }
}
