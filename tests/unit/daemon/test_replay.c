/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include "daemon/replay.h"

enum { T0 = 1767225600, SETTLE = 120, N = 60 };

static struct sample samples[N];
static char running[] = "SUCCESSFUL", why[] = "it failed";
static struct metric metric = {.name = "m", .statistic = "Maximum", .period_s = 60};
static struct application application;

/* An hour of minutes from T0 on, an operation from minute 20 to 30, one from 40 on, snapshots at 10 and 50. */
static void make_window(struct window *w, struct series_view *series, struct operation *operations,
                        struct snapshot *snapshots) {
        for (int i = 0; i < N; i++)
                samples[i] = (struct sample){T0 + 60 * i, i};
        *series = (struct series_view){&metric, "", samples, N, T0 + 60 * N, false};
        operations[0] = (struct operation){
                .id = running, .status = running, .started_at_s = T0 + 1200, .ended_at_s = T0 + 1800, .failure = why};
        operations[1] = (struct operation){.id = running, .status = running, .started_at_s = T0 + 2400};
        snapshots[0] = (struct snapshot){.name = running, .created_at_s = T0 + 600};
        snapshots[1] = (struct snapshot){.name = running, .created_at_s = T0 + 3000};
        *w = (struct window){.now_s = T0 + 3720,
                             .from_s = T0,
                             .to_s = T0 + 3600,
                             .application = &application,
                             .operations = operations,
                             .n_operations = 2,
                             .snapshots = snapshots,
                             .n_snapshots = 2,
                             .series = series,
                             .n_series = 1};
}

/* At every second of the hour, nothing later than that second may be seen. */
static void test_replay__any_instant__shows_nothing_later(void **state) {
        (void)state;
        struct window whole, *w = NULL;
        struct series_view series;
        struct operation operations[2];
        struct snapshot snapshots[2];
        make_window(&whole, &series, operations, snapshots);
        for (int64_t at_s = T0 - 300; at_s <= T0 + 3720; at_s += 7) {
                int64_t settled_s = at_s - SETTLE;
                assert_int_equal(replay_window(&whole, at_s, SETTLE, NULL, 0, &w), 0);
                assert_int_equal(w->now_s, at_s);
                assert_int_equal(w->to_s, settled_s);
                assert_true(w->series[0].read_until_s <= settled_s);
                size_t want = settled_s < T0 ? 0 : (size_t)((settled_s - T0) / 60);
                assert_int_equal(w->series[0].n_samples, want < N ? want : N);
                for (size_t i = 0; i < w->n_operations; i++) {
                        assert_true(w->operations[i].started_at_s <= at_s);
                        assert_true(w->operations[i].ended_at_s <= at_s);
                }
                for (size_t i = 0; i < w->n_snapshots; i++)
                        assert_true(w->snapshots[i].created_at_s <= at_s);
                replay_free(w);
        }
        assert_int_equal(series.n_samples, N);
        assert_int_equal(operations[0].ended_at_s, T0 + 1800);
}

static void test_replay__within_an_operation__it_is_in_progress_and_has_not_failed(void **state) {
        (void)state;
        struct window whole, *w = NULL;
        struct series_view series;
        struct operation operations[2];
        struct snapshot snapshots[2];
        make_window(&whole, &series, operations, snapshots);
        assert_int_equal(replay_window(&whole, T0 + 1500, SETTLE, NULL, 0, &w), 0);
        assert_int_equal(w->n_operations, 1);
        assert_int_equal(w->operations[0].ended_at_s, 0);
        assert_string_equal(w->operations[0].status, "IN_PROGRESS");
        assert_null(w->operations[0].failure);
        assert_int_equal(w->n_snapshots, 1);
        replay_free(w);
        assert_int_equal(replay_window(&whole, T0 + 1800, SETTLE, NULL, 0, &w), 0);
        assert_int_equal(w->operations[0].ended_at_s, T0 + 1800);
        assert_string_equal(w->operations[0].failure, "it failed");
        replay_free(w);
}

static void test_replay__priors__open_incidents_alone(void **state) {
        (void)state;
        struct window whole, *w = NULL;
        struct series_view series;
        struct operation operations[2];
        struct snapshot snapshots[2];
        struct incident incidents[3] = {
                {.state = INCIDENT_OPEN, .opened_at_s = 5, .finding = {.diagnoser = "a", .onset_s = 3}},
                {.state = INCIDENT_RESOLVED, .finding = {.diagnoser = "b"}},
                {.state = INCIDENT_ACKNOWLEDGED, .finding = {.diagnoser = "c", .severity = SEVERITY_CRITICAL}},
        };
        make_window(&whole, &series, operations, snapshots);
        assert_int_equal(replay_window(&whole, T0 + 60, SETTLE, incidents, 3, &w), 0);
        assert_int_equal(w->n_priors, 2);
        assert_string_equal(w->priors[0].diagnoser, "a");
        assert_int_equal(w->priors[0].onset_s, 3);
        assert_int_equal(w->priors[0].opened_at_s, 5);
        assert_string_equal(w->priors[1].diagnoser, "c");
        assert_int_equal(w->priors[1].severity, SEVERITY_CRITICAL);
        replay_free(w);
        replay_free(NULL);
}

/* Stopped from minute 20 on, started again in minute 40. */
static void test_replay__status__is_what_the_operations_tell(void **state) {
        (void)state;
        static char stop[] = "StopApplication", start[] = "StartApplication", update[] = "UpdateApplication",
                    now_running[] = "RUNNING";
        struct application known = {.status = now_running, .seen_at_s = T0 + 3700, .updated_at_s = T0 + 2640};
        struct operation operations[] = {
                {.id = stop, .kind = stop, .status = running, .started_at_s = T0 + 1200, .ended_at_s = T0 + 1260},
                {.id = update, .kind = update, .status = running, .started_at_s = T0 + 1800, .ended_at_s = T0 + 1860},
                {.id = start, .kind = start, .status = running, .started_at_s = T0 + 2400, .ended_at_s = T0 + 2640},
        };
        const struct {
                int64_t at_s;
                const char *status;
        } expected[] = {{0, "RUNNING"},  {1199, "RUNNING"}, {1200, "STOPPING"}, {1260, "READY"},   {1830, "UPDATING"},
                        {1860, "READY"}, {2399, "READY"},   {2500, "STARTING"}, {2640, "RUNNING"}, {3700, "RUNNING"}};
        struct window whole = {.now_s = T0 + 3720, .application = &known, .operations = operations, .n_operations = 3};
        for (size_t i = 0; i < ELEMENTS(expected); i++) {
                SCOPED(replay_free) struct window *w = NULL;
                assert_int_equal(replay_window(&whole, T0 + expected[i].at_s, SETTLE, NULL, 0, &w), 0);
                assert_string_equal(w->application->status, expected[i].status);
                assert_true(w->application->updated_at_s <= w->now_s);
                assert_true(w->application->seen_at_s <= w->now_s);
        }
}

static void test_replay__transition_of_now__had_not_begun_before(void **state) {
        (void)state;
        static char updating[] = "UPDATING", update[] = "UpdateApplication";
        struct application known = {.status = updating, .seen_at_s = T0 + 3700, .updated_at_s = T0 - 86400};
        struct operation running_now = {.id = update, .kind = update, .started_at_s = T0 + 1800};
        struct window whole = {
                .now_s = T0 + 3720, .application = &known, .operations = &running_now, .n_operations = 1};
        SCOPED(replay_free) struct window *before = NULL, *w = NULL;
        assert_int_equal(replay_window(&whole, T0 + 1700, SETTLE, NULL, 0, &before), 0);
        assert_string_equal(before->application->status, "RUNNING");
        assert_int_equal(replay_window(&whole, T0 + 1900, SETTLE, NULL, 0, &w), 0);
        assert_string_equal(w->application->status, "UPDATING");
}

static void test_replay__no_starts_or_stops__status_is_the_present_one(void **state) {
        (void)state;
        static char stopped[] = "READY";
        struct application known = {.status = stopped, .seen_at_s = T0 + 3700};
        struct window whole = {.now_s = T0 + 3720, .application = &known};
        SCOPED(replay_free) struct window *w = NULL;
        assert_int_equal(replay_window(&whole, T0, SETTLE, NULL, 0, &w), 0);
        assert_string_equal(w->application->status, "READY");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_replay__status__is_what_the_operations_tell),
                cmocka_unit_test(test_replay__transition_of_now__had_not_begun_before),
                cmocka_unit_test(test_replay__no_starts_or_stops__status_is_the_present_one),
                cmocka_unit_test(test_replay__any_instant__shows_nothing_later),
                cmocka_unit_test(test_replay__within_an_operation__it_is_in_progress_and_has_not_failed),
                cmocka_unit_test(test_replay__priors__open_incidents_alone),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
