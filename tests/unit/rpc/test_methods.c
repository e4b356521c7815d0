/* SPDX-License-Identifier: Apache-2.0 */
/* What each method answers from a store with known content. */
#include <math.h>
#include <string.h>

#include "tests/unit/rpc/support.h"
#include "util/text.h"
#include "util/timefmt.h"

static struct store *store_of(void **state) {
        done = (struct done){0};
        return ((struct fixture *)*state)->store;
}

static char *copy(const char *text) {
        char *made = strdup(text);
        assert_non_null(made);
        return made;
}

static void put_target(struct store *s, const char *name, const char *error) {
        struct target_state t = {.name = (char *)name,
                                 .region = (char *)"eu-west-1",
                                 .polled_at_s = NOW - 20,
                                 .error = (char *)error,
                                 .failed_at_s = error ? NOW - 5 : 0};
        assert_int_equal(store_put_target(s, &t), 0);
}

/* One sample a minute up to `last_s`, the newest value last. */
static int64_t put_series(struct store *s, const char *target, const char *application, const char *metric,
                          const char *statistic, const char *dimensions, int64_t last_s, size_t n, double newest,
                          double step) {
        struct series_key key = {target, application, metric, statistic, dimensions};
        SCOPED(batch_done) struct batch b = {.collected_at_s = NOW, .settled_before_s = NOW};
        int64_t id = 0;
        assert_int_equal(store_series(s, &key, &id), 0);
        for (size_t i = 0; i < n; i++) {
                double back = (double)(n - 1 - i);
                assert_int_equal(batch_add_point(&b, id, last_s - (int64_t)back * 60, newest - back * step), 0);
        }
        assert_int_equal(store_put(s, &b), 0);
        return id;
}

static int64_t open_incident(struct store *s, const char *application, const char *diagnoser, enum severity severity,
                             int64_t at_s) {
        struct incident i = make_incident(application, diagnoser, at_s);
        i.finding.severity = severity;
        apply_event(s, &i, EVENT_OPENED, at_s, NULL);
        int64_t id = i.id;
        incident_done(&i);
        return id;
}

static void resolve_incident(struct store *s, const char *application, const char *diagnoser, int64_t at_s,
                             int64_t resolved_at_s) {
        struct incident i = make_incident(application, diagnoser, at_s);
        apply_event(s, &i, EVENT_OPENED, at_s, NULL);
        i.state = INCIDENT_RESOLVED;
        i.resolved_at_s = i.updated_at_s = resolved_at_s;
        apply_event(s, &i, EVENT_RESOLVED, resolved_at_s, NULL);
        incident_done(&i);
}

static const cJSON *find(const cJSON *list, const char *name, const char *value) {
        const cJSON *item;
        cJSON_ArrayForEach(item, list) if (strcmp(text_at(item, name), value) == 0) return item;
        fail_msg("nothing with %s %s", name, value);
        return NULL;
}

static void test_status__empty_store__has_the_daemon_and_empty_lists(void **state) {
        cJSON *result = ask(store_of(state), "status", NULL);
        const cJSON *daemon = at(result, "daemon");
        assert_string_equal(text_at(daemon, "version"), "1.2.3");
        assert_string_equal(text_at(daemon, "started_at"), "2026-01-01T00:00:00Z");
        assert_string_equal(text_at(daemon, "at"), "2026-01-02T00:00:00Z");
        assert_int_equal(number_at(daemon, "pid"), 4711);
        assert_int_equal(number_at(daemon, "interval_s"), 60);
        static const char *const lists[] = {"targets", "notifiers", "incidents", "applications"};
        for (size_t i = 0; i < ELEMENTS(lists); i++) {
                assert_true(cJSON_IsArray(at(result, lists[i])));
                assert_int_equal(cJSON_GetArraySize(at(result, lists[i])), 0);
        }
        cJSON_Delete(result);
}

static void test_status__figures__come_from_the_newest_samples(void **state) {
        struct store *s = store_of(state);
        put_target(s, "prod", NULL);
        put_application(s, "prod", "orders");
        /* interval 60 s: 45 s are 0.75 of it; the counter grows by 2 a minute: 120 in an hour */
        put_series(s, "prod", "orders", "lastCheckpointDuration", "Maximum", "", NOW - 180, 10, 45000, 0);
        put_series(s, "prod", "orders", "fullRestarts", "Maximum", "", NOW - 60, 120, 500, 2);
        put_series(s, "prod", "orders", "containerCPUUtilization", "Maximum", "", NOW - 180, 3, 71.25, 0);
        put_series(s, "prod", "orders", "heapMemoryUtilization", "Maximum", "", NOW - 7200, 3, 99, 0);
        put_series(s, "prod", "orders", "millisBehindLatest", "Maximum", "", NOW - 180, 3, -1, 0);
        put_series(s, "prod", "orders", "numRecordsInPerSecond", "Average", "", NOW - 60, 90, 100, 1);
        cJSON *result = ask(s, "status", NULL);
        const cJSON *app = find(at(result, "applications"), "name", "orders"), *figures = at(app, "figures"),
                    *spark = at(app, "spark");
        assert_true(fabs(number_at(figures, "checkpoint_ratio") - 0.75) < 1e-9);
        assert_true(fabs(number_at(figures, "restarts_1h") - 120) < 1e-9);
        assert_true(fabs(number_at(figures, "cpu_pct") - 71.25) < 1e-9);
        assert_true(cJSON_IsNull(at(figures, "heap_pct")));
        assert_true(cJSON_IsNull(at(figures, "lag_ms")));
        assert_string_equal(text_at(app, "spark_metric"), "numRecordsInPerSecond");
        assert_int_equal(cJSON_GetArraySize(spark), 30);
        assert_int_equal(cJSON_GetArrayItem(spark, 29)->valuedouble, 100);
        assert_int_equal(cJSON_GetArrayItem(spark, 28)->valuedouble, 98);
        assert_int_equal(number_at(app, "kpus"), 4);
        assert_true(cJSON_IsNull(at(app, "severity")));
        cJSON_Delete(result);
}

static void test_status__counter_that_started_again__counts_both_parts(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        int64_t id = put_series(s, "prod", "orders", "fullRestarts", "Maximum", "", NOW - 600, 3, 7, 1);
        put_point(s, id, NOW - 540, 2, NOW, NOW);
        put_point(s, id, NOW - 480, 3, NOW, NOW);
        cJSON *result = ask(s, "status", NULL);
        const cJSON *app = find(at(result, "applications"), "name", "orders");
        /* 5 6 7 | 2 3: 2 until the drop, 2 since zero, 1 more */
        assert_int_equal(number_at(at(app, "figures"), "restarts_1h"), 5);
        cJSON_Delete(result);
}

/* The newest sample is 45 minutes old: what is older than half an hour does not take the hour with it. */
static void test_status__restarts_that_ended__leave_the_hour(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_series(s, "prod", "orders", "fullRestarts", "Maximum", "", NOW - 2700, 60, 100, 1);
        cJSON *result = ask(s, "status", NULL);
        const cJSON *app = find(at(result, "applications"), "name", "orders");
        assert_int_equal(number_at(at(app, "figures"), "restarts_1h"), 45);
        cJSON_Delete(result);
}

static void test_status__incidents__give_the_worst_that_pages(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_application(s, "prod", "clicks");
        open_incident(s, "orders", "checkpoint_duration", SEVERITY_WARNING, NOW - 7200);
        int64_t loop = open_incident(s, "orders", "restart_loop", SEVERITY_CRITICAL, NOW - 3600);
        struct incident quiet = make_incident("clicks", "downtime", NOW - 60);
        quiet.is_quiet = true;
        apply_event(s, &quiet, EVENT_NONE, NOW - 60, NULL);
        incident_done(&quiet);
        resolve_incident(s, "clicks", "source_lag", NOW - 9000, NOW - 8000);
        put_series(s, "prod", "orders", "fullRestarts", "Maximum", "", NOW - 180, 120, 500, 1.5);
        cJSON *result = ask(s, "status", NULL);
        const cJSON *orders = find(at(result, "applications"), "name", "orders"),
                    *clicks = find(at(result, "applications"), "name", "clicks");
        assert_string_equal(text_at(orders, "severity"), "critical");
        assert_int_equal(number_at(orders, "incidents"), 2);
        /* the metric that the evidence of the worst one names */
        assert_string_equal(text_at(orders, "spark_metric"), "fullRestarts");
        assert_int_equal(number_at(at(orders, "figures"), "restarts_1h"), 90);
        assert_true(cJSON_IsNull(at(clicks, "severity")));
        assert_int_equal(number_at(clicks, "quiet"), 1);
        assert_int_equal(cJSON_GetArraySize(at(result, "incidents")), 3);
        const cJSON *told = find(at(result, "incidents"), "diagnoser", "restart_loop");
        assert_int_equal(number_at(told, "id"), loop);
        assert_string_equal(text_at(told, "cause"), "no field id");
        assert_string_equal(text_at(told, "advice"), "Roll back to version 41");
        assert_string_equal(text_at(told, "onset_at"), "2026-01-01T22:50:00Z");
        cJSON_Delete(result);
}

static void test_status__of_one_target__leaves_the_others_out(void **state) {
        struct store *s = store_of(state);
        put_target(s, "prod", NULL);
        put_target(s, "test", "AccessDenied: no");
        put_application(s, "prod", "orders");
        put_application(s, "test", "orders");
        cJSON *result = ask(s, "status", "{\"target\":\"test\"}");
        assert_int_equal(cJSON_GetArraySize(at(result, "targets")), 1);
        assert_string_equal(text_at(find(at(result, "targets"), "name", "test"), "error"), "AccessDenied: no");
        assert_int_equal(cJSON_GetArraySize(at(result, "applications")), 1);
        assert_string_equal(text_at(find(at(result, "applications"), "name", "orders"), "target"), "test");
        cJSON_Delete(result);
        ask_refused(s, RPC_READ, "status", "{\"target\":\"tset\"}", -32002,
                    "there is no target tset: did you mean test?");
}

static void test_status__what_is_not_configured_any_more__is_left_out(void **state) {
        struct store *s = store_of(state);
        put_target(s, "prod", NULL);
        put_target(s, "old", "AccessDenied: no");
        put_application(s, "prod", "orders");
        put_application(s, "prod", "gone");
        put_application(s, "old", "orders");
        done.left = "old";
        cJSON *result = ask(s, "status", NULL);
        assert_int_equal(cJSON_GetArraySize(at(result, "targets")), 1);
        assert_string_equal(text_at(find(at(result, "targets"), "name", "prod"), "region"), "eu-west-1");
        assert_int_equal(cJSON_GetArraySize(at(result, "applications")), 2);
        cJSON_Delete(result);
        done.left = "gone";
        result = ask(s, "status", NULL);
        assert_int_equal(cJSON_GetArraySize(at(result, "targets")), 2);
        assert_int_equal(cJSON_GetArraySize(at(result, "applications")), 2);
        cJSON_Delete(result);
        done.left = NULL;
}

static void test_apps__glob__chooses(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_application(s, "prod", "order-archive");
        put_application(s, "prod", "clicks");
        cJSON *result = ask(s, "apps", "{\"app\":\"order*\"}");
        assert_int_equal(cJSON_GetArraySize(result), 2);
        const cJSON *app = find(result, "name", "orders");
        assert_string_equal(text_at(app, "status"), "RUNNING");
        assert_int_equal(number_at(app, "checkpoint_interval_ms"), 60000);
        assert_string_equal(text_at(app, "polled_at"), "2026-01-01T00:00:00Z");
        assert_true(cJSON_IsNull(at(app, "version_id")));
        cJSON_Delete(result);
        result = ask(s, "apps", NULL);
        assert_int_equal(cJSON_GetArraySize(result), 3);
        cJSON_Delete(result);
}

static void test_apps__more_than_a_piece__are_all_there_once(void **state) {
        struct store *s = store_of(state);
        for (int i = 0; i < 101; i++) {
                char name[32];
                snprintf(name, sizeof name, "app-%03d", i);
                put_application(s, "prod", name);
        }
        cJSON *result = ask(s, "apps", NULL);
        assert_int_equal(cJSON_GetArraySize(result), 101);
        assert_true(asked.n_steps >= 4);
        for (int i = 0; i < 101; i++) {
                char name[32];
                snprintf(name, sizeof name, "app-%03d", i);
                find(result, "name", name);
        }
        cJSON_Delete(result);
}

static int count(struct store *s, const char *params) {
        cJSON *result = ask(s, "incidents", params);
        int n = cJSON_GetArraySize(result);
        cJSON_Delete(result);
        return n;
}

enum { MANY_INCIDENTS = 400 };

static void open_many(struct store *s) {
        SCOPED(transitions_done) struct transitions t = {.at_s = NOW - 60};
        struct incident i = make_incident("orders", "restart_loop", NOW - 3600);
        for (int n = 0; n < MANY_INCIDENTS; n++)
                assert_non_null(transitions_add(&t, EVENT_NONE, &i));
        assert_int_equal(store_apply(s, &t), 0);
        incident_done(&i);
}

/* Nobody else is served during a step: an answer that is long takes more of them, none of which takes much longer than the others. */
static void expect_many_short_steps(void) {
        assert_true(asked.n_steps > 10);
        assert_true(asked.longest_step_ms < asked.cpu_ms / 4);
}

static void test_incidents__by_the_hundred__in_short_steps(void **state) {
        struct store *s = store_of(state);
        open_many(s);
        assert_int_equal(count(s, "{\"all\": true}"), MANY_INCIDENTS);
        expect_many_short_steps();
}

static void test_status__hundreds_are_open__in_short_steps(void **state) {
        struct store *s = store_of(state);
        open_many(s);
        cJSON *result = ask(s, "status", NULL);
        assert_int_equal(cJSON_GetArraySize(at(result, "incidents")), MANY_INCIDENTS);
        cJSON_Delete(result);
        expect_many_short_steps();
}

static void test_incidents__filters__choose(void **state) {
        struct store *s = store_of(state);
        open_incident(s, "orders", "restart_loop", SEVERITY_CRITICAL, NOW - 3600);
        open_incident(s, "clicks", "restart_loop", SEVERITY_WARNING, NOW - 7200);
        resolve_incident(s, "orders", "downtime", NOW - 50000, NOW - 40000);
        resolve_incident(s, "orders", "source_lag", NOW - 5000, NOW - 4000);
        assert_int_equal(count(s, NULL), 2);
        assert_int_equal(count(s, "{\"all\":true}"), 4);
        assert_int_equal(count(s, "{\"all\":false}"), 2);
        assert_int_equal(count(s, "{\"since\":\"2h\"}"), 3);
        assert_int_equal(count(s, "{\"since\":7200}"), 3);
        assert_int_equal(count(s, "{\"since\":\"2026-01-01T10:00:00Z\"}"), 4);
        assert_int_equal(count(s, "{\"since\":\"2026-01-01T23:30:00+00:30\"}"), 2);
        assert_int_equal(count(s, "{\"app\":\"ord*\",\"all\":true}"), 3);
        assert_int_equal(count(s, "{\"diagnoser\":\"restart_loop\"}"), 2);
        assert_int_equal(count(s, "{\"diagnoser\":\"restart_loop\",\"app\":\"clicks\"}"), 1);
        ask_refused(s, RPC_READ, "incidents", "{\"target\":\"x\"}", -32002, "there is no target x");
}

static void test_show__incident__is_the_promised_object_with_its_timeline(void **state) {
        struct store *s = store_of(state);
        char params[64];
        int64_t id = open_incident(s, "orders", "restart_loop", SEVERITY_CRITICAL, NOW - 3600);
        snprintf(params, sizeof params, "{\"id\":%lld}", (long long)id);
        cJSON *result = ask(s, "show", params);
        static const char *const members[] = {
                "id",         "target",   "application", "application_arn", "diagnoser",   "severity", "state",
                "confidence", "onset_at", "opened_at",   "updated_at",      "resolved_at", "title",    "summary",
                "root_cause", "symptoms", "advice",      "evidence",        "suppressed",  "timeline"};
        for (size_t i = 0; i < ELEMENTS(members); i++)
                at(result, members[i]);
        assert_string_equal(text_at(result, "state"), "open");
        assert_true(cJSON_IsNull(at(result, "resolved_at")));
        assert_string_equal(text_at(cJSON_GetArrayItem(at(result, "timeline"), 0), "kind"), "opened");
        assert_string_equal(text_at(cJSON_GetArrayItem(at(result, "timeline"), 0), "at"), "2026-01-01T23:00:00Z");
        cJSON_Delete(result);
        ask_refused(s, RPC_READ, "show", "{\"id\":999}", -32002, "there is no incident 999");
}

static void test_metrics__of_an_application__with_newest_value_and_dimensions(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_series(s, "prod", "orders", "lastCheckpointDuration", "Maximum", "", NOW - 120, 3, 45000, 0);
        put_series(s, "prod", "orders", "busyTimeMsPerSecond", "Maximum", "Operator=a=b\x1fTask=Source: x -> y",
                   NOW - 120, 1, 900, 0);
        cJSON *result = ask(s, "metrics", "{\"app\":\"orders\"}");
        assert_int_equal(cJSON_GetArraySize(result), 2);
        const cJSON *duration = find(result, "metric", "lastCheckpointDuration"),
                    *busy = find(result, "metric", "busyTimeMsPerSecond");
        assert_string_equal(text_at(duration, "unit"), "ms");
        assert_int_equal(number_at(duration, "value"), 45000);
        assert_string_equal(text_at(duration, "last_at"), "2026-01-01T23:58:00Z");
        assert_string_equal(text_at(duration, "first_at"), "2026-01-01T23:56:00Z");
        assert_int_equal(cJSON_GetArraySize(at(duration, "dimensions")), 0);
        assert_string_equal(text_at(at(busy, "dimensions"), "Operator"), "a=b");
        assert_string_equal(text_at(at(busy, "dimensions"), "Task"), "Source: x -> y");
        cJSON_Delete(result);
        ask_refused(s, RPC_READ, "metrics", "{\"app\":\"ordres\"}", -32002,
                    "there is no application ordres: did you mean orders?");
}

static void test_application__in_two_targets__must_be_told_apart(void **state) {
        struct store *s = store_of(state);
        put_target(s, "prod", NULL);
        put_target(s, "test", NULL);
        put_application(s, "prod", "orders");
        put_application(s, "test", "orders");
        put_series(s, "prod", "orders", "uptime", "Minimum", "", NOW - 120, 3, 1, 0);
        put_series(s, "test", "orders", "uptime", "Minimum", "", NOW - 120, 3, 2, 0);
        ask_refused(s, RPC_READ, "metrics", "{\"app\":\"orders\"}", -32602,
                    "more than one target: say which with --target: prod, test");
        cJSON *result = ask(s, "history", "{\"app\":\"orders\",\"metric\":\"uptime\",\"target\":\"test\"}");
        assert_string_equal(text_at(result, "target"), "test");
        assert_int_equal(cJSON_GetArrayItem(cJSON_GetArrayItem(at(result, "points"), 0), 1)->valuedouble, 2);
        cJSON_Delete(result);
        ask_refused(s, RPC_READ, "metrics", "{\"app\":\"orders\",\"target\":\"x\"}", -32002,
                    "there is no target x: `flinkwatchctl status` lists them");
        ask_refused(s, RPC_READ, "metrics", "{\"app\":\"none\",\"target\":\"prod\"}", -32002,
                    "no application none in target prod");
}

static void test_poll_and_reload__are_passed_on(void **state) {
        struct store *s = store_of(state);
        put_target(s, "prod", NULL);
        cJSON *result = ask(s, "poll", "{\"target\":\"prod\",\"now\":true}");
        assert_string_equal(text_at(result, "target"), "prod");
        cJSON_Delete(result);
        assert_string_equal(done.target, "prod");
        cJSON_Delete(ask(s, "poll", NULL));
        assert_string_equal(done.target, "");
        assert_int_equal(done.n_polls, 2);
        ask_refused(s, RPC_CHANGE, "poll", "{\"target\":\"prdo\"}", -32002, "did you mean prod?");
        assert_int_equal(done.n_polls, 2);
        done.refusal = "/etc/x.conf:3: unknown key";
        ask_refused(s, RPC_CHANGE, "reload", NULL, -32000, "/etc/x.conf:3: unknown key");
}

static void put_operation(struct store *s, const char *id, int64_t started_at_s, int64_t ended_at_s) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = NOW};
        struct operation o = {.target = copy("prod"),
                              .application = copy("orders"),
                              .id = copy(id),
                              .kind = copy("UpdateApplication"),
                              .status = copy("SUCCESSFUL"),
                              .started_at_s = started_at_s,
                              .ended_at_s = ended_at_s};
        assert_int_equal(batch_add_operation_take(&b, &o), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static void test_history__points__are_those_of_the_span(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_series(s, "prod", "orders", "lastCheckpointDuration", "Maximum", "", NOW - 60, 600, 61234.5, 0.25);
        cJSON *result = ask(
                s, "history",
                "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"since\":\"10m\",\"until\":\"2026-01-01T23:55:00Z\"}");
        const cJSON *points = at(result, "points");
        assert_string_equal(text_at(result, "application"), "orders");
        assert_string_equal(text_at(result, "metric"), "lastCheckpointDuration");
        assert_string_equal(text_at(result, "statistic"), "Maximum");
        assert_string_equal(text_at(result, "unit"), "ms");
        assert_int_equal(number_at(result, "period_s"), 60);
        assert_int_equal(number_at(result, "step_s"), 60);
        assert_string_equal(text_at(result, "from"), "2026-01-01T23:50:00Z");
        assert_string_equal(text_at(result, "to"), "2026-01-01T23:55:00Z");
        assert_true(cJSON_IsNull(at(result, "threshold")));
        assert_int_equal(cJSON_GetArraySize(points), 5);
        assert_string_equal(cJSON_GetArrayItem(cJSON_GetArrayItem(points, 0), 0)->valuestring, "2026-01-01T23:50:00Z");
        /* nine minutes before the newest, 0.25 a minute */
        assert_true(cJSON_GetArrayItem(cJSON_GetArrayItem(points, 0), 1)->valuedouble == 61234.5 - 9 * 0.25);
        cJSON_Delete(result);
}

static void test_history__step__folds_and_standard_span_is_three_hours(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_series(s, "prod", "orders", "lastCheckpointDuration", "Maximum", "", NOW - 60, 600, 600, 1);
        cJSON *result = ask(s, "history", "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"step\":\"1h\"}");
        assert_int_equal(cJSON_GetArraySize(at(result, "points")), 3);
        assert_int_equal(cJSON_GetArrayItem(cJSON_GetArrayItem(at(result, "points"), 0), 1)->valuedouble, 480);
        assert_int_equal(cJSON_GetArrayItem(cJSON_GetArrayItem(at(result, "points"), 2), 1)->valuedouble, 600);
        cJSON_Delete(result);
        result = ask(s, "history", "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"since\":\"455d\"}");
        assert_int_equal(number_at(result, "step_s"), 3600);
        assert_int_equal(cJSON_GetArraySize(at(result, "points")), 10);
        cJSON_Delete(result);
        result = ask(s, "history", "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"since\":\"14d\"}");
        assert_int_equal(number_at(result, "step_s"), 60);
        cJSON_Delete(result);
}

static void test_history__threshold_operations_and_incidents__are_those_of_the_span(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_series(s, "prod", "orders", "fullRestarts", "Maximum", "", NOW - 60, 10, 10, 1);
        put_operation(s, "op-old", NOW - 86400, NOW - 86000);
        put_operation(s, "op-in", NOW - 1800, NOW - 1700);
        put_operation(s, "op-running", NOW - 20000, 0);
        struct incident i = make_incident("orders", "restart_loop", NOW - 1200);
        i.finding.evidence[0].threshold = 3.5;
        apply_event(s, &i, EVENT_OPENED, NOW - 1200, NULL);
        incident_done(&i);
        resolve_incident(s, "orders", "downtime", NOW - 80000, NOW - 70000);
        cJSON *result = ask(s, "history", "{\"app\":\"orders\",\"metric\":\"fullRestarts\"}");
        assert_true(number_at(result, "threshold") == 3.5);
        assert_int_equal(cJSON_GetArraySize(at(result, "operations")), 2);
        const cJSON *o = find(at(result, "operations"), "id", "op-in");
        assert_string_equal(text_at(o, "kind"), "UpdateApplication");
        assert_string_equal(text_at(o, "started_at"), "2026-01-01T23:30:00Z");
        assert_true(cJSON_IsNull(at(find(at(result, "operations"), "id", "op-running"), "ended_at")));
        assert_int_equal(cJSON_GetArraySize(at(result, "incidents")), 1);
        assert_string_equal(text_at(cJSON_GetArrayItem(at(result, "incidents"), 0), "diagnoser"), "restart_loop");
        cJSON_Delete(result);
}

static void test_history__dimensions_in_any_form_and_order__are_the_same_series(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_series(s, "prod", "orders", "busyTimeMsPerSecond", "Maximum", "Operator=m\x1fTask=Source: x -> y",
                   NOW - 120, 4, 900, 0);
        static const char *const forms[] = {"[\"Task=Source: x -> y\",\"Operator=m\"]",
                                            "{\"Task\":\"Source: x -> y\",\"Operator\":\"m\"}",
                                            "[\"Operator=m\",\"Task=Source: x -> y\"]"};
        for (size_t i = 0; i < ELEMENTS(forms); i++) {
                char params[256];
                snprintf(params, sizeof params, "{\"app\":\"orders\",\"metric\":\"busyTimeMsPerSecond\",\"dim\":%s}",
                         forms[i]);
                cJSON *result = ask(s, "history", params);
                assert_int_equal(cJSON_GetArraySize(at(result, "points")), 4);
                assert_string_equal(text_at(at(result, "dimensions"), "Operator"), "m");
                cJSON_Delete(result);
        }
        cJSON *named = ask(s, "history",
                           "{\"app\":\"orders\",\"metric\":\"busyTimeMsPerSecond\",\"dim\":"
                           "[\"Task=Source: x -> y\",\"Operator=m\",\"Application=orders\"]}");
        assert_int_equal(cJSON_GetArraySize(at(named, "points")), 4);
        cJSON_Delete(named);
        ask_refused(s, RPC_READ, "history",
                    "{\"app\":\"orders\",\"metric\":\"busyTimeMsPerSecond\",\"dim\":[\"Application=payments\"]}",
                    -32002, "is stored otherwise");
        ask_refused(s, RPC_READ, "history", "{\"app\":\"orders\",\"metric\":\"busyTimeMsPerSecond\"}", -32002,
                    "try --stat Maximum --dim 'Operator=m' --dim 'Task=Source: x -> y'");
}

static void test_history__dimension_of_the_application__is_none(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_series(s, "prod", "orders", "lastCheckpointDuration", "Maximum", "", NOW - 120, 2, 1, 1);
        cJSON *result = ask(
                s, "history",
                "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"dim\":\"Application=orders\"}");
        assert_int_equal(cJSON_GetArraySize(at(result, "points")), 2);
        assert_int_equal(cJSON_GetArraySize(at(result, "dimensions")), 0);
        cJSON_Delete(result);
}

/* Every long option of the client is a parameter. */
static void test_options__of_the_clients_own_output__are_taken(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_series(s, "prod", "orders", "lastCheckpointDuration", "Maximum", "", NOW - 120, 2, 1, 1);
        cJSON_Delete(ask(s, "status", "{\"exit_code\":true}"));
        cJSON_Delete(ask(s, "status", "[]"));
        cJSON *result = ask(s, "history",
                            "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"format\":\"json\"}");
        assert_int_equal(cJSON_GetArraySize(at(result, "points")), 2);
        cJSON_Delete(result);
        ask_refused(s, RPC_READ, "history",
                    "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"format\":\"csv\"}", -32602,
                    "format must be \"json\"");
        ask_refused(s, RPC_READ, "report", "{\"id\":1,\"format\":\"md\"}", -32602, "format must be \"json\"");
        ask_refused(s, RPC_READ, "report", "{\"id\":1,\"format\":\"json\"}", -32002, "there is no incident 1");
}

static void test_history__what_is_not_there__is_named(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_series(s, "prod", "orders", "lastCheckpointDuration", "Maximum", "", NOW - 60, 2, 1, 1);
        ask_refused(s, RPC_READ, "history", "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuratoin\"}", -32002,
                    "orders has no stored metric lastCheckpointDuratoin: did you mean lastCheckpointDuration?");
        ask_refused(s, RPC_READ, "history", "{\"app\":\"orders\",\"metric\":\"zz\"}", -32002,
                    "`flinkwatchctl metrics --app NAME` lists them");
        ask_refused(s, RPC_READ, "history",
                    "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"stat\":\"p99\"}", -32002,
                    "try --stat Maximum");
        ask_refused(s, RPC_READ, "history",
                    "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"since\":\"1h\",\"until\":\"2h\"}",
                    -32602, "since must be before until");
}

static void test_history__samples_without_a_description__are_shown(void **state) {
        struct store *s = store_of(state);
        put_series(s, "prod", "gone", "uptime", "Minimum", "", NOW - 60, 2, 1, 0);
        cJSON *result = ask(s, "history", "{\"app\":\"gone\",\"metric\":\"uptime\"}");
        assert_int_equal(cJSON_GetArraySize(at(result, "points")), 2);
        assert_int_equal(cJSON_GetArraySize(at(result, "operations")), 0);
        cJSON_Delete(result);
}

/* 100,000 minutes are 69 days and a half. */
static void test_history__hundred_thousand_points__come_in_small_pieces(void **state) {
        enum { N = 100000, LAST = NOW - 60 };
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_series(s, "prod", "orders", "lastCheckpointSize", "Maximum", "", LAST, N, 5e9, 12345.678);
        cJSON *result = ask(s, "history",
                            "{\"app\":\"orders\",\"metric\":\"lastCheckpointSize\",\"since\":\"70d\",\"step\":60}");
        assert_int_equal(cJSON_GetArraySize(at(result, "points")), N);
        assert_true(asked.largest_piece_bytes < 128 << 10);
        assert_true(asked.n_steps > 50);
        int64_t expected_s = LAST - (int64_t)(N - 1) * 60;
        size_t back = N - 1;
        const cJSON *point;
        cJSON_ArrayForEach(point, at(result, "points")) {
                char text[TIME_TEXT_MAX];
                time_rfc3339(expected_s, text);
                assert_string_equal(point->child->valuestring, text);
                assert_true(point->child->next->valuedouble == 5e9 - (double)back * 12345.678);
                expected_s += 60;
                back--;
        }
        cJSON_Delete(result);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_STORE(test_status__empty_store__has_the_daemon_and_empty_lists),
                WITH_STORE(test_status__figures__come_from_the_newest_samples),
                WITH_STORE(test_status__counter_that_started_again__counts_both_parts),
                WITH_STORE(test_status__restarts_that_ended__leave_the_hour),
                WITH_STORE(test_status__incidents__give_the_worst_that_pages),
                WITH_STORE(test_status__of_one_target__leaves_the_others_out),
                WITH_STORE(test_status__what_is_not_configured_any_more__is_left_out),
                WITH_STORE(test_apps__glob__chooses),
                WITH_STORE(test_apps__more_than_a_piece__are_all_there_once),
                WITH_STORE(test_incidents__by_the_hundred__in_short_steps),
                WITH_STORE(test_status__hundreds_are_open__in_short_steps),
                WITH_STORE(test_incidents__filters__choose),
                WITH_STORE(test_show__incident__is_the_promised_object_with_its_timeline),
                WITH_STORE(test_metrics__of_an_application__with_newest_value_and_dimensions),
                WITH_STORE(test_application__in_two_targets__must_be_told_apart),
                WITH_STORE(test_poll_and_reload__are_passed_on),
                WITH_STORE(test_history__points__are_those_of_the_span),
                WITH_STORE(test_history__step__folds_and_standard_span_is_three_hours),
                WITH_STORE(test_history__threshold_operations_and_incidents__are_those_of_the_span),
                WITH_STORE(test_history__dimensions_in_any_form_and_order__are_the_same_series),
                WITH_STORE(test_history__dimension_of_the_application__is_none),
                WITH_STORE(test_options__of_the_clients_own_output__are_taken),
                WITH_STORE(test_history__what_is_not_there__is_named),
                WITH_STORE(test_history__samples_without_a_description__are_shown),
                WITH_STORE(test_history__hundred_thousand_points__come_in_small_pieces),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
