/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>

enum { NOW = 1767323940 };

static const struct collect_job job = {.target = "prod", .application = "orders", .now_s = NOW};

static void begin(struct run *run) {
        assert_int_equal(run_begin(run, &collector_applications, &job), STEP_SEND);
}

static const struct application *read_file(struct run *run, const char *path) {
        begin(run);
        assert_int_equal(run_file(run, path), 0);
        assert_int_equal(run->batch.n_applications, 1);
        assert_int_equal(run->batch.collected_at_s, NOW);
        return &run->batch.applications[0];
}

static void test_applications__asked__by_name(void **context) {
        (void)context;
        struct run run;
        begin(&run);
        assert_body(&run, "{\"ApplicationName\":\"orders\"}");
        assert_string_equal(run.request.service, "kinesisanalytics");
        assert_string_equal(run.request.operation, "DescribeApplication");
        assert_int_equal(run.request.auth, HTTP_AUTH_SIGV4);
        assert_string_equal(run_header(&run, "Content-Type"), "application/x-amz-json-1.1");
        assert_string_equal(run_header(&run, "X-Amz-Target"), "KinesisAnalytics_20180523.DescribeApplication");
        run_done(&run);
        struct collect_job with_plan = job;
        with_plan.wants_job_plan = true;
        assert_int_equal(run_begin(&run, &collector_applications, &with_plan), STEP_SEND);
        assert_body(&run, "{\"ApplicationName\":\"orders\",\"IncludeAdditionalDetails\":true}");
        run_done(&run);
}

static void test_applications__everything_said__everything_read(void **context) {
        (void)context;
        struct run run;
        const struct application *a = read_file(&run, "kinesisanalytics/DescribeApplication-full.json");
        assert_string_equal(a->target, "prod");
        assert_string_equal(a->name, "orders");
        assert_string_equal(a->arn, "arn:aws:kinesisanalytics:eu-west-1:111122223333:application/orders");
        assert_string_equal(a->status, "RUNNING");
        assert_string_equal(a->runtime, "FLINK-1_20");
        assert_int_equal(a->version_id, 42);
        assert_int_equal(a->created_at_s, 1700000000);
        assert_int_equal(a->updated_at_s, 1767323040);
        assert_int_equal(a->version_created_at_s, 1767323000);
        assert_int_equal(a->version_updated_from, 41);
        assert_int_equal(a->version_rolled_back_from, 40);
        assert_int_equal(a->version_rolled_back_to, 39);
        assert_true(a->is_checkpointing);
        assert_int_equal(a->checkpoint_interval_ms, 120000);
        assert_int_equal(a->checkpoint_min_pause_ms, 0);
        assert_string_equal(a->checkpoint_configuration, "CUSTOM");
        assert_string_equal(a->metrics_level, "OPERATOR");
        assert_string_equal(a->log_level, "WARN");
        assert_int_equal(a->parallelism, 8);
        assert_int_equal(a->parallelism_per_kpu, 2);
        assert_int_equal(a->current_parallelism, 12);
        assert_true(a->is_autoscaling);
        assert_true(a->has_snapshots);
        assert_true(a->has_rollback);
        assert_true(a->is_in_vpc);
        assert_string_equal(a->restore_type, "RESTORE_FROM_CUSTOM_SNAPSHOT");
        assert_string_equal(a->restore_snapshot, "before-upgrade");
        assert_string_equal(a->log_group, "/aws/kinesis-analytics/orders");
        assert_string_equal(a->log_stream, "kinesis-analytics-log-stream");
        assert_string_equal(a->maintenance_from, "06:00");
        assert_string_equal(a->maintenance_to, "14:00");
        assert_string_equal(a->job_plan, "{\"jid\": \"0123456789abcdef0123456789abcdef\", \"nodes\": []}");
        assert_int_equal(a->seen_at_s, NOW);
        run_done(&run);
}

static void test_applications__required_members_only__defaults(void **context) {
        (void)context;
        struct run run;
        const struct application *a = read_file(&run, "kinesisanalytics/DescribeApplication-required-only.json");
        assert_string_equal(a->status, "READY");
        assert_true(a->is_checkpointing);
        assert_int_equal(a->checkpoint_interval_ms, 60000);
        assert_int_equal(a->checkpoint_min_pause_ms, 5000);
        assert_null(a->checkpoint_configuration);
        assert_null(a->metrics_level);
        assert_int_equal(a->parallelism, 1);
        assert_int_equal(a->parallelism_per_kpu, 1);
        assert_int_equal(a->current_parallelism, 1);
        assert_false(a->has_snapshots || a->has_rollback || a->is_in_vpc || a->is_autoscaling);
        assert_int_equal(a->created_at_s, 0);
        assert_null(a->log_group);
        assert_null(a->log_stream);
        assert_null(a->job_plan);
        run_done(&run);
}

static void test_applications__configuration_default__msf_values_whatever_is_shown(void **context) {
        (void)context;
        struct run run;
        const struct application *a = read_file(&run, "kinesisanalytics/DescribeApplication-default-checkpoints.json");
        assert_string_equal(a->checkpoint_configuration, "DEFAULT");
        assert_true(a->is_checkpointing);
        assert_int_equal(a->checkpoint_interval_ms, 60000);
        assert_int_equal(a->checkpoint_min_pause_ms, 5000);
        run_done(&run);
}

static void test_applications__sql__no_checkpoints(void **context) {
        (void)context;
        struct run run;
        assert_false(read_file(&run, "kinesisanalytics/DescribeApplication-sql.json")->is_checkpointing);
        run_done(&run);
}

static void test_applications__values_of_tomorrow__kept_or_left_out(void **context) {
        (void)context;
        struct run run;
        const struct application *a = read_file(&run, "kinesisanalytics/DescribeApplication-values-of-tomorrow.json");
        assert_string_equal(a->status, "HIBERNATING");
        assert_string_equal(a->runtime, "FLINK-3_0");
        assert_string_equal(a->metrics_level, "SUBTASK");
        assert_null(a->log_level);
        assert_int_equal(a->created_at_s, 0);
        assert_int_equal(a->updated_at_s, 0);
        assert_int_equal(a->version_created_at_s, 0);
        assert_false(a->is_checkpointing);
        assert_int_equal(a->checkpoint_interval_ms, 60000);
        assert_int_equal(a->checkpoint_min_pause_ms, 5000);
        assert_int_equal(a->parallelism, 1);
        assert_int_equal(a->parallelism_per_kpu, 1);
        assert_int_equal(a->current_parallelism, 1);
        assert_false(a->has_snapshots || a->is_in_vpc);
        assert_null(a->job_plan);
        assert_string_equal(a->log_group, "group/a");
        assert_string_equal(a->log_stream, "stream[1]");
        run_done(&run);
}

static void test_applications__required_member_missing__eproto_names_it(void **context) {
        (void)context;
        static const char *const bodies[][2] = {
                {"{}", "ApplicationDetail"},
                {"{\"ApplicationDetail\":null}", "ApplicationDetail"},
                {"{\"ApplicationDetail\":{\"ApplicationARN\":\"a\",\"ApplicationStatus\":\"RUNNING\"}}",
                 "ApplicationName"},
                {"{\"ApplicationDetail\":{\"ApplicationName\":\"orders\"}}", "ApplicationARN"},
                {"{\"ApplicationDetail\":{\"ApplicationName\":\"orders\",\"ApplicationARN\":\"a\",\"ApplicationStatus\":7}}",
                 "ApplicationStatus"},
                {"{\"ApplicationDetail\":{\"ApplicationName\":\"orders\",\"ApplicationARN\":\"a\",\"ApplicationStatus\":\"RUNNING\","
                 "\"RuntimeEnvironment\":\"\"}}",
                 "RuntimeEnvironment"},
                {"{\"ApplicationDetail\":{\"ApplicationName\":\"orders\",\"ApplicationARN\":\"a\",\"ApplicationStatus\":\"RUNNING\","
                 "\"RuntimeEnvironment\":\"FLINK-1_20\",\"ApplicationVersionId\":\"1\"}}",
                 "ApplicationVersionId"},
                {"{\"ApplicationDetail\":{\"ApplicationName\":\"other\",\"ApplicationARN\":\"a\",\"ApplicationStatus\":\"RUNNING\","
                 "\"RuntimeEnvironment\":\"FLINK-1_20\",\"ApplicationVersionId\":1}}",
                 "about other, not orders"},
        };
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                struct run run;
                begin(&run);
                assert_int_equal(run_text(&run, span_of(bodies[i][0])), -EPROTO);
                assert_text_in(run.err.text, "DescribeApplication: ");
                assert_text_in(run.err.text, bodies[i][1]);
                assert_int_equal(run.batch.n_applications, 0);
                run_done(&run);
        }
}

static void check_variation(struct span body, const char *what, void *context) {
        (void)context;
        struct run run;
        begin(&run);
        int r = run_text(&run, body);
        if (r != 0 && !(r == -EPROTO && run.err.text[0]))
                fail_msg("%s: %d", what, r);
        if (r == 0) {
                const struct application *a = &run.batch.applications[0];
                assert_true(a->name && a->arn && a->status && a->runtime && a->version_id > 0);
                assert_true(a->parallelism > 0 && a->parallelism_per_kpu > 0 && a->current_parallelism > 0);
                assert_true(a->checkpoint_interval_ms > 0 && a->checkpoint_min_pause_ms >= 0);
                assert_true(!a->log_group == !a->log_stream);
        }
        run_done(&run);
}

static void test_applications__members_vary__defined_outcome(void **context) {
        (void)context;
        each_variation("kinesisanalytics/DescribeApplication-full.json", check_variation, NULL);
}

static void test_applications__no_application__einval(void **context) {
        (void)context;
        static const struct collect_job nameless = {.target = "prod", .now_s = NOW};
        void *state = NULL;
        assert_int_equal(collector_applications.start(&nameless, &state), -EINVAL);
        assert_null(state);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_applications__asked__by_name),
                cmocka_unit_test(test_applications__everything_said__everything_read),
                cmocka_unit_test(test_applications__required_members_only__defaults),
                cmocka_unit_test(test_applications__configuration_default__msf_values_whatever_is_shown),
                cmocka_unit_test(test_applications__sql__no_checkpoints),
                cmocka_unit_test(test_applications__values_of_tomorrow__kept_or_left_out),
                cmocka_unit_test(test_applications__required_member_missing__eproto_names_it),
                cmocka_unit_test(test_applications__members_vary__defined_outcome),
                cmocka_unit_test(test_applications__no_application__einval),
        };
        return cmocka_run_group_tests_name("applications", tests, NULL, NULL);
}
