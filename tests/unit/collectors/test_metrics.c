/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

enum { T0 = 1767323040, NOW = T0 + 900 }; /* 2026-01-02T03:04:00Z */

static struct metric_query query(int64_t series_id, const char *metric, int64_t from_s, int64_t to_s) {
        const struct metric *m = metric_find(metric, NULL);
        assert_non_null(m);
        return (struct metric_query){series_id, "orders", m, "", from_s, to_s};
}

static struct collect_job job_of(struct metric_query *queries, size_t n) {
        return (struct collect_job){
                .target = "prod", .queries = queries, .n_queries = n, .now_s = NOW, .settle_s = 120};
}

static void test_metrics__two_queries__one_request_in_aws_json(void **context) {
        (void)context;
        struct metric_query queries[] = {query(7, "uptime", T0, T0 + 180),
                                         query(8, "numLateRecordsDropped", T0, T0 + 180)};
        queries[1].application = "a\"b";
        queries[1].dimensions = "Flow=x=\"y\"\x1fTask=Source: a -> b";
        struct collect_job job = job_of(queries, 2);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        assert_body(
                &run,
                "{\"StartTime\":1767323040,\"EndTime\":1767323220,\"ScanBy\":\"TimestampAscending\",\"MetricDataQueries\":["
                "{\"Id\":\"q0\",\"MetricStat\":{\"Metric\":{\"Namespace\":\"AWS/KinesisAnalytics\",\"MetricName\":\"uptime\","
                "\"Dimensions\":[{\"Name\":\"Application\",\"Value\":\"orders\"}]},\"Period\":60,\"Stat\":\"Minimum\"}},"
                "{\"Id\":\"q1\",\"MetricStat\":{\"Metric\":{\"Namespace\":\"AWS/KinesisAnalytics\","
                "\"MetricName\":\"numLateRecordsDropped\","
                "\"Dimensions\":[{\"Name\":\"Application\",\"Value\":\"a\\\"b\"},{\"Name\":\"Flow\",\"Value\":\"x=\\\"y\\\"\"},"
                "{\"Name\":\"Task\",\"Value\":\"Source: a -> b\"}]},\"Period\":60,\"Stat\":\"Sum\"}}]}");
        assert_string_equal(run.request.method, "POST");
        assert_string_equal(run.request.service, "monitoring");
        assert_string_equal(run.request.operation, "GetMetricData");
        assert_int_equal(run.request.auth, HTTP_AUTH_SIGV4);
        assert_false(run.request.has_effect);
        assert_string_equal(run_header(&run, "Content-Type"), "application/x-amz-json-1.0");
        assert_string_equal(run_header(&run, "X-Amz-Target"), "GraniteServiceVersion20100801.GetMetricData");
        assert_string_equal(run_header(&run, "x-amzn-query-mode"), "true");
        assert_int_equal(run.batch.metrics_requested, 0); /* not answered yet */
        run_done(&run);
}

static void assert_point(const struct batch *b, size_t i, int64_t series_id, int64_t at_s, double value) {
        assert_true(i < b->n_points);
        assert_int_equal(b->points[i].series_id, series_id);
        assert_int_equal(b->points[i].sample.at_s, at_s);
        assert_true(b->points[i].sample.value == value);
}

static void assert_reading(const struct batch *b, size_t i, int64_t series_id, int64_t from_s, int64_t to_s) {
        assert_true(i < b->n_readings);
        assert_int_equal(b->readings[i].series_id, series_id);
        assert_int_equal(b->readings[i].from_s, from_s);
        assert_int_equal(b->readings[i].to_s, to_s);
}

static void test_metrics__complete_answer__points_and_readings(void **context) {
        (void)context;
        struct metric_query queries[] = {query(7, "uptime", T0, T0 + 180),
                                         query(8, "numLateRecordsDropped", T0, T0 + 180)};
        struct collect_job job = job_of(queries, 2);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        assert_int_equal(run_file(&run, "monitoring/GetMetricData-two-series.json"), 0);
        assert_int_equal(run.batch.n_points, 5);
        assert_point(&run.batch, 0, 7, T0, 60000);
        assert_point(&run.batch, 1, 7, T0 + 60, 120000);
        assert_point(&run.batch, 2, 7, T0 + 120, 180000);
        assert_point(&run.batch, 3, 8, T0, 1); /* Sum / 4 */
        assert_point(&run.batch, 4, 8, T0 + 120, 2.5);
        assert_int_equal(run.batch.n_readings, 2);
        assert_reading(&run.batch, 0, 7, T0, T0 + 180);
        assert_reading(&run.batch, 1, 8, T0, T0 + 180);
        assert_int_equal(run.batch.metrics_requested, 2);
        assert_int_equal(run.batch.metrics_requested_by_tier[TIER_SENTINEL], 1); /* uptime */
        assert_int_equal(run.batch.metrics_requested_by_tier[TIER_DIAGNOSIS], 0);
        assert_int_equal(run.batch.metrics_requested_by_tier[TIER_SLOW], 1); /* numLateRecordsDropped */
        assert_int_equal(run.batch.metrics_requested_by_tier[TIER_RARE], 0);
        assert_int_equal(run.batch.collected_at_s, NOW);
        assert_int_equal(run.batch.settled_before_s, NOW - 120);
        assert_string_equal(run.batch.notice, "");
        run_done(&run);
}

static void test_metrics__no_data__readings_without_points(void **context) {
        (void)context;
        struct metric_query queries[] = {query(7, "uptime", T0, T0 + 180), query(8, "downtime", T0, T0 + 180)};
        struct collect_job job = job_of(queries, 2);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        assert_int_equal(run_file(&run, "monitoring/GetMetricData-empty-series.json"), 0);
        assert_int_equal(run.batch.n_points, 0);
        assert_int_equal(run.batch.n_readings, 2);
        run_done(&run);
}

static void test_metrics__pages__same_request_with_the_token(void **context) {
        (void)context;
        struct metric_query queries[] = {query(7, "uptime", T0, T0 + 180),
                                         query(8, "numLateRecordsDropped", T0, T0 + 180)};
        struct collect_job job = job_of(queries, 2);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        SCOPED(buf_done) struct buf expected = BUF_INIT(4096);
        buf_put(&expected, run.request.body.data, run.request.body.len - 1);
        buf_put_str(&expected, ",\"NextToken\":\"page-2/+=\\\"\"}");
        assert_int_equal(run_file(&run, "monitoring/GetMetricData-page-1.json"), STEP_SEND);
        assert_body(&run, buf_str(&expected));
        assert_int_equal(run.batch.n_points, 1);
        assert_int_equal(run.batch.n_readings, 0);
        assert_int_equal(run_file(&run, "monitoring/GetMetricData-page-2.json"), 0);
        assert_int_equal(run.batch.n_points, 3);
        assert_point(&run.batch, 1, 7, T0 + 60, 120000);
        assert_point(&run.batch, 2, 8, T0 + 60, 2);
        assert_int_equal(run.batch.n_readings, 2);
        assert_int_equal(run.batch.metrics_requested, 4);
        assert_string_equal(run.batch.notice, "");
        run_done(&run);
}

static void test_metrics__incomplete_answers__no_reading_and_a_notice(void **context) {
        (void)context;
        struct metric_query queries[6];
        for (int i = 0; i < 6; i++)
                queries[i] = query(10 + i, "uptime", T0, T0 + 180);
        struct collect_job job = job_of(queries, 6);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        assert_int_equal(run_file(&run, "monitoring/GetMetricData-failures.json"), 0);
        assert_int_equal(run.batch.n_points, 3); /* what was said stays: q0, q3, q4 */
        assert_int_equal(run.batch.n_readings, 1);
        assert_reading(&run.batch, 0, 14, T0, T0 + 180);
        assert_string_equal(run.batch.notice,
                            "GetMetricData: of 6 queries 2 not answered, 1 PartialData, 1 InternalError, 1 Forbidden; "
                            "CloudWatch says Forbidden: no access to account");
        run_done(&run);
}

static void test_metrics__error_then_complete__stays_unread(void **context) {
        (void)context;
        struct metric_query queries[] = {query(7, "uptime", T0, T0 + 180)};
        struct collect_job job = job_of(queries, 1);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        assert_int_equal(
                run_text(
                        &run,
                        SPAN("{\"MetricDataResults\":[{\"Id\":\"q0\",\"StatusCode\":\"InternalError\"}],\"NextToken\":\"a\"}")),
                STEP_SEND);
        assert_int_equal(run_text(&run, SPAN("{\"MetricDataResults\":[{\"Id\":\"q0\",\"StatusCode\":\"Complete\"}]}")),
                         0);
        assert_int_equal(run.batch.n_readings, 0);
        run_done(&run);
}

static void test_metrics__hostile_values__only_sound_points(void **context) {
        (void)context;
        struct metric_query queries[4];
        for (int i = 0; i < 4; i++)
                queries[i] = query(10 + i, "uptime", T0, T0 + 600);
        struct collect_job job = job_of(queries, 4);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        assert_int_equal(run_file(&run, "monitoring/GetMetricData-hostile-values.json"), 0);
        assert_int_equal(run.batch.n_points, 3);
        assert_point(&run.batch, 0, 10, T0 + 360, 3);
        assert_point(&run.batch, 1, 10, T0 + 540, 33);
        assert_point(&run.batch, 2, 13, T0, 7);
        assert_int_equal(run.batch.n_readings, 1);
        assert_reading(&run.batch, 0, 10, T0, T0 + 600);
        assert_string_equal(run.batch.notice, "GetMetricData: of 4 queries 1 not answered, 2 garbled");
        run_done(&run);
}

static void test_metrics__no_json__eproto_names_the_operation(void **context) {
        (void)context;
        static const char *const files[] = {
                "monitoring/GetMetricData-results-are-an-object.json",
                "monitoring/GetMetricData-truncated.json",
                "monitoring/GetMetricData-trailing.json",
                "monitoring/GetMetricData-array.json",
                "monitoring/GetMetricData-bare-nan.json",
                "monitoring/GetMetricData-proxy.html",
                "monitoring/GetMetricData-nothing.json",
                "monitoring/GetMetricData-deep.json",
        };
        for (size_t i = 0; i < ELEMENTS(files); i++) {
                struct metric_query queries[] = {query(7, "uptime", T0, T0 + 180)};
                struct collect_job job = job_of(queries, 1);
                struct run run;
                assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
                assert_int_equal(run_file(&run, files[i]), -EPROTO);
                assert_int_equal(run.err.code, -EPROTO);
                assert_text_in(run.err.text, "GetMetricData: ");
                assert_int_equal(run.batch.n_readings, 0);
                run_done(&run);
        }
}

static void test_metrics__answer_cut_anywhere__eproto(void **context) {
        (void)context;
        SCOPED(buf_done) struct buf body = data_read("monitoring/GetMetricData-two-series.json");
        size_t whole = span_trim(buf_span(&body)).len;
        for (size_t n = 0; n < whole; n++) {
                struct metric_query queries[] = {query(7, "uptime", T0, T0 + 180)};
                struct collect_job job = job_of(queries, 1);
                struct run run;
                assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
                assert_int_equal(run_text(&run, (struct span){body.data, n}), -EPROTO);
                run_done(&run);
        }
}

static void check_variation(struct span body, const char *what, void *context) {
        (void)context;
        struct metric_query queries[] = {query(7, "uptime", T0, T0 + 180),
                                         query(8, "numLateRecordsDropped", T0, T0 + 180)};
        struct collect_job job = job_of(queries, 2);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        int r = run_text(&run, body);
        if (r != 0 && r != STEP_SEND && !(r == -EPROTO && run.err.text[0]))
                fail_msg("%s: %d", what, r);
        for (size_t i = 0; i < run.batch.n_points; i++) {
                const struct sample *s = &run.batch.points[i].sample;
                if (!isfinite(s->value) || s->at_s < T0 || s->at_s >= T0 + 180 || s->at_s % 60 != 0)
                        fail_msg("%s: point %" PRId64 " %g", what, s->at_s, s->value);
        }
        run_done(&run);
}

static void test_metrics__members_vary__defined_outcome(void **context) {
        (void)context;
        each_variation("monitoring/GetMetricData-two-series.json", check_variation, NULL);
        each_variation("monitoring/GetMetricData-page-1.json", check_variation, NULL);
        each_variation("monitoring/GetMetricData-failures.json", check_variation, NULL);
}

/* Answers each query of the request with one point. */
static int answer(struct run *run, size_t n, int64_t at_s) {
        SCOPED(buf_done) struct buf body = BUF_INIT(1 << 20);
        buf_put_str(&body, "{\"MetricDataResults\":[");
        for (size_t i = n; i-- > 0;)
                buf_printf(&body,
                           "{\"Id\":\"q%zu\",\"Timestamps\":[%" PRId64
                           "],\"Values\":[%zu],\"StatusCode\":\"Complete\"}%s",
                           i, at_s, i, i ? "," : "");
        buf_put_str(&body, "]}");
        return run_text(run, buf_span(&body));
}

static size_t count(const char *text, const char *part) {
        size_t n = 0;
        for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
                n++;
        return n;
}

static void test_metrics__1200_queries__three_requests(void **context) {
        (void)context;
        static struct metric_query queries[1200];
        static const size_t sizes[] = {500, 500, 200};
        for (int i = 0; i < 1200; i++)
                queries[i] = query(1000 + i, "uptime", T0, T0 + 300);
        struct collect_job job = job_of(queries, 1200);
        struct run run;
        int r = run_begin(&run, &collector_metrics, &job);
        for (size_t i = 0; i < 3; i++) {
                assert_int_equal(r, STEP_SEND);
                assert_int_equal(count(buf_str(&run.request.body), "\"Id\":\"q"), sizes[i]);
                r = answer(&run, sizes[i], T0 + 60);
        }
        assert_int_equal(r, 0);
        assert_int_equal(run.batch.n_points, 1200);
        assert_int_equal(run.batch.n_readings, 1200);
        assert_int_equal(run.batch.metrics_requested, 1200);
        bool seen[1200] = {false};
        for (size_t i = 0; i < 1200; i++) {
                int64_t place = run.batch.points[i].series_id - 1000;
                assert_in_range(place, 0, 1199);
                assert_false(seen[place]);
                seen[place] = true;
                assert_true(run.batch.points[i].sample.value == (double)(place % 500));
        }
        run_done(&run);
}

/* StartTime, EndTime and the number of queries of the requests that a job becomes. */
static void assert_plan(struct collect_job *job, const int64_t (*expected)[3], size_t n) {
        struct run run;
        int r = run_begin(&run, &collector_metrics, job);
        for (size_t i = 0; i < n; i++) {
                char start[96];
                snprintf(start, sizeof start, "{\"StartTime\":%" PRId64 ",\"EndTime\":%" PRId64 ",", expected[i][0],
                         expected[i][1]);
                assert_int_equal(r, STEP_SEND);
                assert_text_in(buf_str(&run.request.body), start);
                assert_int_equal(count(buf_str(&run.request.body), "\"Id\":\"q"), expected[i][2]);
                r = answer(&run, (size_t)expected[i][2], expected[i][0]);
        }
        assert_int_equal(r, 0);
        assert_int_equal(run.batch.n_readings, job->n_queries);
        run_done(&run);
}

static void test_metrics__nearly_equal_spans__share_a_request(void **context) {
        (void)context;
        struct metric_query queries[] = {query(1, "uptime", T0, T0 + 300), query(2, "downtime", T0 + 60, T0 + 300),
                                         query(3, "downtime", T0 - 180, T0 + 240)};
        struct collect_job job = job_of(queries, 3);
        assert_plan(&job, (int64_t[][3]){{T0 - 180, T0 + 300, 3}}, 1);
}

static void test_metrics__points_outside_the_own_span__dropped(void **context) {
        (void)context;
        struct metric_query queries[] = {query(1, "uptime", T0, T0 + 300), query(2, "downtime", T0 + 60, T0 + 300)};
        struct collect_job job = job_of(queries, 2);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        assert_int_equal(answer(&run, 2, T0), 0);
        assert_int_equal(run.batch.n_points, 1);
        assert_point(&run.batch, 0, 1, T0, 0);
        run_done(&run);
}

static void test_metrics__different_spans_and_periods__apart(void **context) {
        (void)context;
        enum { HOUR = T0 / 3600 * 3600 };
        struct metric_query queries[] = {
                query(1, "KPUs", HOUR - 7200, HOUR),
                query(2, "uptime", T0, T0 + 300),
                query(3, "uptime", T0 - 6000, T0 + 300),
                query(4, "downtime", T0, T0 + 300),
        };
        struct collect_job job = job_of(queries, 4);
        assert_plan(&job, (int64_t[][3]){{T0 - 6000, T0 + 300, 1}, {T0, T0 + 300, 2}, {HOUR - 7200, HOUR, 1}}, 3);
}

static void test_metrics__long_spans__at_most_100800_points_a_call(void **context) {
        (void)context;
        struct metric_query queries[10];
        const int64_t from_s = T0 - 14 * 86400; /* 20,160 minutes: five make 100,800 */
        for (int i = 0; i < 10; i++)
                queries[i] = query(i + 1, "uptime", from_s, T0);
        struct collect_job job = job_of(queries, 10);
        assert_plan(&job, (int64_t[][3]){{from_s, T0, 5}, {from_s, T0, 5}}, 2);
        for (int i = 0; i < 10; i++)
                queries[i] = query(i + 1, "uptime", from_s - 60, T0);
        assert_plan(&job, (int64_t[][3]){{from_s - 60, T0, 4}, {from_s - 60, T0, 4}, {from_s - 60, T0, 2}}, 3);
}

static void test_metrics__older_than_cloudwatch_keeps__asks_for_what_is_left(void **context) {
        (void)context;
        struct metric_query queries[] = {query(1, "uptime", T0 - 20 * 86400, T0)};
        struct collect_job job = job_of(queries, 1);
        struct run run;
        const int64_t kept_s = NOW - 15 * 86400 + 1800; /* half an hour of slack */
        char start[64];
        snprintf(start, sizeof start, "{\"StartTime\":%" PRId64 ",", kept_s);
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        assert_text_in(buf_str(&run.request.body), start);
        assert_int_equal(answer(&run, 1, T0 - 60), 0);
        assert_int_equal(run.batch.n_readings, 1);
        assert_reading(&run.batch, 0, 1, T0 - 20 * 86400, T0); /* what is gone is read */
        run_done(&run);
}

static void test_metrics__wholly_gone_or_empty__nothing_is_asked(void **context) {
        (void)context;
        struct metric_query queries[] = {query(1, "uptime", T0 - 20 * 86400, T0 - 16 * 86400),
                                         query(2, "uptime", T0, T0)};
        struct collect_job job = job_of(queries, 2);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), 0);
        assert_int_equal(run.batch.metrics_requested, 0);
        assert_int_equal(run.batch.n_readings, 1);
        assert_reading(&run.batch, 0, 1, T0 - 20 * 86400, T0 - 16 * 86400);
        run_done(&run);
        job.n_queries = 0;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), 0);
        run_done(&run);
}

static void test_metrics__unaligned_or_backward_span__einval(void **context) {
        (void)context;
        static const int64_t spans[][2] = {{T0 + 1, T0 + 180}, {T0, T0 + 181}, {T0 + 180, T0}, {0, 60}, {-60, 60}};
        for (size_t i = 0; i < ELEMENTS(spans); i++) {
                struct metric_query queries[] = {query(1, "uptime", spans[i][0], spans[i][1])};
                struct collect_job job = job_of(queries, 1);
                void *state = NULL;
                assert_int_equal(collector_metrics.start(&job, &state), -EINVAL);
                assert_null(state);
        }
}

static void test_metrics__endless_pages__eproto(void **context) {
        (void)context;
        struct metric_query queries[] = {query(1, "uptime", T0, T0 + 300)};
        struct collect_job job = job_of(queries, 1);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        assert_int_equal(run_text(&run, SPAN("{\"NextToken\":\"same\"}")), STEP_SEND);
        assert_int_equal(run_text(&run, SPAN("{\"NextToken\":\"same\"}")), -EPROTO);
        assert_text_in(run.err.text, "NextToken");
        run_done(&run);
        int r = run_begin(&run, &collector_metrics, &job);
        size_t n = 0;
        for (; r == STEP_SEND && n < 10000; n++) {
                char body[64];
                snprintf(body, sizeof body, "{\"NextToken\":\"%zu\"}", n);
                r = run_text(&run, span_of(body));
        }
        assert_int_equal(r, -EPROTO);
        assert_int_equal(n, 500);
        run_done(&run);
}

static void test_metrics__pages_of_one_request__end_with_it(void **context) {
        (void)context;
        enum { HOUR = T0 / 3600 * 3600 };
        struct metric_query queries[] = {query(1, "uptime", T0, T0 + 300), query(2, "KPUs", HOUR - 3600, HOUR)};
        struct collect_job job = job_of(queries, 2);
        struct run run;
        assert_int_equal(run_begin(&run, &collector_metrics, &job), STEP_SEND);
        assert_int_equal(run_text(&run, SPAN("{\"NextToken\":\"of the first\"}")), STEP_SEND);
        assert_text_in(buf_str(&run.request.body), "\"of the first\"");
        assert_int_equal(answer(&run, 1, T0), STEP_SEND);
        assert_text_in(buf_str(&run.request.body), "\"KPUs\"");
        assert_null(strstr(buf_str(&run.request.body), "NextToken"));
        assert_int_equal(run_text(&run, SPAN("{\"NextToken\":\"of the first\"}")), STEP_SEND);
        assert_int_equal(answer(&run, 1, HOUR - 3600), 0);
        assert_int_equal(run.batch.n_readings, 2);
        assert_int_equal(run.batch.metrics_requested, 4);
        run_done(&run);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_metrics__two_queries__one_request_in_aws_json),
                cmocka_unit_test(test_metrics__complete_answer__points_and_readings),
                cmocka_unit_test(test_metrics__no_data__readings_without_points),
                cmocka_unit_test(test_metrics__pages__same_request_with_the_token),
                cmocka_unit_test(test_metrics__incomplete_answers__no_reading_and_a_notice),
                cmocka_unit_test(test_metrics__error_then_complete__stays_unread),
                cmocka_unit_test(test_metrics__hostile_values__only_sound_points),
                cmocka_unit_test(test_metrics__no_json__eproto_names_the_operation),
                cmocka_unit_test(test_metrics__answer_cut_anywhere__eproto),
                cmocka_unit_test(test_metrics__members_vary__defined_outcome),
                cmocka_unit_test(test_metrics__1200_queries__three_requests),
                cmocka_unit_test(test_metrics__nearly_equal_spans__share_a_request),
                cmocka_unit_test(test_metrics__points_outside_the_own_span__dropped),
                cmocka_unit_test(test_metrics__different_spans_and_periods__apart),
                cmocka_unit_test(test_metrics__long_spans__at_most_100800_points_a_call),
                cmocka_unit_test(test_metrics__older_than_cloudwatch_keeps__asks_for_what_is_left),
                cmocka_unit_test(test_metrics__wholly_gone_or_empty__nothing_is_asked),
                cmocka_unit_test(test_metrics__unaligned_or_backward_span__einval),
                cmocka_unit_test(test_metrics__endless_pages__eproto),
                cmocka_unit_test(test_metrics__pages_of_one_request__end_with_it),
        };
        return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
