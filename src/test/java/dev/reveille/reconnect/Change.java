package dev.reveille.reconnect;

import io.vertx.core.json.JsonObject;

/**
 * One change of a session, in what all have to agree on.
 *
 * @param previous empty if there was none
 */
record Change(String session, long revision, String state, String previous, String cause, String at, String node) {
    static Change of(JsonObject told) {
        return new Change(
                told.getString("session_id"),
                told.getLong("revision"),
                told.getString("state"),
                told.getString("previous", ""),
                told.getString("cause"),
                told.getString("at"),
                told.getString("node"));
    }
}
