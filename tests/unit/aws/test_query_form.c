/* SPDX-License-Identifier: Apache-2.0 */
/* CloudWatch's JSON as forms and its XML as JSON; test_botocore.py compares both with botocore's on random input. */
#include "tests/unit/aws/support.h"

#include <errno.h>

#include "aws/query_form.h"

static void request_of(struct http_request *r, const char *operation, const char *body) {
        http_request_init(r);
        r->method = "POST";
        r->service = "monitoring";
        r->operation = operation;
        assert_int_equal(http_request_header(r, "Content-Type", "application/x-amz-json-1.0"), 0);
        assert_int_equal(http_request_header(r, "X-Amz-Target", "GraniteServiceVersion20100801.GetMetricData"), 0);
        assert_int_equal(http_request_header(r, "Authorization", SECRET_KEY), 0);
        buf_put_str(&r->body, body);
}

static void test_ask__metric_data__as_the_reference_writes_it(void **state) {
        (void)state;
        SCOPED(http_request_done) struct http_request r;
        request_of(
                &r, "GetMetricData",
                "{\"StartTime\":1767323040,\"EndTime\":1767323340,\"ScanBy\":\"TimestampAscending\",\"MetricDataQueries\":["
                "{\"Id\":\"q0\",\"MetricStat\":{\"Metric\":{\"Namespace\":\"AWS/KinesisAnalytics\",\"MetricName\":\"uptime\","
                "\"Dimensions\":[{\"Name\":\"Application\",\"Value\":\"a b\"}]},\"Period\":60,\"Stat\":\"Maximum\"},"
                "\"ReturnData\":true}],\"NextToken\":\"t+/=\"}");
        assert_int_equal(query_form_ask(&r), 0);
        assert_string_equal(
                buf_str(&r.body),
                "Action=GetMetricData&Version=2010-08-01&StartTime=2026-01-02T03%3A04%3A00Z&EndTime=2026-01-02T03%3A09%3A00Z"
                "&ScanBy=TimestampAscending&MetricDataQueries.member.1.Id=q0"
                "&MetricDataQueries.member.1.MetricStat.Metric.Namespace=AWS%2FKinesisAnalytics"
                "&MetricDataQueries.member.1.MetricStat.Metric.MetricName=uptime"
                "&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name=Application"
                "&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value=a%20b"
                "&MetricDataQueries.member.1.MetricStat.Period=60&MetricDataQueries.member.1.MetricStat.Stat=Maximum"
                "&MetricDataQueries.member.1.ReturnData=true&NextToken=t%2B%2F%3D&MaxDatapoints=25000");
        assert_int_equal(r.n_headers, 1);
        assert_string_equal(r.headers[0].name, "Content-Type");
        assert_string_equal(r.headers[0].value, "application/x-www-form-urlencoded; charset=utf-8");
}

static void test_ask__no_json__stays_as_it_was(void **state) {
        (void)state;
        static const char *const bodies[] = {"", "[]", "{\"a\":", "Action=GetMetricData"};
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                SCOPED(http_request_done) struct http_request r;
                request_of(&r, "GetMetricData", bodies[i]);
                assert_int_equal(query_form_ask(&r), -EINVAL);
                assert_string_equal(buf_str(&r.body), bodies[i]);
                assert_int_equal(r.n_headers, 3);
        }
}

static void reads(const char *xml, const char *json) {
        SCOPED(buf_done) struct buf out = BUF_INIT(1 << 16);
        struct err err = {0};
        if (query_form_read(span_of(xml), &out, &err) < 0)
                fail_msg("%s", err.text);
        assert_string_equal(buf_str(&out), json);
}

#define NAMESPACE "xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\""

static void test_read__metric_data__the_json_that_it_stands_for(void **state) {
        (void)state;
        reads("<GetMetricDataResponse " NAMESPACE
              "><GetMetricDataResult><MetricDataResults><member><Timestamps><member>2026-01-02T03:04:00Z</member>\n"
              "<member>2026-01-02T03:05:00.000Z</member></Timestamps><Values><member>1.5</member><member>2.5E3</member></Values>"
              "<Label>up &amp; \"time\"</Label><Id>m0</Id><StatusCode>Complete</StatusCode></member>"
              "<member><Timestamps/><Values> </Values><Id>m1</Id><StatusCode>PartialData</StatusCode><Messages><member>"
              "<Code>C</Code><Value>1</Value></member></Messages></member></MetricDataResults><NextToken>n</NextToken>"
              "</GetMetricDataResult><ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></GetMetricDataResponse>",
              "{\"MetricDataResults\":[{\"Timestamps\":[1767323040,1767323100],\"Values\":[1.5,2.5E3],"
              "\"Label\":\"up & \\\"time\\\"\",\"Id\":\"m0\",\"StatusCode\":\"Complete\"},{\"Timestamps\":[],\"Values\":[],"
              "\"Id\":\"m1\",\"StatusCode\":\"PartialData\",\"Messages\":[{\"Code\":\"C\",\"Value\":\"1\"}]}],\"NextToken\":\"n\"}");
        reads("<R><GetMetricDataResult><MetricDataResults/></GetMetricDataResult></R>", "{\"MetricDataResults\":[]}");
        reads("<R><XResult><Values><member>NaN</member><member> -0.5e-7 </member><member>0</member><member>1.</member>"
              "<member>.5</member><member>01</member><member>1e</member><member>+1</member><member>-</member></Values></XResult></R>",
              "{\"Values\":[\"NaN\",-0.5e-7,0,\"1.\",\".5\",\"01\",\"1e\",\"+1\",\"-\"]}");
}

static void test_read__metrics_listed__the_json_that_it_stands_for(void **state) {
        (void)state;
        reads("<ListMetricsResponse " NAMESPACE
              "><ListMetricsResult><Metrics><member><Namespace>AWS/KinesisAnalytics</Namespace>"
              "<MetricName>uptime</MetricName><Dimensions><member><Name>Application</Name><Value>orders</Value></member>"
              "</Dimensions></member></Metrics></ListMetricsResult></ListMetricsResponse>",
              "{\"Metrics\":[{\"Namespace\":\"AWS/KinesisAnalytics\",\"MetricName\":\"uptime\","
              "\"Dimensions\":[{\"Name\":\"Application\",\"Value\":\"orders\"}]}]}");
}

static void test_read__hostile__ebadmsg(void **state) {
        (void)state;
        static const char *const bodies[] = {
                "",
                "{}",
                "<html><body>log in</body></html>",
                "<R><XResult>",
                "<ErrorResponse><Error><Code>C</Code></Error></ErrorResponse>",
                "<R><XResult><Timestamps><member>yesterday</member></Timestamps></XResult></R>",
                "<!DOCTYPE R><R><XResult/></R>",
                "<R><XResult><a>1</a><member>2</member></XResult></R>",
        };
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                SCOPED(buf_done) struct buf out = BUF_INIT(1 << 16);
                struct err err = {0};
                assert_int_equal(query_form_read(span_of(bodies[i]), &out, &err), -EBADMSG);
                assert_true(err.text[0]);
        }
        SCOPED(buf_done) struct buf small = BUF_INIT(8);
        assert_true(query_form_read(SPAN("<R><XResult><Id>longer than that</Id></XResult></R>"), &small, NULL) < 0);
}

static bool may_help(int status, const char *body, const char *service) {
        struct http_reply reply = reply_of(status, body);
        struct http_request r = {.service = service};
        struct aws_error e;
        aws_error_parse(&reply, &e);
        return query_form_may_help(&r, &reply, &e);
}

static void test_may_help__language_refused__and_nothing_else(void **state) {
        (void)state;
#define XML_ERROR(code) "<?xml version=\"1.0\"?><ErrorResponse><Error><Code>" code "</Code></Error></ErrorResponse>"
        assert_true(may_help(404, "<UnknownOperationException/>", "monitoring"));
        assert_true(may_help(400, "{\"__type\":\"UnknownOperationException\"}", "monitoring"));
        assert_true(may_help(400, XML_ERROR("InvalidAction"), "monitoring"));
        assert_true(may_help(400, XML_ERROR("MissingAction"), "monitoring"));
        assert_true(may_help(400, XML_ERROR("MalformedInput"), "monitoring"));
        assert_true(may_help(415, "", "monitoring"));
        assert_true(may_help(404, "", "monitoring"));
        assert_false(may_help(404, "<UnknownOperationException/>", "logs"));
        assert_false(may_help(404, "<UnknownOperationException/>", NULL));
        assert_false(may_help(400, "{\"__type\":\"ValidationError\"}", "monitoring"));
        assert_false(may_help(400, XML_ERROR("Throttling"), "monitoring"));
        assert_false(may_help(403, XML_ERROR("AccessDenied"), "monitoring"));
        assert_false(may_help(503, "<html/>", "monitoring"));
        assert_false(may_help(200, "<UnknownOperationException/>", "monitoring"));
        struct http_reply gone = reply_fault(HTTP_FAULT_CLOSED);
        struct http_request r = {.service = "monitoring"};
        struct aws_error e;
        aws_error_parse(&gone, &e);
        assert_false(query_form_may_help(&r, &gone, &e));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ask__metric_data__as_the_reference_writes_it),
                cmocka_unit_test(test_ask__no_json__stays_as_it_was),
                cmocka_unit_test(test_read__metric_data__the_json_that_it_stands_for),
                cmocka_unit_test(test_read__metrics_listed__the_json_that_it_stands_for),
                cmocka_unit_test(test_read__hostile__ebadmsg),
                cmocka_unit_test(test_may_help__language_refused__and_nothing_else),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
