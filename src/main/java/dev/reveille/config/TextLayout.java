package dev.reveille.config;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;

/**
 * A line for people: {@code 2026-11-24T11:32:28.123Z INFO  lifecycle  session=s-42 state=running}. A stack trace
 * follows on lines of its own.
 *
 * <p>Public because {@code logback.xml} names it.
 */
public final class TextLayout extends LayoutBase<ILoggingEvent> {
    private static final int LEVEL_WIDTH = 5;
    private static final int ROOM_WIDTH = 10;

    @Override
    public String doLayout(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(160).append(LogLine.time(event.getTimeStamp()));
        column(line, event.getLevel().toString(), LEVEL_WIDTH);
        column(line, LogLine.room(event.getLoggerName()), ROOM_WIDTH);
        line.append(' ').append(oneLine(event.getFormattedMessage())).append('\n');
        if (event.getThrowableProxy() != null) {
            line.append(ThrowableProxyUtil.asString(event.getThrowableProxy())).append('\n');
        }
        return line.toString();
    }

    private static void column(StringBuilder line, String text, int width) {
        line.append(' ').append(text).append(" ".repeat(Math.max(0, width - text.length())));
    }

    /** What others sent may stand in a message, and must not look like a line of ours. */
    private static String oneLine(String message) {
        boolean plain = message.chars().noneMatch(Character::isISOControl);
        return plain ? message : message.replaceAll("\\p{Cntrl}+", " ");
    }
}
