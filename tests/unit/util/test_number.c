/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "util/number.h"
#include "util/scope.h"

static void test_int64__limits_and_rubbish__are_told_apart(void **state) {
        (void)state;
        static const struct {
                const char *text;
                int r;
                int64_t value;
        } rows[] = {
                {"0", 0, 0},
                {"-0", 0, 0},
                {"42", 0, 42},
                {"9223372036854775807", 0, INT64_MAX},
                {"-9223372036854775808", 0, INT64_MIN},
                {"9223372036854775808", -ERANGE, 0},
                {"-9223372036854775809", -ERANGE, 0},
                {"", -EINVAL, 0},
                {"-", -EINVAL, 0},
                {"+1", -EINVAL, 0},
                {" 1", -EINVAL, 0},
                {"1 ", -EINVAL, 0},
                {"0x10", -EINVAL, 0},
                {"1e3", -EINVAL, 0},
                {"1.0", -EINVAL, 0},
        };
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                int64_t value = 0;
                assert_int_equal(number_int64(span_of(rows[i].text), &value), rows[i].r);
                assert_int_equal(value, rows[i].value);
        }
}

static void test_double__only_finite_decimals__are_read(void **state) {
        (void)state;
        static const char *const bad[] = {"", "nan", "inf", "0x1p3", "1,5", "1.5 ", " 1.5", "e5", ".", "--1", "1e"};
        double value = 7;
        assert_int_equal(number_double(SPAN("-0.5"), &value), 0);
        assert_true(value == -0.5);
        assert_int_equal(number_double(SPAN("1.767323040123E9"), &value), 0);
        assert_true(value == 1767323040.123);
        assert_int_equal(number_double(SPAN("1e999"), &value), -ERANGE);
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                assert_int_equal(number_double(span_of(bad[i]), &value), -EINVAL);
        assert_true(value == 1767323040.123);
        /* A view into a longer text is read to its own end. */
        assert_int_equal(number_double((struct span){"12345", 2}, &value), 0);
        assert_true(value == 12);
}

static void test_duration__units_and_sums__are_seconds(void **state) {
        (void)state;
        static const struct {
                const char *text;
                int r;
                int64_t s;
        } rows[] = {
                {"30s", 0, 30},
                {"5m", 0, 300},
                {"2h", 0, 7200},
                {"14d", 0, 1209600},
                {"1h30m", 0, 5400},
                {"0", 0, 0},
                {"0s", 0, 0},
                {"1w", 0, 604800},
                {"2000ms", 0, 2},
                {"500ms", -EINVAL, -1},
                {"5", -EINVAL, -1},
                {"", -EINVAL, -1},
                {"m", -EINVAL, -1},
                {"-5m", -EINVAL, -1},
                {"5 m", -EINVAL, -1},
                {"5M", -EINVAL, -1},
                {"1h30", -EINVAL, -1},
                {"99999999999999999999d", -ERANGE, -1},
                {"9223372036854775807d", -ERANGE, -1},
        };
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                int64_t s = -1;
                assert_int_equal(number_duration_s(span_of(rows[i].text), &s), rows[i].r);
                assert_int_equal(s, rows[i].s);
        }
        int64_t ms;
        assert_int_equal(number_duration_ms(SPAN("500ms"), &ms), 0);
        assert_int_equal(ms, 500);
}

static void test_size__units__are_factors_of_1024(void **state) {
        (void)state;
        int64_t n;
        assert_int_equal(number_size_bytes(SPAN("64M"), &n), 0);
        assert_int_equal(n, 67108864);
        assert_int_equal(number_size_bytes(SPAN("100"), &n), 0);
        assert_int_equal(n, 100);
        assert_int_equal(number_size_bytes(SPAN("64MB"), &n), -EINVAL);
        assert_int_equal(number_size_bytes(SPAN("M"), &n), -EINVAL);
        assert_int_equal(number_size_bytes(SPAN("9999999999G"), &n), -ERANGE);
}

static void test_bool__words__in_any_case(void **state) {
        (void)state;
        bool b = false;
        assert_int_equal(number_bool(SPAN("Yes"), &b), 0);
        assert_true(b);
        assert_int_equal(number_bool(SPAN("OFF"), &b), 0);
        assert_false(b);
        assert_int_equal(number_bool(SPAN("y"), &b), -EINVAL);
        assert_int_equal(number_bool(SPAN(""), &b), -EINVAL);
}

static void test_format__any_double__reads_back_the_same(void **state) {
        (void)state;
        char text[32];
        number_format(0.1, text);
        assert_string_equal(text, "0.1");
        number_format(61234, text);
        assert_string_equal(text, "61234");
        number_format(1e20, text);
        assert_string_equal(text, "1e+20");
        number_format(NAN, text);
        assert_string_equal(text, "null");
        number_format(-INFINITY, text);
        assert_string_equal(text, "null");
        srand48(3);
        for (int i = 0; i < 20000; i++) {
                double x = ldexp(drand48() - 0.5, (int)(lrand48() % 2000) - 1000), back;
                number_format(x, text);
                assert_int_equal(number_double(span_of(text), &back), 0);
                assert_true(back == x);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_int64__limits_and_rubbish__are_told_apart),
                cmocka_unit_test(test_double__only_finite_decimals__are_read),
                cmocka_unit_test(test_duration__units_and_sums__are_seconds),
                cmocka_unit_test(test_size__units__are_factors_of_1024),
                cmocka_unit_test(test_bool__words__in_any_case),
                cmocka_unit_test(test_format__any_double__reads_back_the_same),
        };
        return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
