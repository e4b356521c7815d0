/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosers/checkpoints.h"
#include "diagnosers/statistics.h"

enum { T0 = 1767225600 };

static struct series_view view(const char *metric, const struct sample *samples, size_t n) {
        return (struct series_view){metric_find(metric, NULL), "", samples, n, T0 + 86400, false};
}

static struct window window_of(const struct series_view *series, size_t n, int64_t now_s) {
        return (struct window){.now_s = now_s, .from_s = T0, .to_s = now_s - 120, .series = series, .n_series = n};
}

static void test_counter_step__drop__counts_the_new_value(void **state) {
        (void)state;
        const struct sample p[] = {{T0, 7}, {T0 + 60, 9}, {T0 + 120, 2}, {T0 + 180, 2}, {T0 + 240, -1}, {T0 + 300, 5}};
        struct series_view s = view("fullRestarts", p, 6);
        const double expected[] = {0, 2, 2, 0, 0, 0};
        for (size_t i = 0; i < 6; i++)
                assert_true(counter_step(&s, i) == expected[i]);
}

static void test_counter_increase__step_over_a_gap__is_left_out(void **state) {
        (void)state;
        const struct sample p[] = {{T0, 1}, {T0 + 60, 2}, {T0 + 7200, 400}, {T0 + 7260, 401}};
        struct series_view s = view("fullRestarts", p, 4);
        assert_true(counter_increase(&s, T0, T0 + 86400, 600) == 2);
        assert_true(counter_increase(&s, T0, T0 + 86400, 86400) == 400);
        assert_true(counter_increase(&s, T0 + 61, T0 + 7260, 86400) == 398); /* half-open */
}

static void test_uptime_step__fall__is_one_and_minus_one_is_none(void **state) {
        (void)state;
        const struct sample p[] = {{T0, 60000}, {T0 + 60, 120000}, {T0 + 120, 4000}, {T0 + 180, -1}, {T0 + 240, 50000}};
        struct series_view s = view("uptime", p, 5);
        const double expected[] = {0, 0, 1, 0, 0};
        for (size_t i = 0; i < 5; i++)
                assert_true(uptime_step(&s, i) == expected[i]);
}

static int by_value(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

static void test_quantile__any_values__is_what_sorting_finds(void **state) {
        (void)state;
        srand(7);
        for (int round = 0; round < 2000; round++) {
                double values[64], sorted[64];
                size_t n = 1 + (size_t)rand() % 64;
                for (size_t i = 0; i < n; i++)
                        values[i] = sorted[i] = rand() % (round % 3 == 0 ? 4 : 1000);
                double q = (rand() % 101) / 100.0;
                qsort(sorted, n, sizeof *sorted, by_value);
                assert_true(quantile(values, n, q) == sorted[(size_t)(q * (double)(n - 1))]);
        }
        assert_true(isnan(quantile(NULL, 0, 0.5)));
}

static void test_fit__points_on_a_line__finds_it(void **state) {
        (void)state;
        struct fit f = {0};
        struct line l;
        for (int i = 0; i < 10; i++)
                fit_add(&f, T0 + 60 * i, 5 + 0.25 * 60 * i);
        assert_true(fit_line(&f, &l));
        assert_true(fabs(l.slope_per_s - 0.25) < 1e-9);
        assert_true(fabs(line_at(&l, T0 + 1000) - 255) < 1e-6);
        assert_true(l.correlation > 0.999999);
}

static void test_fit__equal_values_and_too_few__is_flat_and_none(void **state) {
        (void)state;
        struct fit flat = {0}, few = {0};
        struct line l;
        for (int i = 0; i < 10; i++)
                fit_add(&flat, T0 + 60 * i, 0.1);
        assert_true(fit_line(&flat, &l));
        assert_true(l.slope_per_s == 0 && l.correlation == 0);
        fit_add(&few, T0, 1);
        fit_add(&few, T0 + 60, 2);
        assert_false(fit_line(&few, &l));
}

static void test_periods__one_peak_a_period__is_not_above(void **state) {
        (void)state;
        struct sample p[15];
        for (int i = 0; i < 15; i++)
                p[i] = (struct sample){T0 + 60 * i, i % 5 == 2 ? 99 : 50};
        struct series_view s = view("heapMemoryUtilization", p, 15);
        s.read_until_s = T0 + 900;
        struct window w = window_of(&s, 1, T0 + 1020);
        struct periods r = series_periods(&w, &s, 300, 3, 80);
        assert_true(r.is_known);
        assert_false(r.is_above);
        for (int i = 0; i < 15; i++)
                p[i].value = 85;
        r = series_periods(&w, &s, 300, 3, 80);
        assert_true(r.is_known && r.is_above);
        assert_int_equal(r.onset_s, T0);
        assert_true(r.typical == 85 && r.peak.value == 85);
}

static void test_periods__a_period_without_samples__is_not_known(void **state) {
        (void)state;
        struct sample p[10];
        for (int i = 0; i < 10; i++)
                p[i] = (struct sample){T0 + 60 * (i < 5 ? i : i + 5), 95};
        struct series_view s = view("heapMemoryUtilization", p, 10);
        s.read_until_s = T0 + 900;
        struct window w = window_of(&s, 1, T0 + 1020);
        struct periods r = series_periods(&w, &s, 300, 3, 80);
        assert_false(r.is_known);
        assert_false(r.is_above);
}

static void test_rise__steady_and_not__counts_the_steps(void **state) {
        (void)state;
        struct sample p[60];
        for (int i = 0; i < 60; i++)
                p[i] = (struct sample){T0 + 60 * i, 100 + i};
        struct series_view s = view("millisBehindLatest", p, 60);
        struct rise r = series_rise(&s, T0, T0 + 3600, 6, 0.5);
        assert_true(r.is_known);
        assert_int_equal(r.n_steps, 5);
        for (int i = 30; i < 60; i++)
                p[i].value = 130;
        r = series_rise(&s, T0, T0 + 3600, 6, 0.5);
        assert_int_equal(r.n_steps, 3);
        r = series_rise(&s, T0 - 3600, T0 + 3600, 6, 0.5); /* the first parts hold nothing */
        assert_false(r.is_known);
}

static void test_fresh__read_long_ago__is_not(void **state) {
        (void)state;
        const struct sample p[] = {{T0, 1}};
        struct series_view s = view("uptime", p, 1);
        struct window w = window_of(&s, 1, T0 + 3600);
        s.read_until_s = T0 + 3480;
        assert_true(series_is_fresh(&w, &s));
        s.read_until_s = T0 + 1700;
        assert_false(series_is_fresh(&w, &s));
        s.read_until_s = 0;
        assert_false(series_is_fresh(&w, &s));
        assert_false(series_is_fresh(&w, NULL));
}

static void test_checkpoints__repeated_gauges__are_one(void **state) {
        (void)state;
        const struct sample d[] = {{T0, 500},      {T0 + 60, 500},  {T0 + 120, 500}, {T0 + 180, 700},
                                   {T0 + 240, -1}, {T0 + 300, 700}, {T0 + 360, 700}};
        const struct sample z[] = {{T0, 10},       {T0 + 60, 10},  {T0 + 120, 11},
                                   {T0 + 180, 11}, {T0 + 300, 12}, {T0 + 360, 12}};
        struct series_view s[] = {view("lastCheckpointDuration", d, 7), view("lastCheckpointSize", z, 6)};
        struct window w = window_of(s, 2, T0 + 600);
        const struct {
                int64_t at_s;
                double duration, size;
        } expected[] = {{T0 + 300, 700, 12}, {T0 + 180, 700, 11}, {T0 + 120, 500, 11}, {T0, 500, 10}};
        struct checkpoint c;
        struct checkpoint_walk walk = checkpoints_newest_first(&w);
        for (size_t i = 0; i < 4; i++) {
                assert_true(checkpoint_next(&walk, &c));
                assert_int_equal(c.at_s, expected[i].at_s);
                assert_true(c.duration_ms == expected[i].duration && c.size_bytes == expected[i].size);
        }
        assert_false(checkpoint_next(&walk, &c));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_counter_step__drop__counts_the_new_value),
                cmocka_unit_test(test_counter_increase__step_over_a_gap__is_left_out),
                cmocka_unit_test(test_uptime_step__fall__is_one_and_minus_one_is_none),
                cmocka_unit_test(test_quantile__any_values__is_what_sorting_finds),
                cmocka_unit_test(test_fit__points_on_a_line__finds_it),
                cmocka_unit_test(test_fit__equal_values_and_too_few__is_flat_and_none),
                cmocka_unit_test(test_periods__one_peak_a_period__is_not_above),
                cmocka_unit_test(test_periods__a_period_without_samples__is_not_known),
                cmocka_unit_test(test_rise__steady_and_not__counts_the_steps),
                cmocka_unit_test(test_fresh__read_long_ago__is_not),
                cmocka_unit_test(test_checkpoints__repeated_gauges__are_one),
        };
        return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
