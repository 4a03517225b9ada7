/**
 * Websockets of a server, by the letter of <a href="https://www.rfc-editor.org/rfc/rfc6455">RFC 6455</a> and <a
 * href="https://www.rfc-editor.org/rfc/rfc7692">RFC 7692</a>.
 *
 * <p>The doors are {@link dev.reveille.websocket.Handshake}, which looks at what a client asks for and agrees to it, {@link
 * dev.reveille.websocket.StrictWebSocket}, which is what comes of it, and {@link dev.reveille.websocket.FramedText}, a message
 * for many. Frames are taken apart by Netty; in the pipeline these stand in place of Vert.x' handler, so that an idle socket
 * is little more than its connection. It knows nothing of sessions or of who may ask.
 */
package dev.reveille.websocket;
