package dev.reveille.proxy;

/** Nobody is left to answer. */
final class ClientLeft extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClientLeft() {
        super("the client has left", null, false, false);
    }
}
