/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "faults/faults.h"
#include "faults/reader.h"
#include "util/text.h"

enum { BASE_MS = 1767225600 };

#define TASK "org.apache.flink.runtime.taskmanager.Task"
#define EXECUTION "1f2e3d4c5b6a79881f2e3d4c5b6a7988_cbc357ccb763df2852fee8c4fc7d55f2_2_"

static struct fault_analysis *begin(const struct fault_context *context) {
        struct fault_analysis *a = NULL;
        static const struct fault_context nothing = {0};
        assert_int_equal(fault_analysis_new(context ? context : &nothing, &a), 0);
        return a;
}

static int64_t at(int64_t s) {
        return (BASE_MS + s) * 1000;
}

static void feed(struct fault_analysis *a, int64_t s, const char *message) {
        assert_int_equal(fault_analysis_feed(a, at(s), span_of(message)), 0);
}

static void feed_checkpoint(struct fault_analysis *a, int64_t s) {
        feed(a, s,
             "{\"logger\":\"org.apache.flink.runtime.checkpoint.CheckpointCoordinator\",\"message\":\"Completed checkpoint 7 for job "
             "00000000000000000000000000000001 (1234 bytes, checkpointDuration=210 ms, finalizationTime=9 ms).\",\"messageType\":\"INFO\"}");
}

static void feed_parse_failure(struct fault_analysis *a, int64_t s, const char *attempt) {
        char line[4000];
        snprintf(
                line, sizeof line,
                "{\"applicationARN\":\"arn:aws:kinesisanalytics:eu-west-1:111122223333:application/orders\",\"logger\":\"" TASK
                "\",\"message\":\"Source: orders -> Parse (3/4)#%s (" EXECUTION
                "%s) switched from RUNNING to FAILED with failure cause:\","
                "\"messageType\":\"WARN\",\"throwableInformation\":\"java.lang.NumberFormatException: For input string: \\\"12,50\\\"\\n\\tat "
                "java.lang.Long.parseLong(Long.java:711) ~[?:?]\\n\\tat com.acme.orders.ParseOrder.map(ParseOrder.java:57) ~[?:?]\\n\\t... 14 "
                "more\\nWrapped by: org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException: Could not forward element to next "
                "operator\\n\\tat org.apache.flink.streaming.runtime.tasks.StreamTask.invoke(StreamTask.java:898)\\n\"}",
                attempt, attempt);
        feed(a, s, line);
}

static void feed_sustainer(struct fault_analysis *a, int64_t s) {
        feed(a, s,
             "{\"logger\":\"org.apache.flink.runtime.source.coordinator.SourceCoordinator\",\"messageType\":\"ERROR\",\"message\":\"Uncaught exception in "
             "the SplitEnumerator for Source Source: orders while handling subtask 2 recovery. Triggering job failover.\",\"throwableInformation\":"
             "\"java.lang.UnsupportedOperationException: Partial recovery is not supported\\n\\tat "
             "org.apache.flink.connector.kinesis.source.enumerator.KinesisStreamsSourceEnumerator.addSplitsBack(KinesisStreamsSourceEnumerator.java:163)\"}");
}

static void feed_running(struct fault_analysis *a, int64_t s) {
        feed(a, s,
             "{\"logger\":\"org.apache.flink.runtime.executiongraph.ExecutionGraph\",\"messageType\":\"INFO\",\"message\":\"Job orders "
             "(00000000000000000000000000000001) switched from state RESTARTING to RUNNING.\"}");
}

static void test_analysis__loop_after_trigger__names_trigger(void **state) {
        (void)state;
        SCOPED(fault_analysis_free) struct fault_analysis *a = begin(NULL);
        SCOPED(fault_report_done) struct fault_report r;
        feed_checkpoint(a, 0);
        feed_parse_failure(a, 30, "0");
        for (int i = 0; i < 500; i++) {
                feed_running(a, 41 + i * 20);
                feed_sustainer(a, 45 + i * 20);
        }
        assert_int_equal(fault_analysis_report(a, &r), 0);
        assert_non_null(r.root_cause);
        assert_string_equal(r.root_cause->role, "trigger");
        assert_string_equal(r.root_cause->category, "bad_record");
        assert_string_equal(r.root_cause->exception_class, "java.lang.NumberFormatException");
        assert_string_equal(r.root_cause->frame, "com.acme.orders.ParseOrder.map");
        assert_string_equal(r.root_cause->task, "Source: orders -> Parse (3/4)");
        assert_int_equal(r.root_cause->attempt, 0);
        assert_int_equal(r.root_cause->first_fault_at_s, BASE_MS + 30);
        assert_int_equal(r.root_cause->last_healthy_at_s, BASE_MS);
        assert_int_equal(r.confidence, CONFIDENCE_HIGH);
        assert_non_null(r.escape);
}

static void test_analysis__only_sustainers__says_so(void **state) {
        (void)state;
        SCOPED(fault_analysis_free) struct fault_analysis *a = begin(NULL);
        SCOPED(fault_report_done) struct fault_report r;
        for (int i = 0; i < 3; i++)
                feed_sustainer(a, i * 20);
        assert_int_equal(fault_analysis_report(a, &r), 0);
        assert_string_equal(r.root_cause->role, "sustainer_only");
        assert_int_equal(r.confidence, CONFIDENCE_LOW);
}

static void test_analysis__healthy__no_cause(void **state) {
        (void)state;
        SCOPED(fault_analysis_free) struct fault_analysis *a = begin(NULL);
        SCOPED(fault_report_done) struct fault_report r;
        for (int i = 0; i < 3; i++)
                feed_checkpoint(a, i * 60);
        assert_int_equal(fault_analysis_report(a, &r), 0);
        assert_null(r.root_cause);
        assert_non_null(strstr(r.completeness, "3 log lines"));
}

/* Metrics of the minutes before: one series each, a point a minute, `near` for the last five. */
struct metrics {
        struct series_view views[4];
        struct sample samples[4][70];
        struct window window;
        struct application application;
};

static void set_metrics(struct metrics *m, int64_t fault_s, double heap_near, double gc_near_ms, double cpu_near) {
        static const char *const names[] = {"heapMemoryUtilization", "oldGenerationGCTime", "containerCPUUtilization",
                                            "containerMemoryUtilization"};
        const double near[] = {heap_near, gc_near_ms, cpu_near, 60}, base[] = {50, 300, 40, 60};
        *m = (struct metrics){0};
        for (size_t i = 0; i < 4; i++) {
                for (int k = 0; k < 65; k++)
                        m->samples[i][k] = (struct sample){fault_s - 65 * 60 + k * 60, k >= 60 ? near[i] : base[i]};
                m->views[i] = (struct series_view){metric_find(names[i], NULL), "", m->samples[i], 65, fault_s, false};
                assert_non_null(m->views[i].metric);
        }
        m->application = (struct application){.version_id = 42};
        m->window = (struct window){.now_s = fault_s + 600,
                                    .from_s = fault_s - 4000,
                                    .to_s = fault_s + 480,
                                    .application = &m->application,
                                    .series = m->views,
                                    .n_series = 4};
}

static void judge_heartbeat(const struct metrics *m, struct fault_report *r) {
        struct fault_context context = {.window = m ? &m->window : NULL};
        SCOPED(fault_analysis_free) struct fault_analysis *a = begin(&context);
        feed_checkpoint(a, 0);
        feed(a, 30,
             "{\"logger\":\"org.apache.flink.runtime.executiongraph.ExecutionGraph\",\"messageType\":\"INFO\",\"message\":\"Source: orders (1/4) (" EXECUTION
             "0) switched from RUNNING to FAILED on 10.0.1.17:6122-1f2e3d @ ip (dataPort=6121).\",\"throwableInformation\":\"java.util.concurrent.TimeoutException: "
             "Heartbeat of TaskManager with id 10.0.1.17:6122-1f2e3d timed out.\"}");
        assert_int_equal(fault_analysis_report(a, r), 0);
        assert_string_equal(r->root_cause->role, "symptom_needs_metrics");
}

static void test_pivot__heartbeat__by_what_the_metrics_show(void **state) {
        static const struct {
                double heap, gc_ms, cpu;
                const char *category, *words;
        } cases[] = {
                {97, 22800, 60, "memory", "old-generation GC 38 %"},
                {60, 400, 99, "resource", "CPU"},
                {60, 400, 45, "network", "suspect the network"},
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct metrics m;
                SCOPED(fault_report_done) struct fault_report r;
                set_metrics(&m, BASE_MS + 30, cases[i].heap, cases[i].gc_ms, cases[i].cpu);
                judge_heartbeat(&m, &r);
                assert_string_equal(r.root_cause->category, cases[i].category);
                assert_non_null(strstr(r.root_cause->pivot, cases[i].words));
        }
}

static void test_pivot__no_metrics__claims_nothing(void **state) {
        (void)state;
        SCOPED(fault_report_done) struct fault_report r;
        judge_heartbeat(NULL, &r);
        assert_string_equal(r.root_cause->category, "unknown");
        assert_null(r.root_cause->pivot);
        assert_non_null(strstr(r.completeness, "Metrics of the minutes before are missing"));
        assert_int_equal(r.confidence, CONFIDENCE_LOW);
}

static void test_report__after_a_deploy__tells_of_it_and_of_the_way_back(void **state) {
        struct metrics m;
        struct operation update = {.kind = (char *)"UpdateApplication",
                                   .started_at_s = BASE_MS - 300,
                                   .ended_at_s = BASE_MS - 210,
                                   .version_from = 41,
                                   .version_to = 42};
        struct snapshot snapshot = {.name = (char *)"before-update",
                                    .status = (char *)"READY",
                                    .created_at_s = BASE_MS - 400,
                                    .version_id = 41};
        struct fault_context context = {.window = &m.window};
        (void)state;
        set_metrics(&m, BASE_MS + 30, 60, 400, 45);
        m.window.operations = &update;
        m.window.n_operations = 1;
        m.window.snapshots = &snapshot;
        m.window.n_snapshots = 1;
        SCOPED(fault_analysis_free) struct fault_analysis *a = begin(&context);
        SCOPED(fault_report_done) struct fault_report r;
        feed_checkpoint(a, 0);
        feed_parse_failure(a, 30, "0");
        assert_int_equal(fault_analysis_report(a, &r), 0);
        assert_string_equal(r.deploy, "first fault 4 min after UpdateApplication (version 41 -> 42)");
        assert_non_null(strstr(r.recoverability, "before-update"));
        assert_non_null(strstr(r.recoverability, "RollbackApplication from version 42"));
        assert_string_equal(r.root_cause->deploy, r.deploy);
}

static void test_report__twice_and_between_feeds__is_the_same(void **state) {
        (void)state;
        SCOPED(fault_analysis_free) struct fault_analysis *a = begin(NULL);
        SCOPED(fault_report_done) struct fault_report first, second;
        feed_checkpoint(a, 0);
        feed_parse_failure(a, 30, "0");
        assert_int_equal(fault_analysis_report(a, &first), 0);
        feed_running(a, 41);
        feed_sustainer(a, 45);
        assert_int_equal(fault_analysis_report(a, &second), 0);
        assert_string_equal(first.root_cause->fingerprint, second.root_cause->fingerprint);
        assert_int_equal(second.root_cause->first_fault_at_s, BASE_MS + 30);
        assert_true(second.n_symptoms >= 1);
}

static void test_lines__with_secrets__are_masked(void **state) {
        (void)state;
        SCOPED(fault_analysis_free) struct fault_analysis *a = begin(NULL);
        SCOPED(fault_report_done) struct fault_report r;
        feed(a, 5,
             "{\"logger\":\"" TASK "\",\"messageType\":\"WARN\",\"message\":\"Sink: db (1/1)#0 (" EXECUTION
             "0) switched from RUNNING to FAILED with failure cause:\",\"throwableInformation\":\"java.lang.IllegalStateException: cannot connect with "
             "password=hunter2\\n\\tat com.acme.Sink.open(Sink.java:3)\"}");
        assert_int_equal(fault_analysis_report(a, &r), 0);
        assert_int_equal(r.n_lines, 1);
        assert_null(strstr(r.lines[0].text, "hunter2"));
        assert_null(strstr(r.root_cause->message, "hunter2"));
        assert_null(strstr(r.root_cause->fingerprint, "hunter2"));
}

/* As Firehose writes them: one behind the other, without line breaks. */
static void test_reader__values_by_the_thousand_on_one_line__each_is_taken(void **state) {
        (void)state;
        enum { VALUES = 140000 };
        SCOPED(fault_analysis_free) struct fault_analysis *a = NULL;
        SCOPED(fault_reader_free) struct fault_reader *r = NULL;
        SCOPED(buf_done) struct buf line = BUF_INIT(1 << 20);
        const struct fault_context context = {0};
        for (int i = 0; i < VALUES; i++)
                buf_put_str(&line, "{\"a\":1}");
        buf_put_char(&line, '\n');
        assert_int_equal(line.failed, 0);
        assert_int_equal(fault_analysis_new(&context, &a), 0);
        assert_int_equal(fault_reader_new(a, &r), 0);
        assert_int_equal(fault_reader_feed(r, buf_span(&line)), 0);
        assert_int_equal(fault_reader_end(r), 0);
        assert_int_equal(fault_reader_events(r), VALUES);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_analysis__loop_after_trigger__names_trigger),
                cmocka_unit_test(test_analysis__only_sustainers__says_so),
                cmocka_unit_test(test_analysis__healthy__no_cause),
                cmocka_unit_test(test_pivot__heartbeat__by_what_the_metrics_show),
                cmocka_unit_test(test_pivot__no_metrics__claims_nothing),
                cmocka_unit_test(test_report__after_a_deploy__tells_of_it_and_of_the_way_back),
                cmocka_unit_test(test_report__twice_and_between_feeds__is_the_same),
                cmocka_unit_test(test_lines__with_secrets__are_masked),
                cmocka_unit_test(test_reader__values_by_the_thousand_on_one_line__each_is_taken),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
