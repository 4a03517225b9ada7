package dev.reveille.simulation;

import dev.reveille.bus.ClusterNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** What one node knows of the others. */
final class PlayedNode implements ClusterNode {
    private final String id;
    private final Supplier<Set<String>> members;
    private final Set<String> formerMembers;
    private final List<Runnable> listeners = new ArrayList<>();
    private final List<MapListener> followers = new ArrayList<>();

    PlayedNode(String id, Supplier<Set<String>> members, Set<String> formerMembers) {
        this.id = id;
        this.members = members;
        this.formerMembers = formerMembers;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public boolean knows(String node) {
        return members.get().contains(node);
    }

    @Override
    public boolean hasLeft(String node) {
        return formerMembers.contains(node);
    }

    @Override
    public int size() {
        return members.get().size();
    }

    @Override
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    @Override
    public void follow(String map, MapListener listener) {
        followers.add(listener);
    }

    void hearsOfMembers() {
        listeners.forEach(Runnable::run);
    }

    void hears(String before, String after) {
        for (MapListener follower : followers) {
            if (after == null) {
                follower.removed(before);
            } else {
                follower.put(after);
            }
        }
    }
}
