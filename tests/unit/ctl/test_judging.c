/* SPDX-License-Identifier: Apache-2.0 */
/* What of a configuration leaves the client for a backtest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/judging.h"

static void test_keep__secrets_and_targets__stay_here_and_lines_keep_their_numbers(void **state) {
        static const char file[] =
                "# top\n[target prod]\nregion = eu-west-1\nexternal_id = s3cret\n\n[diagnoser downtime]\n"
                "enabled = no\n [notifier chat]\nwebhook_url = https://h/s3cret\n[application a]\r\n"
                "severity_cap = warning\n[polling]\ninterval = 60s\n[maintenance m]\napplications = *";
        static const char expected[] = "# top\n\n\n\n\n[diagnoser downtime]\nenabled = no\n\n\n[application a]\r\n"
                                       "severity_cap = warning\n\n\n[maintenance m]\napplications = *\n";
        struct buf out = BUF_INIT(4096);
        (void)state;
        judging_keep(&out, span_of(file));
        assert_string_equal(buf_str(&out), expected);
        buf_done(&out);
}

static void test_keep__unknown_section__goes_so_that_its_fault_is_told(void **state) {
        struct buf out = BUF_INIT(4096);
        (void)state;
        judging_keep(&out, SPAN("[notifier chat]\nurl = x\n[diagnosr x]\ny = 1\n"));
        assert_string_equal(buf_str(&out), "\n\n[diagnosr x]\ny = 1\n\n");
        buf_done(&out);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_keep__secrets_and_targets__stay_here_and_lines_keep_their_numbers),
                cmocka_unit_test(test_keep__unknown_section__goes_so_that_its_fault_is_told),
        };
        return cmocka_run_group_tests_name("judging", tests, NULL, NULL);
}
