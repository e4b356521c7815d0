/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/scope.h"
#include "util/timefmt.h"

static void test_rfc3339__instants__go_there_and_back(void **state) {
        (void)state;
        static const struct {
                int64_t at_s;
                const char *text;
        } rows[] = {
                {0, "1970-01-01T00:00:00Z"},
                {951782400, "2000-02-29T00:00:00Z"},
                {1767323045, "2026-01-02T03:04:05Z"},
                {4102444799, "2099-12-31T23:59:59Z"},
        };
        char text[TIME_TEXT_MAX];
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                int64_t back;
                time_rfc3339(rows[i].at_s, text);
                assert_string_equal(text, rows[i].text);
                assert_int_equal(time_parse_rfc3339(span_of(text), &back), 0);
                assert_int_equal(back, rows[i].at_s);
        }
        time_compact(1767323045, text);
        assert_string_equal(text, "20260102T030405Z");
}

static void test_parse_rfc3339__offsets_and_fractions__are_the_same_instant(void **state) {
        (void)state;
        static const char *const same[] = {"2026-01-02T03:04:05Z",      "2026-01-02T03:04:05.999Z",
                                           "2026-01-02t03:04:05z",      "2026-01-02T05:04:05+02:00",
                                           "2026-01-01T21:34:05-05:30", "2026-01-02 03:04:05+0000"};
        for (size_t i = 0; i < ELEMENTS(same); i++) {
                int64_t at_s = 0;
                assert_int_equal(time_parse_rfc3339(span_of(same[i]), &at_s), 0);
                assert_int_equal(at_s, 1767323045);
        }
}

static void test_parse_rfc3339__no_such_time__is_refused(void **state) {
        (void)state;
        static const char *const bad[] = {"",
                                          "2026-01-02",
                                          "2026-01-02T03:04:05",
                                          "2026-02-29T00:00:00Z",
                                          "2026-13-01T00:00:00Z",
                                          "2026-00-01T00:00:00Z",
                                          "2026-04-31T00:00:00Z",
                                          "2026-01-02T24:00:00Z",
                                          "2026-01-02T03:60:00Z",
                                          "2026-01-02T03:04:05Z ",
                                          "26-01-02T03:04:05Z",
                                          "2026-01-02T03:04:05+2",
                                          "2026-01-02T03:04:05+02:60",
                                          "1767323045"};
        int64_t at_s = 5;
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                assert_true(time_parse_rfc3339(span_of(bad[i]), &at_s) < 0);
        assert_int_equal(at_s, 5);
}

static void test_parse_http__dates_of_servers__are_read(void **state) {
        (void)state;
        int64_t at_s;
        assert_int_equal(time_parse_http(SPAN("Fri, 02 Jan 2026 03:04:05 GMT"), &at_s), 0);
        assert_int_equal(at_s, 1767323045);
        static const char *const bad[] = {"",
                                          "Fri",
                                          "Fri, 02 Jan 2026 03:04:05",
                                          "Fri, 02 Jax 2026 03:04:05 GMT",
                                          "Fri, 32 Jan 2026 03:04:05 GMT",
                                          "Friday, 02 Jan 2026 03:04:05 GMT",
                                          "Fri, 02 Jan 2026 03:04:05 GMT+1",
                                          "Fri, 02 J"};
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                assert_true(time_parse_http(span_of(bad[i]), &at_s) < 0);
}

static void test_span_text__two_units__at_most(void **state) {
        (void)state;
        static const struct {
                int64_t s;
                const char *text;
        } rows[] = {{0, "0 s"},    {45, "45 s"},          {60, "1 min"},       {90, "1 min"},
                    {3600, "1 h"}, {12000, "3 h 20 min"}, {187200, "2 d 4 h"}, {-45, "45 s"}};
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                char text[TIME_TEXT_MAX];
                time_span_text(rows[i].s, text);
                assert_string_equal(text, rows[i].text);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rfc3339__instants__go_there_and_back),
                cmocka_unit_test(test_parse_rfc3339__offsets_and_fractions__are_the_same_instant),
                cmocka_unit_test(test_parse_rfc3339__no_such_time__is_refused),
                cmocka_unit_test(test_parse_http__dates_of_servers__are_read),
                cmocka_unit_test(test_span_text__two_units__at_most),
        };
        return cmocka_run_group_tests_name("timefmt", tests, NULL, NULL);
}
