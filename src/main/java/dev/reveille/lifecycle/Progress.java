package dev.reveille.lifecycle;

import dev.reveille.bus.Catalogue;
import dev.reveille.runtimeapi.BuildReport;
import dev.reveille.runtimeapi.PodReport;
import dev.reveille.session.Session;
import dev.reveille.session.SessionProgress;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Tells those who look on how a sandbox is doing on its way: when upstream says something new of it, and else each {@link
 * #SILENCE}, that they see that somebody is at work. Belongs to one event loop.
 */
final class Progress {
    static final Duration SILENCE = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final Course course;
    private final Optional<Duration> expected;
    private final InstantSource clock;
    private final long timer;
    private Optional<PodReport> pod = Optional.empty();
    private Optional<BuildReport> build = Optional.empty();

    private Progress(Vertx vertx, Course course, Optional<Duration> expected, Duration silence, InstantSource clock) {
        this.vertx = vertx;
        this.course = course;
        this.expected = expected;
        this.clock = clock;
        this.timer = vertx.setPeriodic(silence.toMillis(), t -> tell());
    }

    /**
     * Begins to tell; {@link #end} has to follow.
     *
     * @param expected how long such a course takes; empty if nobody knows
     * @param silence how long nothing new may be told before the same is told again
     */
    static void of(Vertx vertx, Course course, Optional<Duration> expected, Duration silence, InstantSource clock) {
        course.isSeenBy(new Progress(vertx, course, expected, silence, clock));
    }

    void heard(PodReport report) {
        boolean same = pod.filter(known -> sameFacts(known, report)).isPresent();
        pod = Optional.of(report);
        if (!same) {
            tell();
        }
    }

    void heard(BuildReport report) {
        boolean same = build.filter(known -> known.state() == report.state()).isPresent();
        build = Optional.of(report);
        if (!same) {
            tell();
        }
    }

    private static boolean sameFacts(PodReport one, PodReport other) {
        return one.status() == other.status()
                && one.restartCount() == other.restartCount()
                && Objects.equals(one.restartReasons(), other.restartReasons());
    }

    private void tell() {
        Session session = course.at();
        if (session.settled() || !course.ours()) {
            return;
        }
        SessionProgress now = new SessionProgress(
                session.id(),
                session.tenant(),
                session.revision(),
                session.state().word(),
                elapsed(),
                expected,
                pod.map(p -> p.status().word()).map(word -> word.isEmpty() ? "other" : word),
                pod.map(PodReport::restartCount).orElse(0),
                pod.map(PodReport::restartReasons).orElse(List.of()),
                build.filter(b -> pod.isEmpty()).map(b -> b.state().name()),
                session.state().statusMessage());
        Catalogue.PROGRESS.publish(vertx.eventBus(), now);
        Catalogue.progress(session.id()).publish(vertx.eventBus(), now);
    }

    private Duration elapsed() {
        Duration since = Duration.between(course.begun().changedAt(), clock.instant());
        return since.isNegative() ? Duration.ZERO : since;
    }

    void end() {
        vertx.cancelTimer(timer);
    }
}
