package dev.reveille.bridge;

import io.vertx.core.json.JsonObject;
import java.util.Objects;

/**
 * What is told at an address.
 *
 * @param tenant whose session it is about
 * @param body shared by all who are told: nobody may change it
 */
record News(String address, String tenant, JsonObject body) {
    News {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(body, "body");
    }
}
