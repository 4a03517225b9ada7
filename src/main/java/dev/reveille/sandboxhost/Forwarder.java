package dev.reveille.sandboxhost;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetSocket;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Carries one request to a port of this machine and its answer back, both streamed with back-pressure. */
final class Forwarder {
    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "transfer-encoding",
            "upgrade");
    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*");
    private static final long CANCEL = 0x8;

    /** A client does not wait for ever to be told to go on (RFC 9110, 10.1.1), and some programs never say so. */
    private static final long UNTOLD_MILLIS = 1_000;

    private final Vertx vertx;
    private final HttpClient client;

    Forwarder(Vertx vertx, HttpClient client) {
        this.vertx = vertx;
        this.client = client;
    }

    /**
     * Forwards; there is no limit of time.
     *
     * @return succeeds when the answer, or the tunnel's opening, has been handed on; fails when the origin cannot be
     *     reached or breaks off, the client's answer then being as far as it came
     */
    Future<Void> forward(HttpServerRequest inbound, int port, String uri) {
        inbound.pause();
        RequestOptions target = new RequestOptions()
                .setMethod(inbound.method())
                .setHost("127.0.0.1")
                .setPort(port)
                .setURI(uri);
        return client.request(target).compose(outbound -> {
            HttpServerResponse response = inbound.response();
            response.exceptionHandler(left -> outbound.reset(CANCEL, left));
            response.closeHandler(v -> cancelUnlessDone(response, outbound));
            if (response.closed()) {
                outbound.reset(CANCEL);
                return Future.failedFuture("The client has left");
            }
            copyEndToEnd(inbound.headers(), outbound.headers());
            outbound.headers().remove(HttpHeaders.HOST);
            outbound.authority(inbound.authority());
            return isUpgrade(inbound) ? upgrade(inbound, outbound) : exchange(inbound, outbound);
        });
    }

    private static void cancelUnlessDone(HttpServerResponse response, HttpClientRequest outbound) {
        if (!response.ended()) {
            outbound.reset(CANCEL);
        }
    }

    private Future<Void> exchange(HttpServerRequest inbound, HttpClientRequest outbound) {
        return send(inbound, outbound).compose(answer -> relay(answer, inbound.response()));
    }

    private Future<HttpClientResponse> send(HttpServerRequest inbound, HttpClientRequest outbound) {
        boolean hasLength = inbound.headers().contains(HttpHeaders.CONTENT_LENGTH);
        if (!hasLength && !inbound.headers().contains(HttpHeaders.TRANSFER_ENCODING)) {
            inbound.resume();
            return outbound.send();
        }
        outbound.setChunked(!hasLength);
        if ("100-continue".equalsIgnoreCase(inbound.getHeader(HttpHeaders.EXPECT))) {
            return sendWhenTold(inbound, outbound);
        }
        pipe(inbound, outbound);
        return outbound.response();
    }

    /** A program that says nothing gets what its client sends untold. */
    private Future<HttpClientResponse> sendWhenTold(HttpServerRequest inbound, HttpClientRequest outbound) {
        long timer = vertx.setTimer(UNTOLD_MILLIS, t -> pipe(inbound, outbound));
        outbound.continueHandler(v -> {
            inbound.response().writeContinue();
            if (vertx.cancelTimer(timer)) {
                pipe(inbound, outbound);
            }
        });
        return outbound.sendHead().compose(v -> outbound.response()).onComplete(answered -> vertx.cancelTimer(timer));
    }

    private static void pipe(HttpServerRequest inbound, HttpClientRequest outbound) {
        inbound.pipe().endOnFailure(false).to(outbound).onFailure(broken -> outbound.reset(CANCEL, broken));
    }

    private static Future<Void> relay(HttpClientResponse answer, HttpServerResponse response) {
        response.setStatusCode(answer.statusCode()).setStatusMessage(answer.statusMessage());
        copyEndToEnd(answer.headers(), response.headers());
        if (answer.getHeader(HttpHeaders.CONTENT_LENGTH) == null && mayHaveBody(answer)) {
            response.setChunked(true);
            // Somebody may wait for the head of a stream whose first byte is late. A failure is the pipe's too.
            response.writeHead().onFailure(left -> {});
        }
        return answer.pipe()
                .endOnSuccess(false)
                .endOnFailure(false)
                .to(response)
                .compose(v -> {
                    if (response.isChunked()) {
                        response.trailers().addAll(answer.trailers());
                    }
                    return response.end();
                });
    }

    private static boolean mayHaveBody(HttpClientResponse answer) {
        return !HttpMethod.HEAD.equals(answer.request().getMethod())
                && answer.statusCode() != 204
                && answer.statusCode() != 304;
    }

    private static boolean isUpgrade(HttpServerRequest inbound) {
        String protocol = inbound.getHeader(HttpHeaders.UPGRADE);
        return protocol != null && !protocol.toLowerCase(Locale.ROOT).startsWith("h2c");
    }

    /** After 101 both sides are raw sockets: what they speak, and how they close, is theirs. */
    private static Future<Void> upgrade(HttpServerRequest inbound, HttpClientRequest outbound) {
        outbound.putHeader(HttpHeaders.CONNECTION, HttpHeaders.UPGRADE);
        outbound.putHeader(HttpHeaders.UPGRADE, inbound.getHeader(HttpHeaders.UPGRADE));
        return outbound.connect().compose(answer -> {
            if (answer.statusCode() != 101) {
                inbound.resume();
                return relay(answer, inbound.response());
            }
            inbound.response().setStatusCode(101).headers().addAll(answer.headers());
            NetSocket origin = answer.netSocket();
            origin.pause();
            return inbound.toNetSocket().compose(socket -> tunnel(socket, origin));
        });
    }

    private static Future<Void> tunnel(NetSocket one, NetSocket other) {
        return Future.any(one.pipeTo(other), other.pipeTo(one))
                .eventually(() -> one.close())
                .eventually(() -> other.close())
                .mapEmpty();
    }

    /** RFC 9110, 7.6.1: what Connection names is for the next hop only. */
    private static void copyEndToEnd(MultiMap from, MultiMap to) {
        Set<String> dropped = new HashSet<>(HOP_BY_HOP);
        from.getAll(HttpHeaders.CONNECTION)
                .forEach(names -> COMMA.splitAsStream(names)
                        .map(name -> name.toLowerCase(Locale.ROOT))
                        .forEach(dropped::add));
        for (Map.Entry<String, String> header : from) {
            if (!dropped.contains(header.getKey().toLowerCase(Locale.ROOT))) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }
}
