/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include <errno.h>

#include "daemon/log.h"

static int setup(void **state) {
        unsetenv("JOURNAL_STREAM");
        log_open(LOG_LEVEL_INFO);
        return bench_setup(state);
}

static void test_log__below_the_level__says_nothing(void **state) {
        bench_listen(*state);
        log_debug("not this");
        log_info("but this");
        char *text = bench_heard(*state);
        assert_string_equal(text, "info: but this\n");
        free(text);
}

static void test_log__line_breaks_inside__stay_one_line(void **state) {
        bench_listen(*state);
        log_warning("%s", "a\nerror: forged\r\x1b[31m");
        char *text = bench_heard(*state);
        assert_string_equal(text, "warning: a error: forged  [31m\n");
        free(text);
}

static void test_log__journal_listens__priority_in_front(void **state) {
        setenv("JOURNAL_STREAM", "8:1", 1);
        log_open(LOG_LEVEL_INFO);
        bench_listen(*state);
        log_error("broken");
        char *text = bench_heard(*state);
        assert_string_equal(text, "<3>broken\n");
        free(text);
}

static void test_log__long_line__is_cut_and_ended(void **state) {
        char big[5000];
        memset(big, 'x', sizeof big);
        big[sizeof big - 1] = '\0';
        bench_listen(*state);
        log_info("%s", big);
        char *text = bench_heard(*state);
        size_t len = strlen(text);
        assert_true(len <= 1024);
        assert_int_equal(text[len - 1], '\n');
        assert_int_equal(text[len - 2], 'x');
        free(text);
}

static void test_level__parsed__by_its_name(void **state) {
        (void)state;
        enum log_level level = LOG_LEVEL_INFO;
        assert_int_equal(log_level_parse(SPAN("warning"), &level), 0);
        assert_int_equal(level, LOG_LEVEL_WARNING);
        assert_int_equal(log_level_parse(SPAN("Warning "), &level), -EINVAL);
        assert_int_equal(log_level_parse(SPAN(""), &level), -EINVAL);
        assert_int_equal(level, LOG_LEVEL_WARNING);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_log__below_the_level__says_nothing, setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_log__line_breaks_inside__stay_one_line, setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_log__journal_listens__priority_in_front, setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_log__long_line__is_cut_and_ended, setup, bench_teardown),
                cmocka_unit_test(test_level__parsed__by_its_name),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
