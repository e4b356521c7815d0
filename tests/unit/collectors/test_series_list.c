/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>

static const struct collect_job all = {.target = "prod", .now_s = 1767323940};
static const struct collect_job one = {.target = "prod", .application = "orders", .now_s = 1767323940};

static void assert_series(const struct listed_series *s, const char *application, const char *metric,
                          const char *dimensions) {
        assert_string_equal(s->application, application);
        assert_string_equal(s->metric, metric);
        assert_string_equal(s->dimensions, dimensions);
}

static void test_series_list__all_applications__two_pages_dimensions_sorted(void **context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_series_list, &all), STEP_SEND);
        assert_body(&run, "{\"Namespace\":\"AWS/KinesisAnalytics\",\"Dimensions\":[{\"Name\":\"Application\"}],"
                          "\"RecentlyActive\":\"PT3H\"}");
        assert_string_equal(run_header(&run, "X-Amz-Target"), "GraniteServiceVersion20100801.ListMetrics");
        assert_string_equal(run_header(&run, "Content-Type"), "application/x-amz-json-1.0");
        assert_string_equal(run_header(&run, "x-amzn-query-mode"), "true");
        assert_string_equal(run.request.operation, "ListMetrics");
        assert_int_equal(run_file(&run, "monitoring/ListMetrics-page-1.json"), STEP_SEND);
        assert_body(&run, "{\"Namespace\":\"AWS/KinesisAnalytics\",\"Dimensions\":[{\"Name\":\"Application\"}],"
                          "\"RecentlyActive\":\"PT3H\",\"NextToken\":\"page2\"}");
        assert_int_equal(run_file(&run, "monitoring/ListMetrics-page-2.json"), 0);
        assert_int_equal(run.batch.n_series, 4);
        assert_series(&run.batch.series[0], "orders", "uptime", "");
        assert_series(&run.batch.series[1], "orders", "busyTimeMsPerSecond",
                      "Parallelism=3\x1fTask=Source: kinesis -> Parse = \"x\"");
        assert_series(&run.batch.series[2], "payments", "KPUs", "");
        assert_series(&run.batch.series[3], "orders", "numRecordsIn", "Task=Sink");
        assert_string_equal(run.batch.notice, "ListMetrics: 14 entries are no series of an application");
        assert_int_equal(run.batch.collected_at_s, 1767323940);
        run_done(&run);
}

static void test_series_list__one_application__others_left_out(void **context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_series_list, &one), STEP_SEND);
        assert_text_in(buf_str(&run.request.body), "[{\"Name\":\"Application\",\"Value\":\"orders\"}]");
        assert_int_equal(run_file(&run, "monitoring/ListMetrics-page-1.json"), STEP_SEND);
        assert_int_equal(run.batch.n_series, 2);
        assert_string_equal(run.batch.series[0].application, "orders");
        assert_string_equal(run.batch.series[1].application, "orders");
        run_done(&run);
}

static void test_series_list__no_metrics__empty(void **context) {
        (void)context;
        static const char *const bodies[] = {"{}", "{\"Metrics\":null}", "{\"Metrics\":[]}"};
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                struct run run;
                assert_int_equal(run_begin(&run, &collector_series_list, &all), STEP_SEND);
                assert_int_equal(run_text(&run, span_of(bodies[i])), 0);
                assert_int_equal(run.batch.n_series, 0);
                assert_string_equal(run.batch.notice, "");
                run_done(&run);
        }
}

static void test_series_list__not_understood__eproto(void **context) {
        (void)context;
        static const char *const bodies[] = {"",   "<html/>",          "{\"Metrics\":{}}", "{\"Metrics\":[",
                                             "[]", "{\"Metrics\":[]}}"};
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                struct run run;
                assert_int_equal(run_begin(&run, &collector_series_list, &all), STEP_SEND);
                assert_int_equal(run_text(&run, span_of(bodies[i])), -EPROTO);
                assert_text_in(run.err.text, "ListMetrics: the answer");
                run_done(&run);
        }
}

/* Thirty dimensions is what CloudWatch allows; the longest names would make a key of 38 KiB. */
static void test_series_list__too_long_or_too_many_dimensions__left_out(void **context) {
        (void)context;
        struct run run;
        SCOPED(buf_done) struct buf body = BUF_INIT(1 << 20);
        buf_put_str(&body, "{\"Metrics\":[");
        for (int which = 0; which < 2; which++) {
                buf_printf(&body,
                           "%s{\"Namespace\":\"AWS/KinesisAnalytics\",\"MetricName\":\"m\",\"Dimensions\":["
                           "{\"Name\":\"Application\",\"Value\":\"orders\"}",
                           which ? "," : "");
                for (int i = 0; i < (which ? 29 : 31); i++)
                        buf_printf(&body, ",{\"Name\":\"d%02d\",\"Value\":\"%0*d\"}", i, which ? 1024 : 1, i);
                buf_put_str(&body, "]}");
        }
        buf_put_str(&body, "]}");
        assert_int_equal(run_begin(&run, &collector_series_list, &all), STEP_SEND);
        assert_int_equal(run_text(&run, buf_span(&body)), 0);
        assert_int_equal(run.batch.n_series, 0);
        assert_text_in(run.batch.notice, "2 entries");
        run_done(&run);
}

static void test_series_list__endless_pages__stop_with_a_notice(void **context) {
        (void)context;
        struct run run;
        size_t n = 0;
        int r = run_begin(&run, &collector_series_list, &all);
        for (; r == STEP_SEND && n < 1000; n++) {
                char body[64];
                snprintf(body, sizeof body, "{\"NextToken\":\"t%zu\"}", n);
                r = run_text(&run, span_of(body));
        }
        assert_int_equal(r, 0);
        assert_int_equal(n, 400);
        assert_text_in(run.batch.notice, "more than 400 pages");
        run_done(&run);
}

static void check_variation(struct span body, const char *what, void *context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_series_list, &all), STEP_SEND);
        int r = run_text(&run, body);
        if (r != 0 && r != STEP_SEND && !(r == -EPROTO && run.err.text[0]))
                fail_msg("%s: %d", what, r);
        run_done(&run);
}

static void test_series_list__members_vary__defined_outcome(void **context) {
        (void)context;
        each_variation("monitoring/ListMetrics-page-1.json", check_variation, NULL);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_series_list__all_applications__two_pages_dimensions_sorted),
                cmocka_unit_test(test_series_list__one_application__others_left_out),
                cmocka_unit_test(test_series_list__no_metrics__empty),
                cmocka_unit_test(test_series_list__not_understood__eproto),
                cmocka_unit_test(test_series_list__too_long_or_too_many_dimensions__left_out),
                cmocka_unit_test(test_series_list__endless_pages__stop_with_a_notice),
                cmocka_unit_test(test_series_list__members_vary__defined_outcome),
        };
        return cmocka_run_group_tests_name("series_list", tests, NULL, NULL);
}
