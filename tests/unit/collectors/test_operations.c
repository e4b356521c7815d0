/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>

enum { NOW = 1767323940 };

static const struct collect_job job = {.target = "prod", .application = "orders", .now_s = NOW};

static const struct operation *find(const struct run *run, const char *id) {
        for (size_t i = 0; i < run->batch.n_operations; i++)
                if (strcmp(run->batch.operations[i].id, id) == 0)
                        return &run->batch.operations[i];
        fail_msg("%s is not in the batch", id);
        return NULL;
}

static void begin(struct run *run) {
        assert_int_equal(run_begin(run, &collector_operations, &job), STEP_SEND);
        assert_body(run, "{\"ApplicationName\":\"orders\",\"Limit\":50}");
        assert_string_equal(run->request.operation, "ListApplicationOperations");
        assert_string_equal(run_header(run, "X-Amz-Target"), "KinesisAnalytics_20180523.ListApplicationOperations");
}

static void test_operations__mixed__running_failed_then_updates_described(void **context) {
        (void)context;
        struct run run;
        begin(&run);
        assert_int_equal(run_file(&run, "kinesisanalytics/ListApplicationOperations-mixed.json"), STEP_SEND);
        assert_int_equal(run.batch.n_operations, 5);
        assert_text_in(run.batch.notice, "an entry without an OperationId");
        assert_body(&run, "{\"ApplicationName\":\"orders\",\"OperationId\":\"op-5\"}");
        assert_string_equal(run.request.operation, "DescribeApplicationOperation");
        assert_string_equal(run_header(&run, "X-Amz-Target"), "KinesisAnalytics_20180523.DescribeApplicationOperation");
        assert_int_equal(run_file(&run, "kinesisanalytics/DescribeApplicationOperation-running.json"), STEP_SEND);
        assert_body(&run, "{\"ApplicationName\":\"orders\",\"OperationId\":\"op-2\"}");
        assert_int_equal(run_file(&run, "kinesisanalytics/DescribeApplicationOperation-failed.json"), STEP_SEND);
        assert_body(&run, "{\"ApplicationName\":\"orders\",\"OperationId\":\"op-4\"}");
        assert_int_equal(run_file(&run, "kinesisanalytics/DescribeApplicationOperation-update.json"), 0);
        assert_int_equal(run.batch.n_operations, 5);

        const struct operation *o = find(&run, "op-5");
        assert_string_equal(o->target, "prod");
        assert_string_equal(o->application, "orders");
        assert_string_equal(o->kind, "UpdateApplication");
        assert_string_equal(o->status, "IN_PROGRESS");
        assert_int_equal(o->started_at_s, 1767323000);
        assert_int_equal(o->ended_at_s, 0);
        assert_int_equal(o->version_from, 42);
        assert_int_equal(o->version_to, 43);
        o = find(&run, "op-4");
        assert_int_equal(o->ended_at_s, 1767322100);
        assert_int_equal(o->version_to, 42);
        o = find(&run, "op-3");
        assert_string_equal(o->kind, "StartApplication");
        assert_int_equal(o->version_to, 0);
        o = find(&run, "op-2");
        assert_string_equal(o->status, "FAILED");
        assert_string_equal(o->failure, "Not enough free IP addresses in subnet-1");
        assert_string_equal(o->rollback_id, "op-9");
        o = find(&run, "op-1");
        assert_string_equal(o->status, "PAUSED");
        assert_int_equal(o->started_at_s, 0);
        run_done(&run);
}

static void test_operations__details_missing__the_list_stays(void **context) {
        (void)context;
        static const char *const bodies[] = {"{}", "{\"ApplicationOperationInfoDetails\":null}",
                                             "{\"ApplicationOperationInfoDetails\":{}}"};
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                struct run run;
                begin(&run);
                assert_int_equal(run_file(&run, "kinesisanalytics/ListApplicationOperations-mixed.json"), STEP_SEND);
                assert_int_equal(run_text(&run, span_of(bodies[i])), STEP_SEND);
                const struct operation *o = find(&run, "op-5");
                assert_string_equal(o->kind, "UpdateApplication");
                assert_string_equal(o->status, "IN_PROGRESS");
                assert_int_equal(o->started_at_s, 1767323000);
                run_done(&run);
        }
}

static void test_operations__batch_emptied_meanwhile__added_anew(void **context) {
        (void)context;
        struct run run;
        begin(&run);
        assert_int_equal(run_file(&run, "kinesisanalytics/ListApplicationOperations-mixed.json"), STEP_SEND);
        batch_clear(&run.batch);
        assert_int_equal(run_file(&run, "kinesisanalytics/DescribeApplicationOperation-running.json"), STEP_SEND);
        assert_int_equal(run.batch.n_operations, 1);
        assert_string_equal(run.batch.operations[0].id, "op-5");
        assert_string_equal(run.batch.operations[0].application, "orders");
        run_done(&run);
}

/* n of them, each step_s after the one before it in the list. */
static void list_of(struct buf *to, size_t n, size_t first, int64_t from_s, int64_t step_s, const char *status,
                    const char *token) {
        buf_put_str(to, "{\"ApplicationOperationInfoList\":[");
        for (size_t i = 0; i < n; i++)
                buf_printf(
                        to,
                        "%s{\"Operation\":\"X\",\"OperationId\":\"o%zu\",\"StartTime\":%lld,\"EndTime\":%lld,\"OperationStatus\":\"%s\"}",
                        i ? "," : "", first + i, (long long)(from_s + (int64_t)i * step_s),
                        (long long)(from_s + (int64_t)i * step_s + 50), status);
        buf_put_str(to, "]");
        if (token)
                buf_printf(to, ",\"NextToken\":\"%s\"", token);
        buf_put_str(to, "}");
}

static void test_operations__many_failed__ten_newest_described(void **context) {
        (void)context;
        SCOPED(buf_done) struct buf list = BUF_INIT(1 << 16);
        struct run run;
        begin(&run);
        list_of(&list, 50, 0, NOW - 1000, -100, "FAILED", NULL);
        int r = run_text(&run, buf_span(&list));
        for (size_t i = 0; i < 10; i++) {
                char id[32];
                snprintf(id, sizeof id, "\"o%zu\"", i);
                assert_int_equal(r, STEP_SEND);
                assert_text_in(buf_str(&run.request.body), id);
                r = run_text(&run, SPAN("{\"ApplicationOperationInfoDetails\":{}}"));
        }
        assert_int_equal(r, 0);
        assert_int_equal(run.batch.n_operations, 50);
        run_done(&run);
}

static void test_operations__without_a_beginning__newest_page_only(void **context) {
        (void)context;
        SCOPED(buf_done) struct buf list = BUF_INIT(1 << 16);
        struct run run;
        begin(&run);
        list_of(&list, 50, 0, NOW - 1000, -100, "SUCCESSFUL", "more");
        assert_int_equal(run_text(&run, buf_span(&list)), 0);
        assert_int_equal(run.batch.n_operations, 50);
        assert_string_equal(run.batch.notice, "");
        run_done(&run);
}

static void test_operations__with_a_beginning__pages_until_all_are_older(void **context) {
        (void)context;
        struct collect_job since = job;
        since.from_ms = (int64_t)(NOW - 5000) * 1000;
        SCOPED(buf_done) struct buf one = BUF_INIT(1 << 16), two = BUF_INIT(1 << 16), three = BUF_INIT(1 << 16);
        struct run run;
        list_of(&one, 30, 0, NOW - 1000, -100, "SUCCESSFUL", "p2");
        list_of(&two, 30, 30, NOW - 4000, -100, "SUCCESSFUL", "p3");
        list_of(&three, 30, 60, NOW - 7000, -100, "SUCCESSFUL", "p4");
        assert_int_equal(run_begin(&run, &collector_operations, &since), STEP_SEND);
        assert_int_equal(run_text(&run, buf_span(&one)), STEP_SEND);
        assert_body(&run, "{\"ApplicationName\":\"orders\",\"Limit\":50,\"NextToken\":\"p2\"}");
        assert_int_equal(run_text(&run, buf_span(&two)), STEP_SEND);
        assert_int_equal(run_text(&run, buf_span(&three)), 0);
        /* 30 of the first page; of the second those whose end, NOW - 3950 - 100 i, is not before NOW - 5000: i <= 10. */
        assert_int_equal(run.batch.n_operations, 41);
        run_done(&run);
}

/* AWS says nowhere that the newest come first. */
static void ascending(int64_t from_ms, size_t n_wanted) {
        struct collect_job since = job;
        since.from_ms = from_ms;
        SCOPED(buf_done) struct buf one = BUF_INIT(1 << 16), two = BUF_INIT(1 << 16);
        struct run run;
        list_of(&one, 50, 0, NOW - 900000, 100, "SUCCESSFUL", "p2");
        list_of(&two, 30, 50, NOW - 3000, 100, "FAILED", NULL);
        assert_int_equal(run_begin(&run, &collector_operations, &since), STEP_SEND);
        assert_int_equal(run_text(&run, buf_span(&one)), STEP_SEND);
        assert_body(&run, "{\"ApplicationName\":\"orders\",\"Limit\":50,\"NextToken\":\"p2\"}");
        int r = run_text(&run, buf_span(&two));
        for (size_t i = 79; i > 69; i--) {
                char id[32];
                snprintf(id, sizeof id, "\"o%zu\"", i);
                assert_int_equal(r, STEP_SEND);
                assert_text_in(buf_str(&run.request.body), id);
                r = run_text(&run, SPAN("{\"ApplicationOperationInfoDetails\":{}}"));
        }
        assert_int_equal(r, 0);
        assert_int_equal(run.batch.n_operations, n_wanted);
        assert_string_equal(run.batch.notice, "");
        run_done(&run);
}

static void test_operations__oldest_come_first__the_newest_are_reached(void **context) {
        (void)context;
        ascending(0, 80);
        ascending((int64_t)(NOW - 5000) * 1000, 30);
}

static void check_list(struct span body, const char *what, void *context) {
        (void)context;
        struct run run;
        begin(&run);
        int r = run_text(&run, body);
        if (r != 0 && r != STEP_SEND && !(r == -EPROTO && run.err.text[0]))
                fail_msg("%s: %d", what, r);
        run_done(&run);
}

static void check_details(struct span body, const char *what, void *context) {
        (void)context;
        struct run run;
        begin(&run);
        assert_int_equal(run_file(&run, "kinesisanalytics/ListApplicationOperations-mixed.json"), STEP_SEND);
        int r = run_text(&run, body);
        if (r != STEP_SEND && !(r == -EPROTO && run.err.text[0]))
                fail_msg("%s: %d", what, r);
        assert_int_equal(run.batch.n_operations, 5);
        const struct operation *o = find(&run, "op-5");
        assert_true(o->kind && o->status && o->started_at_s > 0);
        run_done(&run);
}

static void test_operations__members_vary__defined_outcome(void **context) {
        (void)context;
        each_variation("kinesisanalytics/ListApplicationOperations-mixed.json", check_list, NULL);
        each_variation("kinesisanalytics/DescribeApplicationOperation-failed.json", check_details, NULL);
        each_variation("kinesisanalytics/DescribeApplicationOperation-running.json", check_details, NULL);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_operations__mixed__running_failed_then_updates_described),
                cmocka_unit_test(test_operations__details_missing__the_list_stays),
                cmocka_unit_test(test_operations__batch_emptied_meanwhile__added_anew),
                cmocka_unit_test(test_operations__many_failed__ten_newest_described),
                cmocka_unit_test(test_operations__without_a_beginning__newest_page_only),
                cmocka_unit_test(test_operations__with_a_beginning__pages_until_all_are_older),
                cmocka_unit_test(test_operations__oldest_come_first__the_newest_are_reached),
                cmocka_unit_test(test_operations__members_vary__defined_outcome),
        };
        return cmocka_run_group_tests_name("operations", tests, NULL, NULL);
}
