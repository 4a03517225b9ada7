package dev.reveille.websocket;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How a websocket comes to its end.
 *
 * <pre>
 *   open → said (we have closed, the other side has not) → ending (nothing is left to say) → over
 *   open → ending (the other side has closed, or broken the protocol)
 * </pre>
 *
 * <p>When nothing is left to say the connection is closed in our direction only, and read on: closed at once it would be reset
 * if anything is unread, and the frame that says why would be lost. Belongs to the event loop.
 */
final class Closing {
    private enum State {
        OPEN,
        SAID,
        ENDING,
        OVER
    }

    private final Channel channel;
    private final Duration patience;
    private volatile State state = State.OPEN;
    private volatile int heard = CloseCode.ABNORMAL;
    private ScheduledFuture<?> cut;

    /** @param patience from the first frame that closes to the end of the connection */
    Closing(Channel channel, Duration patience) {
        this.channel = channel;
        this.patience = patience;
    }

    boolean isOpen() {
        return state == State.OPEN;
    }

    boolean isOver() {
        return state == State.OVER;
    }

    /** The code that the other side has closed with. */
    int heard() {
        return heard;
    }

    /** Sends {@code frame}, the last one of ours. */
    void begin(byte[] frame) {
        if (state == State.OPEN) {
            state = State.SAID;
            say(frame);
        }
    }

    /** The other side has closed. It is answered with {@code frame} unless it is this that answers us. */
    void heard(int code, byte[] frame) {
        if (state == State.OPEN || state == State.SAID) {
            heard = code;
            fail(frame);
        }
    }

    /** Sends {@code frame} unless one that closes was sent, and does not wait for an answer. */
    void fail(byte[] frame) {
        if (state == State.OPEN) {
            state = State.SAID;
            say(frame);
        }
        if (state == State.SAID) {
            state = State.ENDING;
            end();
        }
    }

    /** The connection has ended. */
    void over() {
        state = State.OVER;
        if (cut != null) {
            cut.cancel(false);
            cut = null;
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it is cut if it is never sent
    private void say(byte[] frame) {
        cut = channel.eventLoop().schedule(this::cut, patience.toNanos(), TimeUnit.NANOSECONDS);
        channel.writeAndFlush(Unpooled.wrappedBuffer(frame), channel.voidPromise());
        // The other side's end must be heard even if it was not listened to.
        channel.config().setAutoRead(true);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it is cut if it is never sent
    private void end() {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> endOutput());
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it is cut in any case
    private void endOutput() {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (!channel.isActive()) {
            return;
        }
        if (tls != null) {
            tls.closeOutbound();
        } else if (channel instanceof DuplexChannel duplex) {
            duplex.shutdownOutput();
        } else {
            channel.close();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    private void cut() {
        channel.close();
    }
}
