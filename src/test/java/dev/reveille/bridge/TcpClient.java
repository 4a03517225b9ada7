package dev.reveille.bridge;

import static dev.reveille.testing.TestGateway.await;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.ext.eventbus.bridge.tcp.impl.protocol.FrameHelper;
import io.vertx.ext.eventbus.bridge.tcp.impl.protocol.FrameParser;

/** A service, with the frames of Vert.x' own bridge. */
final class TcpClient extends Client {
    /** Held, as Vert.x closes the connections of one that nobody holds. */
    private final NetClient client;

    private final NetSocket socket;

    private TcpClient(NetClient client, NetSocket socket) {
        this.client = client;
        this.socket = socket;
        socket.handler(new FrameParser(frame -> hears(frame.result())));
        socket.closeHandler(v -> ended());
        socket.exceptionHandler(broken -> {});
    }

    static TcpClient to(Vertx vertx, int port) {
        return to(vertx, port, new NetClientOptions());
    }

    static TcpClient to(Vertx vertx, int port, NetClientOptions options) {
        NetClient client = vertx.createNetClient(options);
        return await(client.connect(port, "127.0.0.1").map(socket -> new TcpClient(client, socket)));
    }

    NetSocket socket() {
        return socket;
    }

    void raw(Buffer bytes) {
        await(socket.write(bytes));
    }

    @Override
    void say(JsonObject message) {
        FrameHelper.writeFrame(message, socket);
    }

    @Override
    String news() {
        return "message";
    }

    @Override
    String goodbye() {
        return "err";
    }

    @Override
    public void close() {
        client.close();
    }
}
