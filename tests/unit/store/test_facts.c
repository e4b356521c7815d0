/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"

/* Gives every member of a record a value that no other member has. */
static void fill(const struct field *fields, void *record, int64_t seed) {
        int64_t number = seed;
        for (const struct field *f = fields; f->name; f++) {
                char text[64];
                snprintf(text, sizeof text, "%s-%d", f->name, (int)seed);
                if (f->kind == FIELD_TEXT)
                        *field_text(f, record) = strdup(text);
                else
                        field_set_int(f, record, f->kind == FIELD_BOOL ? 1 : number++ * 1000003);
        }
}

static void assert_same(const struct field *fields, const void *a, const void *b) {
        for (const struct field *f = fields; f->name; f++) {
                if (f->kind != FIELD_TEXT)
                        assert_int_equal(field_int(f, a), field_int(f, b));
                else if (*field_text(f, (void *)a))
                        assert_string_equal(*field_text(f, (void *)a), *field_text(f, (void *)b));
                else
                        assert_null(*field_text(f, (void *)b));
        }
}

static void put_filled(struct store *s, int64_t seed, const char *runtime) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = T0};
        SCOPED(application_done) struct application a = {0};
        fill(application_fields, &a, seed);
        free(a.name);
        a.name = strdup("orders");
        free(a.target);
        a.target = strdup("prod");
        free(a.runtime);
        a.runtime = runtime ? strdup(runtime) : NULL;
        assert_int_equal(batch_add_application_take(&b, &a), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static void test_application__every_member__comes_back(void **state) {
        struct fixture *f = *state;
        SCOPED(application_done) struct application expected = {0}, read = {0};
        put_filled(f->store, 7, NULL);
        fixture_reopen(f);
        fill(application_fields, &expected, 7);
        free(expected.name);
        expected.name = strdup("orders");
        free(expected.target);
        expected.target = strdup("prod");
        free(expected.runtime);
        expected.runtime = NULL;
        assert_int_equal(store_application(f->store, "prod", "orders", &read), 0);
        assert_same(application_fields, &expected, &read);
}

static void test_application__again__replaced(void **state) {
        struct fixture *f = *state;
        SCOPED(application_done) struct application read = {0};
        put_filled(f->store, 7, "FLINK-1_20");
        put_filled(f->store, 8, "FLINK-2_2");
        assert_int_equal(store_application(f->store, "prod", "orders", &read), 0);
        assert_string_equal(read.runtime, "FLINK-2_2");
        assert_string_equal(read.arn, "arn-8");
        SCOPED(application_rows_done) struct application_rows rows = {0};
        assert_int_equal(store_list_applications(f->store, NULL, &rows), 0);
        assert_int_equal(rows.n_rows, 1);
}

static void test_list_applications__job_plan__is_left_out(void **state) {
        struct fixture *f = *state;
        SCOPED(application_done) struct application alone = {0};
        SCOPED(application_rows_done) struct application_rows rows = {0};
        put_filled(f->store, 7, "FLINK-1_20");
        assert_int_equal(store_application(f->store, "prod", "orders", &alone), 0);
        assert_int_equal(store_list_applications(f->store, "prod", &rows), 0);
        assert_true(alone.job_plan[0]);
        assert_null(rows.rows[0].job_plan);
        free(alone.job_plan);
        alone.job_plan = NULL; /* all else is there */
        assert_same(application_fields, &alone, &rows.rows[0]);
}

static void test_application__unknown__says_so(void **state) {
        struct fixture *f = *state;
        struct application read;
        assert_int_equal(store_application(f->store, "prod", "orders", &read), 1);
}

static void test_list_applications__by_target__ordered(void **state) {
        struct fixture *f = *state;
        SCOPED(application_rows_done) struct application_rows rows = {0}, all = {0};
        put_application(f->store, "prod", "orders");
        put_application(f->store, "prod", "billing");
        put_application(f->store, "dev", "orders");
        assert_int_equal(store_list_applications(f->store, "prod", &rows), 0);
        assert_int_equal(rows.n_rows, 2);
        assert_string_equal(rows.rows[0].name, "billing");
        assert_string_equal(rows.rows[1].name, "orders");
        assert_int_equal(store_list_applications(f->store, NULL, &all), 0);
        assert_int_equal(all.n_rows, 3);
        assert_string_equal(all.rows[0].target, "dev");
}

static void put_operation(struct store *s, const char *id, int64_t started_at_s, const char *status) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = T0};
        struct operation o = {0};
        fill(operation_fields, &o, 3);
        free(o.target);
        free(o.application);
        free(o.id);
        free(o.status);
        o.target = strdup("prod");
        o.application = strdup("orders");
        o.id = strdup(id);
        o.status = strdup(status);
        o.started_at_s = started_at_s;
        assert_int_equal(batch_add_operation_take(&b, &o), 0);
        struct snapshot snapshot = {.target = strdup("prod"),
                                    .application = strdup("orders"),
                                    .name = strdup(id),
                                    .status = strdup("READY"),
                                    .version_id = 41,
                                    .created_at_s = started_at_s};
        assert_int_equal(batch_add_snapshot_take(&b, &snapshot), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static void test_window__facts__operations_newest_last(void **state) {
        struct fixture *f = *state;
        SCOPED(window_free) struct window *w = NULL;
        put_application(f->store, "prod", "orders");
        put_operation(f->store, "b", T0 + 100, "IN_PROGRESS");
        put_operation(f->store, "a", T0 + 200, "FAILED");
        put_operation(f->store, "b", T0 + 100, "SUCCESSFUL");
        struct window_spec spec = {
                .target = "prod", .application = "orders", .now_s = T0 + 1000, .settled_before_s = T0 + 900};
        assert_int_equal(store_read_window(f->store, &spec, &w), 0);
        assert_int_equal(w->n_operations, 2);
        assert_string_equal(w->operations[0].id, "b");
        assert_string_equal(w->operations[0].status, "SUCCESSFUL");
        assert_string_equal(w->operations[1].id, "a");
        assert_string_equal(w->operations[1].failure, "failure-3");
        assert_int_equal(w->n_snapshots, 2);
        assert_string_equal(w->snapshots[1].name, "a");
        assert_string_equal(w->application->status, "RUNNING");
        assert_true(w->application->is_checkpointing);
}

static void test_retain__snapshots__old_ones_go(void **state) {
        struct fixture *f = *state;
        SCOPED(window_free) struct window *w = NULL;
        put_application(f->store, "prod", "orders");
        put_operation(f->store, "b", T0 + 100, "SUCCESSFUL");
        put_operation(f->store, "a", T0 + 5000, "SUCCESSFUL");
        struct window_spec spec = {
                .target = "prod", .application = "orders", .now_s = T0 + 9000, .settled_before_s = T0};
        while (store_retain(f->store, T0) == 1)
                ;
        assert_int_equal(store_read_window(f->store, &spec, &w), 0);
        assert_int_equal(w->n_snapshots, 2);
        window_free(TAKE(w));
        while (store_retain(f->store, T0 - 1 + 4000) == 1)
                ;
        assert_int_equal(store_read_window(f->store, &spec, &w), 0);
        assert_int_equal(w->n_snapshots, 1);
        assert_string_equal(w->snapshots[0].name, "a");
}

static void test_window__unknown_application__refused(void **state) {
        struct fixture *f = *state;
        struct window *w = NULL;
        struct window_spec spec = {.target = "prod", .application = "orders", .now_s = T0, .settled_before_s = T0};
        assert_int_equal(store_read_window(f->store, &spec, &w), -ENOENT);
        assert_null(w);
}

static void test_window__samples__settled_ones_of_each_need(void **state) {
        struct fixture *f = *state;
        SCOPED(window_free) struct window *w = NULL;
        put_application(f->store, "prod", "orders");
        int64_t uptime = make_series(f->store, "orders", "uptime", "Minimum");
        int64_t cpu = make_series(f->store, "orders", "cpuUtilization", "Maximum");
        int64_t other = make_series(f->store, "orders", "custom", "Average");
        put_minutes(f->store, uptime, T0, 30, 0);
        put_minutes(f->store, cpu, T0, 30, 100);
        put_minutes(f->store, other, T0, 30, 0);
        put_minutes(f->store, make_series(f->store, "billing", "uptime", "Minimum"), T0, 30, 0);
        put_point(f->store, cpu, T0 + 1800, 1, T0 + 1900, T0 + 1800); /* not settled */
        const struct window_need needs[] = {{.metric = metric_find("uptime", NULL), .span_s = 600},
                                            {.metric = metric_find("cpuUtilization", NULL), .span_s = 1200},
                                            {.metric = metric_find("threadsCount", NULL), .span_s = 3600}};
        struct window_spec spec = {.target = "prod",
                                   .application = "orders",
                                   .now_s = T0 + 2000,
                                   .settled_before_s = T0 + 1900,
                                   .needs = needs,
                                   .n_needs = 3};
        assert_int_equal(store_read_window(f->store, &spec, &w), 0);
        assert_int_equal(w->now_s, T0 + 2000);
        assert_int_equal(w->from_s, T0 + 1900 - 3600);
        assert_int_equal(w->to_s, T0 + 1900);
        assert_int_equal(w->n_series, 2);
        const struct series_view *view = window_find(w, "uptime", "Minimum");
        assert_non_null(view);
        assert_ptr_equal(view->metric, metric_find("uptime", NULL));
        assert_int_equal(view->n_samples, 8); /* minutes 22 to 29: from T0 + 1300 on */
        assert_int_equal(view->samples[0].at_s, T0 + 1320);
        assert_int_equal(view->samples[7].at_s, T0 + 1740);
        assert_int_equal(view->read_until_s, T0 + 1800);
        view = window_find(w, "cpuUtilization", NULL);
        assert_int_equal(view->n_samples, 18);
        assert_true(view->samples[17].value == 129);
}

static void test_window__period_ends_after_the_limit__left_out(void **state) {
        struct fixture *f = *state;
        SCOPED(window_free) struct window *w = NULL;
        put_application(f->store, "prod", "orders");
        put_minutes(f->store, make_series(f->store, "orders", "uptime", "Minimum"), T0, 30, 0);
        const struct window_need need = {.metric = metric_find("uptime", NULL), .span_s = 600};
        struct window_spec spec = {.target = "prod",
                                   .application = "orders",
                                   .now_s = T0 + 700,
                                   .settled_before_s = T0 + 659,
                                   .needs = &need,
                                   .n_needs = 1};
        assert_int_equal(store_read_window(f->store, &spec, &w), 0);
        assert_int_equal(w->series[0].n_samples, 9);
        assert_int_equal(w->series[0].samples[8].at_s, T0 + 540);
        assert_int_equal(w->series[0].read_until_s, T0 + 659);
}

static void test_window__priors__open_incidents_of_this_application(void **state) {
        struct fixture *f = *state;
        SCOPED(window_free) struct window *w = NULL;
        SCOPED(incident_done) struct incident open = make_incident("orders", "restart_loop", T0);
        SCOPED(incident_done) struct incident resolved = make_incident("orders", "downtime", T0);
        SCOPED(incident_done) struct incident other = make_incident("billing", "restart_loop", T0);
        resolved.state = INCIDENT_RESOLVED;
        put_application(f->store, "prod", "orders");
        apply_event(f->store, &open, EVENT_OPENED, T0, NULL);
        apply_event(f->store, &resolved, EVENT_RESOLVED, T0, NULL);
        apply_event(f->store, &other, EVENT_OPENED, T0, NULL);
        struct window_spec spec = {.target = "prod", .application = "orders", .now_s = T0, .settled_before_s = T0};
        assert_int_equal(store_read_window(f->store, &spec, &w), 0);
        assert_int_equal(w->n_priors, 1);
        assert_non_null(window_prior(w, "restart_loop", NULL));
        assert_int_equal(w->priors[0].onset_s, T0 - 600);
        assert_int_equal(w->priors[0].severity, SEVERITY_CRITICAL);
}

static void put_usage(struct store *s, int64_t series, int64_t at_s, int64_t n) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = at_s, .metrics_requested = n};
        assert_int_equal(batch_add_reading(&b, series, at_s, at_s + 60), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static void test_targets__usage__counted_by_month(void **state) {
        struct fixture *f = *state;
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        struct target_state t = {
                .name = "prod", .region = "eu-west-1", .polled_at_s = T0, .failed_at_s = T0 - 5, .error = "403"};
        assert_int_equal(store_put_target(f->store, &t), 0);
        put_usage(f->store, id, T0 - 60, 1000); /* December */
        put_usage(f->store, id, T0, 3);
        put_usage(f->store, id, T0 + 60, 4);
        SCOPED(target_states_done) struct target_states states = {0};
        fixture_reopen(f);
        assert_int_equal(store_list_targets(f->store, &states), 0);
        assert_int_equal(states.n_rows, 1);
        assert_string_equal(states.rows[0].name, "prod");
        assert_string_equal(states.rows[0].region, "eu-west-1");
        assert_string_equal(states.rows[0].error, "403");
        assert_int_equal(states.rows[0].polled_at_s, T0);
        assert_int_equal(states.rows[0].metrics_requested, 7);
}

static void put_usage_of(struct store *s, int64_t series, enum metric_tier tier, int64_t n) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = T0 + 60, .metrics_requested = n};
        b.metrics_requested_by_tier[tier] = n;
        assert_int_equal(batch_add_reading(&b, series, T0, T0 + 60), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static void test_usage__of_a_month__by_target_and_tier(void **state) {
        struct fixture *f = *state;
        struct series_key key = {"other", "orders", "uptime", "Minimum", ""};
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum"), other;
        struct usage usage;
        assert_int_equal(store_series(f->store, &key, &other), 0);
        put_usage_of(f->store, id, TIER_SENTINEL, 5);
        put_usage_of(f->store, id, TIER_SENTINEL, 5);
        put_usage_of(f->store, id, TIER_RARE, 1);
        put_usage_of(f->store, other, TIER_SLOW, 100);
        put_usage(f->store, id, T0, 7); /* without tiers */
        put_usage(f->store, id, T0 - 60, 1000);
        fixture_reopen(f);
        assert_int_equal(store_usage(f->store, "prod", T0 + 20 * 86400, &usage), 0);
        assert_int_equal(usage.from_s, T0);
        assert_int_equal(usage.to_s, T0 + 31 * 86400);
        assert_int_equal(usage.metrics_requested, 18);
        assert_int_equal(usage.by_tier[TIER_SENTINEL], 10);
        assert_int_equal(usage.by_tier[TIER_DIAGNOSIS], 0);
        assert_int_equal(usage.by_tier[TIER_RARE], 1);
        assert_int_equal(store_usage(f->store, NULL, T0, &usage), 0);
        assert_int_equal(usage.metrics_requested, 118);
        assert_int_equal(store_usage(f->store, NULL, T0 - 1, &usage), 0);
        assert_int_equal(usage.metrics_requested, 1000);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_application__every_member__comes_back),
                CASE(test_application__again__replaced),
                CASE(test_application__unknown__says_so),
                CASE(test_list_applications__by_target__ordered),
                CASE(test_list_applications__job_plan__is_left_out),
                CASE(test_window__facts__operations_newest_last),
                CASE(test_retain__snapshots__old_ones_go),
                CASE(test_window__unknown_application__refused),
                CASE(test_window__samples__settled_ones_of_each_need),
                CASE(test_window__period_ends_after_the_limit__left_out),
                CASE(test_window__priors__open_incidents_of_this_application),
                CASE(test_targets__usage__counted_by_month),
                CASE(test_usage__of_a_month__by_target_and_tier),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
