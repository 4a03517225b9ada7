package dev.reveille.watch;

import dev.reveille.session.Session;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What a watcher is told before it hears of news.
 *
 * @param messages made as they are taken
 * @param heard revisions of sessions of which this node will hear only now, while the watcher had them from another: by
 *     their {@link Cursor#print}
 */
record Opening(Iterator<Message> messages, Map<Long, Long> heard) {
    static final String GAP = "more has changed since then than is remembered of a session";
    private static final String ANOTHER = "that is not of this session, or of one of its name that was forgotten";

    static Opening of(Message... messages) {
        return new Opening(List.of(messages).iterator(), Map.of());
    }

    /** For one session, as it is now. */
    static Opening of(Session now, Optional<Point> since) {
        if (since.isEmpty()) {
            return of(Messages.state(now, Point.of(now)));
        }
        long revision = since.get().revision();
        if (!since.get().isOf(now) || revision > now.revision()) {
            return of(Messages.reset(now, ANOTHER));
        }
        return now.changesSince(revision)
                .map(missed -> of(missed.stream()
                        .map(change -> Messages.ofOne(now, change))
                        .toArray(Message[]::new)))
                .orElseGet(() -> of(Messages.reset(now, GAP)));
    }

    /** The same behind {@code first}. */
    Opening behind(Message first) {
        Stream<Message> rest = StreamSupport.stream(Spliterators.spliteratorUnknownSize(messages, 0), false);
        return new Opening(Stream.concat(Stream.of(first), rest).iterator(), heard);
    }
}
