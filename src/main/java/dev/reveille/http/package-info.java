/**
 * What speaks HTTP to clients: listeners for HTTP/1.1 and HTTP/2, with TLS or without, that refuse what RFC 9112 and RFC 9113 say
 * to refuse before anybody else hears of it, wait for no slow sender, and tell a request's connection from its stream.
 * {@link dev.reveille.http.HttpListeners} is the door. Who answers the requests, it does not know.
 */
package dev.reveille.http;
