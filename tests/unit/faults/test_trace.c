/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "faults/verdict.h"

static void assert_span(struct span s, const char *expected) {
        char text[1000] = "";
        assert_true(s.len < sizeof text);
        if (s.len > 0)
                memcpy(text, s.data, s.len);
        assert_string_equal(text, expected);
}

static struct trace parse(const char *text) {
        struct trace t;
        assert_int_equal(trace_parse(span_of(text), &t), 0);
        return t;
}

static void test_trace__caused_by__root_comes_first(void **state) {
        (void)state;
        SCOPED(trace_done)
        struct trace t = parse(
                "a.b.Outer: one\n\tat org.apache.flink.X.y(X.java:1)\nCaused by: a.b.InnerException: two\n\tat com.acme.P.q(P.java:2)\n\t... 3 more");
        assert_int_equal(t.n_sections, 2);
        assert_span(t.sections[0].exception_class, "a.b.InnerException");
        assert_span(t.sections[0].message, "two");
        assert_span(t.sections[0].user_frame, "com.acme.P.q");
        assert_span(t.sections[1].exception_class, "a.b.Outer");
}

static void test_trace__wrapped_by__root_comes_first(void **state) {
        (void)state;
        SCOPED(trace_done)
        struct trace t = parse(
                "a.b.InnerException: two\r\n\tat com.acme.P.q(P.java:2)\r\n\t... 3 more\r\nWrapped by: a.b.MiddleException\r\nWrapped by: a.b.OuterException: one\r\n\tat x.Y.z(Y.java:1)\r\n");
        assert_int_equal(t.n_sections, 3);
        assert_span(t.sections[0].exception_class, "a.b.InnerException");
        assert_span(t.sections[1].exception_class, "a.b.MiddleException");
        assert_span(t.sections[2].message, "one");
}

static void test_trace__suppressed_and_circular__are_no_part_of_the_chain(void **state) {
        (void)state;
        SCOPED(trace_done)
        struct trace t = parse(
                "a.OuterException: one\n\tat x.Y.z(Y.java:1)\n\tSuppressed: a.CloseException: no\n\t\tat x.C.close(C.java:1)\n\tCaused by: a.DeepException: no\n\t\t... 1 more\n"
                "Caused by: a.InnerException: two\n\tat x.Y.w(Y.java:2)\nCaused by: [CIRCULAR REFERENCE: a.OuterException: one]");
        assert_int_equal(t.n_sections, 2);
        assert_span(t.sections[0].exception_class, "a.InnerException");
        assert_span(t.sections[0].user_frame, "x.Y.w");
}

static void test_trace__message_of_many_lines__is_kept_whole(void **state) {
        (void)state;
        SCOPED(trace_done)
        struct trace t = parse("a.JsonException: bad\n at [Source: x; line: 1]\n\tat com.acme.P.q(P.java:2)");
        assert_span(t.sections[0].message, "bad\n at [Source: x; line: 1]");
        assert_int_equal(t.sections[0].n_frames, 1);
}

static void test_trace__text_before_the_class__is_passed_over(void **state) {
        (void)state;
        SCOPED(trace_done)
        struct trace t = parse(
                "Exception in thread \"main\" java.lang.IllegalStateException: no\n\tat com.acme.P.main(P.java:2)");
        assert_span(t.sections[0].exception_class, "java.lang.IllegalStateException");
}

static void test_trace__escaped_breaks__are_breaks(void **state) {
        (void)state;
        SCOPED(trace_done)
        struct trace t = parse("java.io.IOException: x\\n\\tat com.acme.P.q(P.java:2)\\nCaused by: java.lang.Error: y");
        assert_int_equal(t.n_sections, 2);
        assert_span(t.sections[0].exception_class, "java.lang.Error");
}

static void test_trace__python__names_file_and_function(void **state) {
        (void)state;
        SCOPED(trace_done)
        struct trace t = parse(
                "Traceback (most recent call last):\n  File \"/opt/x/site-packages/a.py\", line 1, in run\n    go()\n  File \"/opt/job.py\", line 2, in parse\n    int(v)\nValueError: invalid literal for int() with base 10: 'x'\n");
        assert_span(t.sections[0].exception_class, "ValueError");
        assert_span(t.sections[0].function, "parse");
        assert_span(t.sections[0].file, "/opt/job.py");
}

static void test_trace__no_exception__is_none(void **state) {
        struct trace t;
        (void)state;
        assert_int_equal(trace_parse(span_of("Source: orders -> Map (1/4): all is well"), &t), 1);
        trace_done(&t);
        assert_int_equal(trace_parse((struct span){"", 0}, &t), 1);
        trace_done(&t);
}

static void test_frame__by_its_package__is_whose(void **state) {
        static const struct {
                const char *frame;
                enum frame_kind kind;
        } frames[] = {
                {"java.util.HashMap.get", FRAME_FRAMEWORK},
                {"org.apache.flink.runtime.Task.run", FRAME_FRAMEWORK},
                {"org.apache.flink.connector.kafka.source.KafkaSource.x", FRAME_CONNECTOR},
                {"com.amazonaws.services.msf.Job.main", FRAME_USER},
                {"com.amazonaws.http.AmazonHttpClient.x", FRAME_FRAMEWORK},
                {"javassist.Thing.x", FRAME_USER},
                {"com.acme.Job$Parse.map", FRAME_USER},
                {"StreamExecCalc$12.processElement", FRAME_FRAMEWORK},
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(frames); i++)
                assert_int_equal(frame_kind(span_of(frames[i].frame)), frames[i].kind);
}

static void test_verdict__bare_timeout__yields_to_what_is_around_it(void **state) {
        struct verdict v;
        (void)state;
        SCOPED(trace_done)
        struct trace t = parse(
                "org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException: Slot request bulk is not fulfillable!\nCaused by: "
                "java.util.concurrent.TimeoutException: Timeout has occurred: 300000 ms");
        verdict_of_trace(&t, &v);
        assert_string_equal(v.category, "resource");
        assert_span(v.exception_class, "org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException");
}

/* The table itself: what each row must have, and that no needle can match everything. */
static void test_rules__rows__are_complete(void **state) {
        static const char *const categories[] = {"user_code",  "bad_record", "state_incompat", "dependency",
                                                 "throttling", "permission", "not_found",      "network",
                                                 "checkpoint", "memory",     "resource",       "sink",
                                                 "source",     "config",     "unknown"};
        (void)state;
        for (size_t i = 0; i < n_fault_rules; i++) {
                const struct fault_rule *r = &fault_rules[i];
                bool is_known = false;
                for (size_t k = 0; k < ELEMENTS(categories); k++)
                        is_known |= strcmp(categories[k], r->category) == 0;
                assert_true(is_known);
                assert_non_null(r->reason);
                assert_true(r->role != ROLE_TRIGGER || r->advice);
                assert_true(r->classes || r->words || r->context);
                for (const char *p = r->words; p && *p; p++)
                        assert_false(*p >= 'A' && *p <= 'Z');
                for (size_t k = 0; k < 3; k++) {
                        const char *list = k == 0 ? r->classes : k == 1 ? r->words : r->context;
                        if (list && (strstr(list, "||") || strstr(list, "&&") || strstr(list, "&|") || list[0] == '|' ||
                                     list[strlen(list) - 1] == '|' || list[strlen(list) - 1] == '&'))
                                fail_msg("%s: an empty needle in %s", r->name, list);
                }
                for (size_t k = 0; k < i; k++)
                        assert_string_not_equal(fault_rules[k].name, r->name);
        }
}

static double parse_ms(const char *line, int n) {
        SCOPED(buf_done) struct buf text = BUF_INIT(1 << 20);
        struct timespec from, to;
        struct trace t;
        for (int i = 0; i < n; i++)
                buf_put_str(&text, line);
        assert_int_equal(text.failed, 0);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        trace_parse(buf_span(&text), &t);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        trace_done(&t);
        return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

/* It took a time for each pair of them: seconds for a message of the size that CloudWatch takes. */
static void test_trace__tracebacks_by_the_thousand__take_no_longer_than_their_length(void **state) {
        (void)state;
        enum { LINES = 8000 };
        double plain_ms = parse_ms("Nothing (most recent call last) ..\n", LINES),
               heads_ms = parse_ms("Traceback (most recent call last):\n", LINES);
        assert_true(heads_ms < 100 * plain_ms);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_trace__caused_by__root_comes_first),
                cmocka_unit_test(test_trace__wrapped_by__root_comes_first),
                cmocka_unit_test(test_trace__suppressed_and_circular__are_no_part_of_the_chain),
                cmocka_unit_test(test_trace__message_of_many_lines__is_kept_whole),
                cmocka_unit_test(test_trace__text_before_the_class__is_passed_over),
                cmocka_unit_test(test_trace__escaped_breaks__are_breaks),
                cmocka_unit_test(test_trace__python__names_file_and_function),
                cmocka_unit_test(test_trace__tracebacks_by_the_thousand__take_no_longer_than_their_length),
                cmocka_unit_test(test_trace__no_exception__is_none),
                cmocka_unit_test(test_frame__by_its_package__is_whose),
                cmocka_unit_test(test_verdict__bare_timeout__yields_to_what_is_around_it),
                cmocka_unit_test(test_rules__rows__are_complete),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
