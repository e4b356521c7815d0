/* SPDX-License-Identifier: Apache-2.0 */
/* Which source is chosen, and when its keys are fresh, due, rejected or stale. Time is virtual. */
#include "tests/unit/aws/scene.h"

static void env_keys(struct scene *s) {
        scene_set(s, "AWS_ACCESS_KEY_ID=AKENV");
        scene_set(s, "AWS_SECRET_ACCESS_KEY=" SECRET_KEY);
}

static void test_environment__keys__first_of_all(void **state) {
        struct scene *s = *state;
        env_keys(s);
        scene_set(s, "AWS_PROFILE=p");
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x");
        scene_files(s, NULL, "[p]\n" STATIC_KEYS);
        scene_open(s, (struct credentials_options){0});
        assert_null(credentials_peek(s->c, s->now_s));
        assert_true(credentials_is_due(s->c, s->now_s));
        scene_done(s);
        scene_keys(s, "AKENV", NULL);
        assert_false(credentials_is_due(s->c, s->now_s + 10 * 365 * 86400));
        scene_described(s, "environment variables; keys do not expire");
        /* a profile that is named explicitly leaves the environment's keys aside */
        scene_open(s, (struct credentials_options){.profile = "p"});
        scene_done(s);
        scene_keys(s, "AKSTATIC", NULL);
}

static void test_environment__tokens__current_and_legacy_name(void **state) {
        struct scene *s = *state;
        env_keys(s);
        scene_set(s, "AWS_SECURITY_TOKEN=" TOKEN "old");
        scene_open(s, (struct credentials_options){0});
        scene_done(s);
        scene_keys(s, "AKENV", TOKEN "old");
        scene_set(s, "AWS_SESSION_TOKEN=" TOKEN);
        scene_open(s, (struct credentials_options){0});
        scene_done(s);
        scene_keys(s, "AKENV", TOKEN);
}

static void test_environment__one_alone__error_and_no_next_source(void **state) {
        struct scene *s = *state;
        scene_files(s, NULL, "[default]\n" STATIC_KEYS);
        scene_set(s, "AWS_SECRET_ACCESS_KEY=" SECRET_KEY);
        scene_refused(s, (struct credentials_options){0}, -EINVAL, "AWS_ACCESS_KEY_ID is not set");
        scene_set(s, "AWS_ACCESS_KEY_ID=");
        scene_refused(s, (struct credentials_options){0}, -EINVAL, "AWS_ACCESS_KEY_ID is not set");
}

static void test_environment__bad_texts__refused(void **state) {
        struct scene *s = *state;
        scene_set(s, "AWS_ACCESS_KEY_ID=AK");
        scene_set(s, "AWS_SECRET_ACCESS_KEY=" SECRET_KEY "\nX: y");
        scene_refused(s, (struct credentials_options){0}, -EINVAL, "secret access key holds");
}

static void test_environment__expiration__respected(void **state) {
        struct scene *s = *state;
        env_keys(s);
        scene_set(s, "AWS_CREDENTIAL_EXPIRATION=2026-01-02T04:04:00Z");
        scene_open(s, (struct credentials_options){0});
        scene_done(s);
        assert_int_equal(credentials_expires_at_s(s->c), NOW_S + 3600);
        assert_false(credentials_is_due(s->c, NOW_S + 2699));
        assert_true(credentials_is_due(s->c, NOW_S + 2700 + 180));
        /* asked again when they have expired: they are the same */
        s->now_s = NOW_S + 3601;
        assert_int_equal(scene_step(s, NULL), -EKEYEXPIRED);
        assert_says(s->err.text, "environment variables: the keys expired at 2026-01-02T04:04:00Z");
        assert_null(credentials_peek(s->c, s->now_s));
}

static void test_environment__bad_expiration__refused(void **state) {
        struct scene *s = *state;
        env_keys(s);
        scene_set(s, "AWS_CREDENTIAL_EXPIRATION=tomorrow");
        scene_refused(s, (struct credentials_options){0}, -EINVAL,
                      "AWS_CREDENTIAL_EXPIRATION: \"tomorrow\" is not a time");
}

static void test_static__files__credentials_file_before_process_before_config(void **state) {
        struct scene *s = *state;
        scene_files(s,
                    "[profile a]\naws_access_key_id = AKCONFIG\naws_secret_access_key = " SECRET_KEY
                    "\naws_session_token = " TOKEN "config\n[profile b]\n" STATIC_KEYS "credential_process = /bin/x\n",
                    "[a]\n" STATIC_KEYS);
        /* the token of one file never goes with the keys of the other */
        scene_open(s, (struct credentials_options){.profile = "a"});
        scene_done(s);
        scene_keys(s, "AKSTATIC", NULL);
        scene_described(s, "profile a (keys in the shared credentials file)");
        scene_open(s, (struct credentials_options){.profile = "b"});
        scene_starts(s);
        assert_string_equal(s->request.argv[0], "/bin/x");
}

static void test_static__half__error_names_file_and_line(void **state) {
        struct scene *s = *state;
        scene_files(s, NULL, "[default]\nregion = x\naws_secret_access_key = " SECRET_KEY "\n");
        scene_refused(s, (struct credentials_options){0}, -EINVAL,
                      ".aws/credentials:3: profile default has no aws_access_key_id");
}

static void test_static__file_changed__read_again_after_reject(void **state) {
        struct scene *s = *state;
        scene_files(s, NULL, "[default]\n" STATIC_KEYS);
        scene_open(s, (struct credentials_options){0});
        scene_done(s);
        scene_files(s, NULL,
                    "[default]\naws_access_key_id = AKNEW\naws_secret_access_key = " SECRET_KEY
                    "\naws_session_token = " TOKEN "\n");
        credentials_reject(s->c, s->now_s);
        assert_true(credentials_is_due(s->c, s->now_s));
        assert_null(credentials_peek(s->c, s->now_s));
        scene_done(s);
        scene_keys(s, "AKNEW", TOKEN);
}

static void test_profile__named_but_absent__enoent(void **state) {
        struct scene *s = *state;
        scene_refused(s, (struct credentials_options){.profile = "nope"}, -ENOENT, "profile \"nope\" is neither in");
        scene_set(s, "AWS_PROFILE=gone");
        scene_refused(s, (struct credentials_options){0}, -ENOENT, "profile \"gone\" is neither in");
}

static void test_profile__broken_file__error_names_the_line(void **state) {
        struct scene *s = *state;
        scene_files(s, "[default]\nnonsense " SECRET_KEY "\n", NULL);
        scene_refused(s, (struct credentials_options){0}, -EINVAL, ".aws/config:2: expected key = value");
}

static void test_chain__nothing_configured__container_then_instance(void **state) {
        struct scene *s = *state;
        scene_files(s, "[default]\nregion = eu-west-1\n", NULL);
        scene_open(s, (struct credentials_options){0});
        scene_starts(s);
        assert_string_equal(s->request.method, "PUT");
        assert_string_equal(s->request.url, "http://169.254.169.254/latest/api/token");
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/x");
        scene_open(s, (struct credentials_options){0});
        scene_starts(s);
        assert_string_equal(s->request.url, "http://169.254.170.2/v2/credentials/x");
        /* a named profile that only says the region goes on as well, as in botocore */
        scene_open(s, (struct credentials_options){.profile = "default"});
        scene_starts(s);
        assert_string_equal(s->request.url, "http://169.254.170.2/v2/credentials/x");
}

static void test_chain__metadata_disabled__error_says_where_it_looked(void **state) {
        struct scene *s = *state;
        scene_set(s, "AWS_EC2_METADATA_DISABLED=true");
        scene_refused(s, (struct credentials_options){0}, -ENOENT, "not in the environment, not in profile default");
}

static void test_chain__cycles_and_wrong_roles__einval(void **state) {
        struct scene *s = *state;
        static const struct {
                const char *config, *reason;
                int code;
        } cases[] = {
                {"[profile p]\nrole_arn = " ROLE "\nsource_profile = q\n[profile q]\nrole_arn = " ROLE
                 "\nsource_profile = p\n",
                 "leads back", -EINVAL},
                {"[profile p]\nrole_arn = " ROLE "\nsource_profile = p\n",
                 ".aws/config:3: source_profile \"p\" leads back", -EINVAL},
                {"[profile p]\nrole_arn = " ROLE "\nsource_profile = q\n", "source_profile \"q\" does not exist",
                 -ENOENT},
                {"[profile p]\nrole_arn = " ROLE "\nsource_profile = q\n[profile q]\nregion = x\n",
                 "holds no credentials", -EINVAL},
                {"[profile p]\nrole_arn = " ROLE "\n", ".aws/config:2: role_arn of profile p needs a source_profile",
                 -EINVAL},
                {"[profile p]\nrole_arn = " ROLE
                 "\nsource_profile = q\ncredential_source = Environment\n[profile q]\n" STATIC_KEYS,
                 "needs only one of", -EINVAL},
                {"[profile p]\nsource_profile = q\n[profile q]\n" STATIC_KEYS,
                 ".aws/config:2: profile p has a source but no role_arn", -EINVAL},
                {"[profile p]\nrole_arn = " ROLE "\ncredential_source = Lambda\n",
                 "credential_source \"Lambda\" is none of", -EINVAL},
                {"[profile p]\nrole_arn = " ROLE "\ncredential_source = Environment\n", "AWS_ACCESS_KEY_ID is not set",
                 -EINVAL},
                {"[profile p]\nrole_arn = " ROLE "\ncredential_source = EcsContainer\n", "neither AWS_CONTAINER",
                 -EINVAL},
                {"[profile p]\nrole_arn = " ROLE
                 "\nmfa_serial = arn:aws:iam::1:mfa/me\nsource_profile = q\n[profile q]\n" STATIC_KEYS,
                 ".aws/config:3: mfa_serial asks for a code", -EINVAL},
                {"[profile p]\nrole_arn = " ROLE
                 "\nduration_seconds = 60\nsource_profile = q\n[profile q]\n" STATIC_KEYS,
                 "duration_seconds must be 900 to 43200", -EINVAL},
                {"[profile p]\nrole_arn = watch\nsource_profile = q\n[profile q]\n" STATIC_KEYS,
                 "\"watch\" is not an ARN", -EINVAL},
                {"[profile p]\nrole_arn = " ROLE "\nexternal_id = a b\nsource_profile = q\n[profile q]\n" STATIC_KEYS,
                 "external_id of role", -EINVAL},
                {"[profile p]\nrole_arn = " ROLE
                 "\nrole_session_name = x\nsource_profile = q\n[profile q]\n" STATIC_KEYS,
                 "role session name \"x\"", -EINVAL},
                {"[profile p]\nsso_session = corp\n", "there is no section [sso-session corp]", -EINVAL},
                {"[profile p]\nsso_start_url = https://x\nsso_region = eu-west-1\nsso_account_id = 1\n",
                 "lacks sso_role_name", -EINVAL},
                {"[profile p]\ncredential_process = 'open\n", ".aws/config:2: credential_process: a quote", -EINVAL},
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                scene_files(s, cases[i].config, NULL);
                scene_refused(s, (struct credentials_options){.profile = "p"}, cases[i].code, cases[i].reason);
        }
}

static void test_chain__seventeen_source_profiles__refused(void **state) {
        struct scene *s = *state;
        SCOPED(buf_done) struct buf config = BUF_INIT(1 << 16);
        for (int i = 0; i < 17; i++)
                buf_printf(&config, "[profile p%d]\nrole_arn = " ROLE "\nsource_profile = p%d\n", i, i + 1);
        buf_put_str(&config, "[profile p17]\n" STATIC_KEYS);
        scene_files(s, buf_str(&config), NULL);
        scene_refused(s, (struct credentials_options){.profile = "p0"}, -EINVAL, "more than 16 source profiles");
        scene_open(s, (struct credentials_options){.profile = "p2"});
}

/* Keys of an instance or container that live from NOW_S to NOW_S + life_s. */
static void open_container(struct scene *s) {
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x");
        scene_open(s, (struct credentials_options){0});
}

static struct http_reply keys_until(char *body, size_t size, const char *id, const char *expiration) {
        snprintf(body, size,
                 "{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"" SECRET_KEY "\",\"Token\":\"" TOKEN
                 "\",\"Expiration\":\"%s\"}",
                 id, expiration);
        return reply_of(200, body);
}

static void refresh_until(struct scene *s, const char *id, const char *expiration) {
        char body[512];
        scene_starts(s);
        scene_ends(s, keys_until(body, sizeof body, id, expiration));
}

static void test_refresh__an_hour__due_fifteen_to_twelve_minutes_before(void **state) {
        struct scene *s = *state;
        open_container(s);
        refresh_until(s, "ASIA1", "2026-01-02T04:04:00Z");
        assert_false(credentials_is_due(s->c, NOW_S));
        assert_false(credentials_is_due(s->c, NOW_S + 2700 - 1));
        assert_true(credentials_is_due(s->c, NOW_S + 2700 + 180));
        assert_non_null(credentials_peek(s->c, NOW_S + 3539));
        assert_null(credentials_peek(s->c, NOW_S + 3540)); /* the last minute */
        scene_described(s, "container credentials from 169.254.170.2; keys expire at 2026-01-02T04:04:00Z");
}

static void test_refresh__fifteen_minutes__due_a_third_before(void **state) {
        struct scene *s = *state;
        open_container(s);
        refresh_until(s, "ASIA1", "2026-01-02T03:19:00Z");
        assert_false(credentials_is_due(s->c, NOW_S + 599));
        assert_true(credentials_is_due(s->c, NOW_S + 600 + 60));
}

static void test_refresh__other_keys__other_jitter(void **state) {
        struct scene *s = *state;
        int64_t first = 0;
        bool differs = false;
        open_container(s);
        for (int i = 0; i < 8; i++) {
                char id[16];
                int64_t at = NOW_S;
                snprintf(id, sizeof id, "ASIA%d", i);
                refresh_until(s, id, "2026-01-02T04:04:00Z");
                while (!credentials_is_due(s->c, at))
                        at++;
                differs = differs || (first && at != first);
                first = at;
        }
        assert_true(differs);
}

static void test_refresh__running__not_due_until_forgotten(void **state) {
        struct scene *s = *state;
        open_container(s);
        scene_starts(s);
        assert_false(credentials_is_due(s->c, s->now_s));
        assert_false(credentials_is_due(s->c, s->now_s + 299));
        assert_true(credentials_is_due(s->c, s->now_s + 300));
        s->now_s += 300;
        refresh_until(s, "ASIA1", "2026-01-02T04:04:00Z");
        scene_keys(s, "ASIA1", TOKEN);
}

/* Fails until 5 tries are over; the last ones of a container's refresh are its own. */
static void fail_refresh(struct scene *s, int code, const char *reason) {
        scene_starts(s);
        scene_sends(s, reply_fault(HTTP_FAULT_TIMEOUT));
        scene_sends(s, reply_fault(HTTP_FAULT_TIMEOUT));
        scene_fails(s, reply_fault(HTTP_FAULT_TIMEOUT), code, reason);
}

static int64_t due_in_s(const struct scene *s) {
        int64_t in_s = 0;
        while (!credentials_is_due(s->c, s->now_s + in_s))
                in_s++;
        return in_s;
}

static void test_failure__old_keys_valid__kept_and_said(void **state) {
        struct scene *s = *state;
        open_container(s);
        refresh_until(s, "ASIA1", "2026-01-02T04:04:00Z");
        s->now_s = NOW_S + 2900;
        fail_refresh(
                s, -EAGAIN,
                "keys not refreshed, the older ones stay until 2026-01-02T04:04:00Z: container credentials: timeout");
        scene_keys(s, "ASIA1", TOKEN);
        scene_described(s, "last refresh failed: keys not refreshed");
        assert_in_range(due_in_s(s), 15, 19);
        /* to the very end while no better ones come */
        assert_non_null(credentials_peek(s->c, NOW_S + 3599));
        assert_null(credentials_peek(s->c, NOW_S + 3600));
        s->now_s += due_in_s(s);
        refresh_until(s, "ASIA2", "2026-01-02T05:04:00Z");
        scene_keys(s, "ASIA2", TOKEN);
        scene_described(s, "keys expire at 2026-01-02T05:04:00Z");
}

static void test_failure__near_the_end__tries_come_closer(void **state) {
        struct scene *s = *state;
        open_container(s);
        refresh_until(s, "ASIA1", "2026-01-02T04:04:00Z");
        s->now_s = NOW_S + 2900;
        for (int i = 0; i < 30 && s->now_s < NOW_S + 3600; i++) {
                fail_refresh(s, -EAGAIN, "older ones stay");
                int64_t left_s = NOW_S + 3600 - s->now_s, wait_s = due_in_s(s);
                assert_true(wait_s >= 1 && (wait_s <= left_s * 5 / 8 || wait_s == 1) && wait_s <= 375);
                s->now_s += wait_s;
        }
        assert_true(s->now_s >= NOW_S + 3595);
}

static void test_failure__nothing_valid__soon_then_a_minute(void **state) {
        struct scene *s = *state;
        static const int64_t at_least[] = {1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60};
        open_container(s);
        for (size_t i = 0; i < ELEMENTS(at_least); i++) {
                fail_refresh(s, -EAGAIN, "container credentials: timeout");
                assert_in_range(due_in_s(s), at_least[i], at_least[i] * 5 / 4);
                s->now_s += 100;
        }
        refresh_until(s, "ASIA1", "2026-01-02T04:04:00Z");
        scene_keys(s, "ASIA1", TOKEN);
}

static void test_failure__refused__minutes(void **state) {
        struct scene *s = *state;
        static const int64_t at_least[] = {15, 30, 60, 120, 240, 300, 300};
        open_container(s);
        for (size_t i = 0; i < ELEMENTS(at_least); i++) {
                scene_starts(s);
                scene_fails(s, reply_of(403, "{\"code\":\"AccessDenied\",\"message\":\"no such task\"}"), -EACCES,
                            "container credentials: AccessDenied: no such task");
                assert_in_range(due_in_s(s), at_least[i], at_least[i] * 5 / 4);
                s->now_s += 1000;
        }
}

static void test_reject__once_a_minute__then_ignored(void **state) {
        struct scene *s = *state;
        open_container(s);
        credentials_reject(s->c, s->now_s); /* no keys yet: nothing to reject */
        refresh_until(s, "ASIA1", "2026-01-02T04:04:00Z");
        s->now_s += 1000;
        credentials_reject(s->c, s->now_s);
        assert_null(credentials_peek(s->c, s->now_s));
        assert_true(credentials_is_due(s->c, s->now_s));
        refresh_until(s, "ASIA2", "2026-01-02T04:24:00Z");
        scene_keys(s, "ASIA2", TOKEN);
        s->now_s += 59;
        credentials_reject(s->c, s->now_s);
        assert_false(credentials_is_due(s->c, s->now_s));
        scene_keys(s, "ASIA2", TOKEN);
        s->now_s += 1;
        credentials_reject(s->c, s->now_s);
        assert_true(credentials_is_due(s->c, s->now_s));
}

static void test_reject__refresh_fails__old_keys_again(void **state) {
        struct scene *s = *state;
        open_container(s);
        refresh_until(s, "ASIA1", "2026-01-02T04:04:00Z");
        s->now_s += 1000;
        credentials_reject(s->c, s->now_s);
        fail_refresh(s, -EAGAIN, "older ones stay");
        scene_keys(s, "ASIA1", TOKEN);
}

static void test_step__reply_without_refresh__einval(void **state) {
        struct scene *s = *state;
        open_container(s);
        scene_fails(s, reply_of(200, "{}"), -EINVAL, "a reply without a refresh");
        assert_true(credentials_is_due(s->c, s->now_s));
}

static void test_step__configuration_breaks_later__keys_stay(void **state) {
        struct scene *s = *state;
        open_container(s);
        refresh_until(s, "ASIA1", "2026-01-02T04:04:00Z");
        scene_files(s, "[broken\n", NULL);
        s->now_s += 2900;
        assert_int_equal(scene_step(s, NULL), -EINVAL);
        assert_says(s->err.text, ".aws/config:1: a section");
        scene_keys(s, "ASIA1", TOKEN);
        scene_files(s, "[default]\n", NULL);
        refresh_until(s, "ASIA2", "2026-01-02T05:04:00Z");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_environment__keys__first_of_all),
                CASE(test_environment__tokens__current_and_legacy_name),
                CASE(test_environment__one_alone__error_and_no_next_source),
                CASE(test_environment__bad_texts__refused),
                CASE(test_environment__expiration__respected),
                CASE(test_environment__bad_expiration__refused),
                CASE(test_static__files__credentials_file_before_process_before_config),
                CASE(test_static__half__error_names_file_and_line),
                CASE(test_static__file_changed__read_again_after_reject),
                CASE(test_profile__named_but_absent__enoent),
                CASE(test_profile__broken_file__error_names_the_line),
                CASE(test_chain__nothing_configured__container_then_instance),
                CASE(test_chain__metadata_disabled__error_says_where_it_looked),
                CASE(test_chain__cycles_and_wrong_roles__einval),
                CASE(test_chain__seventeen_source_profiles__refused),
                CASE(test_refresh__an_hour__due_fifteen_to_twelve_minutes_before),
                CASE(test_refresh__fifteen_minutes__due_a_third_before),
                CASE(test_refresh__other_keys__other_jitter),
                CASE(test_refresh__running__not_due_until_forgotten),
                CASE(test_failure__old_keys_valid__kept_and_said),
                CASE(test_failure__near_the_end__tries_come_closer),
                CASE(test_failure__nothing_valid__soon_then_a_minute),
                CASE(test_failure__refused__minutes),
                CASE(test_reject__once_a_minute__then_ignored),
                CASE(test_reject__refresh_fails__old_keys_again),
                CASE(test_step__reply_without_refresh__einval),
                CASE(test_step__configuration_breaks_later__keys_stay),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
