package dev.reveille.http;

import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Settings;

/**
 * What a connection of HTTP/2 remembers of the fields that were sent on it. The other side says how much it may be, up to
 * 4 GiB, and Netty would keep that much for it (<a href="https://www.rfc-editor.org/rfc/rfc7541#section-4.2">RFC 7541,
 * 4.2</a> lets us keep less).
 */
final class FieldTable {
    /** In bytes: as much as browsers ask for. */
    static final long MOST = 64 * 1024;

    /** Nobody has reason for a second one, and each waits on the heap to be told with the next head. */
    static final int MOST_CHANGES = 100;

    private final Http2ConnectionHandler codec;
    private int changes;

    /** To be made when the first settings of the other side have been applied. */
    FieldTable(Http2ConnectionHandler codec) {
        this.codec = codec;
        try {
            bound();
        } catch (Http2Exception impossible) {
            // Only a size that the protocol does not know is refused.
            throw new IllegalStateException(impossible);
        }
    }

    /** To be called when {@code settings} of the other side have been applied. Fails, for all of the connection, after too many. */
    void applied(Http2Settings settings) throws Http2Exception {
        if (settings.headerTableSize() != null && ++changes > MOST_CHANGES) {
            throw Http2Exception.connectionError(
                    Http2Error.ENHANCE_YOUR_CALM, "the size of the field table was changed too often");
        }
        bound();
    }

    private void bound() throws Http2Exception {
        Http2HeadersEncoder.Configuration table =
                codec.encoder().configuration().headersConfiguration();
        if (table.maxHeaderTableSize() > MOST) {
            table.maxHeaderTableSize(MOST);
        }
    }
}
