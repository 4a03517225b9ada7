/**
 * The built-in sandbox: a small process that serves the V0 action server's calls for real, on the JDK and vertx-core
 * alone, so that it is up quickly.
 *
 * <p>The door is {@link dev.reveille.sandboxhost.program.SandboxProgram#main}, which the sandbox host starts as a child
 * process. Meant for trying, for tests and for single machines: it walls nothing in by itself.
 *
 * <p>It never talks to the gateway or to its host, and ends when the pipe to the process that started it does.
 */
package dev.reveille.sandboxhost.program;
