package dev.reveille.bridge;

import dev.reveille.config.BridgeSettings;
import io.vertx.core.Vertx;

/** What all guests of a node share. */
record House(Vertx vertx, Admission admission, Feed feed, Seats seats, BridgeSettings settings) {}
