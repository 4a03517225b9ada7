package dev.reveille.webhook;

import static dev.reveille.testing.TestGateway.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class BatchesTest {
    private final List<Integer> done = new ArrayList<>();
    private Context context;

    @BeforeEach
    void start(Vertx vertx) {
        context = vertx.getOrCreateContext();
    }

    private Future<Void> begun(BooleanSupplier wanted, IntConsumer each) {
        return Batches.of(context, IntStream.range(0, 25).iterator(), 10, wanted, each::accept);
    }

    @Test
    void othersHaveTheirTurnInBetween() {
        List<Integer> doneByThen = new ArrayList<>();

        await(begun(() -> true, n -> {
            if (n % 10 == 0) {
                context.runOnContext(other -> doneByThen.add(done.size()));
            }
            done.add(n);
        }));

        assertThat(done).isEqualTo(IntStream.range(0, 25).boxed().toList());
        assertThat(doneByThen).startsWith(10, 20);
    }

    @Test
    void theRestIsLeftOnceItIsNotWanted() {
        await(begun(() -> done.size() < 10, done::add));

        assertThat(done).hasSize(10);
    }

    @Test
    void aDefectIsTold() {
        assertThatThrownBy(() -> await(begun(() -> true, n -> {
                    if (n == 12) {
                        throw new IllegalStateException("twelve");
                    }
                })))
                .hasMessage("twelve");
    }
}
