/* SPDX-License-Identifier: Apache-2.0 */
/* What a budget does to the pace. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/budget.h"

/* A healthy application: 60 sentinels and 74 others an hour, at 0.01 USD a thousand. */
static struct budget of(double monthly_usd, double spent_usd, double left_h) {
        return (struct budget){.monthly_usd = monthly_usd,
                               .spent_usd = spent_usd,
                               .left_s = left_h * 3600,
                               .sentinels_usd_per_hour = 60e-5,
                               .others_usd_per_hour = 74e-5};
}

static bool is_near(double a, double b) {
        return fabs(a - b) < 1e-6 * fabs(b);
}

static void test_budget__none_or_enough__as_planned(void **state) {
        (void)state;
        const struct budget cases[] = {of(-1, 1000, 300), of(1, 0, 730), of(1000, 999, 700), of(1, 0.999999, 0)};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct stretch s = budget_stretch(&cases[i]);
                assert_true(s.sentinels == 1 && s.others == 1);
        }
        assert_true(isinf(budget_left_usd(&cases[0])));
        assert_true(is_near(budget_left_usd(&cases[2]), 1));
}

/* 0.70 USD for 700 h: 1e-3 an hour, of which 0.6e-3 are the sentinels' */
static void test_budget__too_little_for_all__others_wait_sentinels_do_not(void **state) {
        (void)state;
        struct budget b = of(0.70, 0, 700);
        struct stretch s = budget_stretch(&b);
        assert_true(s.sentinels == 1);
        assert_true(is_near(s.others, 74e-5 / 40e-5));
        assert_true(is_near(b.sentinels_usd_per_hour / s.sentinels + b.others_usd_per_hour / s.others, 1e-3));
}

static void test_budget__too_little_for_sentinels__all_wait_and_it_holds(void **state) {
        (void)state;
        struct budget b = of(0.35, 0, 700); /* 0.5e-3 an hour */
        struct stretch s = budget_stretch(&b);
        assert_true(s.sentinels > 1 && s.sentinels < 1.5);
        assert_true(s.others > s.sentinels);
        assert_true(is_near(b.sentinels_usd_per_hour / s.sentinels + b.others_usd_per_hour / s.others, 0.5e-3));
}

static void test_budget__spent__nothing_is_asked(void **state) {
        (void)state;
        const struct budget cases[] = {of(1, 1, 100), of(1, 2, 100), of(0, 0, 100)};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct stretch s = budget_stretch(&cases[i]);
                assert_true(isinf(s.sentinels) && isinf(s.others));
                assert_true(budget_left_usd(&cases[i]) == 0);
        }
}

/* A month, hour by hour, in which the fleet grows tenfold after a week: what was spent is heard, and the pace follows. */
static void test_budget__fleet_grows__the_month_ends_within(void **state) {
        (void)state;
        struct budget b = of(2, 0, 730);
        for (int hour = 0; hour < 730; hour++) {
                if (hour == 168) {
                        b.sentinels_usd_per_hour *= 10;
                        b.others_usd_per_hour *= 10;
                }
                b.left_s = (730 - hour) * 3600.0;
                struct stretch s = budget_stretch(&b);
                if (hour < 168)
                        assert_true(s.others == 1);
                b.spent_usd += b.sentinels_usd_per_hour / s.sentinels + b.others_usd_per_hour / s.others;
        }
        assert_true(b.spent_usd <= 2.0001 && b.spent_usd > 1.9);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_budget__none_or_enough__as_planned),
                cmocka_unit_test(test_budget__too_little_for_all__others_wait_sentinels_do_not),
                cmocka_unit_test(test_budget__too_little_for_sentinels__all_wait_and_it_holds),
                cmocka_unit_test(test_budget__spent__nothing_is_asked),
                cmocka_unit_test(test_budget__fleet_grows__the_month_ends_within),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
