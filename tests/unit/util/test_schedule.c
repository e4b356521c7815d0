/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/schedule.h"
#include "util/scope.h"
#include "util/timefmt.h"

static bool holds(const char *schedule, const char *at) {
        struct schedule s;
        int64_t at_s;
        assert_int_equal(schedule_parse(span_of(schedule), &s, NULL), 0);
        assert_int_equal(time_parse_rfc3339(span_of(at), &at_s), 0);
        return schedule_contains(&s, at_s);
}

/* 2 January 2026 was a Friday. */
static void test_schedule__weekdays__from_inclusive_to_exclusive(void **state) {
        (void)state;
        assert_true(holds("Mon..Fri 03:00-05:00 UTC", "2026-01-02T03:00:00Z"));
        assert_true(holds("Mon..Fri 03:00-05:00 UTC", "2026-01-02T04:59:59Z"));
        assert_false(holds("Mon..Fri 03:00-05:00 UTC", "2026-01-02T05:00:00Z"));
        assert_false(holds("Mon..Fri 03:00-05:00 UTC", "2026-01-02T02:59:59Z"));
        assert_false(holds("Mon..Fri 03:00-05:00 UTC", "2026-01-03T04:00:00Z"));
}

static void test_schedule__over_midnight__belongs_to_the_day_it_begins(void **state) {
        (void)state;
        assert_true(holds("Fri 22:00-02:00", "2026-01-02T23:00:00Z"));
        assert_true(holds("Fri 22:00-02:00", "2026-01-03T01:59:00Z"));
        assert_false(holds("Fri 22:00-02:00", "2026-01-03T02:00:00Z"));
        assert_false(holds("Fri 22:00-02:00", "2026-01-02T01:00:00Z"));
        assert_true(holds("Sun 22:00-24:00", "2026-01-04T23:59:00Z"));
}

static void test_schedule__lists_ranges_and_no_days__all_forms(void **state) {
        (void)state;
        assert_true(holds("Sat,Sun 10:00-11:00", "2026-01-04T10:30:00Z"));
        assert_false(holds("Sat,Sun 10:00-11:00", "2026-01-05T10:30:00Z"));
        assert_true(holds("Fri, Sat,\tSun\t10:00-11:00", "2026-01-04T10:30:00Z"));
        assert_false(holds("Fri, Sat,\tSun\t10:00-11:00", "2026-01-05T10:30:00Z"));
        assert_true(holds("Sat..Mon 10:00-11:00", "2026-01-05T10:30:00Z"));
        assert_false(holds("Sat..Mon 10:00-11:00", "2026-01-06T10:30:00Z"));
        assert_true(holds("02:30-03:00", "2026-01-06T02:30:00Z"));
        assert_true(holds("  mon..fri   02:30-03:00  UTC ", "2026-01-06T02:30:00Z"));
}

static void test_schedule__nonsense__is_refused_with_an_example(void **state) {
        (void)state;
        static const char *const bad[] = {"",
                                          "Mon",
                                          "Mon..Fri",
                                          "Mon, 03:00-05:00",
                                          "Mon,,Fri 03:00-05:00",
                                          ",",
                                          "Monday 03:00-05:00",
                                          "03:00",
                                          "3:00-5:00",
                                          "03:00-25:00",
                                          "03:60-04:00",
                                          "03:00-03:00",
                                          "24:00-01:00",
                                          "03:00-05:00 CET",
                                          "Mon.Fri 03:00-05:00",
                                          "03:00-05:00 UTC x"};
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                struct schedule s;
                struct err err = {0};
                if (schedule_parse(span_of(bad[i]), &s, &err) == 0)
                        fail_msg("accepted: %s", bad[i]);
                assert_non_null(strstr(err.text, "Mon..Fri 03:00-05:00 UTC"));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_schedule__weekdays__from_inclusive_to_exclusive),
                cmocka_unit_test(test_schedule__over_midnight__belongs_to_the_day_it_begins),
                cmocka_unit_test(test_schedule__lists_ranges_and_no_days__all_forms),
                cmocka_unit_test(test_schedule__nonsense__is_refused_with_an_example),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
