/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "faults/faults.h"
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

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_analysis__loop_after_trigger__names_trigger),
                cmocka_unit_test(test_analysis__only_sustainers__says_so),
                cmocka_unit_test(test_analysis__healthy__no_cause),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
