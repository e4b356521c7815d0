/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <inttypes.h>

static const int64_t from_ms = INT64_C(1767323040000), to_ms = INT64_C(1767323100000);

static struct collect_job job_of(void) {
        return (struct collect_job){
                .target = "prod",
                .application = "orders",
                .log_group = "/aws/kinesis-analytics/orders",
                .log_stream = "stream",
                .from_ms = from_ms,
                .to_ms = to_ms,
                .log_filter = "?\"switched from\" ?ERROR",
                .now_s = 1767323940,
        };
}

static void begin(struct run *run, const struct collect_job *job) {
        assert_int_equal(run_begin(run, &collector_logs, job), STEP_SEND);
}

static void test_logs__asked__span_and_filter(void **context) {
        (void)context;
        struct collect_job job = job_of();
        struct run run;
        begin(&run, &job);
        assert_body(
                &run,
                "{\"logGroupName\":\"/aws/kinesis-analytics/orders\",\"logStreamNames\":[\"stream\"],"
                "\"startTime\":1767323040000,\"endTime\":1767323099999,\"filterPattern\":\"?\\\"switched from\\\" ?ERROR\"}");
        assert_string_equal(run.request.service, "logs");
        assert_string_equal(run.request.operation, "FilterLogEvents");
        assert_string_equal(run_header(&run, "Content-Type"), "application/x-amz-json-1.1");
        assert_string_equal(run_header(&run, "X-Amz-Target"), "Logs_20140328.FilterLogEvents");
        run_done(&run);
        job.log_filter = NULL;
        job.log_stream = NULL;
        begin(&run, &job);
        assert_body(
                &run,
                "{\"logGroupName\":\"/aws/kinesis-analytics/orders\",\"startTime\":1767323040000,\"endTime\":1767323099999}");
        run_done(&run);
}

static void test_logs__empty_page_between__followed_to_the_end(void **context) {
        (void)context;
        struct collect_job job = job_of();
        struct run run;
        job.log_filter = NULL;
        begin(&run, &job);
        assert_int_equal(run_file(&run, "logs/FilterLogEvents-page-1.json"), STEP_SEND);
        assert_text_in(buf_str(&run.request.body), ",\"nextToken\":\"page/2\"}");
        assert_int_equal(run_file(&run, "logs/FilterLogEvents-empty-page.json"), STEP_SEND);
        assert_text_in(buf_str(&run.request.body), ",\"nextToken\":\"page/3\"}");
        assert_int_equal(run_file(&run, "logs/FilterLogEvents-page-3.json"), 0);
        assert_int_equal(run.batch.n_log_events, 3);
        const struct log_event *e = run.batch.log_events;
        assert_string_equal(e[0].target, "prod");
        assert_string_equal(e[0].application, "orders");
        assert_true(e[0].at_ms == from_ms);
        assert_string_equal(e[0].message, "first \xef\xbf\xbd with a NUL \\u0000 and none");
        assert_true(e[1].at_ms == from_ms + 123);
        assert_string_equal(e[1].message, "second\nline");
        assert_true(e[2].at_ms == to_ms - 1);
        assert_string_equal(e[2].message, "last \xc3\xa9");
        assert_string_equal(run.batch.notice, "");
        run_done(&run);
}

static void test_logs__pages_without_end__budget_and_notice(void **context) {
        (void)context;
        struct collect_job job = job_of();
        struct run run;
        begin(&run, &job);
        int r = STEP_SEND;
        size_t n = 0;
        for (; r == STEP_SEND && n < 1000; n++) {
                char body[64];
                snprintf(body, sizeof body, "{\"nextToken\":\"t%zu\"}", n);
                r = run_text(&run, span_of(body));
        }
        assert_int_equal(r, 0);
        assert_int_equal(n, 200);
        assert_string_equal(run.batch.notice, "FilterLogEvents: stopped after 0 events on 200 pages, there is more");
        run_done(&run);
}

static void test_logs__many_bytes__the_beginning_is_kept(void **context) {
        (void)context;
        struct collect_job job = job_of();
        struct run run;
        SCOPED(buf_done) struct buf body = BUF_INIT(4 << 20);
        begin(&run, &job);
        int r = STEP_SEND;
        size_t n = 0;
        for (; r == STEP_SEND && n < 100; n++) {
                buf_clear(&body);
                buf_printf(&body, "{\"nextToken\":\"t%zu\",\"events\":[{\"timestamp\":%" PRId64 ",\"message\":\"", n,
                           from_ms + (int64_t)n);
                for (int i = 0; i < 1 << 20; i++)
                        buf_put_char(&body, 'x');
                buf_put_str(&body, "\"}]}");
                r = run_text(&run, buf_span(&body));
        }
        assert_int_equal(r, 0);
        assert_int_equal(n, 16);
        assert_int_equal(run.batch.n_log_events, 16);
        assert_true(run.batch.log_events[0].at_ms == from_ms);
        assert_text_in(run.batch.notice, "stopped after 16 events on 16 pages");
        run_done(&run);
}

static void test_logs__unusable_job__einval(void **context) {
        (void)context;
        char filter[1100];
        memset(filter, 'x', sizeof filter - 1);
        filter[sizeof filter - 1] = '\0';
        struct collect_job jobs[] = {job_of(), job_of(), job_of(), job_of()};
        jobs[0].log_group = NULL;
        jobs[1].to_ms = jobs[1].from_ms;
        jobs[2].log_filter = filter;
        jobs[3].application = NULL;
        for (size_t i = 0; i < ELEMENTS(jobs); i++) {
                void *state = NULL;
                assert_int_equal(collector_logs.start(&jobs[i], &state), -EINVAL);
                assert_null(state);
        }
}

static void check_variation(struct span body, const char *what, void *context) {
        struct run run;
        begin(&run, context);
        int r = run_text(&run, body);
        if (r != 0 && r != STEP_SEND && !(r == -EPROTO && run.err.text[0]))
                fail_msg("%s: %d", what, r);
        for (size_t i = 0; i < run.batch.n_log_events; i++) {
                const struct log_event *e = &run.batch.log_events[i];
                assert_true(e->message && e->at_ms >= from_ms && e->at_ms < to_ms);
        }
        run_done(&run);
}

static void test_logs__members_vary__defined_outcome(void **context) {
        (void)context;
        struct collect_job job = job_of();
        each_variation("logs/FilterLogEvents-page-1.json", check_variation, &job);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_logs__asked__span_and_filter),
                cmocka_unit_test(test_logs__empty_page_between__followed_to_the_end),
                cmocka_unit_test(test_logs__pages_without_end__budget_and_notice),
                cmocka_unit_test(test_logs__many_bytes__the_beginning_is_kept),
                cmocka_unit_test(test_logs__unusable_job__einval),
                cmocka_unit_test(test_logs__members_vary__defined_outcome),
        };
        return cmocka_run_group_tests_name("logs", tests, NULL, NULL);
}
