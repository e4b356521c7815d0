/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>

static const struct collect_job job = {.target = "prod", .now_s = 1767323940};

static void test_identity__answer__account_and_arn(void **context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_identity, &job), STEP_SEND);
        assert_body(&run, "Action=GetCallerIdentity&Version=2011-06-15");
        assert_string_equal(run.request.service, "sts");
        assert_string_equal(run.request.operation, "GetCallerIdentity");
        assert_int_equal(run.request.auth, HTTP_AUTH_SIGV4);
        assert_string_equal(run_header(&run, "Content-Type"), "application/x-www-form-urlencoded; charset=utf-8");
        assert_int_equal(run_file(&run, "sts/GetCallerIdentity.xml"), 0);
        assert_string_equal(run.batch.identity.account, "111122223333");
        assert_string_equal(run.batch.identity.arn, "arn:aws:sts::111122223333:assumed-role/watcher/flinkwatch&co");
        assert_int_equal(run.batch.collected_at_s, 1767323940);
        batch_clear(&run.batch);
        assert_null(run.batch.identity.arn);
        run_done(&run);
}

static void test_identity__not_understood__eproto(void **context) {
        (void)context;
        static const char *const bodies[] = {
                "",
                "{}",
                "<html><body>login</body></html>",
                "<GetCallerIdentityResponse>",
                "<!DOCTYPE a [<!ENTITY b \"c\">]><GetCallerIdentityResponse/>",
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn/><Account/></GetCallerIdentityResult>"
                "</GetCallerIdentityResponse>",
        };
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                struct run run;
                assert_int_equal(run_begin(&run, &collector_identity, &job), STEP_SEND);
                assert_int_equal(run_text(&run, span_of(bodies[i])), -EPROTO);
                assert_true(run.err.text[0] != '\0');
                assert_null(run.batch.identity.account);
                run_done(&run);
        }
}

static void test_identity__account_missing__eproto(void **context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_identity, &job), STEP_SEND);
        assert_int_equal(run_file(&run, "sts/GetCallerIdentity-no-account.xml"), -EPROTO);
        assert_text_in(run.err.text, "GetCallerIdentity: the answer lacks the identity");
        run_done(&run);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_identity__answer__account_and_arn),
                cmocka_unit_test(test_identity__not_understood__eproto),
                cmocka_unit_test(test_identity__account_missing__eproto),
        };
        return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
