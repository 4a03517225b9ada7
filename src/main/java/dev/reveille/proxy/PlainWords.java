package dev.reveille.proxy;

import dev.reveille.session.GatewayFailure;

/**
 * A failure for people who know nothing of gateways.
 *
 * @param title what is wrong
 * @param advice what it means and what to do
 */
record PlainWords(String title, String advice) {
    private static final String START_ANEW =
            " If it stays so, open it anew from where you started it, such as your conversation.";

    /** @param mayWake whether whoever asked has the right to wake the sandbox */
    static PlainWords of(GatewayFailure failure, boolean mayWake) {
        return switch (failure.kind()) {
            case UNKNOWN_SESSION ->
                new PlainWords(
                        "There is no such sandbox",
                        "It was closed, or the address is not right. Go back to where the link came from, and open it"
                                + " again from there.");
            case RUNTIME_PAUSED -> mayWake ? ofProbe() : asleep();
            case RUNTIME_STARTING ->
                new PlainWords("The sandbox is not ready yet", "It is on its way. Try again in a moment.");
            case RUNTIME_DISCONNECTED ->
                new PlainWords(
                        "The sandbox cannot be reached",
                        "It is not asleep, and does not answer. That is often over in a moment: try again."
                                + START_ANEW);
            case RUNTIME_CRASHED ->
                new PlainWords(
                        "The sandbox broke down",
                        "It failed while it was started or woken. Trying again may help." + START_ANEW);
            case STEP_FAILED, WRONG_STATE -> ofStep(failure);
            case WAKE_TIMEOUT, START_TIMEOUT, BUILD_TIMEOUT ->
                new PlainWords(
                        "The sandbox takes too long",
                        "It did not become ready in time, and may be soon. Try again in a moment." + START_ANEW);
            case TOO_MANY_WAITING, QUOTA_EXCEEDED ->
                new PlainWords(
                        "Too many are waiting",
                        "So many wait for sandboxes already that you could not be let in. Try again in a while.");
            case RUNTIME_API_UNAVAILABLE ->
                new PlainWords(
                        "The sandbox service is not available",
                        "What starts and wakes sandboxes does not answer, so nobody knows where this one is. Nothing is"
                                + " lost; try again in a while.");
            case SHUTTING_DOWN, BODY_NOT_REPLAYABLE, TOO_SLOW ->
                new PlainWords("Just a moment", "This could not be answered right now. Try again.");
            case UNAUTHORIZED, FORBIDDEN ->
                new PlainWords(
                        "You may not open this sandbox",
                        "It belongs to somebody else, or the address lacks its key. Open it from where you got the"
                                + " link.");
            case INVALID_REQUEST, UNSUPPORTED, NO_SUCH_RESOURCE, TOO_LARGE, HEAD_TOO_LONG ->
                new PlainWords(
                        "This address cannot be opened",
                        "Something is wrong with it. Go back to where the link came from, and open it again from"
                                + " there.");
            case INTERNAL ->
                new PlainWords(
                        "Something went wrong here",
                        "The fault is not yours. Try again; if it stays so, tell whoever runs this gateway.");
        };
    }

    private static PlainWords asleep() {
        return new PlainWords(
                "This sandbox is asleep",
                "It was not woken, since the address that you opened does not carry its key. Open it from where you got"
                        + " the link, such as your conversation: that wakes it.");
    }

    private static PlainWords ofProbe() {
        return new PlainWords(
                "This sandbox is asleep",
                "What you opened only asks how it is, and does not wake it. Any other page of the sandbox does.");
    }

    private static PlainWords ofStep(GatewayFailure failure) {
        boolean started = failure instanceof GatewayFailure.StepFailed failed
                && (failed.step() == GatewayFailure.Step.START || failed.step() == GatewayFailure.Step.BUILD);
        return new PlainWords(
                started ? "The sandbox could not be started" : "The sandbox could not be woken",
                "What runs the sandboxes refused to, or failed. Trying again may help." + START_ANEW);
    }
}
