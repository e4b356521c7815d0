/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <time.h>

#include "tests/unit/store/fixture.h"

static void test_series__same_key__same_id(void **state) {
        struct fixture *f = *state;
        int64_t a = make_series(f->store, "orders", "uptime", "Minimum");
        int64_t b = make_series(f->store, "orders", "uptime", "Maximum");
        assert_int_not_equal(a, b);
        assert_int_equal(make_series(f->store, "orders", "uptime", "Minimum"), a);
        put_minutes(f->store, b, T0, 1, 0);
        fixture_reopen(f);
        assert_int_equal(make_series(f->store, "orders", "uptime", "Maximum"), b);
        assert_int_equal(make_series(f->store, "orders", "uptime", "Minimum"), a);
}

static void test_series__differing_dimensions__differ(void **state) {
        struct fixture *f = *state;
        int64_t ids[2];
        struct series_key key = {"prod", "orders", "busyTimeMsPerSecond", "Maximum", "Task=map\x1fZone=a"};
        assert_int_equal(store_series(f->store, &key, &ids[0]), 0);
        key.dimensions = "Task=map";
        assert_int_equal(store_series(f->store, &key, &ids[1]), 0);
        assert_int_not_equal(ids[0], ids[1]);
}

static void test_put__restart__samples_and_reading_persist(void **state) {
        struct fixture *f = *state;
        struct sample samples[8];
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        put_minutes(f->store, id, T0, 5, 10);
        fixture_reopen(f);
        assert_int_equal(read_samples(f->store, id, T0, T0 + 300, 0, 3, samples, 8), 5);
        for (int i = 0; i < 5; i++) {
                assert_int_equal(samples[i].at_s, T0 + i * 60);
                assert_true(samples[i].value == 10 + i);
        }
        assert_int_equal(read_until(f->store, id), T0 + 300);
}

static void test_put__late_correction__replaces_value_keeps_first_seen(void **state) {
        struct fixture *f = *state;
        struct sample sample;
        bool is_settled = true;
        int64_t first_seen_s = 0, id = make_series(f->store, "orders", "numRecordsInPerSecond", "Average");
        put_point(f->store, id, T0, 4, T0 + 70, T0 - 50);
        assert_int_equal(store_sample_state(f->store, id, T0, &is_settled, &first_seen_s), 0);
        assert_false(is_settled);
        assert_int_equal(first_seen_s, T0 + 70);
        put_point(f->store, id, T0, 5.5, T0 + 130, T0 + 10);
        put_point(f->store, id, T0, 5.5, T0 + 190, T0 + 70);
        fixture_reopen(f);
        assert_int_equal(store_sample_state(f->store, id, T0, &is_settled, &first_seen_s), 0);
        assert_true(is_settled);
        assert_int_equal(first_seen_s, T0 + 70);
        assert_int_equal(store_newest(f->store, id, &sample), 0);
        assert_true(sample.value == 5.5);
        assert_int_equal(read_samples(f->store, id, 0, INT64_MAX, 0, 8, &sample, 2), 1);
}

static void test_put__settled__only_when_the_whole_period_is(void **state) {
        struct fixture *f = *state;
        bool is_settled;
        int64_t first_seen_s, id = make_series(f->store, "orders", "KPUs", "Maximum"); /* period 3600 s */
        put_point(f->store, id, T0, 4, T0 + 3700, T0 + 3599);
        assert_int_equal(store_sample_state(f->store, id, T0, &is_settled, &first_seen_s), 0);
        assert_false(is_settled);
        put_point(f->store, id, T0, 4, T0 + 3700, T0 + 3600);
        assert_int_equal(store_sample_state(f->store, id, T0, &is_settled, &first_seen_s), 0);
        assert_true(is_settled);
}

static void test_put__no_such_sample__says_so(void **state) {
        struct fixture *f = *state;
        bool is_settled;
        struct sample sample;
        int64_t first_seen_s, id = make_series(f->store, "orders", "uptime", "Minimum");
        assert_int_equal(store_newest(f->store, id, &sample), 1);
        put_minutes(f->store, id, T0, 2, 0);
        assert_int_equal(store_sample_state(f->store, id, T0 + 120, &is_settled, &first_seen_s), 1);
        assert_int_equal(store_newest(f->store, 99, &sample), 1);
}

static void test_put__bad_points__refused_whole(void **state) {
        struct fixture *f = *state;
        struct sample sample;
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        static const struct {
                int64_t series, at_s;
                double value;
        } bad[] = {{1, T0, NAN}, {1, T0, INFINITY}, {1, -60, 1}, {7, T0, 1}, {0, T0, 1}};
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                SCOPED(batch_done) struct batch b = {.collected_at_s = T0};
                batch_add_point(&b, id, T0, 1);
                batch_add_point(&b, bad[i].series, bad[i].at_s, bad[i].value);
                assert_int_equal(store_put(f->store, &b), -EINVAL);
                assert_true(store_error(f->store)[0]);
                assert_int_equal(store_newest(f->store, id, &sample), 1);
        }
}

static void put_reading(struct store *s, int64_t id, int64_t from_s, int64_t to_s, int64_t settled_before_s) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = to_s, .settled_before_s = settled_before_s};
        assert_int_equal(batch_add_reading(&b, id, from_s, to_s), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static void test_read_until__advances_to_what_is_settled(void **state) {
        struct fixture *f = *state;
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        assert_int_equal(read_until(f->store, id), 0);
        put_reading(f->store, id, T0, T0 + 600, T0 + 480);
        assert_int_equal(read_until(f->store, id), T0 + 480);
        put_reading(f->store, id, T0 + 480, T0 + 660, T0 + 900);
        assert_int_equal(read_until(f->store, id), T0 + 660);
}

static void test_read_until__never_goes_back(void **state) {
        struct fixture *f = *state;
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        put_reading(f->store, id, T0, T0 + 600, T0 + 600);
        put_reading(f->store, id, T0 - 6000, T0 + 60, T0 + 600);
        assert_int_equal(read_until(f->store, id), T0 + 600);
        put_reading(f->store, id, T0, T0 + 900, T0 + 60);
        assert_int_equal(read_until(f->store, id), T0 + 600);
}

static void test_read_until__hole__stays_so_that_the_hole_is_asked_again(void **state) {
        struct fixture *f = *state;
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        put_reading(f->store, id, T0, T0 + 600, T0 + 600);
        put_reading(f->store, id, T0 + 660, T0 + 1200, T0 + 1200);
        assert_int_equal(read_until(f->store, id), T0 + 600);
        put_reading(f->store, id, T0 + 600, T0 + 1200, T0 + 1200);
        assert_int_equal(read_until(f->store, id), T0 + 1200);
        fixture_reopen(f);
        assert_int_equal(read_until(f->store, id), T0 + 1200);
}

static void test_read_until__settled_within_a_period__not_beyond_its_start(void **state) {
        struct fixture *f = *state;
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        put_reading(f->store, id, T0, T0 + 600, T0 + 507);
        assert_int_equal(read_until(f->store, id), T0 + 480);
}

/* Polls every minute over an outage, each time from read_until on: all minutes are there once. */
static void test_read_until__polls_with_an_outage__no_gap_no_duplicate(void **state) {
        struct fixture *f = *state;
        struct sample samples[200];
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum"), until_s = T0;
        for (int64_t now_s = T0 + 180; now_s <= T0 + 6000; now_s += 60) {
                if (now_s > T0 + 2000 && now_s < T0 + 3000)
                        continue;
                SCOPED(batch_done) struct batch b = {.collected_at_s = now_s, .settled_before_s = now_s - 120};
                for (int64_t at_s = until_s; at_s < now_s; at_s += 60)
                        batch_add_point(&b, id, at_s, (double)(at_s - T0));
                batch_add_reading(&b, id, until_s, now_s);
                assert_int_equal(store_put(f->store, &b), 0);
                if (now_s % 300 == 0)
                        fixture_reopen(f);
                until_s = read_until(f->store, id);
                assert_int_equal(until_s, now_s - 120);
        }
        assert_int_equal(read_samples(f->store, id, 0, INT64_MAX, 0, 7, samples, 200), 100);
        for (int i = 0; i < 100; i++) {
                assert_int_equal(samples[i].at_s, T0 + i * 60);
                assert_true(samples[i].value == i * 60);
        }
}

static void test_cursor__steps__fold_by_statistic(void **state) {
        struct fixture *f = *state;
        static const struct {
                const char *metric, *statistic;
                double first, second;
        } cases[] = {{"cpuUtilization", "Maximum", 9, 14},
                     {"uptime", "Minimum", 5, 10},
                     {"numLateRecordsDropped", "Sum", 35, 60},
                     {"numRecordsInPerSecond", "Average", 7, 12},
                     {"custom", "p99", 7, 12}};
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct sample samples[4];
                int64_t id = make_series(f->store, "orders", cases[i].metric, cases[i].statistic);
                put_minutes(f->store, id, T0, 15, 0);
                assert_int_equal(read_samples(f->store, id, T0 + 300, T0 + 900, 300, 1, samples, 4), 2);
                assert_int_equal(samples[0].at_s, T0 + 300);
                assert_true(samples[0].value == cases[i].first);
                assert_int_equal(samples[1].at_s, T0 + 600);
                assert_true(samples[1].value == cases[i].second);
        }
}

static void test_cursor__gap__no_sample_for_it(void **state) {
        struct fixture *f = *state;
        struct sample samples[8];
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        put_minutes(f->store, id, T0, 10, 0);
        put_minutes(f->store, id, T0 + 6000, 10, 0);
        assert_int_equal(read_samples(f->store, id, 0, INT64_MAX, 3600, 8, samples, 8), 2);
        assert_int_equal(samples[0].at_s, T0);
        assert_int_equal(samples[1].at_s, T0 + 3600);
        assert_int_equal(read_samples(f->store, id, T0 + 600, T0 + 6000, 0, 8, samples, 8), 0);
        assert_int_equal(read_samples(f->store, id, T0 + 6000, T0, 0, 8, samples, 8), 0);
}

static void test_cursor__many_samples__in_pieces_of_any_size(void **state) {
        struct fixture *f = *state;
        enum { N = 10000 };
        struct sample *samples = calloc(N + 1, sizeof *samples);
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        put_minutes(f->store, id, T0, N, 0);
        static const size_t sizes[] = {1, 7, 4096, 4097, N + 1};
        for (size_t k = 0; k < ELEMENTS(sizes); k++) {
                assert_int_equal(read_samples(f->store, id, 0, INT64_MAX, 0, sizes[k], samples, N + 1), N);
                for (int i = 0; i < N; i++)
                        assert_int_equal(samples[i].at_s, T0 + i * 60);
        }
        assert_int_equal(read_samples(f->store, id, 0, INT64_MAX, 86400, 3, samples, N), 7);
        assert_true(samples[6].value == 8640);
        free(samples);
}

static void test_cursor__put_while_it_is_open__goes_on(void **state) {
        struct fixture *f = *state;
        SCOPED(store_cursor_free) struct store_cursor *c = NULL;
        struct sample samples[4];
        size_t n;
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        put_minutes(f->store, id, T0, 6, 0);
        assert_int_equal(store_samples(f->store, id, T0, T0 + 6000, 0, &c), 0);
        assert_int_equal(store_cursor_next(c, samples, 4, &n), 0);
        assert_int_equal(n, 4);
        put_minutes(f->store, id, T0 + 360, 6, 6);
        assert_int_equal(store_cursor_next(c, samples, 4, &n), 0);
        assert_true(n >= 2);
        assert_int_equal(samples[0].at_s, T0 + 240);
}

static void test_list_series__shows_bounds(void **state) {
        struct fixture *f = *state;
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        make_series(f->store, "orders", "KPUs", "Maximum");
        make_series(f->store, "billing", "uptime", "Minimum");
        put_minutes(f->store, id, T0, 5, 0);
        SCOPED(series_rows_done) struct series_rows rows = {0}, all = {0}, none = {0};
        assert_int_equal(store_list_series(f->store, "prod", "orders", &rows), 0);
        assert_int_equal(rows.n_rows, 2);
        assert_int_equal(rows.rows[0].id, id);
        assert_string_equal(rows.rows[0].metric, "uptime");
        assert_int_equal(rows.rows[0].first_at_s, T0);
        assert_int_equal(rows.rows[0].last_at_s, T0 + 240);
        assert_int_equal(rows.rows[1].first_at_s, 0);
        assert_int_equal(rows.rows[1].last_at_s, 0);
        assert_int_equal(store_list_series(f->store, NULL, NULL, &all), 0);
        assert_int_equal(all.n_rows, 3);
        assert_int_equal(store_list_series(f->store, "dev", NULL, &none), 0);
        assert_int_equal(none.n_rows, 0);
}

static void test_retain__removes_what_is_older(void **state) {
        struct fixture *f = *state;
        struct sample samples[1];
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        put_minutes(f->store, id, T0, 3 * 1440, 0);
        int r, n_calls = 0;
        while ((r = store_retain(f->store, T0 + 2 * 86400)) == 1)
                assert_true(++n_calls < 1000);
        assert_int_equal(r, 0);
        assert_int_equal(read_samples(f->store, id, 0, T0 + 2 * 86400, 0, 1, samples, 1), 0);
        SCOPED(series_rows_done) struct series_rows rows = {0};
        assert_int_equal(store_list_series(f->store, NULL, NULL, &rows), 0);
        assert_int_equal(rows.rows[0].first_at_s, T0 + 2 * 86400);
        assert_int_equal(rows.rows[0].last_at_s, T0 + 3 * 86400 - 60);
}

static double list_ms(struct store *s, const char *application) {
        SCOPED(series_rows_done) struct series_rows rows = {0};
        struct timespec from, to;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        assert_int_equal(store_list_series(s, application ? "prod" : NULL, application, &rows), 0);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

/* A scrape of the metrics asks for those of each application. */
static void test_list_series__of_one_application_of_thousands__none_of_the_others_is_looked_at(void **state) {
        struct fixture *f = *state;
        enum { APPLICATIONS = 8000 };
        char name[32];
        double each_ms = 0;
        for (int i = 0; i < APPLICATIONS; i++) {
                snprintf(name, sizeof name, "app-%d", i);
                make_series(f->store, name, "uptime", "Minimum");
        }
        for (int i = 0; i < APPLICATIONS; i++) {
                snprintf(name, sizeof name, "app-%d", i);
                each_ms += list_ms(f->store, name);
        }
        assert_true(each_ms < 20 * list_ms(f->store, NULL));
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_series__same_key__same_id),
                CASE(test_series__differing_dimensions__differ),
                CASE(test_put__restart__samples_and_reading_persist),
                CASE(test_put__late_correction__replaces_value_keeps_first_seen),
                CASE(test_put__settled__only_when_the_whole_period_is),
                CASE(test_put__no_such_sample__says_so),
                CASE(test_put__bad_points__refused_whole),
                CASE(test_read_until__advances_to_what_is_settled),
                CASE(test_read_until__never_goes_back),
                CASE(test_read_until__hole__stays_so_that_the_hole_is_asked_again),
                CASE(test_read_until__settled_within_a_period__not_beyond_its_start),
                CASE(test_read_until__polls_with_an_outage__no_gap_no_duplicate),
                CASE(test_cursor__steps__fold_by_statistic),
                CASE(test_cursor__gap__no_sample_for_it),
                CASE(test_cursor__many_samples__in_pieces_of_any_size),
                CASE(test_cursor__put_while_it_is_open__goes_on),
                CASE(test_list_series__shows_bounds),
                CASE(test_list_series__of_one_application_of_thousands__none_of_the_others_is_looked_at),
                CASE(test_retain__removes_what_is_older),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
