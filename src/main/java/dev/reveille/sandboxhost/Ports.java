package dev.reveille.sandboxhost;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Hands out ports of this machine that are free now. Used on one context only. */
final class Ports {
    /** Below the range from which Linux takes the ports of outgoing connections. */
    private static final int FIRST = 20_000;

    private static final int LAST = 32_700;
    private static final int ATTEMPTS = 1_000;

    private final Set<Integer> taken = new HashSet<>();

    /** The ports of one sandbox process. */
    record Lot(int runtime, int vscode, int work1, int work2) {
        /** The port of {@code vscode}, {@code work-1} or {@code work-2}, else of the runtime itself. */
        int of(String service) {
            return switch (service) {
                case "vscode" -> vscode;
                case "work-1" -> work1;
                case "work-2" -> work2;
                default -> runtime;
            };
        }
    }

    /**
     * @throws Refusal (429) when hardly any port is free
     */
    Lot take() {
        return new Lot(one(), one(), one(), one());
    }

    void giveBack(Lot lot) {
        taken.remove(lot.runtime());
        taken.remove(lot.vscode());
        taken.remove(lot.work1());
        taken.remove(lot.work2());
    }

    private int one() {
        for (int i = 0; i < ATTEMPTS; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            if (!taken.contains(port) && isFree(port)) {
                taken.add(port);
                return port;
            }
        }
        throw new Refusal(429, "free ports: none found between " + FIRST + " and " + LAST);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException inUse) {
            return false;
        }
    }
}
