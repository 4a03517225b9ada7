package dev.reveille.testing;

import io.vertx.core.json.JsonObject;
import java.util.concurrent.atomic.AtomicInteger;

/** A build that is done after so many looks at it. */
final class FakeBuild {
    private final String image;
    private final AtomicInteger looksLeft;

    FakeBuild(String image, int looks) {
        this.image = image;
        this.looksLeft = new AtomicInteger(looks);
    }

    String image() {
        return image;
    }

    /** One look. */
    JsonObject report() {
        return looksLeft.getAndDecrement() > 0
                ? new JsonObject().put("status", "WORKING")
                : new JsonObject().put("status", "SUCCESS").put("image", image);
    }
}
