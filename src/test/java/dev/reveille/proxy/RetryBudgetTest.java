package dev.reveille.proxy;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetryBudgetTest {
    private long now = Long.MAX_VALUE - SECONDS.toNanos(2);

    private int spends(RetryBudget budget, int tries) {
        int spent = 0;
        for (int i = 0; i < tries; i++) {
            spent += budget.spend(now) ? 1 : 0;
        }
        return spent;
    }

    @Test
    void aQuietGatewayMaySendOneASecondAgain() {
        RetryBudget budget = new RetryBudget(10, now);

        assertThat(spends(budget, 100)).isEqualTo(1);
        now += MILLISECONDS.toNanos(999);
        assertThat(spends(budget, 100)).isZero();
        // Over the end of what a long can count, where nanoTime may be at any time.
        now += SECONDS.toNanos(3);
        assertThat(spends(budget, 100)).isEqualTo(1);
    }

    @Test
    void aTenthOfWhatIsForwardedMayBeSentAgain() {
        RetryBudget budget = new RetryBudget(10, now);
        int spent = 0;
        for (int i = 0; i < 10_000; i++) {
            budget.forwarded();
            spent += budget.spend(now) ? 1 : 0;
        }

        assertThat(spent).isBetween(999, 1001);
    }

    @Test
    void goodTimesAreNotSavedUpForAStorm() {
        RetryBudget budget = new RetryBudget(10, now);
        for (int i = 0; i < 1_000_000; i++) {
            budget.forwarded();
        }

        assertThat(spends(budget, 1000)).isLessThanOrEqualTo(11);
    }

    @Test
    void withNoBudgetNothingIsSentAgain() {
        RetryBudget budget = new RetryBudget(0, now);
        budget.forwarded();

        assertThat(spends(budget, 10)).isZero();
    }
}
