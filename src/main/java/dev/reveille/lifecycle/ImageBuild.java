package dev.reveille.lifecycle;

import dev.reveille.runtimeapi.BuildReport;
import dev.reveille.runtimeapi.RuntimeApi;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.GatewayFailure.Step;
import dev.reveille.session.Quoted;
import dev.reveille.session.SandboxState;
import dev.reveille.session.SessionSpec;
import io.vertx.core.Future;
import java.util.Optional;

/** Has an image built at upstream, if it is not there yet, and follows the build to its end. */
final class ImageBuild {
    private final Upstream upstream;
    private final Polling polling;

    /** @param polling at the pace of looks at builds */
    ImageBuild(Upstream upstream, Polling polling) {
        this.upstream = upstream;
        this.polling = polling;
    }

    /**
     * For a course whose session is building. What another node handed in is followed, not handed in again.
     *
     * @return the name of the image, which is really there; fails with {@code build_failed} on one of upstream's five
     *     failure words, on a success without an image, at the deadline, and where there is nothing to build from
     */
    Future<String> built(Course course, SessionSpec.Build image) {
        Optional<String> key = upstream.key(course.at());
        return upstream.api()
                .imageExists(key, image.targetImage())
                .compose(exists -> exists
                        ? Future.succeededFuture(image.targetImage())
                        : handedIn(course, key, image).compose(id -> finished(course, key, id)));
    }

    private Future<String> handedIn(Course course, Optional<String> key, SessionSpec.Build image) {
        Optional<String> known =
                course.at().state() instanceof SandboxState.Building building ? building.buildId() : Optional.empty();
        if (known.isPresent()) {
            return Future.succeededFuture(known.get());
        }
        if (course.opener().buildContext().isEmpty()) {
            return failed(new GatewayFailure.StepFailed(
                    Step.START, "the node that held what to build from has left; open the session again"));
        }
        return upstream.api()
                .build(
                        key,
                        image.targetImage(),
                        image.tags(),
                        course.opener().buildContext().get())
                .compose(id -> course.advance(new SandboxState.Building(course.lease(), Optional.of(id)), "")
                        .map(id));
    }

    private Future<String> finished(Course course, Optional<String> key, String buildId) {
        RuntimeApi api = upstream.api();
        return polling.until(
                        ImageBuild::isOver,
                        () -> api.buildStatus(key, buildId)
                                .onSuccess(report -> course.progress().ifPresent(p -> p.heard(report))),
                        course.deadline(),
                        course::ours)
                .compose(last -> last.filter(ImageBuild::isOver)
                        .map(report -> image(key, report))
                        .orElseGet(() -> failed(new GatewayFailure.BuildTimeout(
                                "the image build failed: it was not finished in time"))));
    }

    private static boolean isOver(BuildReport report) {
        return report.state() != BuildReport.State.IN_PROGRESS;
    }

    private Future<String> image(Optional<String> key, BuildReport report) {
        if (report.state() != BuildReport.State.SUCCESS) {
            String why = report.error().map(e -> ": " + Quoted.plain(e, 300)).orElse("");
            return failed("the image build failed: " + report.state() + why);
        }
        if (report.image().isEmpty()) {
            return failed("the image build failed: it succeeded, but the runtime API names no image");
        }
        String image = report.image().get();
        return upstream.api()
                .imageExists(key, image)
                .compose(exists -> exists
                        ? Future.succeededFuture(image)
                        : failed("the image build failed: it succeeded, but its image does not exist"));
    }

    private static <T> Future<T> failed(String why) {
        return failed(new GatewayFailure.StepFailed(Step.BUILD, why));
    }

    private static <T> Future<T> failed(GatewayFailure failure) {
        return Future.failedFuture(failure.asException());
    }
}
