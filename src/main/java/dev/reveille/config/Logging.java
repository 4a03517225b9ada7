package dev.reveille.config;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the log goes and how it looks: lines on the standard error stream, since the command line answers on standard
 * output.
 *
 * <p>Until {@link #apply} was called {@code logback.xml} holds: text, INFO for Reveille and WARN for the libraries.
 */
public final class Logging {
    private static final String OURS = "dev.reveille";
    private static final String APPENDER = "stderr";

    private Logging() {}

    /**
     * Puts the settings into effect, for the whole process and from the next line on. Call it before Hazelcast is
     * started, which finds out only once where its own log goes.
     *
     * <p>If logback was given another configuration file, without an appender named {@code stderr}, the level alone is
     * changed.
     */
    public static void apply(LogSettings log) {
        if (System.getProperty("hazelcast.logging.type") == null) {
            System.setProperty("hazelcast.logging.type", "slf4j");
        }
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.getLogger(OURS).setLevel(Level.toLevel(log.level()));
            Appender<ILoggingEvent> appender =
                    context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender(APPENDER);
            if (appender instanceof OutputStreamAppender<ILoggingEvent> stream) {
                write(stream, log.format());
            }
        }
    }

    private static void write(OutputStreamAppender<ILoggingEvent> stream, LogSettings.Format format) {
        Layout<ILoggingEvent> layout = layout(format);
        layout.setContext(stream.getContext());
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(stream.getContext());
        encoder.setLayout(layout);
        encoder.start();
        stream.setEncoder(encoder);
    }

    private static LayoutBase<ILoggingEvent> layout(LogSettings.Format format) {
        return switch (format) {
            case TEXT -> new TextLayout();
            case JSON -> new JsonLayout();
        };
    }
}
