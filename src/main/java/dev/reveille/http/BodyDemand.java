package dev.reveille.http;

/** Whoever wants a request's body says since when. */
public interface BodyDemand {
    /** Of a body that is read as it comes. */
    BodyDemand ALWAYS = new BodyDemand() {
        private final long start = System.nanoTime();

        @Override
        public long wantedSince() {
            return start;
        }

        @Override
        public boolean wanted() {
            return true;
        }
    };

    /** @return on the clock of {@link System#nanoTime}; meaningless while it is not {@link #wanted} */
    long wantedSince();

    /** Whether what comes of the body is taken. */
    boolean wanted();
}
