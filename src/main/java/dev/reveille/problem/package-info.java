/**
 * The one place that turns a failure into an HTTP answer.
 *
 * <p>The door is {@link dev.reveille.problem.Problem}: {@code application/problem+json} (RFC 9457), always an object with
 * {@code detail}, since clients of the runtime API read that. It decides nothing; who answers has decided already.
 */
package dev.reveille.problem;
