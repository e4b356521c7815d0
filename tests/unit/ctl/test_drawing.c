/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that screens are made of. */
#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ctl/chart.h"
#include "ctl/foreign.h"
#include "ctl/spark.h"
#include "ctl/status.h"
#include "ctl/table.h"
#include "ctl/value.h"
#include "ctl/words.h"

enum { NOW = 1768359600 };

static void expect_foreign(const char *text, const char *utf8, const char *plain) {
        SCOPED(buf_done) struct buf a = BUF_INIT(4096), b = BUF_INIT(4096);
        foreign_put(&a, text, true);
        foreign_put(&b, text, false);
        assert_string_equal(buf_str(&a), utf8);
        assert_string_equal(buf_str(&b), plain);
}

#define BAD "\xef\xbf\xbd"

static void test_foreign__escapes_and_controls__lose_their_power(void **state) {
        (void)state;
        expect_foreign("plain text", "plain text", "plain text");
        expect_foreign("\033[31mred\033[0m", BAD "[31mred" BAD "[0m", "?[31mred?[0m");
        expect_foreign("\033]0;title\007", BAD "]0;title" BAD, "?]0;title?");
        expect_foreign("a\tb\r\nc", "a b  c", "a b  c");
        expect_foreign("\b\b\x7f", BAD BAD BAD, "???");
        expect_foreign("\xc2\x9b"
                       "31m",
                       BAD "31m", "?31m"); /* CSI as one C1 character */
        expect_foreign("\x9b"
                       "31m",
                       BAD "31m", "?31m"); /* and as a lone byte */
        expect_foreign("abc\xe2\x80\xae"
                       "cba",
                       "abc" BAD "cba", "abc?cba");                /* right-to-left override */
        expect_foreign("\xe2\x81\xa6\xe2\x81\xa9", BAD BAD, "??"); /* isolates */
        expect_foreign("caf\xc3\xa9 \xe2\x86\x92 \xe6\x97\xa5", "caf\xc3\xa9 \xe2\x86\x92 \xe6\x97\xa5", "caf? ? ?");
        expect_foreign("cut \xe6\x97", "cut " BAD BAD, "cut ??");
        expect_foreign("\xc0\x9b\xed\xa0\x80", BAD BAD BAD BAD BAD, "?????"); /* overlong, surrogate */
        expect_foreign(NULL, "", "");
}

static void test_foreign__columns__count_wide_and_combining(void **state) {
        (void)state;
        assert_int_equal(foreign_columns(""), 0);
        assert_int_equal(foreign_columns("abc"), 3);
        assert_int_equal(foreign_columns("caf\xc3\xa9"), 4);
        assert_int_equal(foreign_columns("e\xcc\x81"), 1);
        assert_int_equal(foreign_columns("\xe6\x97\xa5\xe6\x9c\xac"), 4);
        assert_int_equal(foreign_fit("\xe6\x97\xa5\xe6\x9c\xac", 3), 3);
        assert_int_equal(foreign_fit("abc", 2), 2);
        assert_int_equal(foreign_fit("abc", 9), 3);
}

static void test_foreign__json__stays_json_and_keeps_its_meaning(void **state) {
        static const char json[] = "{\"a\":\"x\xc2\x9b y\x7f \xe2\x80\xae \xf3\xa0\x80\xa0 caf\xc3\xa9\",\n\"b\":1}";
        SCOPED(buf_done) struct buf out = BUF_INIT(4096);
        (void)state;
        foreign_put_json(&out, span_of(json));
        assert_string_equal(buf_str(&out),
                            "{\"a\":\"x\\u009b y\\u007f \\u202e \\udb40\\udc20 caf\xc3\xa9\",\n\"b\":1}");
        cJSON *before = cJSON_Parse(json), *after = cJSON_Parse(buf_str(&out));
        assert_true(cJSON_Compare(before, after, true));
        cJSON_Delete(before);
        cJSON_Delete(after);
}

static void test_member_text__of_an_answer__is_found_where_it_is(void **state) {
        static const char line[] =
                " {\"a\\\"result\":[\"}\",{\"result\":1}] , \"id\":1,\"result\" : {\"x\":[1.50,\"]\\\\\"]} ,\"z\":0}\n";
        struct span found = value_text_of(span_of(line), "result");
        (void)state;
        assert_true(span_is(found, "{\"x\":[1.50,\"]\\\\\"]}"));
        assert_true(span_is(value_text_of(span_of(line), "z"), "0"));
        assert_null(value_text_of(span_of(line), "x").data);
        assert_null(value_text_of(SPAN("{\"res"), "res").data);
        assert_null(value_text_of(SPAN(""), "res").data);
        assert_true(span_is(value_text_of(SPAN("{\"result\":null}"), "result"), "null"));
}

static void expect_words(double value, const char *unit, const char *expected) {
        char text[WORDS_MAX];
        words_value(value, unit, text);
        assert_string_equal(text, expected);
}

static void test_words__values__have_three_digits_and_a_unit(void **state) {
        (void)state;
        expect_words(0, "ms", "0 ms");
        expect_words(999, "ms", "999 ms");
        expect_words(1500, "ms", "1.5 s");
        expect_words(61234, "ms", "61.2 s");
        expect_words(119999, "ms", "120 s");
        expect_words(120000, "ms", "2 min");
        expect_words(7200000, "ms", "2 h");
        expect_words(172800000, "ms", "2 d");
        expect_words(1023, "bytes", "1023 B");
        expect_words(1024, "bytes", "1 KiB");
        expect_words(1048575, "bytes", "1 MiB");
        expect_words(5.5e9, "bytes", "5.12 GiB");
        expect_words(71.25, "%", "71.2 %");
        expect_words(0.04, "%", "0.04 %");
        expect_words(303.4, "1/s", "303/s");
        expect_words(12345, "", "12345");
        expect_words(1234567, "records", "1.23 M records");
        expect_words(999999, "", "1 M");
        expect_words(-1, "ms", "-1 ms");
        expect_words(NAN, "ms", "-");
        expect_words(INFINITY, "%", "-");
        expect_words(1768358460000, "epoch ms", "2026-01-14 03:41:00");
}

static void expect_ago(int64_t ago_s, const char *expected) {
        char text[WORDS_MAX];
        words_ago(NOW - ago_s, NOW, text);
        assert_string_equal(text, expected);
}

static void test_words__times__are_near_and_local(void **state) {
        char text[WORDS_MAX];
        (void)state;
        expect_ago(0, "just now");
        expect_ago(5, "5 s ago");
        expect_ago(119, "119 s ago");
        expect_ago(120, "2 min ago");
        expect_ago(3 * 3600, "3 h ago");
        expect_ago(48 * 3600, "2 d ago");
        expect_ago(800 * 86400, "2 years ago");
        expect_ago(-300, "in 5 min");
        words_ago(0, NOW, text);
        assert_string_equal(text, "never");
        words_local(NOW, NOW, text);
        assert_string_equal(text, "14 Jan 04:00");
        words_local(NOW - 200 * 86400, NOW, text);
        assert_string_equal(text, "28 Jun 2025 05:00");
        words_local(0, NOW, text);
        assert_string_equal(text, "-");
        words_clock(NOW, true, text);
        assert_string_equal(text, "04:00");
        words_clock(NOW - 4 * 3600, true, text);
        assert_string_equal(text, "14 Jan");
}

static void expect_spark(const double *values, size_t n, const char *utf8, const char *plain) {
        SCOPED(buf_done) struct buf a = BUF_INIT(256), b = BUF_INIT(256);
        spark_put(&a, values, n, true);
        spark_put(&b, values, n, false);
        assert_string_equal(buf_str(&a), utf8);
        assert_string_equal(buf_str(&b), plain);
}

static void test_spark__shapes__are_drawn_and_gaps_are_blank(void **state) {
        (void)state;
        expect_spark((double[]){0, 1, 2, 3, 4, 5, 6, 7}, 8, "▁▂▃▄▅▆▇█", "_.:-=+*#");
        expect_spark((double[]){0, NAN, 7}, 3, "▁ █", "_ #");
        expect_spark((double[]){0, 0}, 2, "▁▁", "__");
        expect_spark((double[]){5, 5}, 2, "▄▄", "--");
        expect_spark((double[]){100, 107}, 2, "▁█", "_#"); /* far from zero: from the smallest */
        expect_spark((double[]){NAN, NAN}, 2, "  ", "  ");
        expect_spark(NULL, 0, "", "");
}

static void draw_at(struct screen *s, size_t width) {
        static const struct column columns[] = {{"NAME", false, 6, 0}, {"EXTRA", false, 0, 1}, {"N", true, 0, 0}};
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        *s = (struct screen){.out = BUF_INIT(4096), .is_utf8 = true, .width = width};
        table_cell(t, STYLE_PLAIN, "a-long-name-\xe6\x97\xa5");
        table_cell(t, STYLE_PLAIN, "more");
        table_printf(t, STYLE_PLAIN, "%d", 7);
        table_cell(t, STYLE_PLAIN, "b");
        table_cell(t, STYLE_PLAIN, NULL);
        table_printf(t, STYLE_PLAIN, "%d", 1234);
        table_draw(t, s);
}

static void test_table__at_each_width__drops_and_cuts(void **state) {
        struct screen s;
        (void)state;
        draw_at(&s, 0);
        assert_string_equal(
                buf_str(&s.out),
                "NAME            EXTRA     N\na-long-name-\xe6\x97\xa5  more      7\nb               -      1234\n");
        buf_done(&s.out);
        draw_at(&s, 22);
        assert_string_equal(buf_str(&s.out),
                            "NAME       EXTRA     N\na-long-n…  more      7\nb          -      1234\n");
        buf_done(&s.out);
        draw_at(&s, 18);
        assert_string_equal(buf_str(&s.out), "NAME             N\na-long-name…     7\nb             1234\n");
        buf_done(&s.out);
        draw_at(&s, 5); /* narrower than it can be: whole cells of the least columns */
        assert_string_equal(buf_str(&s.out), "NAME     N\na-l…     7\nb     1234\n");
        buf_done(&s.out);
}

static void test_wrap__words__break_at_blanks_and_long_ones_anywhere(void **state) {
        struct screen s = {.out = BUF_INIT(4096), .is_utf8 = true, .width = 30};
        (void)state;
        screen_item(&s, "  1.", 5, "one two three four five six seven");
        screen_item(&s, "  a label that is long", 5, "x");
        screen_wrap(&s, 0, STYLE_PLAIN, "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd\nsecond line");
        assert_string_equal(
                buf_str(&s.out),
                "  1. one two three four five\n     six seven\n  a label that is long x\naaaaaaaaaabbbbbbbbbbcccccccccc\ndddddddddd\nsecond line\n");
        buf_done(&s.out);
}

static void test_chart__a_single_point_or_flat_zero__has_sane_axes(void **state) {
        static const struct chart_point zero[] = {{NOW - 60, 0}}, one[] = {{NOW - 60, 61234}};
        struct screen s = {.out = BUF_INIT(1 << 16), .is_utf8 = false, .width = 60, .now_s = NOW};
        struct chart c = {.unit = "ms",
                          .from_s = NOW - 600,
                          .to_s = NOW,
                          .step_s = 60,
                          .points = zero,
                          .n_points = 1,
                          .threshold = NAN};
        (void)state;
        chart_draw(&c, &s);
        assert_non_null(strstr(buf_str(&s.out), "____"));
        assert_non_null(strstr(buf_str(&s.out), "1 ms"));
        buf_clear(&s.out);
        c.points = one;
        chart_draw(&c, &s);
        assert_non_null(strstr(buf_str(&s.out), "80 s"));
        assert_non_null(strstr(buf_str(&s.out), "####"));
        buf_done(&s.out);
}

static void expect_exit(const char *json, int expected) {
        cJSON *result = cJSON_Parse(json);
        assert_non_null(result);
        struct status_summary sum = status_summarise(result, NOW);
        assert_int_equal(status_exit_code(&sum), expected);
        cJSON_Delete(result);
}

#define TARGET_GOOD "\"targets\":[{\"name\":\"a\",\"polled_at\":\"2026-01-14T02:59:40Z\",\"error\":null}]"
#define TARGET_SHAKY "\"targets\":[{\"name\":\"a\",\"polled_at\":\"2026-01-14T02:59:00Z\",\"error\":\"timeout\"}]"
#define TARGET_BLIND "\"targets\":[{\"name\":\"a\",\"polled_at\":\"2026-01-14T02:30:00Z\",\"error\":\"AccessDenied\"}]"
#define TARGET_NEVER "\"targets\":[{\"name\":\"a\",\"polled_at\":null}]"
#define ONE_APP ",\"applications\":[{\"name\":\"x\"}],\"daemon\":{\"interval_s\":60}"
#define OPEN(severity, quiet) ",\"incidents\":[{\"severity\":\"" severity "\",\"quiet\":" quiet "}]"

static void test_exit_code__of_each_state__is_as_nagios_has_it(void **state) {
        (void)state;
        expect_exit("{" TARGET_GOOD ONE_APP "}", 0);
        expect_exit("{" TARGET_GOOD ONE_APP OPEN("info", "false") "}", 0);
        expect_exit("{" TARGET_GOOD ONE_APP OPEN("warning", "false") "}", 1);
        expect_exit("{" TARGET_GOOD ONE_APP OPEN("critical", "false") "}", 2);
        expect_exit("{" TARGET_GOOD ONE_APP OPEN("critical", "true") "}", 0); /* silenced, in maintenance */
        expect_exit("{" TARGET_SHAKY ONE_APP "}", 0);                         /* one failed poll */
        expect_exit("{" TARGET_BLIND ONE_APP "}", 3);
        expect_exit("{" TARGET_NEVER ONE_APP "}", 3);
        expect_exit("{" TARGET_BLIND ONE_APP OPEN("warning", "false") "}", 1);
        expect_exit("{" TARGET_GOOD "}", 3);
        expect_exit("{}", 3);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_foreign__escapes_and_controls__lose_their_power),
                cmocka_unit_test(test_foreign__columns__count_wide_and_combining),
                cmocka_unit_test(test_foreign__json__stays_json_and_keeps_its_meaning),
                cmocka_unit_test(test_member_text__of_an_answer__is_found_where_it_is),
                cmocka_unit_test(test_words__values__have_three_digits_and_a_unit),
                cmocka_unit_test(test_words__times__are_near_and_local),
                cmocka_unit_test(test_spark__shapes__are_drawn_and_gaps_are_blank),
                cmocka_unit_test(test_table__at_each_width__drops_and_cuts),
                cmocka_unit_test(test_wrap__words__break_at_blanks_and_long_ones_anywhere),
                cmocka_unit_test(test_chart__a_single_point_or_flat_zero__has_sane_axes),
                cmocka_unit_test(test_exit_code__of_each_state__is_as_nagios_has_it),
        };
        setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
        tzset();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
