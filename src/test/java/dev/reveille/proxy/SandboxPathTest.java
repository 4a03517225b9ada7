package dev.reveille.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.session.Service;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxPathTest {
    @ParameterizedTest
    @CsvSource({
        "/rt1/runtime, '', /, /p",
        "/rt1/runtime/, /, /, /p/",
        "/rt1/runtime?a=1&a=2, '?a=1&a=2', '/?a=1&a=2', '/p?a=1&a=2'",
        "/rt1/runtime/a%2Fb, /a%2Fb, /a%2Fb, /p/a%2Fb",
        "/rt1/runtime//alive, //alive, //alive, /p//alive",
        "/rt1/runtime/../x/./y, /../x/./y, /../x/./y, /p/../x/./y",
        "/rt1/runtime/%7euser/%C3%A9?q=%20+%zz, /%7euser/%C3%A9?q=%20+%zz, /%7euser/%C3%A9?q=%20+%zz,"
                + " /p/%7euser/%C3%A9?q=%20+%zz",
        "/rt1/vscode/?tkn=a/b, /?tkn=a/b, /?tkn=a/b, /p/?tkn=a/b",
        "/a.b-c_d/work-2/x;y=z, /x;y=z, /x;y=z, /p/x;y=z",
    })
    void whatFollowsTheServiceStaysAsItIs(String target, String rest, String atRoot, String belowPrefix) {
        SandboxPath path = SandboxPath.of(target).orElseThrow();

        assertThat(path.rest()).isEqualTo(rest);
        assertThat(path.below("")).isEqualTo(atRoot);
        assertThat(path.below("/p")).isEqualTo(belowPrefix);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "/",
                "/rt1",
                "/rt1/",
                "//runtime",
                "//rt1/runtime",
                "/rt1/runtimes/x",
                "/rt1/Runtime/x",
                "/rt1/runtime%2Fx",
                "/-rt/runtime/x",
                "/r%74/runtime/x",
                "/rt1//runtime/x",
                "/sessions/runtime",
                "/sessions/vscode",
                "/runtime/work-1",
                "/api/runtime",
                "http://gw/rt1/runtime"
            })
    void everythingElseIsNone(String target) {
        assertThat(SandboxPath.of(target)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "runtime, /api/v1/sessions, '', /api/v1/sessions",
        "runtime, '', '', /",
        "runtime, ?a=1, /rt1/runtime, /rt1/runtime?a=1",
        "runtime, /rt1/runtime/x, /rt1/runtime, /rt1/runtime/rt1/runtime/x",
        "vscode, /static/a?b, /rt1/vscode, /rt1/vscode/static/a?b",
        "vscode, /rt1/vscode/static/a?b, /rt1/vscode, /rt1/vscode/static/a?b",
        "vscode, /rt1/vscode?tkn=1, /rt1/vscode, /rt1/vscode?tkn=1",
        "vscode, /rt1/vscodes, /rt1/vscode, /rt1/vscode/rt1/vscodes",
        "vscode, /rt1/vscode/x, '', /rt1/vscode/x",
    })
    void onAnOriginOfItsOwnASandboxHasAllPathsAndTheEditorKeepsItsPrefix(
            String service, String target, String prefix, String expected) {
        SandboxPath path = SandboxPath.ofHost("rt1", Service.of(service).orElseThrow(), target);

        assertThat(path.publicPrefix()).isEmpty();
        assertThat(path.below(prefix)).isEqualTo(expected);
    }
}
