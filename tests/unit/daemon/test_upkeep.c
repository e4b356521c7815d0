/* SPDX-License-Identifier: Apache-2.0 */
/* Retention by a real clock that has run far ahead of the samples: years, as after a battery's end or a mistyped date. */
#include "tests/unit/daemon/support.h"

#include "daemon/upkeep.h"
#include "model/metric.h"

enum { T0 = 1609459200 /* 2021-01-01T00:00:00Z */, DAY = 86400, DAYS = 5 };

struct place {
        struct bench *bench;
        struct store *store;
        int64_t series;
};

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        struct err err = {0};
        const struct metric *m = metric_find("uptime", NULL);
        struct series_key key = {"prod", "orders", m->name, m->statistic, ""};
        if (!p || bench_setup((void **)&p->bench) < 0 ||
            store_open(bench_path(p->bench, "db"), &p->store, NULL, &err) < 0 ||
            store_series(p->store, &key, &p->series) < 0)
                return -1;
        *state = p;
        return 0;
}

static int teardown(void **state) {
        struct place *p = *state;
        store_free(p->store);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

/* Hourly over [from_s, to_s). */
static void put(struct place *p, int64_t from_s, int64_t to_s) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = to_s + 120, .settled_before_s = to_s};
        for (int64_t at_s = from_s; at_s < to_s; at_s += 3600)
                assert_int_equal(batch_add_point(&b, p->series, at_s, 1), 0);
        assert_int_equal(store_put(p->store, &b), 0);
}

static void keep_in_order(struct place *p, int64_t retention_s) {
        struct upkeep u = {0};
        struct upkeep_host host = {.loop = p->bench->loop, .store = p->store, .retention_s = retention_s};
        upkeep_finish(&u, &host);
}

static void expect_bounds(struct place *p, int64_t first_s, int64_t last_s) {
        SCOPED(series_rows_done) struct series_rows rows = {0};
        assert_int_equal(store_list_series(p->store, NULL, NULL, &rows), 0);
        assert_int_equal(rows.n_rows, 1);
        assert_int_equal(rows.rows[0].first_at_s, first_s);
        assert_int_equal(rows.rows[0].last_at_s, last_s);
}

static void test_retention__clock_years_ahead__keeps_as_long_as_it_says(void **state) {
        struct place *p = *state;
        put(p, T0, T0 + DAYS * DAY);
        keep_in_order(p, 2 * DAY);
        expect_bounds(p, T0 + (DAYS - 3) * DAY, T0 + DAYS * DAY - 3600);
        keep_in_order(p, 2 * DAY);
        expect_bounds(p, T0 + (DAYS - 3) * DAY, T0 + DAYS * DAY - 3600);
}

static void test_retention__newer_samples__older_ones_go(void **state) {
        struct place *p = *state;
        put(p, T0, T0 + DAYS * DAY);
        put(p, T0 + DAYS * DAY, T0 + 2 * DAYS * DAY);
        keep_in_order(p, 2 * DAY);
        expect_bounds(p, T0 + (2 * DAYS - 3) * DAY, T0 + 2 * DAYS * DAY - 3600);
}

/* What the newest sample was, a new process knows too. */
static void test_retention__opened_again__keeps_the_same(void **state) {
        struct place *p = *state;
        struct err err = {0};
        put(p, T0, T0 + DAYS * DAY);
        store_free(p->store);
        p->store = NULL;
        assert_int_equal(store_open(bench_path(p->bench, "db"), &p->store, NULL, &err), 0);
        assert_int_equal(store_latest_s(p->store), T0 + DAYS * DAY - 3600);
        keep_in_order(p, 2 * DAY);
        expect_bounds(p, T0 + (DAYS - 3) * DAY, T0 + DAYS * DAY - 3600);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_retention__clock_years_ahead__keeps_as_long_as_it_says),
                CASE(test_retention__newer_samples__older_ones_go),
                CASE(test_retention__opened_again__keeps_the_same),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
