package dev.reveille.bus;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.config.Config;
import com.hazelcast.config.InvalidConfigurationException;
import com.hazelcast.config.XmlConfigBuilder;
import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryMergedListener;
import com.hazelcast.map.listener.EntryRemovedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import com.hazelcast.partition.PartitionLostEvent;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process in a cluster that Hazelcast holds together. It leaves when its Vert.x is closed.
 *
 * <p>Other services join in the same way, see {@link Options#listener}.
 */
public final class Cluster implements ClusterNode {
    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);
    private static final String NAME = "reveille.node";
    private static final long LOSS_TOGETHER_MILLIS = 200;
    private static final String PREFIX = "reveille.cluster.";

    private final String id;
    private final Vertx vertx;
    private final HazelcastInstance hazelcast;
    private final Set<String> left = ConcurrentHashMap.newKeySet();
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean losing = new AtomicBoolean();
    private volatile Set<String> members = Set.of();

    private Cluster(String id, Vertx vertx, HazelcastInstance hazelcast) {
        this.id = id;
        this.vertx = vertx;
        this.hazelcast = hazelcast;
    }

    /**
     * Where and with whom.
     *
     * @param name only nodes that give the same are one cluster
     * @param host the address that other members, and the event buses of others, connect to; a name is looked up
     * @param port for other members; if it is taken, the next free one
     * @param members where others may be, {@code host} or {@code host:port}, separated by commas
     * @param busPort for the event buses of others; 0: any free one
     * @param file a configuration of Hazelcast; empty: the one that the program carries
     * @param lite whether it holds none of the shared data
     */
    public record Options(
            String name, String host, int port, String members, int busPort, Optional<Path> file, boolean lite) {
        public Options {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(host, "host");
            Objects.requireNonNull(members, "members");
            Objects.requireNonNull(file, "file");
        }

        /** For a service that only listens and asks: it holds no data, so that it may come and go as it likes. */
        public static Options listener(String name, String host, String members) {
            return new Options(name, host, 5701, members, 0, Optional.empty(), true);
        }
    }

    /**
     * Makes a Vert.x that is a member. Blocks for as long as it takes to read files and to look up a name.
     *
     * @param vertx its options; the event bus' address and port are set here
     * @param builder what else it is made of
     * @return once it has joined those that are there, or found none; fails if the configuration is wrong or no port is
     *     free, or within about half a minute if those that are there do not let it join
     */
    public static Future<Cluster> join(Options options, VertxOptions vertx, VertxBuilder builder) {
        String id = "node-" + UUID.randomUUID().toString().substring(0, 8);
        HazelcastClusterManager manager;
        try {
            String address = InetAddress.getByName(options.host()).getHostAddress();
            manager = new HazelcastClusterManager(config(options, id, address));
            EventBusOptions bus = new EventBusOptions(vertx.getEventBusOptions());
            vertx.setEventBusOptions(bus.setHost(address).setPort(options.busPort()));
        } catch (UnknownHostException unknown) {
            return failed("nothing is known of the host " + options.host(), unknown);
        } catch (IOException | InvalidConfigurationException wrong) {
            return failed(
                    "the configuration " + options.file().map(Path::toString).orElse("carried along"), wrong);
        }
        return builder.with(vertx)
                .withClusterManager(manager)
                .buildClustered()
                .map(joined -> {
                    Cluster cluster = new Cluster(id, joined, manager.getHazelcastInstance());
                    cluster.begin();
                    return cluster;
                })
                .recover(error -> failed(
                        "on " + options.host() + " from port " + options.port() + ", with members at "
                                + options.members(),
                        error));
    }

    /** Hazelcast's own words do not say what they are about; it has logged the rest. */
    private static Future<Cluster> failed(String about, Throwable why) {
        String kind = why.getClass().getSimpleName();
        return Future.failedFuture(
                new IOException("no cluster: " + about + ": " + kind + ": " + why.getMessage(), why));
    }

    private static Config config(Options options, String id, String address) throws IOException {
        Properties variables = new Properties();
        variables.setProperty(PREFIX + "name", options.name());
        variables.setProperty(PREFIX + "host", address);
        variables.setProperty(PREFIX + "port", Integer.toString(options.port()));
        variables.setProperty(PREFIX + "members", options.members());
        variables.setProperty(PREFIX + "lite", Boolean.toString(options.lite()));
        try (InputStream xml = open(options.file())) {
            Config config = new XmlConfigBuilder(xml).setProperties(variables).build();
            config.getMemberAttributeConfig().setAttribute(NAME, id);
            // Hazelcast's classes and ours may be loaded by different loaders, as under `mvn exec:java`.
            return config.setClassLoader(Cluster.class.getClassLoader());
        }
    }

    private static InputStream open(Optional<Path> file) throws IOException {
        return file.isPresent()
                ? Files.newInputStream(file.get())
                : Objects.requireNonNull(Cluster.class.getResourceAsStream("hazelcast.xml"), "hazelcast.xml");
    }

    /** Its event loops, and its event bus, which reaches all members. */
    public Vertx vertx() {
        return vertx;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public boolean knows(String node) {
        return members.contains(node);
    }

    @Override
    public boolean hasLeft(String node) {
        return left.contains(node);
    }

    @Override
    public int size() {
        return members.size();
    }

    @Override
    public Set<String> members() {
        return members;
    }

    @Override
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    @Override
    public void follow(String map, MapListener listener) {
        hazelcast.<String, String>getMap(map).addEntryListener(new Entries(listener), true);
    }

    private void begin() {
        hazelcast.getCluster().addMembershipListener(new Members());
        hazelcast.getPartitionService().addPartitionLostListener(this::lost);
        hazelcast.getLifecycleService().addLifecycleListener(event -> {
            if (event.getState() == LifecycleState.MERGED) {
                changed("the cluster is one again");
            }
        });
        count();
        LOG.info(
                "node={} cluster={} address={} members={}",
                id,
                hazelcast.getConfig().getClusterName(),
                hazelcast.getCluster().getLocalMember().getAddress(),
                members.size());
    }

    /** Told for each part, of which there are hundreds, and for those too of which there is a copy. */
    private void lost(PartitionLostEvent event) {
        if (event.getLostBackupCount() > 0 && losing.compareAndSet(false, true)) {
            vertx.setTimer(LOSS_TOGETHER_MILLIS, t -> {
                losing.set(false);
                changed("a part of the shared data is lost");
            });
        }
    }

    private void changed(String what) {
        count();
        LOG.info("node={} members={}: {}", id, members.size(), what);
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException defect) {
                LOG.error("a listener for members failed", defect);
            }
        }
    }

    private void count() {
        members = hazelcast.getCluster().getMembers().stream()
                .map(Cluster::name)
                .flatMap(Optional::stream)
                .collect(Collectors.toUnmodifiableSet());
        left.removeAll(members);
    }

    /** Members that are no gateways have no name of ours. */
    private static Optional<String> name(Member member) {
        return member.isLiteMember() ? Optional.empty() : Optional.ofNullable(member.getAttribute(NAME));
    }

    private final class Members implements MembershipListener {
        @Override
        public void memberAdded(MembershipEvent event) {
            name(event.getMember()).ifPresent(node -> changed(node + " has joined"));
        }

        @Override
        public void memberRemoved(MembershipEvent event) {
            name(event.getMember()).ifPresent(node -> {
                left.add(node);
                changed(node + " has left");
            });
        }
    }

    /** In the order in which the entry's owner made them. */
    private record Entries(MapListener listener)
            implements EntryAddedListener<String, String>,
                    EntryUpdatedListener<String, String>,
                    EntryMergedListener<String, String>,
                    EntryRemovedListener<String, String> {
        @Override
        public void entryAdded(EntryEvent<String, String> event) {
            listener.put(event.getValue());
        }

        @Override
        public void entryUpdated(EntryEvent<String, String> event) {
            listener.put(event.getValue());
        }

        @Override
        public void entryMerged(EntryEvent<String, String> event) {
            listener.put(event.getValue());
        }

        @Override
        public void entryRemoved(EntryEvent<String, String> event) {
            listener.removed(event.getOldValue());
        }
    }
}
