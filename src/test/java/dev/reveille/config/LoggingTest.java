package dev.reveille.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@Isolated("exchanges the streams of the process")
class LoggingTest {
    private final Logger lifecycle = LoggerFactory.getLogger("dev.reveille.lifecycle.Wake");
    private final PrintStream output = System.out;
    private final PrintStream error = System.err;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final ByteArrayOutputStream answered = new ByteArrayOutputStream();

    @BeforeEach
    void listens() {
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        System.setOut(new PrintStream(answered, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restores() {
        System.setErr(error);
        System.setOut(output);
        Logging.apply(new LogSettings(LogSettings.Format.TEXT, "info"));
    }

    @Test
    void aLineOfTextHasTimeLevelRoomAndMessage() {
        lifecycle.info("session={} state={}", "s-42", "running");

        assertThat(lines())
                .matches(
                        "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z INFO  lifecycle  session=s-42 state=running\n");
        assertThat(answered.size()).isZero();
    }

    @Test
    void aMessageCannotForgeALine() {
        lifecycle.warn("path={}", "/a\n2026-11-24T00:00:00.000Z INFO  main       all is well\u001b[2J");

        assertThat(lines().lines()).hasSize(1);
        assertThat(lines()).doesNotContain("\u001b");
    }

    @Test
    void aLineOfJsonHoldsTheStackTraceToo() {
        Logging.apply(new LogSettings(LogSettings.Format.JSON, "info"));

        lifecycle.warn("session={}", "s-42", new IllegalStateException("broken\nin two"));

        assertThat(lines().lines()).hasSize(1);
        JsonObject line = new JsonObject(lines());
        assertThat(line.fieldNames()).containsExactly("time", "level", "room", "logger", "thread", "message", "error");
        assertThat(line.getString("room")).isEqualTo("lifecycle");
        assertThat(line.getString("message")).isEqualTo("session=s-42");
        assertThat(line.getString("error")).startsWith("java.lang.IllegalStateException: broken");
    }

    @Test
    void theLevelIsThatOfReveilleAndNotOfTheLibraries() {
        Logging.apply(new LogSettings(LogSettings.Format.TEXT, "debug"));

        lifecycle.debug("seen");
        LoggerFactory.getLogger("io.netty.util.Recycler").debug("noise");
        LoggerFactory.getLogger("com.hazelcast.internal.Node").info("noise");
        LoggerFactory.getLogger("io.vertx.core.impl.VertxImpl").info("noise");

        assertThat(lines()).contains("seen").doesNotContain("noise");

        Logging.apply(new LogSettings(LogSettings.Format.TEXT, "error"));
        lifecycle.warn("unseen");

        assertThat(lines()).doesNotContain("unseen");
    }

    @Test
    void aRoomIsThePackageOrTheLastWord() {
        assertThat(LogLine.room("dev.reveille.Main")).isEqualTo("main");
        assertThat(LogLine.room("dev.reveille.proxy.Tunnel")).isEqualTo("proxy");
        assertThat(LogLine.room("io.vertx.core.impl.BlockedThreadChecker")).isEqualTo("BlockedThreadChecker");
        assertThat(LogLine.room("ROOT")).isEqualTo("ROOT");
    }

    private String lines() {
        return written.toString(StandardCharsets.UTF_8);
    }
}
