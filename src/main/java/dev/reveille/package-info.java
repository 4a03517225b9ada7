/**
 * The composition root: the command line, and the wiring of one node.
 *
 * <p>{@link dev.reveille.Main} is the program, {@link dev.reveille.Gateway} makes, starts and stops everything in order,
 * and {@code Demo} shows the main job. Nothing depends on this package; it holds no logic of sessions or requests.
 */
package dev.reveille;
