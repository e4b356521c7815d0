/* SPDX-License-Identifier: Apache-2.0 */
/* JSON read in place: what is let in, what it means, and that numbers are those that strtod reads. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/jsonr.h"
#include "util/number.h"

static void test_parse__well_formed__taken(void **state) {
        static const char *const texts[] = {
                "{}",      "[]",         " [ ] ",          "null",     "true",
                "-0",      "1.5e-7",     "[[1],[2,[]]]",   "\"\"",     "\"\\u0000\\\"\\\\\\/\\b\"",
                "[{},[]]", "{\"a\":{}}", "\r\n\t{\"\":0}", "[1,2 ,3]", "{\"a\":1,\"a\":[{\"b\":null}]}",
        };
        SCOPED(jsonr_done) struct jsonr j = {0};
        (void)state;
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                if (jsonr_parse(&j, span_of(texts[i])) != 0)
                        fail_msg("refused: %s", texts[i]);
}

static void test_parse__ill_formed__eproto(void **state) {
        static const char *const texts[] = {
                "",          " ",         "{",          "}",      "[1",   "[1,]", "[,1]",      "{\"a\"}",
                "{\"a\":}",  "{a:1}",     "[1]]",       "[[1]",   "nul",  "NaN",  "Infinity",  "01",
                "+1",        ".5",        "1.",         "1e",     "-",    "1 2",  "\"",        "\"\\x\"",
                "\"\\u12\"", "\"\n\"",    "{\"a\":1,}", "[1 2]",  "'a'",  "[1}",  "{\"a\":1]", "tru",
                "\"\\",      "[\"a\":1]", "{1:2}",      "//x\n1", "0x10", "1e+",  "--1",       "[]x",
        };
        SCOPED(jsonr_done) struct jsonr j = {0};
        (void)state;
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                if (jsonr_parse(&j, span_of(texts[i])) != -EPROTO)
                        fail_msg("taken: %s", texts[i]);
        assert_null(jsonr_root(&j));
}

static void test_parse__cut_anywhere__eproto(void **state) {
        static const char text[] =
                "{\"Results\":[{\"Id\":\"q0\",\"Values\":[1.5,-2e3,null,true,\"NaN\"]},{}],\"Token\":\"a\\u20acb\"}";
        SCOPED(jsonr_done) struct jsonr j = {0};
        (void)state;
        for (size_t len = 0; len < sizeof text - 1; len++) {
                SCOPED(free) char *exact = malloc(len + 1); /* so that a read beyond it is seen */
                memcpy(exact, text, len);
                assert_int_equal(jsonr_parse(&j, (struct span){exact, len}), -EPROTO);
        }
        assert_int_equal(jsonr_parse(&j, span_of(text)), 0);
}

static void test_parse__deeper_than_allowed__eproto(void **state) {
        char text[2 * JSONR_DEPTH_MAX + 3];
        SCOPED(jsonr_done) struct jsonr j = {0};
        (void)state;
        for (size_t depth = JSONR_DEPTH_MAX; depth <= JSONR_DEPTH_MAX + 1; depth++) {
                memset(text, '[', depth);
                memset(text + depth, ']', depth);
                assert_int_equal(jsonr_parse(&j, (struct span){text, 2 * depth}),
                                 depth > JSONR_DEPTH_MAX ? -EPROTO : 0);
        }
}

static void test_members_and_elements__in_their_places(void **state) {
        SCOPED(jsonr_done) struct jsonr j = {0};
        (void)state;
        assert_int_equal(jsonr_parse(&j, SPAN("{\"x\":[{\"y\":1,\"z\":[9]},[],\"s\"],\"y\":2,\"y\":3,\"e\":[]}")), 0);
        const struct jsonr_node *root = jsonr_root(&j), *x = jsonr_member(&j, root, "x"), *i = jsonr_first(&j, x);
        double value;
        assert_true(jsonr_is(x, JSONR_ARRAY));
        assert_true(jsonr_number(&j, jsonr_member(&j, i, "y"), &value) && value == 1);
        assert_true(jsonr_number(&j, jsonr_first(&j, jsonr_member(&j, i, "z")), &value) && value == 9);
        i = jsonr_next(&j, x, i);
        assert_true(jsonr_is(i, JSONR_ARRAY) && !jsonr_first(&j, i));
        i = jsonr_next(&j, x, i);
        assert_true(span_equals(jsonr_raw(&j, i), SPAN("s")));
        assert_null(jsonr_next(&j, x, i));
        assert_true(jsonr_number(&j, jsonr_member(&j, root, "y"), &value) && value == 2); /* the first of that name */
        assert_null(jsonr_member(&j, root, "z"));
        assert_null(jsonr_member(&j, jsonr_member(&j, root, "none"), "none"));
        assert_null(jsonr_first(&j, jsonr_member(&j, root, "e")));
        assert_false(jsonr_number(&j, x, &value));
        assert_null(jsonr_raw(&j, x).data);
}

static void test_text__escapes__utf8(void **state) {
        static const struct {
                const char *json, *text;
        } cases[] = {
                {"\"plain\"", "plain"},
                {"\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "a\"b\\c/d\b\f\n\r\t"},
                {"\"\\u00e9\\u20AC\\ud83d\\ude00\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
                {"\"x\\u0000y\\ud83dz\\udc00\"", "x\xef\xbf\xbdy\xef\xbf\xbdz\xef\xbf\xbd"},
                {"\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
                                       "A"},
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                SCOPED(jsonr_done) struct jsonr j = {0};
                SCOPED(buf_done) struct buf text = BUF_INIT(256);
                assert_int_equal(jsonr_parse(&j, span_of(cases[i].json)), 0);
                assert_true(jsonr_text(&j, jsonr_root(&j), &text));
                assert_string_equal(buf_str(&text), cases[i].text);
        }
}

static double read_one(const char *text) {
        SCOPED(jsonr_done) struct jsonr j = {0};
        double value = NAN;
        assert_int_equal(jsonr_parse(&j, span_of(text)), 0);
        return jsonr_number(&j, jsonr_root(&j), &value) ? value : NAN;
}

static void check_same(const char *text) {
        double expected;
        assert_int_equal(number_double(span_of(text), &expected), 0);
        if (read_one(text) != expected)
                fail_msg("%s is %.17g, not %.17g", text, read_one(text), expected);
}

static void test_number__any__is_what_strtod_reads(void **state) {
        static const char *const hard[] = {"9007199254740993",
                                           "9007199254740992",
                                           "0.1",
                                           "123456789012345678",
                                           "1234567890123456789012",
                                           "1e22",
                                           "1e23",
                                           "8.5e-22",
                                           "1.7672256E9",
                                           "5e-324",
                                           "1.7976931348623157e308",
                                           "0e999",
                                           "-0.0",
                                           "100000000000000000000000",
                                           "0.000000000000000000000001",
                                           "2.2250738585072011e-308"};
        uint64_t seed = 88172645463325252;
        char text[64];
        (void)state;
        for (size_t i = 0; i < ELEMENTS(hard); i++)
                check_same(hard[i]);
        for (int i = 0; i < 50000; i++) {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                double value = (double)(int64_t)seed / pow(10, (double)(seed % 37));
                snprintf(text, sizeof text, i % 3 == 0 ? "%.17g" : i % 3 == 1 ? "%.3f" : "%.6E", value);
                check_same(text);
        }
        assert_true(isnan(read_one("1e999")) && isnan(read_one("-1e999")));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse__well_formed__taken),
                cmocka_unit_test(test_parse__ill_formed__eproto),
                cmocka_unit_test(test_parse__cut_anywhere__eproto),
                cmocka_unit_test(test_parse__deeper_than_allowed__eproto),
                cmocka_unit_test(test_members_and_elements__in_their_places),
                cmocka_unit_test(test_text__escapes__utf8),
                cmocka_unit_test(test_number__any__is_what_strtod_reads),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
