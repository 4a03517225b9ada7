package dev.reveille.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.reveille.config.TenantSettings;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TenantsTest {
    private static final Optional<String> COMMON = Optional.of("up-common");

    @Test
    void withNoneConfiguredEverybodyIsTheSame() {
        Tenants nobody = new Tenants(List.of(), COMMON);

        assertThat(nobody.open()).isTrue();
        assertThat(nobody.whose(Optional.empty())).contains(Tenants.EVERYBODY);
        assertThat(nobody.whose(Optional.of("anything"))).contains(Tenants.EVERYBODY);
        assertThat(nobody.upstreamKey(Tenants.EVERYBODY)).isEqualTo(COMMON);
        assertThat(nobody.seesOnlyItsOwn(Tenants.EVERYBODY)).isTrue();
        assertThat(nobody.names()).containsExactly(Tenants.EVERYBODY);
    }

    @Test
    void aKeyTellsItsTenant() {
        Tenants tenants = new Tenants(List.of(tenant("acme", ""), tenant("zeta", "")), COMMON);

        assertThat(tenants.open()).isFalse();
        assertThat(tenants.whose(Optional.of("key-of-acme"))).contains("acme");
        assertThat(tenants.whose(Optional.of("key-of-zeta"))).contains("zeta");
        assertThat(tenants.names()).containsExactly("acme", "zeta");
    }

    @Test
    void anyOtherKeyIsNobodys() {
        Tenants tenants = new Tenants(List.of(tenant("acme", "")), COMMON);

        assertThat(tenants.whose(Optional.empty())).isEmpty();
        for (String wrong : List.of("", "key-of-acm", "key-of-acme ", "KEY-OF-ACME", "up-common")) {
            assertThat(tenants.whose(Optional.of(wrong))).isEmpty();
        }
    }

    @Test
    void aKeyThatIsKnownByItsDigestOnlyTellsItsTenant() {
        // printf %s key-of-acme | sha256sum
        String digest = "689febd264f8b977e29c0fdb75f839eb248ba07d1561b14f2b95f42756943245";
        Tenants tenants =
                new Tenants(List.of(hashed("acme", digest.toUpperCase(Locale.ROOT)), tenant("zeta", "")), COMMON);

        assertThat(tenants.whose(Optional.of("key-of-acme"))).contains("acme");
        assertThat(tenants.whose(Optional.of("key-of-zeta"))).contains("zeta");
        assertThat(tenants.whose(Optional.of(digest))).isEmpty();
        assertThat(tenants.whose(Optional.of("key-of-beta"))).isEmpty();
        assertThat(tenants.whose(Optional.empty())).isEmpty();
    }

    @Test
    void aTenantsOwnUpstreamKeyGoesBeforeTheCommonOne() {
        Tenants tenants = new Tenants(List.of(tenant("acme", "up-acme"), tenant("zeta", "")), COMMON);

        assertThat(tenants.upstreamKey("acme")).contains("up-acme");
        assertThat(tenants.upstreamKey("zeta")).isEqualTo(COMMON);
    }

    @Test
    void whoSharesAnUpstreamKeySeesMoreThanItsOwn() {
        Tenants tenants = new Tenants(
                List.of(tenant("acme", "up-acme"), tenant("beta", "up-beta"), tenant("zeta", "up-beta")), COMMON);

        assertThat(tenants.seesOnlyItsOwn("acme")).isTrue();
        assertThat(tenants.seesOnlyItsOwn("beta")).isFalse();
        assertThat(tenants.seesOnlyItsOwn("zeta")).isFalse();
    }

    @Test
    void anOwnKeyThatIsTheCommonOneOfAnotherIsShared() {
        Tenants tenants = new Tenants(List.of(tenant("acme", "up-common"), tenant("zeta", "")), COMMON);

        assertThat(tenants.seesOnlyItsOwn("acme")).isFalse();
        assertThat(tenants.seesOnlyItsOwn("zeta")).isFalse();
    }

    @Test
    void severalTenantsWithoutAnyUpstreamKeyShareUpstream() {
        Tenants tenants = new Tenants(List.of(tenant("acme", ""), tenant("zeta", "")), Optional.empty());

        assertThat(tenants.seesOnlyItsOwn("acme")).isFalse();
        assertThat(tenants.upstreamKey("acme")).isEmpty();
    }

    @Test
    void aSingleTenantHasUpstreamToItself() {
        assertThat(new Tenants(List.of(tenant("acme", "")), COMMON).seesOnlyItsOwn("acme"))
                .isTrue();
    }

    @Test
    void anEmptyKeyIsNeverRight() {
        assertThat(SecretKey.same("", "")).isFalse();
        assertThat(SecretKey.same("a", "a")).isTrue();
        assertThat(SecretKey.same("a", "b")).isFalse();
        assertThat(SecretKey.same("a", "aa")).isFalse();
    }

    private static TenantSettings tenant(String name, String upstreamKey) {
        return new TenantSettings(
                name,
                Optional.of("key-of-" + name),
                Optional.empty(),
                Optional.of(upstreamKey).filter(k -> !k.isEmpty()));
    }

    private static TenantSettings hashed(String name, String keySha256) {
        return new TenantSettings(name, Optional.empty(), Optional.of(keySha256), Optional.empty());
    }
}
