package dev.reveille.session;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Where a session stands. Each state carries only what is true in it.
 *
 * <pre>
 *   building → starting → running ⇄ (pausing → paused → resuming)
 *   running → stopping → stopped,   any → failed
 * </pre>
 *
 * <p>States with a {@link Lease} are transitions: somebody is at work, until a moment. The others are settled and stay
 * until a command, a request or news from upstream moves them.
 */
public sealed interface SandboxState {
    /** The words of all of them, in the order of a life. */
    List<String> WORDS = List.of(
            "building", "starting", "running", "pausing", "paused", "resuming", "stopping", "stopped", "failed");

    /** The words of those that are {@link #settled}. */
    Set<String> SETTLED = Set.of("running", "paused", "stopped", "failed");

    /** The word for it on the wire. */
    String word();

    /** Whether the life above has a step from here to {@code next}. */
    boolean leadsTo(SandboxState next);

    /** The runtime, where there is one. */
    Optional<SandboxRuntime> runtime();

    /** Who carries the transition; empty in a settled state. */
    Optional<Lease> lease();

    /** The status text that OpenHands front ends know; empty where they know none. */
    default String statusMessage() {
        return "";
    }

    /** The same transition carried by another; empty in a settled state. */
    default Optional<SandboxState> carriedUnder(Lease other) {
        return Optional.empty();
    }

    default boolean settled() {
        return lease().isEmpty();
    }

    /**
     * An image is being built.
     *
     * @param buildId upstream's name for the build; empty until the build was handed in
     */
    record Building(Lease holder, Optional<String> buildId) implements SandboxState {
        public Building {
            Objects.requireNonNull(holder, "holder");
            Objects.requireNonNull(buildId, "buildId");
        }

        @Override
        public String word() {
            return "building";
        }

        @Override
        public boolean leadsTo(SandboxState next) {
            return !(next instanceof Pausing || next instanceof Stopped);
        }

        @Override
        public Optional<SandboxRuntime> runtime() {
            return Optional.empty();
        }

        @Override
        public Optional<Lease> lease() {
            return Optional.of(holder);
        }

        @Override
        public Optional<SandboxState> carriedUnder(Lease other) {
            return Optional.of(new Building(other, buildId));
        }

        @Override
        public String statusMessage() {
            return "STATUS$STARTING_CONTAINER";
        }
    }

    /**
     * The sandbox is being looked up or started.
     *
     * @param known the runtime, once upstream has named it
     * @param startedForIt whether that was started for this opening, and nobody else has a use for it if the opening fails
     */
    record Starting(Lease holder, Optional<SandboxRuntime> known, boolean startedForIt) implements SandboxState {
        public Starting {
            Objects.requireNonNull(holder, "holder");
            Objects.requireNonNull(known, "known");
        }

        /** With one that was there before, or none yet. */
        public Starting(Lease holder, Optional<SandboxRuntime> known) {
            this(holder, known, false);
        }

        @Override
        public String word() {
            return "starting";
        }

        @Override
        public boolean leadsTo(SandboxState next) {
            return !(next instanceof Pausing || next instanceof Stopped);
        }

        @Override
        public Optional<SandboxRuntime> runtime() {
            return known;
        }

        @Override
        public Optional<Lease> lease() {
            return Optional.of(holder);
        }

        @Override
        public Optional<SandboxState> carriedUnder(Lease other) {
            return Optional.of(new Starting(other, known, startedForIt));
        }

        @Override
        public String statusMessage() {
            return known.isPresent() ? "STATUS$WAITING_FOR_CLIENT" : "STATUS$STARTING_CONTAINER";
        }
    }

    /** The sandbox answers. */
    record Running(SandboxRuntime live) implements SandboxState {
        public Running {
            Objects.requireNonNull(live, "live");
        }

        @Override
        public String word() {
            return "running";
        }

        @Override
        public boolean leadsTo(SandboxState next) {
            return true;
        }

        @Override
        public Optional<SandboxRuntime> runtime() {
            return Optional.of(live);
        }

        @Override
        public Optional<Lease> lease() {
            return Optional.empty();
        }

        @Override
        public String statusMessage() {
            return " ";
        }
    }

    /** The sandbox is being put to sleep. */
    record Pausing(Lease holder, SandboxRuntime live) implements SandboxState {
        public Pausing {
            Objects.requireNonNull(holder, "holder");
            Objects.requireNonNull(live, "live");
        }

        @Override
        public String word() {
            return "pausing";
        }

        @Override
        public boolean leadsTo(SandboxState next) {
            return !(next instanceof Building || next instanceof Starting);
        }

        @Override
        public Optional<SandboxRuntime> runtime() {
            return Optional.of(live);
        }

        @Override
        public Optional<Lease> lease() {
            return Optional.of(holder);
        }

        @Override
        public Optional<SandboxState> carriedUnder(Lease other) {
            return Optional.of(new Pausing(other, live));
        }
    }

    /** The sandbox sleeps. */
    record Paused(SandboxRuntime asleep) implements SandboxState {
        public Paused {
            Objects.requireNonNull(asleep, "asleep");
        }

        @Override
        public String word() {
            return "paused";
        }

        @Override
        public boolean leadsTo(SandboxState next) {
            return !(next instanceof Pausing);
        }

        @Override
        public Optional<SandboxRuntime> runtime() {
            return Optional.of(asleep);
        }

        @Override
        public Optional<Lease> lease() {
            return Optional.empty();
        }
    }

    /** The sandbox is being woken. */
    record Resuming(Lease holder, SandboxRuntime waking) implements SandboxState {
        public Resuming {
            Objects.requireNonNull(holder, "holder");
            Objects.requireNonNull(waking, "waking");
        }

        @Override
        public String word() {
            return "resuming";
        }

        @Override
        public boolean leadsTo(SandboxState next) {
            return !(next instanceof Building || next instanceof Pausing);
        }

        @Override
        public Optional<SandboxRuntime> runtime() {
            return Optional.of(waking);
        }

        @Override
        public Optional<Lease> lease() {
            return Optional.of(holder);
        }

        @Override
        public Optional<SandboxState> carriedUnder(Lease other) {
            return Optional.of(new Resuming(other, waking));
        }

        @Override
        public String statusMessage() {
            return "STATUS$STARTING_RUNTIME";
        }
    }

    /** The sandbox is being ended. Nothing but its end, or the failure to end it, follows. */
    record Stopping(Lease holder, Optional<SandboxRuntime> known) implements SandboxState {
        public Stopping {
            Objects.requireNonNull(holder, "holder");
            Objects.requireNonNull(known, "known");
        }

        @Override
        public String word() {
            return "stopping";
        }

        @Override
        public boolean leadsTo(SandboxState next) {
            return next instanceof Stopping || next instanceof Stopped || next instanceof Failed;
        }

        @Override
        public Optional<SandboxRuntime> runtime() {
            return known;
        }

        @Override
        public Optional<Lease> lease() {
            return Optional.of(holder);
        }

        @Override
        public Optional<SandboxState> carriedUnder(Lease other) {
            return Optional.of(new Stopping(other, known));
        }
    }

    /** There is no sandbox. */
    record Stopped() implements SandboxState {
        @Override
        public String word() {
            return "stopped";
        }

        @Override
        public boolean leadsTo(SandboxState next) {
            // Running, paused and failed: upstream has it after all.
            return !(next instanceof Pausing || next instanceof Resuming || next instanceof Stopped);
        }

        @Override
        public Optional<SandboxRuntime> runtime() {
            return Optional.empty();
        }

        @Override
        public Optional<Lease> lease() {
            return Optional.empty();
        }
    }

    /**
     * A transition failed, or the sandbox broke.
     *
     * @param known the runtime it happened to; empty if none was started
     * @param failure what everybody who waited was told
     */
    record Failed(Optional<SandboxRuntime> known, GatewayFailure failure) implements SandboxState {
        public Failed {
            Objects.requireNonNull(known, "known");
            Objects.requireNonNull(failure, "failure");
        }

        @Override
        public String word() {
            return "failed";
        }

        @Override
        public boolean leadsTo(SandboxState next) {
            return !(next instanceof Pausing);
        }

        @Override
        public Optional<SandboxRuntime> runtime() {
            return known;
        }

        @Override
        public Optional<Lease> lease() {
            return Optional.empty();
        }
    }
}
