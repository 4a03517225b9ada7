package dev.reveille.http;

/** Whoever wants a request's body says since when. */
public interface BodyDemand {
    /** @return on the clock of {@link System#nanoTime}; meaningless while it is not {@link #wanted} */
    long wantedSince();

    /** Whether what comes of the body is taken. */
    boolean wanted();
}
