package dev.reveille.config;

import java.util.List;
import java.util.stream.Collectors;

/** A record of settings was asked to hold what it must not. */
final class UnmetException extends IllegalArgumentException {
    private final transient List<Problem> problems;

    UnmetException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
        this.problems = List.copyOf(problems);
    }

    List<Problem> problems() {
        return problems;
    }
}
