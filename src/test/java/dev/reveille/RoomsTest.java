package dev.reveille;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the arrows between the rooms. */
@AnalyzeClasses(packages = "dev.reveille", importOptions = DoNotIncludeTests.class)
class RoomsTest {
    private static final Path SOURCES = Path.of("src/main/java");

    @ArchTest
    static final ArchRule theDomainKnowsOnlyTheJdk = classes()
            .that()
            .resideInAPackage("dev.reveille.session..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("dev.reveille.session..", "java..");

    @ArchTest
    static final ArchRule roomsDoNotGoRoundInCircles =
            slices().matching("dev.reveille.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule nobodyReachesForTheCompositionRoot = noClasses()
            .that()
            .resideInAPackage("dev.reveille.*..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.reveille");

    @ArchTest
    static final ArchRule onlyTheBusKnowsHazelcast = noClasses()
            .that()
            .resideOutsideOfPackage("dev.reveille.bus..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.hazelcast..", "io.vertx.spi.cluster.hazelcast..");

    @ArchTest
    static final ArchRule configStandsAlone = mayUse("config");

    @ArchTest
    static final ArchRule accessUsesOnlySettingsAndTheDomain = mayUse("access", "config", "session");

    @ArchTest
    static final ArchRule busUsesOnlyTheDomain = mayUse("bus", "session");

    @ArchTest
    static final ArchRule problemsAreTheDomainsFailuresOnTheWire = mayUse("problem", "session");

    @ArchTest
    static final ArchRule theRuntimeApiClientKnowsNoSessionsOfOurs = mayUse("runtimeapi", "session", "config");

    @ArchTest
    static final ArchRule theRegistryCallsNobody = mayUse("registry", "session", "bus", "config");

    @ArchTest
    static final ArchRule lifecycleSeesNoProxy =
            mayUse("lifecycle", "session", "bus", "config", "access", "registry", "runtimeapi");

    @ArchTest
    static final ArchRule proxySeesNoLifecycle =
            mayUse("proxy", "session", "bus", "config", "access", "problem", "registry", "runtimeapi", "http");

    @ArchTest
    static final ArchRule httpDoesNotKnowWhoAnswers = mayUse("http", "session", "config", "problem");

    @ArchTest
    static final ArchRule theApiSeesNeitherLifecycleNorProxy =
            mayUse("api", "session", "bus", "config", "access", "problem", "registry", "runtimeapi", "watch");

    @ArchTest
    static final ArchRule watchersOnlyLookOn =
            mayUse("watch", "session", "bus", "config", "access", "problem", "registry", "websocket");

    @ArchTest
    static final ArchRule webhooksOnlyHear = mayUse("webhook", "session", "bus", "config", "registry", "watch");

    @ArchTest
    static final ArchRule theApiPassesClientsCallsOnToTheRuntimeApiAndMakesNoneOfItsOwn = noClasses()
            .that()
            .resideInAPackage("dev.reveille.api..")
            .should()
            .dependOnClassesThat()
            .haveSimpleName("RuntimeApi");

    @ArchTest
    static final ArchRule bridgesOnlyListen = mayUse("bridge", "session", "bus", "config", "access", "watch");

    @ArchTest
    static final ArchRule websocketsKnowOnlyFailures = mayUse("websocket", "session");

    @ArchTest
    static final ArchRule theConsoleIsFilesAndKnowsNoSessions = mayUse("console", "session");

    @ArchTest
    static final ArchRule adminOnlyReads = mayUse("admin", "config");

    @ArchTest
    static final ArchRule theEmbeddedHostIsAStranger = mayUse("sandboxhost", "config");

    @ArchTest
    static final ArchRule theProxyProbesSandboxesAndNeverCallsTheRuntimeApi = noClasses()
            .that()
            .resideInAPackage("dev.reveille.proxy..")
            .should()
            .dependOnClassesThat()
            .haveSimpleName("RuntimeApi");

    @Test
    void everyRoomSaysWhatItIsFor() throws IOException {
        try (Stream<Path> all = Files.walk(SOURCES.resolve("dev/reveille"), 1)) {
            List<Path> silent = all.filter(Files::isDirectory)
                    .filter(room -> !room.endsWith("reveille"))
                    .filter(room -> !Files.exists(room.resolve("package-info.java")))
                    .toList();
            assertThat(silent).isEmpty();
        }
    }

    /** {@code room} depends on nothing of ours but itself and {@code others}. */
    private static ArchRule mayUse(String room, String... others) {
        String[] allowed = Stream.concat(Stream.of(room), Stream.of(others))
                .map(name -> "dev.reveille." + name + "..")
                .toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage("dev.reveille." + room + "..")
                .should()
                .dependOnClassesThat(com.tngtech.archunit.base.DescribedPredicate.describe(
                        "other rooms than " + List.of(others),
                        c -> c.getPackageName().startsWith("dev.reveille")
                                && Stream.of(allowed)
                                        .noneMatch(a -> com.tngtech.archunit.core.domain.PackageMatcher.of(a)
                                                .matches(c.getPackageName()))));
    }
}
