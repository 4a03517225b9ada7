package dev.reveille.websocket;

/** The codes that say why a websocket is closed (RFC 6455, 7.4). */
public final class CloseCode {
    public static final int NORMAL = 1000;
    public static final int GOING_AWAY = 1001;
    public static final int PROTOCOL_ERROR = 1002;

    /** The other side gave no code. Never sent. */
    public static final int NONE = 1005;

    /** The connection ended without a close frame. Never sent. */
    public static final int ABNORMAL = 1006;

    public static final int INVALID_DATA = 1007;
    public static final int TOO_BIG = 1009;
    public static final int RESTARTING = 1012;

    private static final int LAST_REGISTERED = 1014;
    private static final int FIRST_OF_LIBRARIES = 3000;
    private static final int LAST_PRIVATE = 4999;

    private CloseCode() {}

    /** Whether a close frame may carry it. */
    static boolean isSendable(int code) {
        return (code >= NORMAL && code <= 1003)
                || (code >= INVALID_DATA && code <= LAST_REGISTERED)
                || (code >= FIRST_OF_LIBRARIES && code <= LAST_PRIVATE);
    }
}
