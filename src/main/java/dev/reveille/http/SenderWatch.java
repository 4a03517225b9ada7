package dev.reveille.http;

import dev.reveille.session.FailureException;
import dev.reveille.session.GatewayFailure;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.Http1xServerConnection;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Watches that a client of HTTP/1 sends what it has begun, and ends connections on which it does not, or sends what is no
 * HTTP. One timer for each connection looks now and then; requests set none.
 */
final class SenderWatch extends ChannelDuplexHandler implements Runnable {
    /** For a client that still sends to read why nobody listens: closed at once, the connection could be reset before. */
    private static final long LINGER = Duration.ofSeconds(2).toNanos();

    private static final long NEVER = Long.MAX_VALUE;
    private static final int SWITCHING_PROTOCOLS = 101;
    private final Patience patience;
    private Http1xServerConnection connection;
    private RequestDecoder decoder;
    private ChannelHandlerContext context;
    private HttpServerRequest request;
    private BodyDemand demand = BodyDemand.ALWAYS;
    private long served;
    private boolean came;
    private boolean out;
    private boolean stopped;
    private boolean completing;
    private boolean inHead = true;
    private long headBegun;
    private long lastRead;
    private long lastWritten;
    private boolean lingering;
    private boolean over;
    private ScheduledFuture<?> timer;

    SenderWatch(Patience patience) {
        this.patience = patience;
    }

    /** Stands between the network and {@code decoder}. */
    void watch(RequestDecoder watched) {
        decoder = watched;
    }

    /** Whose requests these are; known before the first of them is served. */
    void meet(Http1xServerConnection http1) {
        connection = http1;
    }

    /** The connection is about to serve {@code next}. */
    void serving(HttpServerRequest next) {
        request = next;
        demand = BodyDemand.ALWAYS;
        served++;
    }

    /** Who takes the body of the request that is being served. */
    void wanting(BodyDemand who) {
        demand = who;
    }

    /**
     * Nothing more is read. At the end of each read Vert.x may stop by itself, since too much waits in it, and must start by
     * itself then: what it has not passed on would grow without end. So it is the first to decide, and we the second.
     */
    void stayOut() {
        out = true;
        if (!completing) {
            stop();
        }
    }

    void comeIn() {
        out = false;
        if (!decoder.isFull()) {
            go();
        }
    }

    private void stop() {
        if (context.channel().config().isAutoRead()) {
            stopped = true;
            context.channel().config().setAutoRead(false);
        }
    }

    private void go() {
        if (stopped) {
            stopped = false;
            context.channel().config().setAutoRead(true);
        }
    }

    /** The connection is not HTTP any more, or closed. */
    void end() {
        if (!over) {
            over = true;
            timer.cancel(false);
            request = null;
            if (!context.isRemoved()) {
                context.pipeline().remove(this);
            }
        }
    }

    /** Says by closing that nothing follows, reads on for a while, and closes. */
    @SuppressWarnings("FutureReturnValueIgnored") // flushed is flushed, and a timer closes in any case
    void linger() {
        if (lingering || over) {
            return;
        }
        lingering = true;
        out = false;
        decoder.refuseRest();
        context.channel().config().setAutoRead(true);
        timer.cancel(false);
        arm(Math.max(LINGER, patience.idle()));
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> endOutput());
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the timer closes in any case
    private void endOutput() {
        timer.cancel(false);
        arm(LINGER);
        SslHandler tls = context.pipeline().get(SslHandler.class);
        if (tls != null) {
            tls.closeOutbound();
        } else if (context.channel() instanceof DuplexChannel channel && channel.isActive()) {
            channel.shutdownOutput();
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        headBegun = System.nanoTime();
        lastRead = headBegun;
        lastWritten = headBegun;
        arm(patience.shortest());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object data) {
        came = true;
        ctx.fireChannelRead(data);
        if (decoder.isFull()) {
            stop();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (came && !over) {
            came = false;
            lastRead = System.nanoTime();
            if (!decoder.inHead()) {
                inHead = false;
            } else if (!inHead) {
                inHead = true;
                headBegun = lastRead;
            }
        }
        go();
        completing = true;
        ctx.fireChannelReadComplete();
        completing = false;
        if (out || decoder.isFull()) {
            stop();
        }
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        lastWritten = System.nanoTime();
        ctx.flush();
        goOn();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        ctx.fireChannelWritabilityChanged();
        goOn();
    }

    /** Goes on with what came behind the last request, if that is answered. */
    private void goOn() {
        if (decoder.isKeeping() && isAnswered() && decoder.goOn()) {
            // Vert.x has not done with the answer yet, if it is about to write the end of it.
            context.executor().execute(this::readOn);
        }
    }

    private void readOn() {
        if (!over && !context.isRemoved()) {
            came = true;
            context.fireChannelRead(Unpooled.EMPTY_BUFFER);
            channelReadComplete(context);
        }
    }

    /**
     * Whether all requests so far were answered, and the last not with a change of the protocol. While the client does not
     * read, the end of an answer may still be with Vert.x.
     */
    boolean isAnswered() {
        return decoder.requests() == served
                && (request == null
                        || (request.response().ended() && request.response().getStatusCode() != SWITCHING_PROTOCOLS))
                && context.channel().isWritable();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        timer.cancel(false);
        HttpServerRequest last = request;
        ctx.fireChannelInactive();
        if (last != null && !last.isEnded()) {
            // What Vert.x keeps of a body while that is paused is released only if it is passed on.
            last.handler(null).endHandler(null).resume();
        }
    }

    /** Vert.x lets what the decoder refused come round as an error of the connection, and would cut it off. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable error) {
        if (!(error instanceof FailureException refused)) {
            if (isReceived()) {
                ctx.fireExceptionCaught(error);
            } else {
                // Vert.x would tell the request that waits behind another first, and break over its having no answer
                // yet.
                ctx.close();
            }
        } else if (request != null && isReceived()) {
            fail(refused.failure());
        }
    }

    /** Looks whether the client has let the time run out. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    public void run() {
        if (over || !context.channel().isActive()) {
            return;
        }
        if (lingering) {
            context.close();
            return;
        }
        long left = left(System.nanoTime());
        if (left > 0) {
            arm(Math.min(left, patience.shortest()));
        } else {
            expire();
        }
    }

    private void arm(long nanos) {
        timer = context.executor().schedule(this, nanos, TimeUnit.NANOSECONDS);
    }

    private long left(long now) {
        if (isBusy()) {
            return isReceived() && isAwaited()
                    ? patience.body() - (now - Patience.later(lastRead, demand.wantedSince()))
                    : NEVER;
        }
        goOn();
        if (isAnswered()) {
            request = null;
        }
        if (isLeaving()) {
            // How long a client may take nothing at all is the kernel's to watch.
            lastWritten = now;
            return NEVER;
        }
        return inHead
                ? patience.head() - (now - Patience.later(headBegun, lastWritten))
                : patience.idle() - (now - Patience.later(lastRead, lastWritten));
    }

    /** Whether a request is under way, be it that it waits behind another. */
    private boolean isBusy() {
        return decoder.requests() != served
                || (request != null && (decoder.inBody() || !request.response().ended()));
    }

    /** Whether something of an answer has not left yet. */
    private boolean isLeaving() {
        ChannelOutboundBuffer waiting = context.channel().unsafe().outboundBuffer();
        return waiting != null && !waiting.isEmpty();
    }

    boolean saidMore() {
        return decoder.saidMore() || decoder.requests() != served;
    }

    /** Whether what comes is the body of the request that is being served. */
    private boolean isReceived() {
        return decoder.requests() == served;
    }

    private boolean isAwaited() {
        return decoder.inBody() && demand.wanted() && context.channel().config().isAutoRead();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    private void expire() {
        if (isBusy()) {
            fail(new GatewayFailure.TooSlow(
                    "nothing of the request's body came for " + patience.body() / 1_000_000 + " ms"));
            arm(patience.shortest());
        } else if (decoder.inHead()) {
            decoder.expire(new GatewayFailure.TooSlow(
                    "the head of the request was not there after " + patience.head() / 1_000_000 + " ms"));
            arm(patience.shortest());
        } else {
            context.close();
        }
    }

    /**
     * The body will never be whole. Whoever forwards it hears of it as if the client had left. Then the client is told, or
     * cut off if it has a part of the answer, which must not look like all of it.
     */
    private void fail(GatewayFailure failure) {
        HttpServerRequest failed = request;
        decoder.refuseRest();
        boolean begun = failed.response().headWritten();
        if (!begun) {
            failed.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        if (!failed.response().ended()) {
            connection.handleException(failure.asException());
        }
        if (failed.response().ended()) {
            linger();
        } else if (begun) {
            Transport.reset(connection);
        } else {
            InvalidRequest.refuse(failed, failure);
        }
    }
}
