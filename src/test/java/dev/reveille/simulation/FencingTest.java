package dev.reveille.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.slf4j.LoggerFactory;

/**
 * Whatever happens in whatever order, no session goes back, none is undone, none is stuck, and all nodes agree in the end.
 *
 * <p>The nodes are real, see the package; what has to be true of each change is in {@link Chronicle}, of each node and of
 * the end in {@link Cluster}. A run that fails prints its seed: {@code @Property(seed = "…")} plays it again.
 */
class FencingTest {
    private static final Logger LOG = (Logger) LoggerFactory.getLogger("dev.reveille");
    private static Level before;

    /** Each of thousands of clusters would write a page. */
    @BeforeContainer
    static void silence() {
        before = LOG.getLevel();
        LOG.setLevel(Level.OFF);
    }

    @AfterContainer
    static void speak() {
        LOG.setLevel(before);
    }

    @Property(tries = 10_000, edgeCases = EdgeCasesMode.NONE)
    void noInterleavingBreaksASession(@ForAll("plays") List<Action> play) {
        played(play);
    }

    @Tag("slow")
    @Property(tries = 30_000, edgeCases = EdgeCasesMode.NONE)
    void noneOfManyMoreDoes(@ForAll("plays") List<Action> play) {
        played(play);
    }

    private static void played(List<Action> play) {
        Cluster cluster = new Cluster();
        for (Action action : play) {
            action.to(cluster);
            assertThat(cluster.wrongs())
                    .as(() -> String.join("\n", cluster.story()))
                    .isEmpty();
        }
        assertThat(cluster.wrongsInTheEnd())
                .as(() -> String.join("\n", cluster.story()))
                .isEmpty();
    }

    @Provide
    Arbitrary<List<Action>> plays() {
        return Arbitraries.frequencyOf(
                        Tuple.of(30, asks()),
                        Tuple.of(25, arrives()),
                        Tuple.of(12, flows()),
                        Tuple.of(3, stalls()),
                        Tuple.of(4, small().map(Action.Lose::new)),
                        Tuple.of(3, small().map(Action.Repeat::new)),
                        Tuple.of(3, node().map(Action.Die::new)),
                        Tuple.of(1, node().map(Action.Leave::new)),
                        Tuple.of(3, node().map(Action.Join::new)),
                        Tuple.of(6, behinds()))
                .list()
                .ofMaxSize(40);
    }

    private static Arbitrary<Action> asks() {
        Arbitrary<Action.Ask.What> what = Arbitraries.frequency(
                Tuple.of(6, Action.Ask.What.OPEN),
                Tuple.of(4, Action.Ask.What.CLOSE),
                Tuple.of(4, Action.Ask.What.PAUSE),
                Tuple.of(3, Action.Ask.What.RESUME),
                Tuple.of(2, Action.Ask.What.WAKE),
                Tuple.of(2, Action.Ask.What.INSPECT),
                Tuple.of(1, Action.Ask.What.LOOK),
                Tuple.of(1, Action.Ask.What.ADOPT));
        return Combinators.combine(node(), what, session()).as(Action.Ask::new);
    }

    private static Arbitrary<Action> arrives() {
        return Combinators.combine(Arbitraries.integers().between(1, 12), order())
                .as(Action.Arrive::new);
    }

    private static Arbitrary<Action> flows() {
        return Combinators.combine(Arbitraries.of(0, 300, 1_000, 5_000, 15_000, 45_000), order())
                .as(Action.Flow::new);
    }

    private static Arbitrary<Action> stalls() {
        return Arbitraries.of(100, 1_000, 5_000, 45_000).map(Action.Stall::new);
    }

    private static Arbitrary<Action> behinds() {
        return Combinators.combine(session(), Arbitraries.of(Action.Behind.Deed.class))
                .as(Action.Behind::new);
    }

    private static Arbitrary<Integer> node() {
        return Arbitraries.integers().between(0, Cluster.NODES - 1);
    }

    private static Arbitrary<String> session() {
        return Arbitraries.of("s-1", "s-2");
    }

    private static Arbitrary<Integer> order() {
        return Arbitraries.integers().between(0, 1_000);
    }

    private static Arbitrary<Integer> small() {
        return Arbitraries.integers().between(0, 20);
    }
}
