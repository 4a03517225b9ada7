/**
 * The settings: read once at the start, checked as a whole, and never changed afterwards.
 *
 * <p>The door is {@link dev.reveille.config.SettingsReader#read}, which turns a file and an environment into {@link
 * dev.reveille.config.Settings} or into a {@link dev.reveille.config.SettingsException} that names everything that is
 * wrong with them. {@link dev.reveille.config.Logging} puts the part about the log into effect.
 *
 * <p>What a value may look like stands in {@code Form}, which keys there are in {@code Keys}, what a value may mean in
 * the compact constructors of the records. The room looks up no address, opens nothing but the one file and never shows
 * a key of a tenant or of the runtime API.
 */
package dev.reveille.config;
