package dev.reveille.simulation;

import dev.reveille.bus.Catalogue;
import java.time.Duration;

/** Something that happens to a cluster. */
sealed interface Action {
    void to(Cluster cluster);

    /** A client asks node {@code node}. */
    record Ask(int node, What what, String session) implements Action {
        enum What {
            OPEN,
            RESUME,
            WAKE,
            PAUSE,
            CLOSE,
            LOOK,
            INSPECT,
            ADOPT
        }

        @Override
        public void to(Cluster cluster) {
            switch (what) {
                case OPEN -> cluster.open(node, session);
                case WAKE -> cluster.ask(node, "wake", session, member -> member.wakes(session));
                case RESUME -> cluster.ask(node, "resume", session, m -> m.isAsked(Catalogue.RESUME, session));
                case PAUSE -> cluster.ask(node, "pause", session, m -> m.isAsked(Catalogue.PAUSE, session));
                case CLOSE -> cluster.ask(node, "close", session, m -> m.isAsked(Catalogue.CLOSE, session));
                case LOOK -> cluster.ask(node, "look", session, m -> m.isAsked(Catalogue.GET, session));
                case INSPECT -> cluster.ask(node, "inspect", session, m -> m.isAsked(Catalogue.INSPECT, session));
                case ADOPT ->
                    cluster.upstream()
                            .live(session)
                            .ifPresent(s -> cluster.ask(node, "adopt", session, m -> m.adopts(s.runtimeId())));
            }
        }
    }

    /** Some of what is under way arrives, in one order or another. */
    record Arrive(int most, int order) implements Action {
        @Override
        public void to(Cluster cluster) {
            cluster.world().deliver(most, order);
        }
    }

    /** All goes its way for a while. */
    record Flow(int millis, int order) implements Action {
        @Override
        public void to(Cluster cluster) {
            cluster.world().flow(Duration.ofMillis(millis), order);
        }
    }

    /** Time passes, but nothing arrives. */
    record Stall(int millis) implements Action {
        @Override
        public void to(Cluster cluster) {
            cluster.world().pass(Duration.ofMillis(millis));
        }
    }

    /** A call fails without its having arrived, or without its answer; or news is missed. */
    record Lose(int which) implements Action {
        @Override
        public void to(Cluster cluster) {
            cluster.isTroubled();
            cluster.world().lose(which);
        }
    }

    record Repeat(int which) implements Action {
        @Override
        public void to(Cluster cluster) {
            cluster.world().repeat(which);
        }
    }

    record Die(int node) implements Action {
        @Override
        public void to(Cluster cluster) {
            cluster.isTroubled();
            cluster.dies(node);
        }
    }

    record Leave(int node) implements Action {
        @Override
        public void to(Cluster cluster) {
            cluster.isTroubled();
            cluster.leaves(node);
        }
    }

    record Join(int node) implements Action {
        @Override
        public void to(Cluster cluster) {
            cluster.joins(node);
        }
    }

    /** Upstream, or another of its clients, does something to a sandbox. */
    record Behind(String session, Deed deed) implements Action {
        enum Deed {
            PAUSES,
            RESUMES,
            STOPS,
            BREAKS,
            STARTS_ANEW
        }

        @Override
        public void to(Cluster cluster) {
            cluster.isTroubled();
            PlayedUpstream upstream = cluster.upstream();
            switch (deed) {
                case PAUSES -> upstream.pausesByItself(session);
                case RESUMES -> upstream.isResumedByOthers(session);
                case STOPS -> upstream.stopsByItself(session);
                case BREAKS -> upstream.breaks(session);
                case STARTS_ANEW -> upstream.isStartedAnewByOthers(session);
            }
        }
    }
}
