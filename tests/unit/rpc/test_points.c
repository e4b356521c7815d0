/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/points.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/number.h"

static void expect(double value, const char *expected) {
        char text[32];
        assert_int_equal(points_number(value, text), strlen(expected));
        assert_string_equal(text, expected);
}

static void test_number__common_values__are_short(void **state) {
        (void)state;
        expect(0, "0");
        expect(-0.0, "0");
        expect(61234, "61234");
        expect(-1, "-1");
        expect(0.5, "0.5");
        expect(-0.05, "-0.05");
        expect(71.25, "71.25");
        expect(36.7, "36.7");
        expect(0.0001, "0.0001");
        expect(1736942400000.0, "1736942400000");
        expect(0.1 + 0.2, "0.30000000000000004");
        expect(1e300, "1e+300");
        expect(1.0 / 3, "0.3333333333333333");
}

/* Whatever the way it is written, it reads back as the same bits. */
static void test_number__any_double__reads_back(void **state) {
        uint64_t seed = 88172645463325252;
        (void)state;
        for (int i = 0; i < 200000; i++) {
                char text[32];
                double value, again;
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                if (i % 2)
                        memcpy(&value, &seed, sizeof value);
                else
                        value = (double)(seed % 2000000000) / (double)(int[]){1, 10, 100, 1000, 3, 7}[i / 2 % 6];
                if (value != value || value - value != 0)
                        continue;
                size_t n = points_number(value, text);
                assert_true(n == strlen(text) && n < sizeof text);
                again = strtod(text, NULL);
                assert_true(again == value);
        }
}

static void test_points__over_midnight_and_years__have_the_right_times(void **state) {
        static const struct sample samples[] = {{1767225540, 1}, {1767225600, 2}, {951782400, 3}, {0, 4}};
        SCOPED(buf_done) struct buf out = BUF_INIT(4096);
        struct points p = {0};
        (void)state;
        points_write(&p, &out, samples, 2);
        points_write(&p, &out, samples + 2, 2);
        points_write(&p, &out, samples, 0);
        assert_string_equal(
                buf_str(&out),
                "[\"2025-12-31T23:59:00Z\",1],[\"2026-01-01T00:00:00Z\",2],[\"2000-02-29T00:00:00Z\",3],[\"1970-01-01T00:00:00Z\",4]");
}

static void test_points__no_room__fails_the_buffer_and_writes_nothing(void **state) {
        static const struct sample sample = {1767225540, 1};
        SCOPED(buf_done) struct buf out = BUF_INIT(10);
        struct points p = {0};
        (void)state;
        points_write(&p, &out, &sample, 1);
        assert_true(out.failed < 0);
        assert_int_equal(out.len, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_number__common_values__are_short),
                cmocka_unit_test(test_number__any_double__reads_back),
                cmocka_unit_test(test_points__over_midnight_and_years__have_the_right_times),
                cmocka_unit_test(test_points__no_room__fails_the_buffer_and_writes_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
