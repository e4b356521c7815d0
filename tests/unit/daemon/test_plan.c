/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include "daemon/plan.h"

enum { NOW = 1767225600, DAY = 86400, BACKFILL = 15 * DAY };

struct place {
        struct bench *bench;
        struct store *store;
        struct plan plan;
        struct metric_query *queries;
        size_t n;
};

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        struct err err = {0};
        if (!p || bench_setup((void **)&p->bench) < 0)
                return -1;
        p->plan.target = "prod";
        *state = p;
        return store_open(bench_path(p->bench, "db"), &p->store, NULL, &err);
}

static int teardown(void **state) {
        struct place *p = *state;
        free(p->queries);
        plan_done(&p->plan);
        store_free(p->store);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static void set_names(struct place *p, const char *globs, char *const *names, size_t n, size_t added, size_t removed) {
        size_t have_added = 99, have_removed = 99;
        struct listed_application listed[8] = {0};
        for (size_t i = 0; i < n; i++)
                listed[i].name = names[i];
        assert_int_equal(plan_set_names(&p->plan, listed, n, globs, &have_added, &have_removed), 0);
        assert_int_equal(have_added, added);
        assert_int_equal(have_removed, removed);
}

static void describe(struct place *p, const char *name, const char *runtime, const char *status) {
        struct application a = {.target = "prod",
                                .name = (char *)name,
                                .arn = "arn:x",
                                .status = (char *)status,
                                .runtime = (char *)runtime,
                                .metrics_level = "APPLICATION",
                                .seen_at_s = NOW};
        assert_int_equal(plan_describe(&p->plan, p->store, &a), 0);
}

static void due(struct place *p, int64_t now_s, enum plan_scope scope) {
        struct plan_times t = {.now_s = now_s, .interval_s = 60, .settle_s = 120, .backfill_s = BACKFILL};
        free(TAKE(p->queries));
        assert_int_equal(plan_due(&p->plan, &t, scope, &p->queries, &p->n), 0);
}

static const struct metric_query *query_of(const struct place *p, const char *metric) {
        for (size_t i = 0; i < p->n; i++)
                if (strcmp(p->queries[i].metric->name, metric) == 0)
                        return &p->queries[i];
        return NULL;
}

/* All that was asked for is answered with one point and settled to `until_s`. */
static void answer(struct place *p, int64_t until_s) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = until_s + 120, .settled_before_s = until_s};
        for (size_t i = 0; i < p->n; i++) {
                const struct metric_query *q = &p->queries[i];
                int64_t at_s = until_s - q->metric->period_s;
                assert_int_equal(batch_add_point(&b, q->series_id, at_s - at_s % 60, 1), 0);
                assert_int_equal(batch_add_reading(&b, q->series_id, q->from_s, until_s), 0);
        }
        assert_int_equal(store_put(p->store, &b), 0);
        plan_note(&p->plan, &b, until_s + 120);
        assert_int_equal(plan_refresh(&p->plan, p->store), 0);
}

static char *const three[] = {"orders", "billing", "scratch-1"};

static void test_names__globs__choose_and_forget(void **state) {
        struct place *p = *state;
        char *const others[] = {"billing", "new", "billing"};
        set_names(p, "*, !scratch-*", three, 3, 2, 0);
        assert_non_null(plan_find(&p->plan, "orders"));
        assert_null(plan_find(&p->plan, "scratch-1"));
        assert_null(plan_find(&p->plan, "order"));
        assert_true(plan_find(&p->plan, "orders")->is_new);
        set_names(p, "*, !scratch-*", others, 3, 1, 1);
        assert_null(plan_find(&p->plan, "orders"));
        assert_int_equal(p->plan.n_applications, 2);
        set_names(p, "*", NULL, 0, 0, 2);
        assert_null(plan_find(&p->plan, "billing"));
}

static void test_describe__runtime__chooses_the_series(void **state) {
        struct place *p = *state;
        set_names(p, "*", three, 2, 2, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        describe(p, "billing", "FLINK-2_2", "RUNNING");
        describe(p, "unknown", "FLINK-2_2", "RUNNING");
        due(p, NOW, PLAN_ALL);
        size_t n_expected = 0;
        for (size_t i = 0; i < p->n; i++) {
                bool is_orders = strcmp(p->queries[i].application, "orders") == 0;
                assert_true(metric_is_published(p->queries[i].metric, is_orders ? 120 : 202, LEVEL_APPLICATION));
                assert_int_equal(p->queries[i].metric->level, LEVEL_APPLICATION);
                assert_string_equal(p->queries[i].dimensions, "");
                const char *name = p->queries[i].metric->name;
                /* MSF: uptime and fullRestarts are gone with Flink 2.2 */
                assert_true(is_orders || (strcmp(name, "uptime") != 0 && strcmp(name, "fullRestarts") != 0));
                assert_true(!is_orders || (strcmp(name, "runningTime") != 0 && strcmp(name, "numRestarts") != 0));
        }
        for (size_t i = 0; i < n_metrics; i++)
                n_expected += metrics[i].level == LEVEL_APPLICATION &&
                              metric_is_published(&metrics[i], 120, LEVEL_APPLICATION);
        for (size_t i = 0; i < n_metrics; i++)
                n_expected += metrics[i].level == LEVEL_APPLICATION &&
                              metric_is_published(&metrics[i], 202, LEVEL_APPLICATION);
        assert_int_equal(p->n, n_expected);
        assert_non_null(query_of(p, "uptime"));
        assert_non_null(query_of(p, "runningTime"));
        size_t before = p->n;
        describe(p, "orders", "FLINK-1_20", "RUNNING"); /* again: nothing twice */
        plan_not_asked(&p->plan, p->queries, p->n);
        due(p, NOW + 60, PLAN_ALL);
        assert_int_equal(p->n, before);
}

static void test_describe__runtime_upgraded__old_points_touch_no_new_series(void **state) {
        struct place *p = *state;
        SCOPED(batch_done) struct batch b = {0};
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        due(p, NOW, PLAN_ALL);
        for (size_t i = 0; i < p->n; i++)
                if (p->queries[i].metric->flink_before > 0)
                        assert_int_equal(batch_add_point(&b, p->queries[i].series_id, NOW, 5), 0);
        assert_true(b.n_points >= 2);
        describe(p, "orders", "FLINK-2_2", "RUNNING");
        plan_note(&p->plan, &b, NOW);
        const struct watched *w = plan_find(&p->plan, "orders");
        for (size_t i = 0; i < w->n_series; i++) {
                assert_int_equal(w->series[i].metric->flink_before, 0);
                assert_int_equal(w->series[i].newest.at_s, 0);
        }
}

static void test_due__never_read__whole_backfill_aligned(void **state) {
        struct place *p = *state;
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        assert_true(plan_is_new(&p->plan));
        due(p, NOW + 17, PLAN_EARLY);
        assert_int_equal(p->n, 2); /* uptime and fullRestarts: what shows restarts */
        for (size_t i = 0; i < p->n; i++) {
                assert_true(p->queries[i].metric->is_early);
                assert_int_equal(p->queries[i].from_s % 60, 0);
                assert_in_range(p->queries[i].from_s, NOW + 17 - BACKFILL - 60, NOW + 17 - BACKFILL);
                assert_int_equal(p->queries[i].to_s, NOW);
        }
        answer(p, NOW - 120);
        assert_false(plan_is_new(&p->plan));
        due(p, NOW + 17, PLAN_EARLY);
        assert_int_equal(p->n, 0);
        due(p, NOW + 17, PLAN_ALL);
        assert_null(query_of(p, "uptime"));
        assert_int_equal(query_of(p, "lastCheckpointDuration")->from_s, NOW - BACKFILL);
}

static void test_due__tiers__each_at_its_pace(void **state) {
        struct place *p = *state;
        int n_of_tier[N_TIERS] = {0}, n_application = 0;
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        due(p, NOW, PLAN_ALL);
        n_application = (int)p->n;
        answer(p, NOW - 120);
        for (int64_t minute = 1; minute <= 360; minute++) {
                due(p, NOW + 60 * minute, PLAN_ALL);
                for (size_t i = 0; i < p->n; i++)
                        n_of_tier[p->queries[i].metric->tier]++;
                answer(p, NOW + 60 * minute - 120);
        }
        int of_tier[N_TIERS] = {0};
        const struct watched *w = plan_find(&p->plan, "orders");
        for (size_t i = 0; i < w->n_series; i++)
                of_tier[w->series[i].metric->tier]++;
        assert_int_equal(n_application, (int)w->n_series);
        assert_int_equal(n_of_tier[TIER_SENTINEL], 360 * of_tier[TIER_SENTINEL]);
        assert_int_equal(n_of_tier[TIER_DIAGNOSIS], 36 * of_tier[TIER_DIAGNOSIS]);
        assert_int_equal(n_of_tier[TIER_SLOW], 6 * of_tier[TIER_SLOW]);
        assert_int_equal(n_of_tier[TIER_RARE], 1 * of_tier[TIER_RARE]);
}

static void test_due__suspicious__everything_each_interval(void **state) {
        struct place *p = *state;
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        due(p, NOW, PLAN_ALL);
        size_t all = p->n;
        answer(p, NOW - 120);
        plan_find(&p->plan, "orders")->is_suspicious = true;
        due(p, NOW + 60, PLAN_ALL);
        assert_int_equal(p->n, all);
        due(p, NOW + 61, PLAN_ALL); /* not twice within an interval */
        assert_int_equal(p->n, 0);
}

/* What was read goes on where it ended, over the minutes that may still come late, and without a hole after a long pause. */
static void test_due__read_before__continues_without_a_gap(void **state) {
        struct place *p = *state;
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        due(p, NOW, PLAN_ALL);
        answer(p, NOW - 120);
        due(p, NOW + 60, PLAN_ALL);
        assert_int_equal(query_of(p, "uptime")->from_s, NOW - 120 - 600);
        assert_int_equal(query_of(p, "uptime")->to_s, NOW + 60);
        answer(p, NOW - 60);
        due(p, NOW + 3 * DAY, PLAN_ALL);
        assert_int_equal(query_of(p, "uptime")->from_s, NOW - 60 - 600);
        assert_int_equal(query_of(p, "uptime")->to_s, NOW + 3 * DAY);
        assert_int_equal(query_of(p, "lastCheckpointDuration")->from_s, NOW - 120 - 600);
}

static void test_due__read_by_a_clock_that_was_set_back__goes_on_now(void **state) {
        struct place *p = *state;
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        due(p, NOW, PLAN_ALL);
        answer(p, NOW - 120);
        plan_not_asked(&p->plan, p->queries, p->n);
        due(p, NOW - 7200, PLAN_ALL);
        assert_non_null(query_of(p, "uptime"));
        assert_int_equal(query_of(p, "uptime")->from_s, NOW - 7200 - 600);
        assert_int_equal(query_of(p, "uptime")->to_s, NOW - 7200);
}

/* For an hour the clock was hours ahead: what it read is far beyond now, but the newest point is of the time before. */
static void test_due__clock_was_ahead_and_set_back__reads_what_came_meanwhile(void **state) {
        struct place *p = *state;
        int64_t now_s = NOW - 7200;
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        due(p, NOW, PLAN_ALL);
        int64_t uptime = query_of(p, "uptime")->series_id;
        SCOPED(batch_done) struct batch b = {.collected_at_s = NOW, .settled_before_s = NOW - 120};
        assert_int_equal(batch_add_point(&b, uptime, now_s - 3600, 1), 0);
        for (size_t i = 0; i < p->n; i++)
                assert_int_equal(
                        batch_add_reading(&b, p->queries[i].series_id, p->queries[i].from_s, p->queries[i].to_s), 0);
        assert_int_equal(store_put(p->store, &b), 0);
        plan_note(&p->plan, &b, NOW);
        assert_int_equal(plan_refresh(&p->plan, p->store), 0);
        plan_not_asked(&p->plan, p->queries, p->n);
        due(p, now_s, PLAN_ALL);
        assert_int_equal(query_of(p, "uptime")->from_s, now_s - 3600 - 600);
        assert_int_equal(query_of(p, "uptime")->to_s, now_s);
        assert_int_equal(query_of(p, "heapMemoryUtilization")->from_s, now_s - 600); /* has no point at all */
        plan_not_asked(&p->plan, p->queries, p->n);
        due(p, now_s + 3 * DAY, PLAN_ALL);
        assert_int_equal(query_of(p, "uptime")->from_s, NOW - 120 - 600);
}

static void test_due__not_answered__is_due_again(void **state) {
        struct place *p = *state;
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        due(p, NOW, PLAN_ALL);
        size_t all = p->n;
        plan_not_asked(&p->plan, p->queries, p->n);
        due(p, NOW + 1, PLAN_ALL);
        assert_int_equal(p->n, all);
}

static void test_due__stopped__is_not_asked_for(void **state) {
        struct place *p = *state;
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "READY");
        due(p, NOW, PLAN_ALL);
        assert_int_equal(p->n, 0);
        assert_false(plan_is_new(&p->plan));
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        due(p, NOW, PLAN_ALL);
        assert_true(p->n > 0);
}

static void test_note__running_time_falls__everything_for_half_an_hour(void **state) {
        struct place *p = *state;
        SCOPED(batch_done) struct batch b = {0};
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        due(p, NOW, PLAN_ALL);
        size_t all = p->n;
        int64_t uptime = query_of(p, "uptime")->series_id;
        answer(p, NOW - 120); /* the value is 1 */
        assert_int_equal(batch_add_point(&b, uptime, NOW - 60, 0.5), 0);
        plan_note(&p->plan, &b, NOW + 60);
        due(p, NOW + 60, PLAN_ALL);
        assert_int_equal(p->n, all);
        due(p, NOW + 60 + 1800, PLAN_ALL);
        assert_true(p->n < all);
}

/* A fleet: what a round asks for beyond the sentinels, counted by application and by round. */

enum { FLEET = 640, MINUTES = 120 };

struct course {
        int per_round[MINUTES], per_application[FLEET], last[FLEET], longest[FLEET], shortest[FLEET];
};

static void set_fleet(struct place *p) {
        struct listed_application listed[FLEET] = {0};
        char names[FLEET][24];
        for (int i = 0; i < FLEET; i++) {
                snprintf(names[i], sizeof names[i], "fleet-%03d", i);
                listed[i].name = names[i];
        }
        assert_int_equal(plan_set_names(&p->plan, listed, FLEET, "*", NULL, NULL), 0);
        for (int i = 0; i < FLEET; i++)
                describe(p, names[i], "FLINK-1_20", "RUNNING");
}

/* Rounds from now_s on, `others` times more rarely than planned, which wavers by 5 % as what is left of a budget does; the timer is up to
 * three seconds late. */
static struct course run_rounds(struct place *p, int64_t now_s, double others) {
        struct course c = {0};
        for (int i = 0; i < FLEET; i++) {
                c.last[i] = -1;
                c.shortest[i] = MINUTES;
        }
        for (int minute = 0; minute < MINUTES; minute++) {
                struct plan_times t = {.now_s = now_s + 60 * minute + minute % 4,
                                       .interval_s = 60,
                                       .settle_s = 120,
                                       .backfill_s = BACKFILL,
                                       .stretch = {1, others > 1 ? others * (minute % 2 ? 1.05 : 0.95) : 1}};
                free(TAKE(p->queries));
                assert_int_equal(plan_due(&p->plan, &t, PLAN_ALL, &p->queries, &p->n), 0);
                for (size_t i = 0; i < p->n; i++) {
                        if (strcmp(p->queries[i].metric->name, "lastCheckpointDuration") != 0)
                                continue;
                        int k = (int)strtol(p->queries[i].application + strlen("fleet-"), NULL, 10);
                        int gap = minute - c.last[k];
                        c.per_round[minute]++;
                        c.per_application[k]++;
                        if (c.last[k] >= 0 && gap > c.longest[k])
                                c.longest[k] = gap;
                        if (c.last[k] >= 0 && gap < c.shortest[k])
                                c.shortest[k] = gap;
                        c.last[k] = minute;
                }
        }
        return c;
}

static void test_due__fleet__first_reading_at_once_then_the_same_work_each_round(void **state) {
        struct place *p = *state;
        set_fleet(p);
        due(p, NOW - 60, PLAN_ALL);
        assert_int_equal(p->n % FLEET, 0);
        assert_int_equal(p->n / FLEET, plan_find(&p->plan, "fleet-000")->n_series);
        struct course c = run_rounds(p, NOW, 1);
        for (int minute = 0; minute < MINUTES; minute++)
                assert_in_range(c.per_round[minute], FLEET / 10 / 2, FLEET / 10 * 2);
        for (int i = 0; i < FLEET; i++) {
                assert_in_range(c.per_application[i], MINUTES / 10 - 1, MINUTES / 10 + 1);
                assert_in_range(c.longest[i], 10, 11); /* the timer's three seconds may move one to the next round */
                assert_in_range(c.shortest[i], 9, 10);
        }
}

static void test_due__stretched_by_a_wavering_budget__as_much_rarer_and_still_spread(void **state) {
        struct place *p = *state;
        set_fleet(p);
        due(p, NOW - 60, PLAN_ALL);
        struct course c = run_rounds(p, NOW, 2.5);
        int n = 0;
        for (int minute = 0; minute < MINUTES; minute++) {
                assert_in_range(c.per_round[minute], 0, FLEET / 25 * 3);
                n += c.per_round[minute];
        }
        assert_in_range(n, FLEET * MINUTES / 25 * 95 / 100, FLEET * MINUTES / 25 * 105 / 100);
        for (int i = 0; i < FLEET; i++)
                if (c.per_application[i] > 1)
                        assert_in_range(c.shortest[i], 23, c.longest[i]);
}

static void test_due__new_process__everything_at_once_then_the_same_turns(void **state) {
        struct place *p = *state;
        set_fleet(p);
        due(p, NOW - 60, PLAN_ALL);
        struct course before = run_rounds(p, NOW, 1);
        plan_done(&p->plan);
        set_fleet(p);
        due(p, NOW + 60 * MINUTES + 420, PLAN_ALL);
        assert_int_equal(p->n % FLEET, 0); /* what is known is told at once */
        assert_int_equal(p->n / FLEET, plan_find(&p->plan, "fleet-000")->n_series);
        struct course after = run_rounds(p, NOW + 60 * MINUTES + 480, 1);
        assert_memory_equal(after.last, before.last, sizeof before.last);
}

/* The same work in fewer requests. */
static void test_due__few_applications__together(void **state) {
        struct place *p = *state;
        set_names(p, "*", three, 3, 3, 0);
        for (int i = 0; i < 3; i++)
                describe(p, three[i], "FLINK-1_20", "RUNNING");
        due(p, NOW, PLAN_ALL);
        answer(p, NOW - 120);
        for (int minute = 1; minute <= 30; minute++) {
                int n = 0;
                due(p, NOW + 60 * minute + minute % 4, PLAN_ALL);
                for (size_t i = 0; i < p->n; i++)
                        n += strcmp(p->queries[i].metric->name, "lastCheckpointDuration") == 0;
                assert_int_equal(n, minute % 10 == 0 ? 3 : 0);
        }
}

static void list(struct batch *b, const char *application, const char *metric, const char *dimensions) {
        struct listed_series s = {strdup(application), strdup(metric), strdup(dimensions)};
        assert_int_equal(batch_add_series_take(b, &s), 0);
}

static const struct metric_query *query_by(const struct place *p, const char *metric, const char *dimensions) {
        for (size_t i = 0; i < p->n; i++)
                if (strcmp(p->queries[i].metric->name, metric) == 0 &&
                    strcmp(p->queries[i].dimensions, dimensions) == 0)
                        return &p->queries[i];
        return NULL;
}

static void found(struct place *p, struct batch *b) {
        plan_begin_found(&p->plan);
        assert_int_equal(plan_take_found(&p->plan, p->store, b), 0);
        assert_int_equal(plan_end_found(&p->plan), 0);
}

#define TASK "Task=Source: Kinesis -> Map"

static void test_found__of_tasks_and_custom__asked_for_at_a_fitting_pace(void **state) {
        struct place *p = *state;
        SCOPED(batch_done) struct batch b = {0};
        set_names(p, "*", three, 2, 2, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        describe(p, "billing", "FLINK-1_20", "READY");
        list(&b, "orders", "uptime", "");
        list(&b, "orders", "busyTimeMsPerSecond", TASK);
        list(&b, "orders", "numRecordsInPerSecond", "Parallelism=3\x1f" TASK);
        list(&b, "orders", "numRecordsInPerSecond", TASK);
        list(&b, "orders", "lastCommitDurationMs", "");
        list(&b, "billing", "busyTimeMsPerSecond", TASK);
        list(&b, "unknown", "busyTimeMsPerSecond", TASK);
        size_t before = plan_find(&p->plan, "orders")->n_series;
        found(p, &b);
        found(p, &b); /* again: nothing twice */
        assert_int_equal(plan_find(&p->plan, "orders")->n_series, before + 4);
        assert_int_equal(plan_find(&p->plan, "billing")->n_series,
                         before); /* its catalogue: what is stopped is not looked at */
        due(p, NOW, PLAN_ALL);
        assert_int_equal(query_by(p, "busyTimeMsPerSecond", TASK)->metric->tier, TIER_DIAGNOSIS);
        assert_int_equal(query_by(p, "numRecordsInPerSecond", "Parallelism=3\x1f" TASK)->metric->tier, TIER_SLOW);
        assert_int_equal(query_by(p, "numRecordsInPerSecond", TASK)->metric->tier, TIER_RARE);
        assert_string_equal(query_by(p, "numRecordsInPerSecond", TASK)->metric->statistic, "Average");
        const struct metric_query *custom = query_by(p, "lastCommitDurationMs", "");
        assert_int_equal(custom->metric->tier, TIER_RARE);
        assert_string_equal(custom->metric->statistic, "Maximum");
        assert_int_equal(custom->from_s, NOW - DAY);
        assert_true(custom->series_id != query_by(p, "uptime", "")->series_id);
        answer(p, NOW - 120);
        due(p, NOW + 600, PLAN_ALL);
        assert_non_null(query_by(p, "busyTimeMsPerSecond", TASK));
        assert_null(query_by(p, "numRecordsInPerSecond", TASK));
        plan_find(&p->plan, "orders")->is_suspicious = true;
        due(p, NOW + 660, PLAN_ALL);
        assert_non_null(query_by(p, "busyTimeMsPerSecond", TASK));
        assert_non_null(query_by(p, "numRecordsInPerSecond", "Parallelism=3\x1f" TASK));
        assert_null(query_by(p, "lastCommitDurationMs", "")); /* no diagnoser reads it */
}

static void test_found__not_listed_any_more__forgotten(void **state) {
        struct place *p = *state;
        SCOPED(batch_done) struct batch b = {0}, later = {0};
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        size_t before = plan_find(&p->plan, "orders")->n_series;
        list(&b, "orders", "busyTimeMsPerSecond", TASK);
        list(&b, "orders", "busyTimeMsPerSecond", "Task=Sink");
        found(p, &b);
        list(&later, "orders", "busyTimeMsPerSecond", "Task=Sink");
        plan_begin_found(&p->plan);
        assert_int_equal(plan_take_found(&p->plan, p->store, &later), 0);
        assert_int_equal(plan_find(&p->plan, "orders")->n_series, before + 2); /* the list may not be complete */
        assert_int_equal(plan_end_found(&p->plan), 0);
        assert_int_equal(plan_find(&p->plan, "orders")->n_series, before + 1);
        due(p, NOW, PLAN_ALL);
        assert_null(query_by(p, "busyTimeMsPerSecond", TASK));
        assert_non_null(query_by(p, "busyTimeMsPerSecond", "Task=Sink"));
}

static void test_found__custom_names_that_come_and_go__are_not_kept(void **state) {
        struct place *p = *state;
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        size_t before = plan_find(&p->plan, "orders")->n_series;
        for (int run = 0; run < 20; run++) {
                SCOPED(batch_done) struct batch b = {0};
                char name[32];
                snprintf(name, sizeof name, "latency-of-run-%d", run);
                list(&b, "orders", "commits", "");
                list(&b, "orders", name, "");
                found(p, &b);
                assert_int_equal(plan_find(&p->plan, "orders")->n_series, before + 2);
                assert_int_equal(p->plan.n_rows, 2);
        }
        due(p, NOW, PLAN_ALL);
        assert_non_null(query_by(p, "commits", ""));
        assert_non_null(query_by(p, "latency-of-run-19", ""));
}

static void test_found__thousands__the_needed_ones_first(void **state) {
        struct place *p = *state;
        SCOPED(batch_done) struct batch b = {0};
        char dimensions[64];
        set_names(p, "*", three, 1, 1, 0);
        describe(p, "orders", "FLINK-1_20", "RUNNING");
        size_t before = plan_find(&p->plan, "orders")->n_series;
        for (int i = 0; i < 1000; i++) {
                snprintf(dimensions, sizeof dimensions, "Parallelism=%d\x1fTask=Sink", i);
                list(&b, "orders", "numRecordsIn", dimensions);
                list(&b, "orders", "numRecordsInPerSecond", dimensions);
        }
        found(p, &b);
        const struct watched *w = plan_find(&p->plan, "orders");
        assert_int_equal(w->n_series, before + 1000 + 200);
        assert_int_equal(w->n_left_out, 800);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_names__globs__choose_and_forget),
                CASE(test_describe__runtime__chooses_the_series),
                CASE(test_describe__runtime_upgraded__old_points_touch_no_new_series),
                CASE(test_due__never_read__whole_backfill_aligned),
                CASE(test_due__tiers__each_at_its_pace),
                CASE(test_due__suspicious__everything_each_interval),
                CASE(test_due__fleet__first_reading_at_once_then_the_same_work_each_round),
                CASE(test_due__stretched_by_a_wavering_budget__as_much_rarer_and_still_spread),
                CASE(test_due__new_process__everything_at_once_then_the_same_turns),
                CASE(test_due__few_applications__together),
                CASE(test_due__read_before__continues_without_a_gap),
                CASE(test_due__read_by_a_clock_that_was_set_back__goes_on_now),
                CASE(test_due__clock_was_ahead_and_set_back__reads_what_came_meanwhile),
                CASE(test_due__not_answered__is_due_again),
                CASE(test_due__stopped__is_not_asked_for),
                CASE(test_found__of_tasks_and_custom__asked_for_at_a_fitting_pace),
                CASE(test_found__not_listed_any_more__forgotten),
                CASE(test_found__custom_names_that_come_and_go__are_not_kept),
                CASE(test_found__thousands__the_needed_ones_first),
                CASE(test_note__running_time_falls__everything_for_half_an_hour),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
