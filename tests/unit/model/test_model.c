/* SPDX-License-Identifier: Apache-2.0 */
/* The nouns: the metric catalogue, settings, records by their tables, findings and incidents as copies and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/delivery.h"
#include "model/param.h"
#include "model/prices.h"
#include "util/text.h"

enum { T0 = 1767323045 /* 2026-01-02T03:04:05Z */ };

static void test_metrics__catalogue__has_the_right_statistics(void **state) {
        (void)state;
        static const struct {
                const char *name, *statistic;
                bool is_counter;
        } rows[] = {
                {"uptime", "Minimum", false},
                {"runningTime", "Minimum", false},
                {"fullRestarts", "Maximum", true},
                {"numRestarts", "Maximum", true},
                {"downtime", "Average", false},
                {"numberOfFailedCheckpoints", "Maximum", true},
                {"millisBehindLatest", "Maximum", false},
                {"numRecordsInPerSecond", "Average", false},
                {"numLateRecordsDropped", "Sum", false},
                {"currentOutputWatermark", "Minimum", false},
                {"idleTimeMsPerSecond", "Average", false},
        };
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const struct metric *m = metric_find(rows[i].name, NULL);
                assert_non_null(m);
                assert_string_equal(m->statistic, rows[i].statistic);
                assert_int_equal(m->is_counter, rows[i].is_counter);
        }
        assert_int_equal(metric_find("numLateRecordsDropped", "Sum")->divisor, 4); /* four snapshots a minute */
        assert_int_equal(metric_find("KPUs", NULL)->period_s, 3600);
        assert_null(metric_find("uptime", "Sum"));
        assert_null(metric_find("uptimes", NULL));
        for (size_t i = 0; i < n_metrics; i++)
                for (size_t k = 0; k < i; k++)
                        assert_false(strcmp(metrics[i].name, metrics[k].name) == 0 &&
                                     strcmp(metrics[i].statistic, metrics[k].statistic) == 0);
}

static void test_metrics__published__by_version_and_level(void **state) {
        (void)state;
        const struct metric *old = metric_find("fullRestarts", NULL), *new = metric_find("numRestarts", NULL);
        const struct metric *task = metric_find("backPressuredTimeMsPerSecond", NULL);
        assert_int_equal(flink_version("FLINK-1_20"), 120);
        assert_int_equal(flink_version("FLINK-2_2"), 202);
        assert_int_equal(flink_version("SQL-1_0"), 0);
        assert_int_equal(flink_version("FLINK-"), 0);
        assert_int_equal(flink_version("FLINK-1_2_3"), 0);
        assert_int_equal(flink_version(NULL), 0);
        assert_true(metric_is_published(old, 120, LEVEL_APPLICATION));
        assert_false(metric_is_published(old, 202, LEVEL_APPLICATION));
        assert_false(metric_is_published(new, 120, LEVEL_APPLICATION));
        assert_true(metric_is_published(new, 203, LEVEL_APPLICATION));
        assert_false(metric_is_published(task, 120, LEVEL_APPLICATION));
        assert_true(metric_is_published(task, 120, LEVEL_OPERATOR));
        assert_int_equal(metric_level_parse("PARALLELISM"), LEVEL_PARALLELISM);
        assert_int_equal(metric_level_parse(NULL), LEVEL_APPLICATION);
        assert_int_equal(metric_level_parse("LATER"), LEVEL_APPLICATION);
}

static void test_param__values__are_checked_by_unit_and_range(void **state) {
        (void)state;
        static const struct param rows[] = {
                {"ratio", PARAM_RATIO, 0.5, 0.01, 10, ""},
                {"count", PARAM_COUNT, 3, 1, 60, ""},
                {"pct", PARAM_PCT, 80, 1, 100, ""},
                {"window", PARAM_DURATION, 600, 60, 86400, ""},
                {"size", PARAM_BYTES, 1048576, 1024, 1e12, ""},
                {0},
        };
        static const struct {
                int row, r;
                const char *text;
                double value;
        } cases[] = {
                {0, 0, "0.7", 0.7},      {0, -ERANGE, "0.001", 0}, {0, -EINVAL, "half", 0}, {0, 0, "10", 10},
                {1, 0, "60", 60},        {1, -EINVAL, "2.5", 0},   {1, -ERANGE, "0", 0},    {2, -EINVAL, "80%", 0},
                {3, 0, "10m", 600},      {3, -EINVAL, "600", 0},   {3, -ERANGE, "2d", 0},   {4, 0, "64M", 67108864},
                {4, -EINVAL, "64MB", 0},
        };
        assert_int_equal(param_count(rows), 5);
        assert_int_equal(param_count(NULL), 0);
        assert_int_equal(param_find(rows, "window"), 3);
        assert_int_equal(param_find(rows, "windows"), -ENOENT);
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                double value = 0;
                struct err e = {0};
                assert_int_equal(param_parse(&rows[cases[i].row], span_of(cases[i].text), &value, &e), cases[i].r);
                assert_true(value == cases[i].value);
                if (cases[i].r < 0)
                        assert_non_null(strstr(e.text, rows[cases[i].row].name));
        }
        char text[32];
        param_format(&rows[3], 5400, text);
        assert_string_equal(text, "90m");
        param_format(&rows[4], 1536 * 1024, text);
        assert_string_equal(text, "1536K");
}

static void test_records__by_their_tables__copy_and_free(void **state) {
        (void)state;
        struct application a = {0}, b;
        int64_t n = 1;
        for (const struct field *f = application_fields; f->name; f++, n++) {
                if (f->kind == FIELD_TEXT)
                        assert_int_equal(text_replace(field_text(f, &a), f->name), 0);
                else
                        field_set_int(f, &a, n);
        }
        assert_string_equal(a.target, "target");
        assert_string_equal(a.job_plan, "job_plan");
        assert_true(a.is_checkpointing);
        assert_int_equal(fields_dup(application_fields, &a, &b, sizeof a), 0);
        for (const struct field *f = application_fields; f->name; f++) {
                if (f->kind != FIELD_TEXT) {
                        assert_int_equal(field_int(f, &a), field_int(f, &b));
                        continue;
                }
                assert_string_equal(*field_text(f, &a), *field_text(f, &b));
                assert_ptr_not_equal(*field_text(f, &a), *field_text(f, &b));
        }
        application_done(&a);
        assert_null(a.name);
        application_done(&b);
}

static void test_application__running_and_cadence__follow_its_facts(void **state) {
        (void)state;
        struct application a = {
                .status = (char *)"RUNNING", .checkpoint_interval_ms = 60000, .checkpoint_min_pause_ms = 5000};
        assert_true(application_is_running(&a));
        a.status = (char *)"AUTOSCALING";
        assert_true(application_is_running(&a));
        a.status = (char *)"READY";
        assert_false(application_is_running(&a));
        a.status = NULL;
        assert_false(application_is_running(&a));
        assert_int_equal(application_checkpoint_cadence_ms(&a, 1000), 60000);
        assert_int_equal(application_checkpoint_cadence_ms(&a, 58000), 63000);
}

static void test_window__series_and_priors__are_found(void **state) {
        (void)state;
        static const struct sample p[] = {{100, 1}, {160, 2}, {220, 3}};
        const struct series_view series[] = {
                {metric_find("uptime", NULL), "Task=a", p, 3, 300, false},
                {metric_find("uptime", NULL), "", p, 3, 300, false},
        };
        const struct prior priors[] = {{"memory_pressure", "disk", SEVERITY_WARNING, 1, 2},
                                       {"memory_pressure", NULL, SEVERITY_WARNING, 3, 4}};
        struct window w = {.series = series, .n_series = 2, .priors = priors, .n_priors = 2};
        assert_ptr_equal(window_find(&w, "uptime", NULL), &series[1]);
        assert_ptr_equal(window_find(&w, "uptime", "Minimum"), &series[1]);
        assert_null(window_find(&w, "uptime", "Maximum"));
        assert_ptr_equal(window_prior(&w, "memory_pressure", NULL), &priors[1]);
        assert_ptr_equal(window_prior(&w, "memory_pressure", "disk"), &priors[0]);
        assert_null(window_prior(&w, "downtime", NULL));
        assert_int_equal(series_from(&series[0], 0), 0);
        assert_int_equal(series_from(&series[0], 100), 0);
        assert_int_equal(series_from(&series[0], 101), 1);
        assert_int_equal(series_from(&series[0], 220), 2);
        assert_int_equal(series_from(&series[0], 221), 3);
}

static void test_window__operation__with_its_settling_time(void **state) {
        (void)state;
        const struct operation ops[] = {{.started_at_s = 1000, .ended_at_s = 1100}, {.started_at_s = 5000}};
        struct window w = {.operations = ops, .n_operations = 2};
        const struct operation *o = NULL;
        assert_false(window_in_operation(&w, 999, 300, &o));
        assert_true(window_in_operation(&w, 1400, 300, &o));
        assert_ptr_equal(o, &ops[0]);
        assert_false(window_in_operation(&w, 1401, 300, &o));
        assert_true(window_in_operation(&w, 99999, 0, &o)); /* still running */
        assert_ptr_equal(o, &ops[1]);
}

static void fill(struct findings *out) {
        static const struct sample p[] = {{T0 - 60, 61234}};
        const struct series_view series = {metric_find("lastCheckpointDuration", NULL), "", p, 1, T0, false};
        struct finding *f = findings_add(out, "checkpoint_duration", SEVERITY_WARNING, CONFIDENCE_HIGH, T0 - 3600);
        finding_title(out, f, "Checkpoints take %d %% \"of\" it", 85);
        finding_summary(out, f, "line\nbreak");
        finding_summary(out, f, "The newest took %d s.", 61); /* replaces */
        finding_advise(out, f, "Raise the interval.");
        finding_advise(out, f, "Cut the state.");
        finding_evidence_sample(out, f, &series, p[0], 60000);
        finding_evidence_text(out, f, "operation", "op-1", T0, "UpdateApplication");
}

static void test_finding__copy__is_deep_and_whole(void **state) {
        (void)state;
        struct findings out = {0};
        struct finding copy;
        fill(&out);
        findings_want_logs(&out, "restart_loop", T0, T0 - 60, T0);
        assert_int_equal(out.failed, 0);
        assert_int_equal(out.n_wants, 1);
        assert_int_equal(finding_dup(&out.items[0], &copy), 0);
        findings_done(&out);
        assert_string_equal(copy.title, "Checkpoints take 85 % \"of\" it");
        assert_string_equal(copy.summary, "The newest took 61 s.");
        assert_int_equal(copy.n_advice, 2);
        assert_string_equal(copy.advice[1], "Cut the state.");
        assert_int_equal(copy.n_evidence, 2);
        assert_true(copy.evidence[0].value == 61234 && copy.evidence[0].threshold == 60000);
        assert_null(copy.evidence[0].dimensions);
        assert_true(isnan(copy.evidence[1].value));
        finding_done(&copy);
}

static void test_finding__endless_text__is_cut(void **state) {
        (void)state;
        struct findings out = {0};
        struct finding *f = findings_add(&out, "downtime", SEVERITY_INFO, CONFIDENCE_LOW, T0);
        finding_title(&out, f, "%0500d", 1);
        assert_int_equal(strlen(f->title), FINDING_TITLE_MAX);
        assert_int_equal(out.failed, 0);
        findings_done(&out);
}

static void test_incident__as_json__is_what_was_promised(void **state) {
        (void)state;
        struct findings out = {0};
        fill(&out);
        struct delivery d = {.event = EVENT_ESCALATED, .delivery_id = "a-17-2-slack"};
        d.incident = (struct incident){
                .id = 17, .revision = 2, .state = INCIDENT_OPEN, .opened_at_s = T0, .updated_at_s = T0 + 60};
        assert_int_equal(text_replace(&d.incident.target, "prod-eu"), 0);
        assert_int_equal(text_replace(&d.incident.application, "orders"), 0);
        assert_int_equal(finding_dup(&out.items[0], &d.incident.finding), 0);
        struct buf b = BUF_INIT(1 << 16);
        struct jsonw w = JSONW(&b);
        delivery_write(&w, &d);
        static const char *const members[] = {
                "{\"version\":1,\"event\":\"escalated\",\"delivery_id\":\"a-17-2-slack\",\"incident\":{\"id\":17,\"target\":\"prod-eu\",\"application\":\"orders\"",
                "\"application_arn\":null",
                "\"diagnoser\":\"checkpoint_duration\"",
                "\"severity\":\"warning\",\"state\":\"open\",\"confidence\":\"high\"",
                "\"onset_at\":\"2026-01-02T02:04:05Z\",\"opened_at\":\"2026-01-02T03:04:05Z\",\"updated_at\":\"2026-01-02T03:05:05Z\",\"resolved_at\":null",
                "\"title\":\"Checkpoints take 85 % \\\"of\\\" it\"",
                "\"root_cause\":null",
                "\"symptoms\":[]",
                "\"advice\":[\"Raise the interval.\",\"Cut the state.\"]",
                "{\"kind\":\"metric\",\"metric\":\"lastCheckpointDuration\",\"statistic\":\"Maximum\",\"at\":\"2026-01-02T03:03:05Z\",\"value\":61234,"
                "\"threshold\":60000}",
                "\"suppressed\":[]",
        };
        for (size_t i = 0; i < ELEMENTS(members); i++)
                if (!strstr(buf_str(&b), members[i]))
                        fail_msg("%s is not in %s", members[i], buf_str(&b));
        buf_done(&b);
        delivery_done(&d);
        findings_done(&out);
}

static void test_incident__copy_in_a_transition__is_independent(void **state) {
        (void)state;
        struct findings out = {0};
        struct transitions t = {0};
        struct incident i = {.id = 3, .returns = 2};
        fill(&out);
        assert_int_equal(finding_dup(&out.items[0], &i.finding), 0);
        assert_int_equal(text_replace(&i.application, "orders"), 0);
        i.finding.root_cause = calloc(1, sizeof *i.finding.root_cause);
        i.finding.root_cause->role = "trigger";
        assert_int_equal(text_replace(&i.finding.root_cause->exception_class, "java.io.IOException"), 0);
        struct transition *item = transitions_add(&t, EVENT_OPENED, &i);
        incident_done(&i);
        findings_done(&out);
        assert_string_equal(item->incident.application, "orders");
        assert_int_equal(item->incident.returns, 2);
        assert_string_equal(item->incident.finding.root_cause->exception_class, "java.io.IOException");
        transitions_done(&t);
}

static void test_names__states_events_severities__go_there_and_back(void **state) {
        (void)state;
        for (int i = 0; i < 3; i++) {
                enum incident_state s;
                enum severity v;
                enum confidence c;
                assert_int_equal(incident_state_parse(span_of(incident_state_name((enum incident_state)i)), &s), 0);
                assert_int_equal(severity_parse(span_of(severity_name((enum severity)i)), &v), 0);
                assert_int_equal(confidence_parse(span_of(confidence_name((enum confidence)i)), &c), 0);
                assert_true((int)s == i && (int)v == i && (int)c == i);
        }
        static const char *const events[] = {"opened", "updated", "escalated", "reminder", "resolved"};
        for (int i = 0; i < 5; i++) {
                enum incident_event e;
                assert_string_equal(incident_event_name((enum incident_event)(i + 1)), events[i]);
                assert_int_equal(incident_event_parse(span_of(events[i]), &e), 0);
                assert_int_equal(e, i + 1);
        }
        enum severity v;
        assert_int_equal(severity_parse(SPAN("fatal"), &v), -EINVAL);
}

static void test_batch__records__are_taken_and_kept(void **state) {
        (void)state;
        struct batch b = {0};
        struct operation o = {.id = strdup("op-1")};
        struct log_event e = {.message = strdup("line")};
        assert_int_equal(batch_add_point(&b, 7, T0, 1.5), 0);
        assert_int_equal(batch_add_reading(&b, 7, T0, T0 + 60), 0);
        assert_int_equal(batch_add_operation_take(&b, &o), 0);
        assert_int_equal(batch_add_log_event_take(&b, &e), 0);
        assert_int_equal(batch_add_name(&b, (struct span){"orders-2", 6}, "RUNNING", 42), 0);
        assert_int_equal(batch_add_name(&b, SPAN("bare"), NULL, 0), 0);
        assert_null(o.id); /* it belongs to the batch now */
        assert_string_equal(b.operations[0].id, "op-1");
        assert_string_equal(b.names[0].name, "orders");
        assert_string_equal(b.names[0].status, "RUNNING");
        assert_int_equal(b.names[0].version_id, 42);
        assert_null(b.names[1].status);
        batch_clear(&b);
        assert_int_equal(b.n_points + b.n_readings + b.n_operations + b.n_log_events + b.n_names, 0);
        batch_done(&b);
}

static void test_prices__unknown_region__estimate(void **state) {
        (void)state;
        struct prices known = prices_of("us-east-1"), other = prices_of("eu-west-1"), none = prices_of(NULL);
        assert_true(known.kpu_hour_usd == 0.11 && known.metrics_thousand_usd == 0.01 &&
                    known.storage_gb_month_usd == 0.10 && known.snapshot_gb_month_usd == 0.023);
        assert_false(known.is_estimate);
        assert_true(other.is_estimate && other.kpu_hour_usd == known.kpu_hour_usd);
        assert_true(none.is_estimate);
}

/* Against counting them: steady, with gaps long and short, denser than their period. */
static void test_series_from__any_instant_of_any_series__is_the_first_not_before(void **state) {
        enum { N = 400 };
        static struct sample samples[N];
        static const struct metric metric = {.name = "m", .statistic = "Maximum", .period_s = 60};
        uint64_t seed = 7;
        (void)state;
        for (int round = 0; round < 60; round++) {
                int64_t at_s = 1767225600;
                size_t n = (size_t)(round * 7) % N;
                for (size_t i = 0; i < n; i++) {
                        seed = seed * 6364136223846793005 + 1442695040888963407;
                        uint64_t draw = seed >> 33;
                        int64_t gap_s = round % 4 == 3 ? 20 : 60;
                        if (round % 4 > 0 && draw % 50 == 0)
                                gap_s = 60 * (int64_t)(draw % (round % 4 == 1 ? 5 : 3000) + 1);
                        samples[i] = (struct sample){at_s, (double)i};
                        at_s += gap_s;
                }
                const struct series_view view = {&metric, "", samples, n, at_s, false};
                for (int64_t from_s = 1767225600 - 90; from_s < at_s + 90; from_s += 1 + (at_s - 1767225600) / 700) {
                        size_t expected = 0;
                        while (expected < n && samples[expected].at_s < from_s)
                                expected++;
                        assert_int_equal(series_from(&view, from_s), expected);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_series_from__any_instant_of_any_series__is_the_first_not_before),
                cmocka_unit_test(test_prices__unknown_region__estimate),
                cmocka_unit_test(test_metrics__catalogue__has_the_right_statistics),
                cmocka_unit_test(test_metrics__published__by_version_and_level),
                cmocka_unit_test(test_param__values__are_checked_by_unit_and_range),
                cmocka_unit_test(test_records__by_their_tables__copy_and_free),
                cmocka_unit_test(test_application__running_and_cadence__follow_its_facts),
                cmocka_unit_test(test_window__series_and_priors__are_found),
                cmocka_unit_test(test_window__operation__with_its_settling_time),
                cmocka_unit_test(test_finding__copy__is_deep_and_whole),
                cmocka_unit_test(test_finding__endless_text__is_cut),
                cmocka_unit_test(test_incident__as_json__is_what_was_promised),
                cmocka_unit_test(test_incident__copy_in_a_transition__is_independent),
                cmocka_unit_test(test_names__states_events_severities__go_there_and_back),
                cmocka_unit_test(test_batch__records__are_taken_and_kept),
        };
        return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
