package dev.reveille.session;

import java.net.URI;

/**
 * Where one service of one sandbox is reached at upstream.
 *
 * @param ssl whether by https
 * @param host name or address
 * @param port TCP port
 * @param prefix what stands before the request's own path; empty or starting with, and not ending in, a slash
 */
public record Origin(boolean ssl, String host, int port, String prefix) {

    /**
     * The origin of {@code service}, given the base address of the runtime. Upstream names its services in one of two
     * ways, told apart as OpenHands clients do: by paths if that of {@code url} begins with the runtime's id, else by host
     * names.
     */
    static Origin of(RuntimeId id, URI url, Service service) {
        Origin runtime = at(url);
        if (service == Service.RUNTIME) {
            return runtime;
        }
        String root = "/" + id;
        String path = runtime.prefix;
        if (path.equals(root) || path.startsWith(root + "/")) {
            return new Origin(runtime.ssl, runtime.host, runtime.port, root + "/" + service.word());
        }
        return new Origin(runtime.ssl, service.word() + "-" + runtime.host, runtime.port, path);
    }

    /** The origin whose address is {@code url}, an http or https URL with a host. */
    static Origin at(URI url) {
        boolean ssl = "https".equalsIgnoreCase(url.getScheme());
        int port = url.getPort() >= 0 ? url.getPort() : ssl ? 443 : 80;
        String path = url.getRawPath() == null ? "" : url.getRawPath();
        return new Origin(ssl, url.getHost(), port, path.replaceFirst("/+$", ""));
    }

    /** As it stands in a Host header: without the port where that is the scheme's own. */
    public String authority() {
        return port == (ssl ? 443 : 80) ? host : host + ":" + port;
    }
}
