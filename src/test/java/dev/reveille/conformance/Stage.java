package dev.reveille.conformance;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.TestGateway;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A whole gateway, and what stands behind it. */
final class Stage implements AutoCloseable {
    /** Short times; what a client asks for wakes and starts as it would in earnest. */
    private static final List<String> QUICK = List.of(
            "upstream.api-key=up-key",
            "upstream.call-timeout=2s",
            "upstream.retry-delay=5ms",
            "lifecycle.poll-first=5ms",
            "lifecycle.poll-max=100ms",
            "lifecycle.alive-timeout=1s",
            "shutdown.not-ready=0",
            "shutdown.drain=1s");

    private final TestGateway gateway;
    private final Optional<FakeRuntimeApi> upstream;

    private Stage(TestGateway gateway, Optional<FakeRuntimeApi> upstream) {
        this.gateway = gateway;
        this.upstream = upstream;
    }

    /** Before a scripted runtime API. */
    static Stage scripted(Vertx vertx, String... settings) {
        return before(FakeRuntimeApi.start(vertx), vertx, settings);
    }

    /** Before this one, which is closed with the stage. */
    static Stage before(FakeRuntimeApi upstream, Vertx vertx, String... settings) {
        String[] all = Stream.concat(QUICK.stream(), Stream.of(settings)).toArray(String[]::new);
        return new Stage(TestGateway.before(upstream, vertx, all), Optional.of(upstream));
    }

    /** With the embedded host; {@code settings} must name its folder. */
    static Stage embedded(Vertx vertx, String... settings) {
        String[] all = Stream.concat(QUICK.stream(), Stream.of(settings)).toArray(String[]::new);
        return new Stage(TestGateway.start(vertx, dev.reveille.config.TestSettings.of(all)), Optional.empty());
    }

    /** What clients are given as the base URL of the runtime API. */
    URI base() {
        return URI.create("http://127.0.0.1:" + gateway.port());
    }

    int port() {
        return gateway.port();
    }

    /** @throws java.util.NoSuchElementException on the embedded host */
    FakeRuntimeApi upstream() {
        return upstream.orElseThrow();
    }

    boolean isScripted() {
        return upstream.isPresent();
    }

    @Override
    public void close() {
        gateway.close();
        upstream.ifPresent(FakeRuntimeApi::close);
    }
}
