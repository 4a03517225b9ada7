package dev.reveille.conformance;

import dev.reveille.testing.FakeRuntimeApi;
import dev.reveille.testing.Script;

/** What can be wrong with a runtime API. */
enum Fault {
    ERRORS {
        @Override
        void in(Script script) {
            script.answers(500);
        }
    },
    SILENCE {
        @Override
        void in(Script script) {
            script.hangs();
        }
    },
    GARBAGE {
        @Override
        void in(Script script) {
            script.answersHtml(200, "<html>it works!</html>");
        }
    };

    abstract void in(Script script);

    /** All control calls from now on. */
    void in(FakeRuntimeApi upstream) {
        in(upstream.onControl());
    }
}
