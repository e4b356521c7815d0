/* SPDX-License-Identifier: Apache-2.0 */
/* The store against a plain array of what it must hold, while samples come late, are corrected, folded, packed, forgotten, and the
 * process stops and starts. */
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

#include "model/metric.h"
#include "tests/unit/store/fixture.h"

enum { SERIES = 40, MINUTES = 12 * 1440 };

static const char *const statistics[] = {"Maximum", "Minimum", "Sum", "Average"};

struct model {
        struct fixture *f;
        int64_t ids[SERIES];
        const struct metric *metrics[SERIES]; /* NULL: one that no window asks for */
        size_t n_windows, n_recalled;
        double values[SERIES][MINUTES]; /* NaN: none */
        int64_t first_seen_s[SERIES][MINUTES];
        int64_t now_s, oldest_s;
        uint64_t seed;
};

static uint64_t any(struct model *m, uint64_t below) {
        m->seed ^= m->seed << 13;
        m->seed ^= m->seed >> 7;
        m->seed ^= m->seed << 17;
        return (m->seed * 0x2545f4914f6cdd1d >> 11) % below;
}

static double any_value(struct model *m, size_t series) {
        if (series % 4 == 0)
                return any(m, 20) ? 0 : 1;
        if (series % 4 == 1)
                return (double)any(m, 10000) / 100;
        return series % 4 == 2 ? (double)any(m, 1000) : (double)any(m, 1ull << 53) / 1e15;
}

static void add(struct model *m, struct batch *b, size_t series, int64_t minute) {
        double value = any_value(m, series);
        /* Half of what is read again is as it was. */
        if (!isnan(m->values[series][minute]) && any(m, 2))
                value = m->values[series][minute];
        assert_int_equal(batch_add_point(b, m->ids[series], T0 + minute * 60, value), 0);
        if (isnan(m->values[series][minute]))
                m->first_seen_s[series][minute] = m->now_s;
        m->values[series][minute] = value;
}

/* What a poll brings: the newest minutes, sometimes something old, sometimes a long stretch. */
static void put(struct model *m) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = m->now_s, .settled_before_s = m->now_s - 120};
        int64_t newest = (m->now_s - T0) / 60 - 1, oldest = (m->oldest_s - T0) / 60;
        oldest = oldest < 0 ? 0 : oldest;
        for (size_t i = 0; i < SERIES; i++) {
                for (int64_t minute = newest - 12; minute <= newest; minute++)
                        if (minute >= oldest && any(m, 50))
                                add(m, &b, i, minute);
                if (any(m, 10) == 0)
                        add(m, &b, i, oldest + (int64_t)any(m, (uint64_t)(newest - oldest)));
        }
        if (any(m, 20) == 0) {
                int64_t from = oldest + (int64_t)any(m, (uint64_t)(newest - oldest));
                size_t series = any(m, SERIES);
                for (int64_t minute = from; minute < newest && minute < from + 3000; minute++)
                        add(m, &b, series, minute);
        }
        assert_int_equal(store_put(m->f->store, &b), 0);
}

static double folded(const struct model *m, size_t series, int64_t from, int64_t to) {
        double max = -INFINITY, min = INFINITY, sum = 0;
        int n = 0;
        for (int64_t i = from; i < to; i++) {
                double v = m->values[series][i];
                if (isnan(v))
                        continue;
                max = fmax(max, v);
                min = fmin(min, v);
                sum += v;
                n++;
        }
        if (n == 0)
                return NAN;
        const double by_statistic[] = {max, min, sum, sum / n};
        return by_statistic[series % 4];
}

static void check_range(struct model *m, size_t series, int64_t from, int64_t to, int64_t step_s) {
        static struct sample samples[MINUTES + 1];
        int64_t step = step_s ? step_s / 60 : 1, oldest = (m->oldest_s - T0) / 60;
        size_t n = read_samples(m->f->store, m->ids[series], T0 + from * 60, T0 + to * 60, step_s, 1 + any(m, 2000),
                                samples, MINUTES + 1);
        size_t k = 0;
        from = from < oldest ? oldest : from;
        for (int64_t at = from - from % step; at < to; at += step) {
                double expected = folded(m, series, at < from ? from : at, at + step < to ? at + step : to);
                if (isnan(expected))
                        continue;
                assert_true(k < n);
                assert_int_equal(samples[k].at_s, T0 + at * 60);
                double tolerance = step_s ? fabs(expected) * 1e-9 : 0;
                if (!(fabs(samples[k].value - expected) <= tolerance))
                        fail_msg("series %d at minute %d: %.17g, not %.17g", (int)series, (int)at, samples[k].value,
                                 expected);
                k++;
        }
        assert_int_equal(k, n);
}

static void check_state(struct model *m, size_t series, int64_t minute) {
        bool is_settled;
        int64_t first_seen_s;
        bool is_there = T0 + minute * 60 >= m->oldest_s && !isnan(m->values[series][minute]);
        assert_int_equal(store_sample_state(m->f->store, m->ids[series], T0 + minute * 60, &is_settled, &first_seen_s),
                         !is_there);
        if (is_there)
                assert_int_equal(first_seen_s, m->first_seen_s[series][minute]);
}

static const struct sample *last_of(const struct window *w) {
        size_t n = w->n_series == 1 ? w->series[0].n_samples : 0;
        return n > 0 ? &w->series[0].samples[n - 1] : NULL;
}

/* Where only the newest is asked for it is the one that would be the last of all. */
static void check_newest(struct model *m, size_t series) {
        struct window_need need = {.metric = m->metrics[series], .span_s = 1800};
        struct window_spec spec = {.target = "prod",
                                   .application = "orders",
                                   .now_s = m->now_s,
                                   .settled_before_s = m->now_s - (int64_t)any(m, 2) * 60,
                                   .only_samples = true,
                                   .needs = &need,
                                   .n_needs = 1};
        SCOPED(window_free) struct window *all = NULL, *newest = NULL;
        if (!need.metric)
                return;
        assert_int_equal(store_read_window(m->f->store, &spec, &all), 0);
        need.only_newest = true;
        assert_int_equal(store_read_window(m->f->store, &spec, &newest), 0);
        const struct sample *expected = last_of(all), *got = last_of(newest);
        assert_int_equal(!expected, !got);
        if (!expected)
                return;
        assert_int_equal(got->at_s, expected->at_s);
        assert_true(got->value == expected->value);
        m->n_windows++;
        m->n_recalled += newest->series[0].n_samples == 1;
}

static void check(struct model *m) {
        static const int64_t steps[] = {0, 0, 300, 3600, 7200, 86400};
        for (int i = 0; i < 6; i++) {
                int64_t from = (int64_t)any(m, MINUTES), to = from + (int64_t)any(m, MINUTES);
                int64_t step_s = steps[any(m, ELEMENTS(steps))];
                if (step_s && any(m, 2)) {
                        from -= from % 1440;
                        to = MINUTES;
                }
                check_range(m, any(m, SERIES), from, to < MINUTES ? to : MINUTES, step_s);
                check_state(m, any(m, SERIES), (int64_t)any(m, MINUTES));
        }
        for (size_t i = 0; i < SERIES; i++)
                check_newest(m, i);
}

static void copy_file(const char *from, const char *to) {
        char bytes[65536];
        SCOPED(fclose) FILE *in = fopen(from, "rb");
        if (!in)
                return;
        SCOPED(fclose) FILE *out = fopen(to, "wb");
        assert_non_null(out);
        for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
                assert_int_equal(fwrite(bytes, 1, n, out), n);
}

/* What kill -9 leaves: the files as they are now. */
static void crash(struct model *m) {
        struct fixture *f = m->f;
        char path[96], from[160], to[160];
        static const char *const suffixes[] = {"", "-wal"};
        snprintf(path, sizeof path, "%s/crashed.db", f->folder);
        for (size_t i = 0; i < 2; i++) {
                snprintf(from, sizeof from, "%s%s", f->path, suffixes[i]);
                snprintf(to, sizeof to, "%s%s", path, suffixes[i]);
                copy_file(from, to);
        }
        store_free(TAKE(f->store));
        for (size_t i = 0; i < 2; i++) {
                snprintf(from, sizeof from, "%s%s", path, suffixes[i]);
                snprintf(to, sizeof to, "%s%s", f->path, suffixes[i]);
                assert_true(rename(from, to) == 0 || errno == ENOENT);
        }
        bool was_moved = true;
        struct err err = {0};
        if (store_open(f->path, &f->store, &was_moved, &err) < 0)
                fail_msg("%s", err.text);
        assert_false(was_moved);
}

/* The next one of that statistic; NULL: there are no more. */
static const struct metric *next_metric(const struct metric *after, const char *statistic) {
        for (const struct metric *known = after ? after + 1 : metrics; known < metrics + n_metrics; known++)
                if (strcmp(known->statistic, statistic) == 0)
                        return known;
        return NULL;
}

static struct model *make_model(struct fixture *f) {
        const struct metric *last[ELEMENTS(statistics)] = {0};
        struct model *m = calloc(1, sizeof *m);
        assert_non_null(m);
        m->f = f;
        m->seed = 12345;
        m->oldest_s = T0;
        for (size_t i = 0; i < SERIES; i++) {
                char name[32];
                snprintf(name, sizeof name, "custom%d", (int)i);
                if (i < 8)
                        m->metrics[i] = last[i % 4] = next_metric(last[i % 4], statistics[i % 4]);
                m->ids[i] = make_series(f->store, "orders", m->metrics[i] ? m->metrics[i]->name : name,
                                        statistics[i % 4]);
                for (size_t k = 0; k < MINUTES; k++)
                        m->values[i][k] = NAN;
        }
        return m;
}

static void retain(struct model *m) {
        m->oldest_s = m->now_s - 6 * 86400;
        m->oldest_s -= m->oldest_s % 86400;
        int r;
        while ((r = store_retain(m->f->store, m->oldest_s + 777)) == 1)
                ;
        assert_int_equal(r, 0);
}

/* Most maintenance is cut off somewhere. */
static void maintain(struct model *m) {
        size_t n = any(m, 3) ? any(m, 6) : 10000;
        int r = 1;
        while (n-- > 0 && (r = store_maintain(m->f->store, m->now_s)) == 1)
                ;
        assert_true(r >= 0);
}

static void test_store__eleven_days_of_everything__holds_what_it_must(void **state) {
        struct model *m = make_model(*state);
        for (m->now_s = T0 + 1800; m->now_s < T0 + 11 * 86400; m->now_s += 600) {
                put(m);
                maintain(m);
                if (any(m, 40) == 0)
                        crash(m);
                if (any(m, 60) == 0)
                        fixture_reopen(m->f);
                if (any(m, 200) == 0 && m->now_s > T0 + 7 * 86400)
                        retain(m);
                if (any(m, 12) == 0)
                        check(m);
        }
        while (store_maintain(m->f->store, m->now_s + 86400) == 1)
                ;
        for (int i = 0; i < 40; i++)
                check(m);
        assert_int_equal(store_unreadable(m->f->store), 0);
        assert_in_range(m->n_recalled, m->n_windows / 2, m->n_windows);
        free(m);
}

static void maintain_all(struct store *s, int64_t now_s) {
        int r;
        while ((r = store_maintain(s, now_s)) == 1)
                ;
        assert_int_equal(r, 0);
}

static void test_maintain__nothing_due__does_nothing(void **state) {
        struct fixture *f = *state;
        assert_int_equal(store_maintain(f->store, T0), 1); /* looks once for leftovers */
        assert_int_equal(store_maintain(f->store, T0), 0);
        put_minutes(f->store, make_series(f->store, "orders", "uptime", "Minimum"), T0, 10, 0);
        assert_int_equal(store_maintain(f->store, T0 + 700), 0);
}

static void test_put__known_samples_again__write_nothing(void **state) {
        struct fixture *f = *state;
        struct stat before, after;
        char wal[160];
        snprintf(wal, sizeof wal, "%s-wal", f->path);
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        put_minutes(f->store, id, T0, 200, 0);
        assert_int_equal(stat(wal, &before), 0);
        for (int i = 0; i < 100; i++)
                put_minutes(f->store, id, T0 + 60 * 196, 4, 196);
        assert_int_equal(stat(wal, &after), 0);
        assert_int_equal(before.st_size, after.st_size);
}

static void test_correction__of_a_packed_day__replaces_value_keeps_first_seen(void **state) {
        struct fixture *f = *state;
        struct sample samples[4];
        bool is_settled;
        int64_t first_seen_s, id = make_series(f->store, "orders", "cpuUtilization", "Maximum"), end_s = T0 + 3 * 86400;
        put_minutes(f->store, id, T0, 3 * 1440, 0);
        maintain_all(f->store, end_s + 7200);
        assert_int_equal(read_samples(f->store, id, T0, end_s, 86400, 10, samples, 4), 3);
        assert_true(samples[0].value == 1439);
        put_point(f->store, id, T0 + 600, 99999, end_s + 60, end_s);
        for (int round = 0; round < 3; round++) {
                assert_int_equal(read_samples(f->store, id, T0 + 600, T0 + 660, 0, 10, samples, 4), 1);
                assert_true(samples[0].value == 99999);
                assert_int_equal(store_sample_state(f->store, id, T0 + 600, &is_settled, &first_seen_s), 0);
                assert_int_equal(first_seen_s, end_s);
                assert_true(is_settled);
                assert_int_equal(read_samples(f->store, id, T0, end_s, 86400, 10, samples, 4), 3);
                assert_true(samples[0].value == 99999 && samples[1].value == 2879);
                if (round == 0)
                        fixture_reopen(f);
                maintain_all(f->store, end_s + 86400 * 2 * (round + 1));
        }
}

static void test_read_until__after_folding_and_restart__stays(void **state) {
        struct fixture *f = *state;
        int64_t a = make_series(f->store, "orders", "uptime", "Minimum"),
                b = make_series(f->store, "orders", "downtime", "Average");
        put_minutes(f->store, a, T0, 300, 0);
        put_minutes(f->store, b, T0, 10, 0);
        maintain_all(f->store, T0 + 86400);
        put_minutes(f->store, b, T0 + 600, 10, 0);
        fixture_reopen(f);
        assert_int_equal(read_until(f->store, a), T0 + 18000);
        assert_int_equal(read_until(f->store, b), T0 + 1200);
        struct sample newest;
        assert_int_equal(store_newest(f->store, a, &newest), 0);
        assert_int_equal(newest.at_s, T0 + 299 * 60);
        assert_true(newest.value == 299);
        SCOPED(series_rows_done) struct series_rows rows = {0};
        assert_int_equal(store_list_series(f->store, NULL, NULL, &rows), 0);
        assert_int_equal(rows.rows[0].first_at_s, T0);
        assert_int_equal(rows.rows[0].last_at_s, T0 + 299 * 60);
        assert_int_equal(rows.rows[1].last_at_s, T0 + 19 * 60);
}

static void test_put__unsorted_with_repeats__last_one_counts(void **state) {
        struct fixture *f = *state;
        struct sample samples[8];
        int64_t a = make_series(f->store, "orders", "uptime", "Minimum"),
                b = make_series(f->store, "orders", "downtime", "Average");
        SCOPED(batch_done) struct batch batch = {.collected_at_s = T0 + 600, .settled_before_s = T0 + 600};
        batch_add_point(&batch, b, T0 + 120, 3);
        batch_add_point(&batch, a, T0 + 60, 2);
        batch_add_point(&batch, a, T0, 1);
        batch_add_point(&batch, b, T0 + 120, 4);
        batch_add_point(&batch, a, T0 + 60, 5);
        assert_int_equal(store_put(f->store, &batch), 0);
        assert_int_equal(read_samples(f->store, a, 0, INT64_MAX, 0, 8, samples, 8), 2);
        assert_true(samples[0].value == 1 && samples[1].value == 5);
        assert_int_equal(read_samples(f->store, b, 0, INT64_MAX, 0, 8, samples, 8), 1);
        assert_true(samples[0].value == 4);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_store__eleven_days_of_everything__holds_what_it_must),
                CASE(test_maintain__nothing_due__does_nothing),
                CASE(test_put__known_samples_again__write_nothing),
                CASE(test_correction__of_a_packed_day__replaces_value_keeps_first_seen),
                CASE(test_read_until__after_folding_and_restart__stays),
                CASE(test_put__unsorted_with_repeats__last_one_counts),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
