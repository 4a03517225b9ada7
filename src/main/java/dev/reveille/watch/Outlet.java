package dev.reveille.watch;

/** A client that watches, as far as it is spoken to. Belongs to the event loop of its connection. */
interface Outlet {
    /** Whether it takes nothing more before {@link #onDrain}. */
    boolean full();

    /** Takes {@code message}, to be sent by the next {@link #flush} at the latest. */
    void write(Message message);

    void flush();

    /** Sends something that means nothing, so that the way there is kept open. */
    void ping();

    /**
     * Ends it in good order, after what was written.
     *
     * @param code of RFC 6455, for those who speak it
     * @param reason for people
     */
    void close(short code, String reason);

    /** Ends it at once, if {@link #close} has not: one that takes nothing never sees the end. */
    void cut();

    /** @param drained told when it takes something again, after it was full */
    void onDrain(Runnable drained);

    /** @param closed told when it has ended, by {@link #close} perhaps not; at once if it has ended already */
    void onClosed(Runnable closed);
}
