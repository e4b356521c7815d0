/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aws/support.h"

#include "aws/environment.h"
#include "util/text.h"

static void test_capture__aws_home_and_proxies__nothing_else(void **state) {
        (void)state;
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        clearenv();
        setenv("AWS_REGION", "eu-west-1", 1);
        setenv("AWS_PROFILE", "", 1);
        setenv("HOME", "/home/x", 1);
        setenv("https_proxy", "http://proxy:3128", 1);
        setenv("NO_PROXY", "localhost", 1);
        setenv("DATABASE_PASSWORD", MARK, 1);
        setenv("AWS_CONFIG_FILE", "$XDG/${APP}/config", 1);
        setenv("XDG", "/xdg", 1);
        setenv("APP", "flink", 1);
        assert_int_equal(aws_environment_capture(&e), 0);
        assert_string_equal(aws_environment_get(&e, "AWS_REGION"), "eu-west-1");
        assert_null(aws_environment_get(&e, "AWS_PROFILE"));
        assert_null(aws_environment_get(&e, "AWS_NOTHING"));
        assert_string_equal(aws_environment_get(&e, "https_proxy"), "http://proxy:3128");
        assert_string_equal(aws_environment_get(&e, "NO_PROXY"), "localhost");
        assert_null(aws_environment_get(&e, "DATABASE_PASSWORD"));
        SCOPED(free) char *path = aws_environment_expand(&e, aws_environment_get(&e, "AWS_CONFIG_FILE"));
        assert_string_equal(path, "/xdg/flink/config");
        /* a snapshot: later changes are not seen */
        setenv("AWS_REGION", "us-east-1", 1);
        assert_string_equal(aws_environment_get(&e, "AWS_REGION"), "eu-west-1");
        clearenv();
}

static void check_expansion(const struct aws_environment *e, const char *path, const char *wanted) {
        SCOPED(free) char *got = aws_environment_expand(e, path);
        assert_string_equal(got, wanted);
}

static void test_expand__home_and_variables__only_the_known(void **state) {
        (void)state;
        static const char *const list[] = {"HOME=/h", "A=1", "EMPTY=", "A_B=2", NULL};
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        assert_int_equal(aws_environment_from_list(list, &e), 0);
        check_expansion(&e, "~", "/h");
        check_expansion(&e, "~/.aws", "/h/.aws");
        check_expansion(&e, "~other/x", "~other/x");
        check_expansion(&e, "/a/~/b", "/a/~/b");
        check_expansion(&e, "$A/${A}b/$A_B/$EMPTY/$Ab", "1/1b/2//$Ab");
        check_expansion(&e, "$ ${ ${A $", "$ ${ ${A $");
        check_expansion(&e, "", "");
        check_expansion(NULL, "~/$A", "~/$A");
}

static void test_scrub__secrets__overwritten_in_place_and_unset(void **state) {
        (void)state;
        clearenv();
        static char secret[] = "AWS_SECRET_ACCESS_KEY=" SECRET_KEY, token[] = "AWS_SESSION_TOKEN=" TOKEN;
        putenv(secret);
        putenv(token);
        setenv("AWS_REGION", "eu-west-1", 1);
        aws_environment_scrub();
        assert_null(getenv("AWS_SECRET_ACCESS_KEY"));
        assert_null(getenv("AWS_SESSION_TOKEN"));
        assert_string_equal(getenv("AWS_REGION"), "eu-west-1");
        assert_null(memmem(secret, sizeof secret, MARK, strlen(MARK)));
        assert_null(memmem(token, sizeof token, MARK, strlen(MARK)));
        clearenv();
}

static void test_is_true__any_case__only_true(void **state) {
        (void)state;
        static const char *const list[] = {"A=TRUE", "B=true", "C=1", "D=yes", "no equals sign", NULL};
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        assert_int_equal(aws_environment_from_list(list, &e), 0);
        assert_true(aws_environment_is_true(&e, "A"));
        assert_true(aws_environment_is_true(&e, "B"));
        assert_false(aws_environment_is_true(&e, "C"));
        assert_false(aws_environment_is_true(&e, "D"));
        assert_false(aws_environment_is_true(NULL, "A"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_capture__aws_home_and_proxies__nothing_else),
                cmocka_unit_test(test_expand__home_and_variables__only_the_known),
                cmocka_unit_test(test_scrub__secrets__overwritten_in_place_and_unset),
                cmocka_unit_test(test_is_true__any_case__only_true),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
