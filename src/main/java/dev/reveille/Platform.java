package dev.reveille;

import dev.reveille.bus.Cluster;
import dev.reveille.bus.ClusterNode;
import dev.reveille.config.ClusterSettings;
import dev.reveille.config.Settings;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a gateway stands on: Vert.x, with the machine's own transport where it loads, and the meters.
 *
 * @param vertx the event loops
 * @param node this process among others
 * @param meters everything that is measured
 */
record Platform(Vertx vertx, ClusterNode node, PrometheusMeterRegistry meters) {
    private static final Logger LOG = LoggerFactory.getLogger(Platform.class);

    /** Nothing is served from files of the class path; and a process that is killed leaves no folder behind. */
    private static final FileSystemOptions NO_FILE_CACHE =
            new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false);

    /**
     * Starts it, and joins the cluster if that is enabled. HTTP is measured by the rooms that know what a request means, so Vert.x need not; and its meters of the
     * event bus carry the address, of which there is one for each session.
     *
     * @return once it stands; fails if the cluster cannot be joined
     */
    static Future<Platform> start(ClusterSettings cluster) {
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        MicrometerMetricsOptions options = new MicrometerMetricsOptions()
                .setEnabled(true)
                .addDisabledMetricsCategory(MetricsDomain.HTTP_SERVER)
                .addDisabledMetricsCategory(MetricsDomain.HTTP_CLIENT)
                .addDisabledMetricsCategory(MetricsDomain.NET_SERVER)
                .addDisabledMetricsCategory(MetricsDomain.NET_CLIENT)
                .addDisabledMetricsCategory(MetricsDomain.EVENT_BUS);
        VertxOptions base = new VertxOptions()
                .setPreferNativeTransport(true)
                .setMetricsOptions(options)
                .setFileSystemOptions(NO_FILE_CACHE);
        VertxBuilder builder = Vertx.builder().withMetrics(new MicrometerMetricsFactory(meters));
        if (!cluster.enabled()) {
            Vertx vertx = builder.with(base).build();
            return Future.succeededFuture(of(vertx, ClusterNode.alone(), meters));
        }
        return Cluster.join(membership(cluster), base, builder).map(node -> of(node.vertx(), node, meters));
    }

    private static Cluster.Options membership(ClusterSettings cluster) {
        return new Cluster.Options(
                cluster.name(),
                cluster.host(),
                cluster.port(),
                cluster.members(),
                cluster.busPort(),
                cluster.config(),
                false);
    }

    private static Platform of(Vertx vertx, ClusterNode node, PrometheusMeterRegistry meters) {
        if (!vertx.isNativeTransportEnabled()) {
            LOG.info("native transport is not available here; using NIO");
        }
        new JvmMemoryMetrics().bindTo(meters);
        new JvmThreadMetrics().bindTo(meters);
        new ProcessorMetrics().bindTo(meters);
        Gauge.builder("reveille.cluster.members", node, ClusterNode::size)
                .description("Nodes of the cluster that this node sees, itself included")
                .register(meters);
        return new Platform(vertx, node, meters);
    }

    /** Starts a gateway on it. @return as {@link Gateway#start} */
    Future<Gateway> gateway(Settings settings) {
        return Gateway.start(vertx, node, settings, meters, InstantSource.system());
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
