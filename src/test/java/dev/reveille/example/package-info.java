/** Programs that use Reveille from outside, to copy from. */
package dev.reveille.example;
