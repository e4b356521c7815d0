/* SPDX-License-Identifier: Apache-2.0 */
/* The table, the job plan's reader, the context of operations, and every diagnoser when memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/dimensions.h"
#include "diagnosers/job_plan.h"
#include "diagnosers/phrases.h"
#include "incidents/suppression.h"
#include "tests/unit/diagnosers/timeline.h"

enum { T0 = 1767225600 };

static void test_table__names__are_those_of_the_interface(void **state) {
        (void)state;
        static const char *const names[] = {
                "checkpoint_duration", "checkpoint_failure", "checkpoint_hung", "state_growth",     "backpressure",
                "restart_loop",        "downtime",           "job_stalled",     "stuck_transition", "operation_failed",
                "source_lag",          "memory_pressure",    "gc_pressure",     "cpu_saturation",   "overprovisioned",
                "throughput_drop",     "watermark_stall",    "data_skew",       "snapshot",         "telemetry_gap",
                "configuration",
        };
        size_t n = 0;
        while (diagnosers[n])
                n++;
        assert_int_equal(n, ELEMENTS(names));
        for (size_t i = 0; i < ELEMENTS(names); i++) {
                assert_non_null(diagnoser_find(names[i]));
                assert_string_equal(diagnoser_find(names[i])->name, names[i]);
        }
        assert_null(diagnoser_find("restart"));
}

static void test_table__settings_and_needs__make_sense(void **state) {
        (void)state;
        for (size_t i = 0; diagnosers[i]; i++) {
                assert_true(param_count(diagnosers[i]->params) > 0 && param_count(diagnosers[i]->params) <= 16);
                for (const struct param *p = diagnosers[i]->params; p->name; p++) {
                        char text[32];
                        double back;
                        struct err err;
                        assert_true(p->min <= p->standard && p->standard <= p->max && p->help);
                        param_format(p, p->standard, text);
                        assert_int_equal(param_parse(p, span_of(text), &back, &err), 0);
                        assert_true(back == p->standard);
                }
                for (const struct series_need *need = diagnosers[i]->needs; need->metric; need++) {
                        assert_non_null(metric_find(need->metric, need->statistic));
                        assert_true(need->span_s > 0 &&
                                    diagnosers_span_s(metric_find(need->metric, need->statistic)) >= need->span_s);
                }
        }
        assert_int_equal(diagnosers_span_s(metric_find("fullRestarts", NULL)), 86400);
        assert_int_equal(diagnosers_span_s(metric_find("managedMemoryUtilization", NULL)), 0);
}

/* Depth-first along "explains"; a cycle would let two findings explain each other away. */
static void follow(const char *name, int depth) {
        assert_true(depth < 30);
        for (const struct suppression *s = suppressions; s->cause; s++)
                if (strcmp(s->cause, name) == 0)
                        follow(s->symptom, depth + 1);
}

static void test_suppressions__names_and_order__are_known_and_acyclic(void **state) {
        (void)state;
        for (const struct suppression *s = suppressions; s->cause; s++) {
                assert_non_null(diagnoser_find(s->cause));
                assert_non_null(diagnoser_find(s->symptom));
                assert_non_null(s->relation);
        }
        for (size_t i = 0; diagnosers[i]; i++)
                follow(diagnosers[i]->name, 0);
        assert_non_null(suppression_find("restart_loop", SEVERITY_CRITICAL, "downtime", SEVERITY_CRITICAL));
        assert_null(suppression_find("downtime", SEVERITY_CRITICAL, "restart_loop", SEVERITY_WARNING));
        assert_non_null(suppression_find("memory_pressure", SEVERITY_WARNING, "backpressure", SEVERITY_WARNING));
        assert_null(suppression_find("memory_pressure", SEVERITY_WARNING, "backpressure", SEVERITY_CRITICAL));
        assert_non_null(suppression_find("checkpoint_duration", SEVERITY_CRITICAL, "source_lag", SEVERITY_CRITICAL));
        assert_null(suppression_find("checkpoint_duration", SEVERITY_WARNING, "source_lag", SEVERITY_WARNING));
}

static const char plan_text[] =
        "{\"jid\":\"1\",\"plan\":{\"name\":\"orders\",\"x\":[1,{\"a\":\"}\"}],\"nodes\":["
        "{\"id\":\"c\",\"parallelism\":8,\"description\":\"Sink: s3<br/>\",\"inputs\":[{\"num\":0,\"id\":\"b\",\"ship_strategy\":\"HASH\"}]},"
        "{\"id\":\"b\",\"operator\":\"\",\"description\":\"Window -&gt; Score \\u0041\",\"inputs\":[{\"id\":\"a\"}],\"optimizer_properties\":{}},"
        "{\"id\":\"a\",\"description\":\"Source: orders -&gt; Parse<br/>\"}]}}";

static void test_job_plan__of_the_service__is_a_graph(void **state) {
        (void)state;
        struct job_plan plan;
        job_plan_read(plan_text, &plan);
        assert_int_equal(plan.n_nodes, 3);
        assert_true(job_plan_feeds(&plan.nodes[1], &plan.nodes[0]));
        assert_true(job_plan_feeds(&plan.nodes[2], &plan.nodes[1]));
        assert_false(job_plan_feeds(&plan.nodes[2], &plan.nodes[0]));
        assert_true(job_plan_is_named(&plan.nodes[2], SPAN("Source: orders -> Parse")));
        assert_true(job_plan_is_named(&plan.nodes[2], SPAN("Source: orders -> P"))); /* cut short */
        assert_true(job_plan_is_named(&plan.nodes[0], SPAN("Sink: s3")));
        assert_false(job_plan_is_named(&plan.nodes[0], SPAN("Sink: s4")));
        assert_false(job_plan_is_named(&plan.nodes[2], SPAN("Sour")));
}

static struct plan_size size_of(const char *description) {
        SCOPED(buf_done) struct buf text = BUF_INIT(4096);
        struct job_plan plan;
        buf_printf(&text, "{\"nodes\":[{\"id\":\"a\",\"description\":\"%s\"}]}", description);
        job_plan_read(buf_str(&text), &plan);
        struct plan_size size = job_plan_size(&plan), most = job_plan_at_most(buf_str(&text));
        assert_true(size.n_operators <= most.n_operators && size.n_sinks <= most.n_sinks);
        return size;
}

static void test_job_plan__descriptions__are_counted_by_operator(void **state) {
        (void)state;
        static const struct {
                const char *description;
                size_t n_operators, n_sinks;
        } rows[] = {
                {"Map", 1, 0},
                {"Map<br/>", 1, 0},
                {"Source: orders -&gt; Parse -> Filter -\\u003e Sink: s3<br/>", 4, 1},
                {"Window<br/>+- Map<br/>   :- Sink: a<br/>   +- Sink: b<br/>", 4, 2},
                {"Sink: Writer -&gt; Sink: Committer<br/>", 2, 1},
                {"orders: Writer -&gt; orders: Committer<br/>", 2, 1},
                {"", 1, 0},
        };
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                struct plan_size size = size_of(rows[i].description);
                assert_int_equal(size.n_operators, rows[i].n_operators);
                assert_int_equal(size.n_sinks, rows[i].n_sinks);
        }
}

static void test_job_plan__hostile_text__is_no_plan(void **state) {
        (void)state;
        struct job_plan plan;
        job_plan_read(NULL, &plan);
        assert_int_equal(plan.n_nodes, 0);
        for (size_t len = 0; len < sizeof plan_text; len++) {
                /* An allocation of its own, so that a read beyond the end is seen. */
                char *cut = strndup(plan_text, len);
                job_plan_read(cut, &plan);
                assert_true(plan.n_nodes <= 3);
                free(cut);
        }
        srand(11);
        for (int round = 0; round < 20000; round++) {
                static const char alphabet[] = "{}[]\",:\\nodes&gt;id plan0";
                size_t len = (size_t)rand() % 200;
                char *text = malloc(len + 1);
                for (size_t i = 0; i < len; i++)
                        text[i] = rand() % 3 ? alphabet[(size_t)rand() % (sizeof alphabet - 1)]
                                             : plan_text[(i + (size_t)round) % (sizeof plan_text - 1)];
                text[len] = '\0';
                job_plan_read(text, &plan);
                for (size_t i = 0; i < plan.n_nodes; i++)
                        job_plan_is_named(&plan.nodes[i], SPAN("Window -> Score"));
                free(text);
        }
        char deep[4096];
        memset(deep, '[', sizeof deep - 1);
        deep[sizeof deep - 1] = '\0';
        memcpy(deep, "{\"a\":", 5);
        job_plan_read(deep, &plan);
        assert_int_equal(plan.n_nodes, 0);
}

static void test_dimensions__values__stay_opaque(void **state) {
        (void)state;
        const char *d = "Operator=a=b -> c\x1fTask=Source: x";
        assert_true(span_is(dimension_value(d, "Operator"), "a=b -> c"));
        assert_true(span_is(dimension_task(d), "Source: x"));
        assert_null(dimension_value(d, "Parallelism").data);
        assert_true(span_is(dimension_task("Flow=1"), "Flow=1"));
}

static void test_change__operations__explain_their_time_and_no_more(void **state) {
        (void)state;
        struct application a = {.status = (char *)"RUNNING"};
        struct operation ops[] = {
                {.kind = (char *)"UpdateApplication", .started_at_s = T0, .ended_at_s = T0 + 240},
                {.kind = (char *)"CreateApplicationSnapshot", .started_at_s = T0 + 3600, .ended_at_s = T0 + 3900},
                {.kind = (char *)"UpdateApplication", .started_at_s = T0 + 7200},
                {.kind = (char *)"UpdateApplication", .started_at_s = T0 + 86400, .ended_at_s = T0 + 86500},
        };
        struct window w = {
                .now_s = T0 + 20000, .to_s = T0 + 19880, .application = &a, .operations = ops, .n_operations = 4};
        const struct operation *o;
        assert_true(change_explains(&w, T0 + 100, 300, &o));
        assert_ptr_equal(o, &ops[0]);
        assert_true(change_explains(&w, T0 - 30, 300, NULL)); /* the minute in which it began */
        assert_true(change_explains(&w, T0 + 540, 300, NULL));
        assert_false(change_explains(&w, T0 + 541, 300, NULL));
        assert_false(change_explains(&w, T0 + 3700, 300, NULL)); /* a snapshot restarts nothing */
        assert_true(change_explains(&w, T0 + 7200 + 900, 300, NULL));
        assert_false(change_explains(&w, T0 + 7200 + 1201, 300, NULL)); /* one that never ends excuses no longer */
        w.now_s = T0 + 120;
        assert_int_equal(change_ended_s(&w, &ops[0]), 0); /* a replay: it has not ended yet */
        w.now_s = T0 - 10;
        assert_false(change_explains(&w, T0 - 30, 300, NULL)); /* nor begun */
}

/* Whether the log is asked for when such an operation failed. */
static bool wants_log_after(const char *kind) {
        struct application a = {.name = (char *)"orders", .status = (char *)"RUNNING"};
        struct operation o = {.id = (char *)"op-1",
                              .kind = (char *)kind,
                              .status = (char *)"FAILED",
                              .started_at_s = T0 - 600,
                              .ended_at_s = T0 - 300};
        struct window w = {.now_s = T0, .to_s = T0, .application = &a, .operations = &o, .n_operations = 1};
        double settings[16] = {diagnoser_operation_failed.params[0].standard};
        SCOPED(findings_done) struct findings found = {0};
        assert_int_equal(diagnoser_operation_failed.judge(&w, settings, &found), 0);
        assert_int_equal(found.n_items, 1);
        return found.n_wants > 0;
}

static void test_operation_failed__kinds_that_start_a_job__ask_for_its_log(void **state) {
        (void)state;
        static const char *const starting[] = {"StartApplication", "UpdateApplication", "AutoScale",
                                               "AutoScaleApplication", "RollbackApplication"};
        for (size_t i = 0; i < ELEMENTS(starting); i++)
                assert_true(wants_log_after(starting[i]));
        assert_false(wants_log_after("StopApplication"));
        assert_false(wants_log_after("CreateApplicationSnapshot"));
}

static void test_phrases__numbers__read_well(void **state) {
        (void)state;
        assert_string_equal(phrase_ms(850).text, "850 ms");
        assert_string_equal(phrase_ms(4520).text, "4.5 s");
        assert_string_equal(phrase_ms(61234).text, "61 s");
        assert_string_equal(phrase_ms(240000).text, "4.0 min");
        assert_string_equal(phrase_bytes(1536.0 * 1024 * 1024).text, "1.5 GiB");
        assert_string_equal(phrase_span(11000).text, "3 h 5 min");
        assert_string_equal(phrase_span(86400 * 3 + 5000).text, "3 d 1 h");
        assert_string_equal(phrase_time(T0).text, "2026-01-01 00:00 UTC");
        assert_string_equal(phrase_count(1234567).text, "1.2 M");
        assert_string_equal(kpu_quota_note(64), "");
        assert_non_null(strstr(kpu_quota_note(65), "64 KPUs by default"));
}

/* Fails the nth allocation while it is armed. */
static long fail_at = -1;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
void *__wrap_realloc(void *p, size_t n);

static bool fails(void) {
        if (fail_at < 0)
                return false;
        return fail_at-- == 0;
}

void *__wrap_malloc(size_t n) {
        return fails() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t size) {
        return fails() ? NULL : __real_calloc(n, size);
}
void *__wrap_reallocarray(void *p, size_t n, size_t size) {
        return fails() ? NULL : __real_reallocarray(p, n, size);
}
void *__wrap_realloc(void *p, size_t n) {
        return fails() ? NULL : __real_realloc(p, n);
}
char *__wrap_strdup(const char *s) {
        return fails() ? NULL : __real_strdup(s);
}

static int judge_at(const struct scenario *s, const struct diagnoser *d, int64_t now_s) {
        struct series_view views[SERIES_MAX];
        struct findings findings = {0};
        double settings[16];
        for (size_t i = 0; i < s->n_tracks; i++) {
                views[i] = (struct series_view){s->tracks[i].metric,    s->tracks[i].dimensions, s->tracks[i].samples,
                                                s->tracks[i].n_samples, s->base_s + now_s - 120, false};
                views[i].n_samples = series_from(&views[i], s->base_s + now_s - 120);
        }
        for (size_t k = 0; k < param_count(d->params); k++)
                settings[k] = d->params[k].standard;
        struct window w = {.now_s = s->base_s + now_s,
                           .from_s = s->base_s,
                           .to_s = s->base_s + now_s - 120,
                           .application = &s->application,
                           .operations = s->operations,
                           .n_operations = s->n_operations,
                           .snapshots = s->snapshots,
                           .n_snapshots = s->n_snapshots,
                           .series = views,
                           .n_series = s->n_tracks};
        int r = d->judge(&w, settings, &findings);
        long left = fail_at;
        fail_at = -1;
        findings_done(&findings);
        fail_at = left;
        return r;
}

static void test_judge__any_allocation_fails__is_out_of_memory(void **state) {
        (void)state;
        static const struct {
                const char *file, *diagnoser;
                int64_t at_s;
        } rows[] = {
                {"restart_loop/fires-failed-deploy", "restart_loop", 34200},
                {"checkpoint_duration/fires-flat-size", "checkpoint_duration", 64800},
                {"backpressure/fires-with-plan", "backpressure", 43200},
                {"configuration/notes", "configuration", 36000},
                {"downtime/fires", "downtime", 34200},
                {"source_lag/fires", "source_lag", 45000},
                {"data_skew/fires", "data_skew", 43200},
                {"memory_pressure/fires-heap", "memory_pressure", 61200},
                {"operation_failed/fires", "operation_failed", 34200},
                {"snapshot/fires-failed", "snapshot", 34200},
        };
        const char *folder = getenv("FLINKWATCH_SRCDIR");
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                char path[512];
                snprintf(path, sizeof path, "%s/tests/scenarios/%s.json", folder ? folder : ".", rows[i].file);
                struct scenario *s = scenario_load(path, T0);
                const struct diagnoser *d = diagnoser_find(rows[i].diagnoser);
                long n_failed = 0;
                for (long n = 0;; n++) {
                        fail_at = n;
                        int r = judge_at(s, d, rows[i].at_s);
                        bool has_failed = fail_at < 0;
                        fail_at = -1;
                        if (!has_failed)
                                break;
                        n_failed += r == -ENOMEM;
                        assert_true(r == -ENOMEM || r == 0);
                }
                assert_true(n_failed > 3);
                scenario_free(s);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table__names__are_those_of_the_interface),
                cmocka_unit_test(test_table__settings_and_needs__make_sense),
                cmocka_unit_test(test_suppressions__names_and_order__are_known_and_acyclic),
                cmocka_unit_test(test_job_plan__of_the_service__is_a_graph),
                cmocka_unit_test(test_job_plan__descriptions__are_counted_by_operator),
                cmocka_unit_test(test_job_plan__hostile_text__is_no_plan),
                cmocka_unit_test(test_dimensions__values__stay_opaque),
                cmocka_unit_test(test_change__operations__explain_their_time_and_no_more),
                cmocka_unit_test(test_operation_failed__kinds_that_start_a_job__ask_for_its_log),
                cmocka_unit_test(test_phrases__numbers__read_well),
                cmocka_unit_test(test_judge__any_allocation_fails__is_out_of_memory),
        };
        return cmocka_run_group_tests_name("diagnosers", tests, NULL, NULL);
}
