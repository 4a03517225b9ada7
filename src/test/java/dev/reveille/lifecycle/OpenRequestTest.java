package dev.reveille.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.reveille.session.ClosePolicy;
import dev.reveille.session.FailureException;
import dev.reveille.session.SessionId;
import dev.reveille.session.SessionSpec;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenRequestTest {
    private static final SessionId ID = new SessionId("s-1");

    @Test
    void theStartRequestIsExactlyThis() {
        assertThat(read("{'image': 'python:3', 'command': ['a', 'b c'], 'working_dir': '/w',"
                                + " 'environment': {'Z': '1', 'a': 'ä'}, 'resource_factor': 4, 'runtime_class': 'sysbox',"
                                + " 'run_as_user': 10001, 'run_as_group': 0, 'fs_group': 10001,"
                                + " 'image_pull_policy': 'Always'}")
                        .spec()
                        .startRequest())
                .isEqualTo(
                        "{'image':'python:3','command':['a','b c'],'working_dir':'/w','environment':{'Z':'1','a':'ä'},"
                                        .replace('\'', '"')
                                + "'session_id':'s-1','resource_factor':4,'runtime_class':'sysbox-runc','run_as_user':10001,"
                                        .replace('\'', '"')
                                + "'run_as_group':0,'fs_group':10001,'image_pull_policy':'Always'}".replace('\'', '"'));
    }

    @Test
    void whatIsNotAskedForIsNotSent() {
        SessionSpec spec = read("{}").spec();

        assertThat(spec.startRequest()).isEqualTo("{\"environment\":{},\"session_id\":\"s-1\",\"resource_factor\":1}");
        assertThat(spec.initialEnv()).isEmpty();
        assertThat(spec.closePolicy()).isEqualTo(ClosePolicy.STOP);
        assertThat(spec.attachOnly()).isFalse();
        assertThat(spec.build()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"sysbox, sysbox-runc", "sysbox-runc, sysbox-runc", "gvisor, ", ", "})
    void aRuntimeClassIsTranslated(String given, String sent) {
        JsonObject request = new JsonObject().put("runtime_class", given);

        JsonObject start = new JsonObject(OpenRequest.of(ID, request).spec().startRequest());

        assertThat(start.getString("runtime_class")).isEqualTo(sent);
        assertThat(start.containsKey("runtime_class")).isEqualTo(sent != null);
    }

    @Test
    void aCommandMayBeOneText() {
        assertThat(read("{'command': 'run --port 60000'}").spec().startRequest())
                .contains("\"command\":\"run --port 60000\"");
    }

    @Test
    void aBuildKeepsItsContextOutOfTheRecord() {
        OpenRequest request = read("{'build': {'target_image': 'r:t', 'context': 'YQ==', 'tags': ['r:u']}}");

        assertThat(request.spec().build()).contains(new SessionSpec.Build("r:t", List.of("r:u")));
        assertThat(request.buildContext().map(Object::toString)).isEqualTo(Optional.of("YQ=="));
        assertThat(request.spec().startRequest()).doesNotContain("YQ==");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'imag': 'x'}",
                "{'image': 7}",
                "{'command': [1]}",
                "{'command': {}}",
                "{'environment': {'A': 1}}",
                "{'environment': []}",
                "{'environment': {'': 'x'}}",
                "{'environment': {'A=B': 'x'}}",
                "{'initial_env': {'1A': 'x'}}",
                "{'initial_env': {'A B': 'x'}}",
                "{'initial_env': {'A': null}}",
                "{'initial_env': {'A': 'x\\u0000y'}}",
                "{'resource_factor': 3}",
                "{'resource_factor': '2'}",
                "{'resource_factor': 2.0}",
                "{'runtime_class': 'kata'}",
                "{'run_as_user': -1}",
                "{'run_as_user': 1.5}",
                "{'image_pull_policy': 'Sometimes'}",
                "{'close_policy': 'burn'}",
                "{'attach_only': 'yes'}",
                "{'build': 'x'}",
                "{'build': {}}",
                "{'build': {'target_image': ' ', 'context': 'x'}}",
                "{'build': {'target_image': 'x', 'context': ''}}",
                "{'build': {'target_image': 'x', 'context': 'x', 'tags': 'y'}}",
                "{'image': 'x', 'build': {'target_image': 'x', 'context': 'x'}}"
            })
    void aWrongRequestIsRefusedInWords(String text) {
        String problem = problemsOf(text);

        assertThat(problem).containsPattern(": .*\\((expected: |did you mean )").doesNotContain("\u0000");
    }

    @Test
    void everyProblemIsToldAtOnce() {
        assertThat(problemsOf("{'imag': 'x', 'resource_factor': 3, 'attach_only': 1}")
                        .split("; "))
                .hasSize(3);
    }

    private static String problemsOf(String text) {
        FailureException failed = catchThrowableOfType(FailureException.class, () -> read(text));
        assertThat(failed.failure().code()).isEqualTo("invalid_request");
        return failed.failure().detail();
    }

    private static OpenRequest read(String text) {
        return OpenRequest.of(ID, new JsonObject(text.replace('\'', '"')));
    }
}
