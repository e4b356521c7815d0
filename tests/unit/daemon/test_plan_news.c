/* SPDX-License-Identifier: Apache-2.0 */
/* Which applications are judged in a round: whatever may have changed, and nothing of which that is known. */
#include "tests/unit/daemon/support.h"

#include "daemon/plan.h"

enum { NOW = 1767225600 };

struct place {
        struct bench *bench;
        struct store *store;
        struct plan plan;
        struct watched *w;
        struct plan_times times;
};

static void describe(struct place *p, const char *status) {
        struct application a = {.target = "prod",
                                .name = "orders",
                                .arn = "arn:x",
                                .status = (char *)status,
                                .runtime = "FLINK-1_20",
                                .metrics_level = "APPLICATION",
                                .seen_at_s = p->times.now_s};
        assert_int_equal(plan_describe(&p->plan, p->store, &a), 0);
}

static int64_t series(const struct place *p, const char *metric) {
        for (size_t i = 0; i < p->w->n_series; i++)
                if (strcmp(p->w->series[i].metric->name, metric) == 0)
                        return p->w->series[i].id;
        fail();
        return -1;
}

/* One point of a metric a minute and a half ago. */
static void come(struct place *p, const char *metric, double value) {
        SCOPED(batch_done) struct batch b = {0};
        assert_int_equal(batch_add_point(&b, series(p, metric), p->times.now_s - 90, value), 0);
        plan_note(&p->plan, &b, p->times.now_s);
        plan_note_news(&p->plan, &b);
}

static bool is_to_be_judged(const struct place *p) {
        return watched_is_to_be_judged(p->w, &p->times);
}

static void next_minute(struct place *p) {
        p->times.now_s += 60;
        come(p, "uptime", (double)(p->times.now_s - NOW + 86400) * 1000);
}

/* An application that runs, was read, and in which nothing was found. */
static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        struct listed_application listed = {.name = "orders"};
        struct err err = {0};
        if (!p || bench_setup((void **)&p->bench) < 0 ||
            store_open(bench_path(p->bench, "db"), &p->store, NULL, &err) < 0)
                return -1;
        p->plan.target = "prod";
        p->times = (struct plan_times){.now_s = NOW, .interval_s = 60, .settle_s = 120, .backfill_s = 86400};
        *state = p;
        if (plan_set_names(&p->plan, &listed, 1, "*", NULL, NULL) < 0)
                return -1;
        p->w = plan_find(&p->plan, "orders");
        describe(p, "RUNNING");
        assert_true(is_to_be_judged(p)); /* never seen before */
        come(p, "uptime", 86400e3);
        come(p, "lastCheckpointDuration", 1000);
        p->w->is_new = false;
        watched_note_judged(p->w, NOW, true);
        return 0;
}

static int teardown(void **state) {
        struct place *p = *state;
        plan_done(&p->plan);
        store_free(p->store);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static void test_calm__only_its_running_time_goes_on__left_alone_until_the_next_turn(void **state) {
        struct place *p = *state;
        for (int minute = 1; minute < 10; minute++) {
                next_minute(p);
                assert_false(is_to_be_judged(p));
        }
        next_minute(p);
        assert_true(is_to_be_judged(p));
}

static void test_calm__another_metric_came__judged(void **state) {
        struct place *p = *state;
        next_minute(p);
        come(p, "lastCheckpointDuration", 1000);
        assert_true(is_to_be_judged(p));
        watched_note_judged(p->w, p->times.now_s, true);
        next_minute(p);
        assert_false(is_to_be_judged(p));
}

static void test_calm__running_time_fell__judged(void **state) {
        struct place *p = *state;
        p->times.now_s += 60;
        come(p, "uptime", 20000);
        assert_true(is_to_be_judged(p));
        watched_note_judged(p->w, p->times.now_s, true);
        p->times.now_s += 60;
        come(p, "uptime", 80000);
        assert_true(is_to_be_judged(p)); /* it may fall again */
}

static void test_calm__running_time_stays_away__judged(void **state) {
        struct place *p = *state;
        p->times.now_s += 300;
        assert_false(is_to_be_judged(p));
        p->times.now_s += 60;
        assert_true(is_to_be_judged(p));
}

static void test_calm__facts_came__judged(void **state) {
        struct place *p = *state;
        static const enum plan_fact kinds[] = {FACT_APPLICATION, FACT_OPERATIONS, FACT_SNAPSHOTS};
        for (size_t i = 0; i < PLAN_FACTS; i++) {
                struct application a = {.name = "orders"};
                struct operation o = {.application = "orders"};
                struct snapshot s = {.application = "orders"};
                struct batch b = {.applications = &a, .operations = &o, .snapshots = &s};
                b.n_applications = kinds[i] == FACT_APPLICATION;
                b.n_operations = kinds[i] == FACT_OPERATIONS;
                b.n_snapshots = kinds[i] == FACT_SNAPSHOTS;
                assert_false(is_to_be_judged(p));
                plan_note_news(&p->plan, &b);
                assert_true(is_to_be_judged(p));
                watched_note_judged(p->w, p->times.now_s, true);
        }
}

static void test_not_calm__judged_each_round(void **state) {
        struct place *p = *state;
        watched_note_judged(p->w, p->times.now_s, false);
        next_minute(p);
        assert_true(is_to_be_judged(p));
}

static void test_changing__judged_each_round(void **state) {
        struct place *p = *state;
        describe(p, "UPDATING");
        watched_note_judged(p->w, p->times.now_s, true);
        next_minute(p);
        assert_true(is_to_be_judged(p));
}

static void test_cause_found__judged(void **state) {
        struct place *p = *state;
        p->w->has_news = true;
        assert_true(is_to_be_judged(p));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_calm__only_its_running_time_goes_on__left_alone_until_the_next_turn),
                CASE(test_calm__another_metric_came__judged),
                CASE(test_calm__running_time_fell__judged),
                CASE(test_calm__running_time_stays_away__judged),
                CASE(test_calm__facts_came__judged),
                CASE(test_not_calm__judged_each_round),
                CASE(test_changing__judged_each_round),
                CASE(test_cause_found__judged),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
