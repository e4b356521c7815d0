/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>

#define GROUP "/aws/kinesis-analytics/orders"

static const struct collect_job group = {.target = "prod", .log_group = GROUP, .now_s = 1767323940};
static const struct collect_job stream = {
        .target = "prod", .log_group = GROUP, .log_stream = "app", .now_s = 1767323940};

static void test_log_streams__group__names_of_all(void **context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_log_streams, &group), STEP_SEND);
        assert_body(&run, "{\"logGroupName\":\"" GROUP "\",\"limit\":50}");
        assert_string_equal(run_header(&run, "X-Amz-Target"), "Logs_20140328.DescribeLogStreams");
        assert_string_equal(run_header(&run, "Content-Type"), "application/x-amz-json-1.1");
        assert_int_equal(run_file(&run, "logs/DescribeLogStreams-page-1.json"), STEP_SEND);
        assert_body(&run, "{\"logGroupName\":\"" GROUP "\",\"limit\":50,\"nextToken\":\"page2\"}");
        assert_int_equal(run_file(&run, "logs/DescribeLogStreams-page-2.json"), 0);
        assert_int_equal(run.batch.n_log_streams, 3);
        assert_string_equal(run.batch.log_streams[0], "app");
        assert_string_equal(run.batch.log_streams[1], "app-old");
        assert_string_equal(run.batch.log_streams[2], "other");
        run_done(&run);
}

static void test_log_streams__stream_is_there__one_page_one_name(void **context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_log_streams, &stream), STEP_SEND);
        assert_body(&run, "{\"logGroupName\":\"" GROUP "\",\"logStreamNamePrefix\":\"app\",\"limit\":1}");
        assert_int_equal(run_file(&run, "logs/DescribeLogStreams-page-1.json"), 0);
        assert_int_equal(run.batch.n_log_streams, 1);
        assert_string_equal(run.batch.log_streams[0], "app");
        run_done(&run);
}

/* Sorted by name, "app-old" first means that there is no "app". */
static void test_log_streams__only_longer_names__stream_is_not_there(void **context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_log_streams, &stream), STEP_SEND);
        assert_int_equal(run_text(&run, SPAN("{\"logStreams\":[],\"nextToken\":\"a\"}")), STEP_SEND);
        assert_int_equal(run_text(&run, SPAN("{\"logStreams\":[{\"logStreamName\":\"app-old\"}],\"nextToken\":\"b\"}")),
                         0);
        assert_int_equal(run.batch.n_log_streams, 0);
        run_done(&run);
}

static void test_log_streams__impossible_names__einval(void **context) {
        (void)context;
        char longest[514];
        void *state = NULL;
        memset(longest, 'x', sizeof longest - 1);
        longest[513] = '\0';
        const struct collect_job jobs[] = {{.target = "prod"},
                                           {.log_group = ""},
                                           {.log_group = longest},
                                           {.log_group = "g", .log_stream = ""},
                                           {.log_group = "g", .log_stream = longest}};
        for (size_t i = 0; i < ELEMENTS(jobs); i++)
                assert_int_equal(collector_log_streams.start(&jobs[i], &state), -EINVAL);
        assert_null(state);
}

static void test_log_streams__not_understood__eproto(void **context) {
        (void)context;
        static const char *const bodies[] = {"", "null", "{\"logStreams\":{}}", "{\"logStreams\":[{]}"};
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                struct run run;
                assert_int_equal(run_begin(&run, &collector_log_streams, &group), STEP_SEND);
                assert_int_equal(run_text(&run, span_of(bodies[i])), -EPROTO);
                assert_text_in(run.err.text, "DescribeLogStreams: the answer");
                run_done(&run);
        }
}

static void test_log_streams__endless_pages__stop_with_a_notice(void **context) {
        (void)context;
        struct run run;
        size_t n = 0;
        int r = run_begin(&run, &collector_log_streams, &group);
        for (; r == STEP_SEND && n < 1000; n++) {
                char body[64];
                snprintf(body, sizeof body, "{\"nextToken\":\"t%zu\"}", n);
                r = run_text(&run, span_of(body));
        }
        assert_int_equal(r, 0);
        assert_int_equal(n, 20);
        assert_text_in(run.batch.notice, "more than 20 pages");
        run_done(&run);
}

static void check_variation(struct span body, const char *what, void *context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_log_streams, &group), STEP_SEND);
        int r = run_text(&run, body);
        if (r != 0 && r != STEP_SEND && !(r == -EPROTO && run.err.text[0]))
                fail_msg("%s: %d", what, r);
        run_done(&run);
}

static void test_log_streams__members_vary__defined_outcome(void **context) {
        (void)context;
        each_variation("logs/DescribeLogStreams-page-1.json", check_variation, NULL);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_log_streams__group__names_of_all),
                cmocka_unit_test(test_log_streams__stream_is_there__one_page_one_name),
                cmocka_unit_test(test_log_streams__only_longer_names__stream_is_not_there),
                cmocka_unit_test(test_log_streams__impossible_names__einval),
                cmocka_unit_test(test_log_streams__not_understood__eproto),
                cmocka_unit_test(test_log_streams__endless_pages__stop_with_a_notice),
                cmocka_unit_test(test_log_streams__members_vary__defined_outcome),
        };
        return cmocka_run_group_tests_name("log_streams", tests, NULL, NULL);
}
