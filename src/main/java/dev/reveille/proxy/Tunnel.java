package dev.reveille.proxy;

import dev.reveille.http.StrictHttp1;
import dev.reveille.http.Transport;
import dev.reveille.registry.Activity;
import dev.reveille.session.GatewayFailure;
import dev.reveille.session.Origin;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.Optional;

/**
 * Both sides speak another protocol: bytes go through as they are, with back-pressure both ways, until either side closes.
 * What a side sent before it closed still reaches the other.
 */
final class Tunnel {
    /** From telling a client that this node is about to leave to cutting it off. */
    private static final Duration GOODBYE = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final TunnelEnd client;
    private final TunnelEnd sandbox;
    private final Optional<Frames> frames;
    private final Optional<Frames> said;
    private final Optional<Activity.Use> use;
    private final Duration linger;
    private final Promise<Void> closed = Promise.promise();
    private long movedAt = System.nanoTime();
    private boolean leaving;
    private boolean saidGoodbye;

    private Tunnel(
            Vertx vertx,
            ChannelHandlerContext client,
            ChannelHandlerContext sandbox,
            boolean frames,
            Duration linger,
            Optional<Activity.Use> use) {
        this.vertx = vertx;
        this.frames = frames ? Optional.of(new Frames()) : Optional.empty();
        this.said = frames && use.isPresent() ? Optional.of(new Frames()) : Optional.empty();
        this.linger = linger;
        this.use = use;
        this.client = new TunnelEnd(client.channel(), this::ask, () -> left(this.sandbox()));
        this.sandbox = new TunnelEnd(sandbox.channel(), this::answer, () -> left(this.client()));
        this.client.joins(this.sandbox);
    }

    /**
     * Tells the client that the sandbox has agreed, and joins them.
     *
     * @param agreed the sandbox's 101
     * @param linger how long a side may take to read what was sent before the other one left
     * @param use told of what the client says; empty: nobody is
     * @return when bytes go through; fails if the client had left before, or if one of them spoke another protocol than agreed
     */
    static Future<Tunnel> between(
            Vertx vertx,
            HttpClientResponse agreed,
            HttpServerRequest in,
            SandboxPath path,
            Origin origin,
            Duration linger,
            Optional<Activity.Use> use) {
        NetSocket early = agreed.netSocket();
        early.pause();
        ChannelHandlerContext sandbox = Transport.handler(agreed.request().connection());
        if (StrictHttp1.saidMore(in)) {
            // Vert.x would lose it.
            Transport.cut(agreed.request().connection());
            return Future.failedFuture(
                    new GatewayFailure.InvalidRequest("the new protocol was spoken before the sandbox had agreed to it")
                            .asException());
        }
        if (!Protocols.agree(in.headers(), agreed.headers())) {
            Transport.cut(agreed.request().connection());
            return Future.failedFuture(Failures.switched().asException());
        }
        EndToEnd.response(agreed.headers(), in.response().headers(), path, origin);
        EndToEnd.upgraded(agreed.headers(), in.response().headers());
        boolean websocket = "websocket".equalsIgnoreCase(agreed.getHeader(HttpHeaders.UPGRADE));
        return in.toNetSocket()
                .onFailure(gone -> Transport.cut(agreed.request().connection()))
                .map(socket -> {
                    ChannelHandlerContext client = ((NetSocketInternal) socket).channelHandlerContext();
                    return new Tunnel(vertx, client, sandbox, websocket, linger, use).opened(client, sandbox, early);
                });
    }

    private TunnelEnd client() {
        return client;
    }

    private TunnelEnd sandbox() {
        return sandbox;
    }

    /**
     * Vert.x still has what came in one piece with the sandbox's agreement. It hands that over in a turn of the event loop
     * that is due, and this takes its place in the next.
     */
    private Tunnel opened(ChannelHandlerContext clientHandler, ChannelHandlerContext sandboxHandler, NetSocket early) {
        client.replaces(clientHandler);
        early.exceptionHandler(reset -> {});
        early.handler(data -> {
            answer(Unpooled.wrappedBuffer(data.getBytes()));
            client.flush();
        });
        early.resume();
        vertx.runOnContext(v -> sandbox.replaces(sandboxHandler));
        return this;
    }

    /** @return when either side has closed */
    Future<Void> closed() {
        return closed.future();
    }

    /**
     * This node is about to leave. The client of a websocket is told so at the next end of a frame, and to come back; what
     * it says to that goes on to the sandbox, which then closes. Whoever does not is cut off.
     */
    void leave() {
        if (closed.future().isComplete() || leaving) {
            return;
        }
        leaving = true;
        if (frames.isEmpty()) {
            cut();
            return;
        }
        if (frames.get().between()) {
            sayGoodbye();
        }
        vertx.setTimer(GOODBYE.toMillis(), t -> cut());
    }

    /**
     * When something came last from either side, on the clock of {@link System#nanoTime}. While one of them has enough to read the
     * other is not read.
     */
    long movedAt() {
        if (client.isFull() || sandbox.isFull()) {
            movedAt = System.nanoTime();
        }
        return movedAt;
    }

    private void ask(ByteBuf data) {
        movedAt = System.nanoTime();
        if (use.isPresent()) {
            count(use.get(), data);
        }
        sandbox.write(data);
    }

    private void count(Activity.Use counts, ByteBuf data) {
        if (said.isEmpty()) {
            counts.said(movedAt, 0, data.readableBytes());
            return;
        }
        Frames counted = said.get();
        long frame = counted.dataFrames();
        long bytes = counted.dataBytes();
        counted.pass(data);
        if (counted.dataFrames() > frame || counted.dataBytes() > bytes) {
            counts.said(movedAt, counted.dataFrames() - frame, counted.dataBytes() - bytes);
        }
    }

    private void answer(ByteBuf data) {
        movedAt = System.nanoTime();
        if (!leaving) {
            frames.ifPresent(f -> f.pass(data));
            client.write(data);
            return;
        }
        if (saidGoodbye) {
            data.release();
            return;
        }
        client.write(data.slice(data.readerIndex(), frames.orElseThrow().rest(data)));
        if (frames.orElseThrow().between()) {
            sayGoodbye();
        }
    }

    private void sayGoodbye() {
        saidGoodbye = true;
        client.write(Frames.restarting());
        client.flush();
    }

    /** Ends it at once. */
    void cut() {
        if (!closed.future().isComplete()) {
            client.cut();
            sandbox.cut();
        }
    }

    /** One side has closed. The other gets what is on its way to it. */
    private void left(TunnelEnd other) {
        if (!closed.tryComplete()) {
            return;
        }
        long timer = vertx.setTimer(linger.toMillis(), t -> other.reset());
        other.end(() -> vertx.cancelTimer(timer));
    }
}
