package dev.reveille.config;

/** The bridge at {@code /eventbus} of the public listener. */
public record SockJsBridgeSettings(boolean enabled) {}
