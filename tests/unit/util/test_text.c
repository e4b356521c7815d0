/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "util/err.h"
#include "util/glob.h"
#include "util/http.h"
#include "util/text.h"
#include "util/utf8.h"

static void test_glob__stars_and_questions__match(void **state) {
        (void)state;
        assert_true(glob_matches("*", ""));
        assert_true(glob_matches("a*b?c", "axxbyc"));
        assert_true(glob_matches("*aab", "aaab"));
        assert_false(glob_matches("a?", "a"));
        assert_false(glob_matches("", "a"));
        assert_true(glob_matches("", ""));
        assert_false(glob_matches("[ab]", "a")); /* nothing else is special */
        assert_true(glob_matches("a**", "a"));
        /* No explosion where a naive matcher would try every split. */
        assert_false(glob_matches("*a*a*a*a*a*a*a*a*a*b",
                                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void test_glob_list__negatives__win(void **state) {
        (void)state;
        assert_true(glob_list_matches("*, !scratch-*", "orders"));
        assert_false(glob_list_matches("*, !scratch-*", "scratch-1"));
        assert_false(glob_list_matches("!scratch-*, *", "scratch-1"));
        assert_true(glob_list_matches("!scratch-*", "orders"));
        assert_true(glob_list_matches("a*, b*", "beta"));
        assert_false(glob_list_matches("a*, b*", "gamma"));
        assert_true(glob_list_matches("", "orders"));
        assert_true(glob_list_matches(" , orders ,", "orders"));
}

static void test_span__split_and_trim__lose_nothing(void **state) {
        (void)state;
        struct span rest = SPAN("a,,b,");
        static const char *const parts[] = {"a", "", "b", ""};
        for (size_t i = 0; i < 4; i++) {
                assert_non_null(rest.data);
                assert_true(span_is(span_split(&rest, ','), parts[i]));
        }
        assert_null(rest.data);
        assert_true(span_is(span_trim(SPAN(" \t x y\r\n")), "x y"));
        assert_int_equal(span_trim(SPAN(" \n ")).len, 0);
        assert_int_equal(span_find(SPAN("abcabc"), SPAN("ca")), 2);
        assert_int_equal(span_find(SPAN("ab"), SPAN("abc")), -1);
        assert_true(span_equals((struct span){0}, SPAN("")));
}

static void test_text__cut__never_inside_a_character(void **state) {
        (void)state;
        char text[] = "a\xe2\x82\xac"
                      "b";
        text_cut(text, 3);
        assert_string_equal(text, "a");
        char to[5];
        assert_false(text_copy(to, sizeof to, "abc\xc3\xa9"));
        assert_string_equal(to, "abc");
        char long_text[] = "caf\xc3\xa9 au lait", short_text[] = "ab";
        text_shorten(long_text, 7);
        assert_string_equal(long_text, "caf...");
        text_shorten(short_text, 2);
        assert_string_equal(short_text, "ab");
        text_shorten(short_text, 1);
        assert_string_equal(short_text, "");
        assert_true(text_copy(to, sizeof to, "abcd"));
        assert_string_equal(to, "abcd");
}

static void test_text__nearest__finds_slips_and_no_strangers(void **state) {
        (void)state;
        static const char *const keys[] = {"interval", "backfill", "settle", "monthly_budget_usd"};
        assert_string_equal(text_nearest("intervall", keys, 4), "interval");
        assert_string_equal(text_nearest("setle", keys, 4), "settle");
        assert_null(text_nearest("webhook_url", keys, 4));
        assert_null(text_nearest("x", keys, 4));
        char longer[200] = {0};
        memset(longer, 'a', sizeof longer - 1);
        assert_null(text_nearest(longer, keys, 4));
}

static void test_text__replace_and_same__treat_null_as_empty(void **state) {
        (void)state;
        char *slot = NULL;
        assert_int_equal(text_replace(&slot, "one"), 0);
        assert_int_equal(text_replace(&slot, "two"), 0);
        assert_string_equal(slot, "two");
        assert_int_equal(text_replace(&slot, NULL), 0);
        assert_null(slot);
        assert_true(text_same(NULL, ""));
        assert_false(text_same(NULL, "a"));
        text_wipe_free(NULL);
}

static void test_utf8__widths__follow_rfc_3629(void **state) {
        (void)state;
        assert_int_equal(utf8_width("a", 1), 1);
        assert_int_equal(utf8_width("\xc3\xa9", 2), 2);
        assert_int_equal(utf8_width("\xef\xbf\xbf", 3), 3);
        assert_int_equal(utf8_width("\xf4\x8f\xbf\xbf", 4), 4);
        assert_int_equal(utf8_width("\xf4\x90\x80\x80", 4), 0); /* beyond U+10FFFF */
        assert_int_equal(utf8_width("\xe0\x9f\xbf", 3), 0);     /* overlong */
        assert_int_equal(utf8_width("\x80", 1), 0);
        assert_int_equal(utf8_width("\xc3", 1), 0);
        assert_int_equal(utf8_width("", 0), 0);
}

static void test_err__long_and_broken_text__is_one_safe_line(void **state) {
        (void)state;
        struct err e;
        char longer[400];
        memset(longer, 'x', sizeof longer);
        longer[sizeof longer - 1] = '\0';
        assert_int_equal(err_set(&e, -EINVAL, "a\nb\x1b[31m%s", "c"), -EINVAL);
        assert_string_equal(e.text, "a b [31mc");
        assert_int_equal(e.code, -EINVAL);
        err_prefix(&e, "file:%d", 3);
        assert_string_equal(e.text, "file:3: a b [31mc");
        err_set(&e, -EIO, "%s", longer);
        assert_int_equal(strlen(e.text), sizeof e.text - 1);
        assert_string_equal(e.text + strlen(e.text) - 3, "...");
        err_prefix(&e, "%s", longer);
        assert_true(strlen(e.text) < sizeof e.text);
        assert_int_equal(err_set(NULL, -EIO, "nobody reads it"), -EIO);
}

static void test_http__headers__are_found_in_any_case(void **state) {
        (void)state;
        struct http_reply reply = {
                .headers = SPAN("HTTP/1.1 200 OK\r\nretry-after:  7 \r\nDate: x\r\nRetry-After: 9\r\n\r\n")};
        assert_true(span_is(http_reply_header(&reply, "Retry-After"), "7"));
        assert_true(span_is(http_reply_header(&reply, "date"), "x"));
        assert_null(http_reply_header(&reply, "Retry").data);
        assert_null(http_reply_header(&(struct http_reply){0}, "Date").data);
}

static void test_http__request_headers__are_bounded_and_of_one_line(void **state) {
        (void)state;
        struct http_request r;
        http_request_init(&r);
        assert_int_equal(http_request_header(&r, "X-A", "1\r\nX-Evil: 2"), -EINVAL);
        for (int i = 0; i < HTTP_HEADERS_MAX; i++)
                assert_int_equal(http_request_header(&r, "X-A", "1"), 0);
        assert_int_equal(http_request_header(&r, "X-A", "1"), -E2BIG);
        http_request_done(&r);
        assert_int_equal(r.n_headers, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_glob__stars_and_questions__match),
                cmocka_unit_test(test_glob_list__negatives__win),
                cmocka_unit_test(test_span__split_and_trim__lose_nothing),
                cmocka_unit_test(test_text__cut__never_inside_a_character),
                cmocka_unit_test(test_text__nearest__finds_slips_and_no_strangers),
                cmocka_unit_test(test_text__replace_and_same__treat_null_as_empty),
                cmocka_unit_test(test_utf8__widths__follow_rfc_3629),
                cmocka_unit_test(test_err__long_and_broken_text__is_one_safe_line),
                cmocka_unit_test(test_http__headers__are_found_in_any_case),
                cmocka_unit_test(test_http__request_headers__are_bounded_and_of_one_line),
        };
        return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
