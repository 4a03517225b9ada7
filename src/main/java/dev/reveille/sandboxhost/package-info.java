/**
 * The embedded runtime API: real sandboxes on this machine behind the same wire protocol as the real one. It is for
 * trying, for testing and for single machines.
 *
 * <p>The door is {@link dev.reveille.sandboxhost.SandboxHost}. One child process per sandbox, its workspace on disk; pausing
 * ends the process and keeps the workspace.
 *
 * <p>It listens on loopback only, checks no API key, and never knows that there is a gateway.
 */
package dev.reveille.sandboxhost;
