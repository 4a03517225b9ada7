package dev.reveille.http;

import dev.reveille.session.GatewayFailure;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.Http2ServerRequest;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketImpl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Watches that a client of HTTP/2 sends what it has begun, as {@link SenderWatch} does for HTTP/1, and takes what it is sent. One timer for each
 * connection looks now and then; requests set none.
 *
 * <p>A connection is idle while it has no stream: frames that ask for nothing, such as PING, do not keep it.
 */
final class StreamWatch extends ChannelInboundHandlerAdapter implements Runnable {
    /** For the last words to leave; then it is closed whether they could or not. */
    private static final long LINGER = Duration.ofSeconds(2).toNanos();

    private static final long NEVER = Long.MAX_VALUE;

    /** In times that a body may stand still: as long as others may go before it on the same way. */
    private static final int BEHIND_OTHERS = 10;

    private final Patience patience;
    private final long stall;
    private final StrayHeads heads;
    private ChannelHandlerContext context;
    private Http2Connection connection;
    private Http2Connection.PropertyKey uploads;
    private AnswerWatch answers;
    private boolean confirmed;
    private long begun;
    private long idleSince;
    private int block;
    private long blockBegun;
    private long lastPart;
    private long lastOfAny = System.nanoTime();
    private boolean over;
    private ScheduledFuture<?> timer;

    /** A request with a body. */
    private static final class Upload {
        private final HttpServerRequest request;
        private BodyDemand demand = BodyDemand.ALWAYS;
        private long lastRead = System.nanoTime();

        private Upload(HttpServerRequest request) {
            this.request = request;
        }
    }

    private StreamWatch(Patience patience, long stall, StrayHeads heads) {
        this.patience = patience;
        this.stall = stall;
        this.heads = heads;
    }

    /**
     * To be called with a connection that will be one of HTTP/2, before Netty's codec has read anything of it.
     *
     * @param stall nanoseconds in which it may take nothing of an answer
     */
    static void begin(NetSocket socket, Patience patience, long stall) {
        StreamWatch watch = new StreamWatch(patience, stall, StrayHeads.watch(socket));
        ChannelHandlerContext place = ((NetSocketImpl) socket).channelHandlerContext();
        place.pipeline().addBefore(place.name(), "streamWatch", watch);
    }

    /** The one of {@code request}, which came by HTTP/2. */
    static StreamWatch of(HttpServerRequest request) {
        return of(Http2Streams.context(request));
    }

    static StreamWatch of(ChannelHandlerContext codec) {
        return codec.pipeline().get(StreamWatch.class);
    }

    /** The client's settings have come. */
    void meet(Http2Connection known) {
        connection = known;
        uploads = known.newKey();
        answers = new AnswerWatch(known, stall);
        idleSince = System.nanoTime();
        known.addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                if (known.numActiveStreams() == 0) {
                    idleSince = System.nanoTime();
                }
            }
        });
    }

    /** The client has confirmed our settings. */
    void confirmed() {
        confirmed = true;
    }

    /** The connection is about to serve {@code request}. */
    void serving(HttpServerRequest request) {
        Http2Stream stream = connection.stream(request.response().streamId());
        if (stream == null) {
            return;
        }
        answers.serving(stream, request.response());
        if (stream.state().remoteSideOpen()) {
            stream.setProperty(uploads, new Upload(request));
        }
    }

    /** Who takes the body of {@code request}. */
    void wanting(HttpServerRequest request, BodyDemand who) {
        Upload upload = upload(connection.stream(request.response().streamId()));
        if (upload != null) {
            upload.demand = who;
        }
    }

    /** Something of the body on {@code stream} has come. */
    void came(int stream) {
        Upload upload = upload(connection.stream(stream));
        if (upload != null) {
            upload.lastRead = System.nanoTime();
            lastOfAny = upload.lastRead;
        }
    }

    /** The client takes so much more of {@code stream}. */
    void opened(int stream, int bytes) {
        Http2Stream known = connection.stream(stream);
        if (known != null) {
            answers.opened(known, bytes);
        }
    }

    private Upload upload(Http2Stream stream) {
        return stream == null ? null : stream.getProperty(uploads);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        begun = System.nanoTime();
        arm(atMost());
    }

    /** Until the next look: whatever begins now is not over before that. */
    private long atMost() {
        return Math.min(patience.shortest(), stall);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        lastPart = System.nanoTime();
        if (heads.inBlock() && block != heads.blocks()) {
            block = heads.blocks();
            blockBegun = lastPart;
        }
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        timer.cancel(false);
        ctx.fireChannelInactive();
    }

    /** Looks whether the client has let the time run out. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    public void run() {
        if (over) {
            context.close();
            return;
        }
        long now = System.nanoTime();
        long left = Math.min(leftToConfirm(now), Math.min(leftOfHead(now), leftOfIdle(now)));
        if (left <= 0) {
            expire(now);
        } else {
            resetUnread(now);
            arm(Math.min(Math.min(left, lookAtUploads(now)), atMost()));
        }
    }

    private long leftToConfirm(long now) {
        return confirmed ? NEVER : patience.head() - (now - begun);
    }

    private long leftOfHead(long now) {
        return heads.inBlock() ? patience.head() - (now - blockBegun) : NEVER;
    }

    private long leftOfIdle(long now) {
        boolean idle = connection != null && connection.numActiveStreams() == 0 && !heads.inBlock();
        return idle ? patience.idle() - (now - idleSince) : NEVER;
    }

    private void expire(long now) {
        if (connection != null && leftToConfirm(now) <= 0) {
            giveUp(Http2Error.SETTINGS_TIMEOUT, "the confirmation of our settings");
        } else if (connection != null && leftOfHead(now) <= 0) {
            giveUp(Http2Error.ENHANCE_YOUR_CALM, "the head of a request");
        } else {
            end();
        }
    }

    private void arm(long nanos) {
        timer = context.executor().schedule(this, nanos, TimeUnit.NANOSECONDS);
    }

    private void giveUp(Http2Error error, String what) {
        ChannelHandlerContext codec = context.pipeline().context(Http2ConnectionHandler.class);
        String because = what + " was not there after " + patience.head() / 1_000_000 + " ms";
        over = true;
        arm(LINGER);
        ((Http2ConnectionHandler) codec.handler())
                .onError(codec, false, Http2Exception.connectionError(error, because));
    }

    /** With GOAWAY, so that a client whose next request is on its way may send it again. */
    @SuppressWarnings("FutureReturnValueIgnored") // closed is closed
    private void end() {
        over = true;
        arm(LINGER);
        context.channel().close();
    }

    private void resetUnread(long now) {
        if (connection != null) {
            ChannelHandlerContext codec = context.pipeline().context(Http2ConnectionHandler.class);
            answers.stalled(streams(), now, !context.channel().isWritable())
                    .forEach(stream -> Http2Streams.reset(codec, stream.id(), Http2Error.INTERNAL_ERROR.code()));
        }
    }

    /** @return when the next could be too slow */
    private long lookAtUploads(long now) {
        List<Upload> slow = new ArrayList<>();
        long soonest = NEVER;
        for (Http2Stream stream : streams()) {
            Upload upload = upload(stream);
            if (upload == null || !isAwaited(stream, upload)) {
                continue;
            }
            long read = heads.inDataOf(stream.id()) ? lastPart : moved(upload);
            long left = patience.body() - (now - Patience.later(read, upload.demand.wantedSince()));
            if (left > 0) {
                soonest = Math.min(soonest, left);
            } else {
                slow.add(upload);
            }
        }
        slow.forEach(this::refuse);
        return soonest;
    }

    /** When something of it came last. As all streams share the way, it may be that another one's bodies come first. */
    private long moved(Upload upload) {
        long others = Math.min(lastOfAny - upload.lastRead, BEHIND_OTHERS * patience.body());
        return upload.lastRead + Math.max(0, others);
    }

    private List<Http2Stream> streams() {
        List<Http2Stream> streams = new ArrayList<>();
        if (connection != null) {
            try {
                connection.forEachActiveStream(streams::add);
            } catch (Http2Exception impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        return streams;
    }

    /** Whether more may come, and all that came was taken. */
    private boolean isAwaited(Http2Stream stream, Upload upload) {
        return stream.state().remoteSideOpen()
                && upload.demand.wanted()
                && connection.local().flowController().unconsumedBytes(stream) == 0;
    }

    /**
     * The body will never be whole. Whoever forwards it hears of it as if the client had left. Then the client is told, or
     * its stream reset if it has a part of the answer, which must not look like all of it.
     */
    private void refuse(Upload upload) {
        Http2ServerRequest request = (Http2ServerRequest) upload.request;
        boolean begunToAnswer = request.response().headWritten();
        GatewayFailure failure = new GatewayFailure.TooSlow(
                "nothing of the request's body came for " + patience.body() / 1_000_000 + " ms");
        if (!request.response().ended()) {
            request.context().emit(failure.asException(), request::handleException);
        }
        if (request.response().ended()) {
            ClientStream.of(request).refuseRest();
        } else if (begunToAnswer) {
            ClientStream.of(request).reset();
        } else {
            InvalidRequest.refuse(request, failure);
        }
    }
}
