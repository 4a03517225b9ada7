/**
 * Many who follow sessions at the nodes of a cluster, are cut at random, and go on at another node: what each was told in
 * all, held against what happened.
 */
package dev.reveille.reconnect;
