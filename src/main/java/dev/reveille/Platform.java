package dev.reveille;

import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a gateway stands on: Vert.x, with the machine's own transport where it loads, and the meters.
 *
 * @param vertx the event loops
 * @param meters everything that is measured
 */
record Platform(Vertx vertx, PrometheusMeterRegistry meters) {
    private static final Logger LOG = LoggerFactory.getLogger(Platform.class);

    /**
     * Starts it. HTTP is measured by the rooms that know what a request means, so Vert.x need not; and its meters of the
     * event bus carry the address, of which there is one for each session.
     */
    static Platform start() {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        MicrometerMetricsOptions options = new MicrometerMetricsOptions()
                .setEnabled(true)
                .addDisabledMetricsCategory(MetricsDomain.HTTP_SERVER)
                .addDisabledMetricsCategory(MetricsDomain.HTTP_CLIENT)
                .addDisabledMetricsCategory(MetricsDomain.NET_SERVER)
                .addDisabledMetricsCategory(MetricsDomain.NET_CLIENT)
                .addDisabledMetricsCategory(MetricsDomain.EVENT_BUS);
        Vertx vertx = Vertx.builder()
                .with(new VertxOptions().setPreferNativeTransport(true).setMetricsOptions(options))
                .withMetrics(new MicrometerMetricsFactory(meters))
                .build();
        if (!vertx.isNativeTransportEnabled()) {
            LOG.info("native transport is not available here; using NIO");
        }
        new JvmMemoryMetrics().bindTo(meters);
        new JvmThreadMetrics().bindTo(meters);
        new ProcessorMetrics().bindTo(meters);
        return new Platform(vertx, meters);
    }

    /** Ends it. */
    void close() {
        try {
            vertx.close().await(10, TimeUnit.SECONDS);
        } catch (Exception late) {
            LOG.warn("Vert.x did not end in time: {}", late.toString());
        }
    }
}
