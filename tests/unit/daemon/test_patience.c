/* SPDX-License-Identifier: Apache-2.0 */
/* How long a message is tried, by two clocks of which one stands still while the machine sleeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/patience.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static struct patience patience;
static int64_t now_s, monotonic_s;

static int setup(void **state) {
        (void)state;
        now_s = 1767225600;
        monotonic_s = 500;
        patience_begin(&patience, now_s * 1000, monotonic_s * 1000);
        return 0;
}

/* So much later, asleep for a part of it. */
static bool is_over(int64_t later_s, int64_t asleep_s, int64_t created_at_s) {
        now_s += later_s;
        monotonic_s += later_s - asleep_s;
        return patience_is_over(&patience, created_at_s, now_s * 1000, monotonic_s * 1000);
}

static void test_awake__a_day__is_over(void **state) {
        (void)state;
        int64_t created_at_s = now_s;
        assert_false(is_over(MINUTE, 0, created_at_s));
        assert_false(is_over(DAY - 2 * MINUTE, 0, created_at_s));
        assert_true(is_over(MINUTE, 0, created_at_s));
}

static void test_asleep__for_days__an_hour_of_tries_is_left(void **state) {
        (void)state;
        int64_t created_at_s = now_s;
        assert_false(is_over(MINUTE, 0, created_at_s));
        assert_false(is_over(3 * DAY, 3 * DAY - MINUTE, created_at_s));
        for (int64_t i = 0; i < 59; i++)
                assert_false(is_over(MINUTE, 0, created_at_s));
        assert_true(is_over(MINUTE, 0, created_at_s));
}

static void test_started__after_days__an_hour_of_tries_is_left(void **state) {
        (void)state;
        int64_t created_at_s = now_s - 3 * DAY;
        assert_false(is_over(HOUR - MINUTE, 0, created_at_s));
        assert_true(is_over(MINUTE, 0, created_at_s));
}

static void test_week__however_it_was__is_over(void **state) {
        (void)state;
        assert_true(is_over(1, 0, now_s - 7 * DAY));
}

/* Half a second a minute: clocks that are being adjusted are no sleep. */
static void test_drift__is_no_sleep(void **state) {
        (void)state;
        int64_t created_at_s = now_s;
        bool was_over = false;
        for (int64_t i = 0; i < 24 * 60; i++)
                was_over = is_over(MINUTE, i % 2, created_at_s);
        assert_true(was_over);
}

static void test_clock__set_back__tries_on(void **state) {
        (void)state;
        int64_t created_at_s = now_s;
        now_s -= HOUR;
        assert_false(is_over(MINUTE, 0, created_at_s));
        assert_true(is_over(DAY + HOUR, 0, created_at_s));
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_awake__a_day__is_over),
                CASE(test_asleep__for_days__an_hour_of_tries_is_left),
                CASE(test_started__after_days__an_hour_of_tries_is_left),
                CASE(test_week__however_it_was__is_over),
                CASE(test_drift__is_no_sleep),
                CASE(test_clock__set_back__tries_on),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
