package dev.reveille.http;

import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2HeadersEncoder;

/**
 * What a connection of HTTP/2 remembers of the fields that were sent on it. The other side says how much it may be, up to
 * 4 GiB, and Netty would keep that much for it (<a href="https://www.rfc-editor.org/rfc/rfc7541#section-4.2">RFC 7541,
 * 4.2</a> lets us keep less).
 */
final class FieldTable {
    /** In bytes: as much as browsers ask for. */
    static final long MOST = 64 * 1024;

    private FieldTable() {}

    /** To be called whenever the other side's settings have been applied. */
    static void bound(Http2ConnectionHandler codec) throws Http2Exception {
        Http2HeadersEncoder.Configuration table =
                codec.encoder().configuration().headersConfiguration();
        if (table.maxHeaderTableSize() > MOST) {
            table.maxHeaderTableSize(MOST);
        }
    }

    /** The same for settings that came before anybody could be told of them. */
    static void boundFirst(Http2ConnectionHandler codec) {
        try {
            bound(codec);
        } catch (Http2Exception impossible) {
            // Only a size that the protocol does not know is refused.
            throw new IllegalStateException(impossible);
        }
    }
}
