package dev.reveille.conformance;

import dev.reveille.testing.FreePorts;

/** Settings for a port of its own per sandbox and service, out of a range that is free now. */
final class PortMode {
    private PortMode() {}

    static String[] of(int ports) {
        int first = FreePorts.inARow(ports);
        return new String[] {"http.routing=port", "http.port-range=" + first + "-" + (first + ports - 1)};
    }
}
