package dev.reveille.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.SessionId;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BacklogTest {
    @Test
    void whatIsRememberedIsKeptWithoutItsEncodingsUntilSomebodyComesBack() {
        AtomicInteger encoded = new AtomicInteger();
        Backlog backlog = new Backlog();
        TenantView view = new TenantView(InstantSource.system(), () -> Duration.ofSeconds(30));
        Cursor before = backlog.cursor(view);
        Message message = new Message(
                Message.USUAL,
                "",
                Optional.of(new SessionId("a")),
                "running",
                () -> new JsonObject().put("n", encoded.incrementAndGet()),
                null);
        message.framed();
        backlog.keep(new Bulletin(backlog.next(), "acme", new SessionId("a"), 1, 1, Optional.empty(), message));

        Message first = backlog.since("acme", view, before).messages().next();
        Message second = backlog.since("acme", view, before).messages().next();
        assertThat(encoded.get()).isEqualTo(1);
        assertThat(first.framed()).isNotSameAs(message.framed()).isSameAs(second.framed());
        assertThat(encoded.get()).isEqualTo(2);
        assertThat(backlog.since("zeta", view, before).messages().hasNext()).isFalse();
    }
}
