package dev.reveille.session;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Which of the addresses that upstream names for the apps in a sandbox is that of which service. Most say it by {@code
 * work-N} in front of the host or as a part of the path; the others follow in the order of the ports inside.
 */
final class WorkHosts {
    private static final List<Service> APPS = List.of(Service.WORK_1, Service.WORK_2);

    private WorkHosts() {}

    /** The address of {@code app}; empty if upstream names none, or one that is no http address. */
    static Optional<URI> address(Service app, Map<String, Integer> workHosts) {
        List<URI> nameless = new ArrayList<>();
        List<Service> unnamed = new ArrayList<>(APPS);
        URI named = null;
        for (URI url : inOrder(workHosts)) {
            Optional<Service> service =
                    APPS.stream().filter(s -> names(url, s.word())).findFirst();
            service.ifPresentOrElse(unnamed::remove, () -> nameless.add(url));
            named = named == null && service.filter(app::equals).isPresent() ? url : named;
        }
        int place = unnamed.indexOf(app);
        return named == null && place >= 0 && place < nameless.size()
                ? Optional.of(nameless.get(place))
                : Optional.ofNullable(named);
    }

    private static List<URI> inOrder(Map<String, Integer> workHosts) {
        return workHosts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .flatMap(e -> http(e.getKey()).stream())
                .toList();
    }

    private static Optional<URI> http(String text) {
        try {
            URI url = URI.create(text);
            boolean http = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            return Optional.of(url).filter(u -> http && u.getHost() != null && u.getPort() <= 65_535);
        } catch (IllegalArgumentException odd) {
            return Optional.empty();
        }
    }

    private static boolean names(URI url, String word) {
        String host = url.getHost().toLowerCase(Locale.ROOT);
        String path = url.getRawPath() == null ? "" : url.getRawPath();
        return host.startsWith(word + "-") || host.startsWith(word + ".") || (path + "/").contains("/" + word + "/");
    }
}
