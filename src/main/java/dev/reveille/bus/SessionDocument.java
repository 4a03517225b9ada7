package dev.reveille.bus;

import dev.reveille.session.PublicUrls;
import dev.reveille.session.SandboxRuntime;
import dev.reveille.session.SandboxState;
import dev.reveille.session.Service;
import dev.reveille.session.Session;
import io.vertx.core.json.JsonObject;

/** A session as its owner sees it: with the URLs of this gateway, never those of upstream. */
public final class SessionDocument {
    private SessionDocument() {}

    /** The whole document, with the sandbox's key: for the owner alone. */
    public static JsonObject of(Session s, PublicUrls urls) {
        JsonObject json = summary(s, urls);
        s.runtime().flatMap(SandboxRuntime::sessionKey).ifPresent(key -> json.put("session_api_key", key));
        return json;
    }

    /** The document without keys, for lists. */
    public static JsonObject summary(Session s, PublicUrls urls) {
        JsonObject json = new JsonObject()
                .put("v", 1)
                .put("session_id", s.id().value())
                .put("tenant", s.tenant())
                .put("state", s.state().word())
                .put("revision", s.revision())
                .put("cause", s.cause().word())
                .put("detail", s.detail())
                .put("message", s.state().statusMessage())
                .put("close_policy", s.spec().effectiveClosePolicy().word())
                .put("attach_only", s.spec().attachOnly())
                .put("created_at", s.createdAt().toString())
                .put("changed_at", s.changedAt().toString());
        s.runtime().ifPresent(r -> addRuntime(json, r, urls));
        if (s.state() instanceof SandboxState.Failed failed) {
            json.put("failure", Wire.failure(failed.failure()));
        }
        return json;
    }

    private static void addRuntime(JsonObject json, SandboxRuntime runtime, PublicUrls urls) {
        JsonObject services = new JsonObject();
        for (Service service : Service.values()) {
            services.put(service.word(), urls.of(runtime.id(), service));
        }
        json.put("runtime_id", runtime.id().value())
                .put("url", urls.of(runtime.id(), Service.RUNTIME))
                .put("services", services);
    }
}
