package dev.reveille.watch;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
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
    static Opening of(Message... messages) {
        return new Opening(List.of(messages).iterator(), Map.of());
    }

    /** The same behind {@code first}. */
    Opening behind(Message first) {
        Stream<Message> rest = StreamSupport.stream(Spliterators.spliteratorUnknownSize(messages, 0), false);
        return new Opening(Stream.concat(Stream.of(first), rest).iterator(), heard);
    }
}
