/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aws/support.h"

#include <errno.h>

#include "aws/profile.h"

static struct aws_profiles *parse(const char *config, const char *credentials) {
        struct aws_profiles *p = NULL;
        struct err err = {0};
        int r = aws_profiles_parse(span_of(config), span_of(credentials), &p, &err);
        if (r < 0)
                fail_msg("%s", err.text);
        return p;
}

static void refuse(const char *config, const char *reason) {
        struct aws_profiles *p = NULL;
        struct err err = {0};
        assert_int_equal(aws_profiles_parse(span_of(config), (struct span){0}, &p, &err), -EINVAL);
        assert_null(p);
        assert_says(err.text, reason);
}

static void same(const char *got, const char *wanted) {
        if (!got || !wanted)
                assert_true(got == wanted);
        else
                assert_string_equal(got, wanted);
}

static void test_sections__both_files__names_as_each_file_writes_them(void **state) {
        (void)state;
        SCOPED(aws_profiles_free)
        struct aws_profiles *p = parse("[default]\nregion = eu-west-1\n"
                                       "[profile dev]\nregion=us-east-1\n"
                                       "[ profile \"two words\" ]  # comment\nregion = us-west-2\n"
                                       "[profile 'single']\nregion = x\n"
                                       "[plugins]\nregion = nobody\n[bare]\nregion = nobody\n"
                                       "[sso-session corp]\nsso_region = eu-north-1\n"
                                       "[profile Dev]\nregion = other-case\n",
                                       "[default]\naws_access_key_id = AK\n[bare]\nregion = yes\n"
                                       "[profile dev]\nregion = no\n");
        same(aws_profile_get(p, NULL, "region"), "eu-west-1");
        same(aws_profile_get(p, "default", "aws_access_key_id"), "AK");
        same(aws_profile_get(p, "dev", "region"), "us-east-1");
        same(aws_profile_get(p, "Dev", "region"), "other-case");
        same(aws_profile_get(p, "two words", "region"), "us-west-2");
        same(aws_profile_get(p, "single", "region"), "x");
        same(aws_profile_get(p, "bare", "region"), "yes");
        same(aws_profile_get(p, "profile dev", "region"), "no");
        same(aws_profile_get(p, "plugins", "region"), NULL);
        same(aws_section_get(p, AWS_SECTION_SSO_SESSION, "corp", "sso_region"), "eu-north-1");
        assert_true(aws_profile_exists(p, "dev"));
        assert_false(aws_profile_exists(p, "plugins"));
        assert_false(aws_profile_exists(p, "corp"));
        assert_false(aws_profile_exists(NULL, "dev"));
}

static void test_keys__same_in_both_files__credentials_file_wins(void **state) {
        (void)state;
        SCOPED(aws_profiles_free)
        struct aws_profiles *p = parse(
                "[profile p]\nregion = config\naws_access_key_id = C\noutput = json\n[profile p]\nlater = yes\noutput = text\n",
                "[p]\nregion = credentials\naws_access_key_id = K\n");
        same(aws_profile_get(p, "p", "region"), "credentials");
        same(aws_profile_get_from(p, AWS_FILE_CONFIG, "p", "aws_access_key_id"), "C");
        same(aws_profile_get_from(p, AWS_FILE_CREDENTIALS, "p", "aws_access_key_id"), "K");
        same(aws_profile_get(p, "p", "later"), "yes");
        same(aws_profile_get(p, "p", "output"), "text");
        same(aws_profile_where(p, "p", "region"), "credentials:2");
        same(aws_profile_where(p, "p", "output"), "config:7");
}

static void test_values__comments_quotes_case_and_blanks__as_the_sdks_read_them(void **state) {
        (void)state;
        SCOPED(aws_profiles_free)
        struct aws_profiles *p = parse("\xef\xbb\xbf; comment\r\n  # comment\r\n[default] ; c\r\n"
                                       "Region=eu-west-1 # comment\r\n"
                                       "aws_secret_access_key =  a#b;c/d+e==  \r\n"
                                       "a = 1 ; two\r\n"
                                       "empty =\r\n"
                                       "only_comment = # nothing\r\n"
                                       "equals = x=y\r\n"
                                       "credential_process = sh -c 'a ; b' # kept\r\n"
                                       "last = no newline",
                                       NULL);
        same(aws_profile_get(p, NULL, "region"), "eu-west-1");
        same(aws_profile_get(p, NULL, "aws_secret_access_key"), "a#b;c/d+e==");
        same(aws_profile_get(p, NULL, "a"), "1");
        same(aws_profile_get(p, NULL, "empty"), NULL);
        same(aws_profile_get(p, NULL, "only_comment"), NULL);
        same(aws_profile_get(p, NULL, "equals"), "x=y");
        same(aws_profile_get(p, NULL, "credential_process"), "sh -c 'a ; b' # kept");
        same(aws_profile_get(p, NULL, "last"), "no newline");
}

static void test_nested_blocks__services_section__by_service(void **state) {
        (void)state;
        SCOPED(aws_profiles_free)
        struct aws_profiles *p = parse("[profile p]\nservices = local\ns3 =\n  region = inner\nregion = outer\n"
                                       "[services local]\n"
                                       "cloudwatch =\n  endpoint_url = http://127.0.0.1:4566\n\n  # c\n"
                                       "  Other=1\n"
                                       "STS = \n\tendpoint_url = http://sts # c\n"
                                       "sns =\n",
                                       NULL);
        same(aws_section_get_nested(p, AWS_SECTION_SERVICES, "local", "cloudwatch", "endpoint_url"),
             "http://127.0.0.1:4566");
        same(aws_section_get_nested(p, AWS_SECTION_SERVICES, "local", "cloudwatch", "other"), "1");
        same(aws_section_get_nested(p, AWS_SECTION_SERVICES, "local", "sts", "endpoint_url"), "http://sts");
        same(aws_section_get_nested(p, AWS_SECTION_SERVICES, "local", "sns", "endpoint_url"), NULL);
        same(aws_section_get_nested(p, AWS_SECTION_SERVICES, "remote", "sts", "endpoint_url"), NULL);
        same(aws_section_get(p, AWS_SECTION_SERVICES, "local", "endpoint_url"), NULL);
        same(aws_profile_get(p, "p", "region"), "outer");
}

static void test_indentation__without_empty_value__continues_or_starts(void **state) {
        (void)state;
        SCOPED(aws_profiles_free)
        struct aws_profiles *p = parse("[default]\n  region = eu-west-1\n  output = json\n"
                                       "a = first\n   second # c\n  third\nb = 2\n",
                                       NULL);
        same(aws_profile_get(p, NULL, "region"), "eu-west-1");
        same(aws_profile_get(p, NULL, "output"), "json");
        same(aws_profile_get(p, NULL, "a"), "first\nsecond\nthird");
        same(aws_profile_get(p, NULL, "b"), "2");
}

static void test_long_lines_and_names__nothing_is_cut(void **state) {
        (void)state;
        SCOPED(buf_done) struct buf text = BUF_INIT(1 << 20), token = BUF_INIT(1 << 20), name = BUF_INIT(1000);
        for (int i = 0; i < 20000; i++)
                buf_put_char(&token, (char)('a' + i % 26));
        for (int i = 0; i < 300; i++)
                buf_put_char(&name, (char)('A' + i % 26));
        buf_printf(&text, "[%s]\naws_session_token = ", buf_str(&name));
        buf_put_span(&text, buf_span(&token));
        buf_put_str(&text, "\n");
        SCOPED(aws_profiles_free) struct aws_profiles *p = parse(NULL, buf_str(&text));
        same(aws_profile_get(p, buf_str(&name), "aws_session_token"), buf_str(&token));
}

static void test_broken_lines__einval__file_and_line(void **state) {
        (void)state;
        refuse("[default]\n\nregion\n", "config:3: expected key = value");
        refuse("region = x\n[default]\n", "config:1: a key before the first section");
        refuse("[default\nregion = x\n", "config:1: a section must be one line in brackets");
        refuse("[default] junk\n", "config:1: a section");
        refuse("[profile \"\"]\n", "config:1: the section has no name");
        refuse("[default]\n= value\n", "config:2: expected");
        refuse("[default]\ns3 =\n  no equals\n", "config:3: expected an indented");
        refuse("[default]\naws_secret_access_key " SECRET_KEY "\n", "config:2: expected key = value");
        struct err err = {0};
        struct aws_profiles *p = NULL;
        static const char nul[] = "[default]\na = b\0c\n";
        assert_int_equal(aws_profiles_parse((struct span){nul, sizeof nul - 1}, (struct span){0}, &p, &err), -EINVAL);
        assert_says(err.text, "config:2: a NUL byte");
}

static void load_fails(const char *const *list, int code, const char *reason) {
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        struct aws_profiles *p = NULL;
        struct err err = {0};
        assert_int_equal(aws_environment_from_list(list, &e), 0);
        assert_int_equal(aws_profiles_load(&e, &p, &err), code);
        assert_null(p);
        assert_says(err.text, reason);
}

static void test_load__files__found_by_home_or_by_variable(void **state) {
        (void)state;
        struct home home;
        char variable[600], home_variable[600];
        home_make(&home);
        home_write(&home, ".aws/config", "[default]\nregion = from-home\n");
        home_write(&home, "elsewhere", "[default]\nregion = from-variable\n");
        snprintf(home_variable, sizeof home_variable, "HOME=%s", home.path);
        snprintf(variable, sizeof variable, "AWS_CONFIG_FILE=%s", "~/elsewhere");
        const char *const usual[] = {home_variable, NULL}, *const named[] = {home_variable, variable, NULL},
                          *const none[] = {"AWS_REGION=x", NULL};
        const char *const *lists[] = {usual, named, none};
        const char *wanted[] = {"from-home", "from-variable", NULL};
        for (size_t i = 0; i < ELEMENTS(lists); i++) {
                SCOPED(aws_environment_done) struct aws_environment e = {0};
                SCOPED(aws_profiles_free) struct aws_profiles *p = NULL;
                assert_int_equal(aws_environment_from_list(lists[i], &e), 0);
                assert_int_equal(aws_profiles_load(&e, &p, NULL), 0);
                same(aws_profile_get(p, NULL, "region"), wanted[i]);
        }
        home_remove(&home);
}

static void test_load__absent_too_long_or_no_file__told_apart(void **state) {
        (void)state;
        struct home home;
        char home_variable[600], config[600], text[64];
        home_make(&home);
        snprintf(home_variable, sizeof home_variable, "HOME=%s", home.path);
        const char *const list[] = {home_variable, NULL};
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        SCOPED(aws_profiles_free) struct aws_profiles *p = NULL;
        assert_int_equal(aws_environment_from_list(list, &e), 0);
        assert_int_equal(aws_profiles_load(&e, &p, NULL), 0); /* neither is there */
        assert_false(aws_profile_exists(p, "default"));
        home_write(&home, ".aws/config", "[default]\nbroken\n");
        load_fails(list, -EINVAL, "/.aws/config:2: expected");
        SCOPED(buf_done) struct buf long_text = BUF_INIT(2 << 20);
        for (int i = 0; long_text.len <= AWS_FILE_MAX_BYTES; i++) {
                snprintf(text, sizeof text, "# %d\n", i);
                buf_put_str(&long_text, text);
        }
        home_write(&home, ".aws/config", buf_str(&long_text));
        load_fails(list, -EFBIG, "/.aws/config: longer than");
        snprintf(config, sizeof config, "AWS_CONFIG_FILE=%s", home.path);
        const char *const folder[] = {config, NULL};
        load_fails(folder, -EINVAL, "not a file that can be read");
        const char *const device[] = {"AWS_CONFIG_FILE=/dev/zero", NULL};
        load_fails(device, -EFBIG, "/dev/zero: longer than");
        home_remove(&home);
}

static void test_selected__variables__in_order(void **state) {
        (void)state;
        static const char *const both[] = {"AWS_DEFAULT_PROFILE=b", "AWS_PROFILE=a", NULL},
                                 *const second[] = {"AWS_DEFAULT_PROFILE=b", "AWS_PROFILE=", NULL};
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        SCOPED(aws_environment_done) struct aws_environment f = {0};
        assert_int_equal(aws_environment_from_list(both, &e), 0);
        assert_int_equal(aws_environment_from_list(second, &f), 0);
        same(aws_profile_selected(&e), "a");
        same(aws_profile_selected(&f), "b");
        same(aws_profile_selected(NULL), "default");
}

/* Whatever bytes: an answer, no crash, no leak (the sanitizers look), and errors without a secret. */
static void test_noise__random_edits__never_crashes(void **state) {
        (void)state;
        static const char seed[] =
                "[default]\nregion = eu-west-1 # c\n[profile p]\nservices = local\ns3 =\n  a = b\n"
                "[services local]\ncloudwatch =\n  endpoint_url = http://x\naws_secret_access_key = " SECRET_KEY
                "\n[sso-session \"q\"]\nx = y\n  z\n";
        static const char odd[] = "[]=\n \t#;\"'\0\r\\\xff"
                                  "a";
        uint32_t x = 12345;
        for (int round = 0; round < 20000; round++) {
                char text[sizeof seed];
                struct err err = {0};
                SCOPED(aws_profiles_free) struct aws_profiles *p = NULL;
                memcpy(text, seed, sizeof seed);
                for (int edits = round % 6; edits >= 0; edits--) {
                        x = x * 1664525u + 1013904223u;
                        text[(x >> 8) % (sizeof text - 1)] = odd[(x >> 4) % (sizeof odd - 1)];
                }
                struct span span = {text, (x >> 3) % sizeof text};
                if (aws_profiles_parse(span, span, &p, &err) < 0)
                        assert_no_secret(err.text);
                else
                        aws_section_get_nested(p, AWS_SECTION_SERVICES, "local", "cloudwatch", "endpoint_url");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sections__both_files__names_as_each_file_writes_them),
                cmocka_unit_test(test_keys__same_in_both_files__credentials_file_wins),
                cmocka_unit_test(test_values__comments_quotes_case_and_blanks__as_the_sdks_read_them),
                cmocka_unit_test(test_nested_blocks__services_section__by_service),
                cmocka_unit_test(test_indentation__without_empty_value__continues_or_starts),
                cmocka_unit_test(test_long_lines_and_names__nothing_is_cut),
                cmocka_unit_test(test_broken_lines__einval__file_and_line),
                cmocka_unit_test(test_load__files__found_by_home_or_by_variable),
                cmocka_unit_test(test_load__absent_too_long_or_no_file__told_apart),
                cmocka_unit_test(test_selected__variables__in_order),
                cmocka_unit_test(test_noise__random_edits__never_crashes),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
