/* SPDX-License-Identifier: Apache-2.0 */
/* Sources near by: a program, a container's endpoint, the instance's metadata, an SSO login. */
#include "tests/unit/aws/scene.h"

#define KEYS_UNTIL(time)                                                                                               \
        "{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"" SECRET_KEY      \
        "\",\"Token\":\"" TOKEN "\",\"Expiration\":\"" time "\"}"
#define KEYS KEYS_UNTIL("2026-01-02T04:04:00Z")

static void open_process(struct scene *s) {
        scene_files(s, "[profile p]\ncredential_process = \"/opt/my tools/get\" --for 'a b' --secret " MARK " # x\n",
                    NULL);
        scene_open(s, (struct credentials_options){.profile = "p"});
        http_request_done(&s->request);
        assert_int_equal(credentials_step(s->c, NULL, s->now_s, &s->request, &s->err), STEP_SEND);
}

static void test_process__output__words_run_without_a_shell(void **state) {
        struct scene *s = *state;
        static const char *const words[] = {"/opt/my tools/get", "--for", "a b", "--secret", MARK, "#", "x"};
        open_process(s);
        for (size_t i = 0; i < ELEMENTS(words); i++)
                assert_string_equal(s->request.argv[i], words[i]);
        assert_null(s->request.argv[ELEMENTS(words)]);
        assert_null(s->request.url);
        assert_string_equal(s->request.operation, "credential_process");
        assert_true(s->request.timeout_ms > 0 && s->request.reply_max_bytes > 0);
        scene_ends(s,
                   reply_of(200, "{\"Version\":1,\"AccessKeyId\":\"AKP\",\"SecretAccessKey\":\"" SECRET_KEY
                                 "\",\"SessionToken\":\"" TOKEN "\",\"Expiration\":\"2026-01-02T05:04:00+01:00\"}\n"));
        scene_keys(s, "AKP", TOKEN);
        assert_int_equal(credentials_expires_at_s(s->c), NOW_S + 3600);
        scene_described(s, "profile p (credential_process)");
}

static void test_process__no_expiration__never_expires(void **state) {
        struct scene *s = *state;
        open_process(s);
        scene_ends(s, reply_of(200, "{\"Version\":1,\"AccessKeyId\":\"AKP\",\"SecretAccessKey\":\"" SECRET_KEY "\"}"));
        scene_keys(s, "AKP", NULL);
        assert_false(credentials_is_due(s->c, s->now_s + 1000000));
}

static void test_process__failures__nothing_of_it_is_shown(void **state) {
        struct scene *s = *state;
        const struct {
                struct http_reply reply;
                int code;
                const char *reason;
        } cases[] = {
                {reply_of(500, MARK), -EIO, "profile p: the program \"/opt/my tools/get\" failed"},
                {reply_fault(HTTP_FAULT_TIMEOUT), -EAGAIN, "did not end within 60 s"},
                {reply_fault(HTTP_FAULT_TOO_BIG), -EIO, "failed"},
                {reply_of(200, ""), -EBADMSG, "not a JSON object"},
                {reply_of(200, "password: " MARK), -EBADMSG, "not a JSON object"},
                {reply_of(200, "{\"Version\":2,\"AccessKeyId\":\"" MARK "\"}"), -EBADMSG, "Version must be 1"},
                {reply_of(200, "{\"Version\":1,\"AccessKeyId\":\"A\"}"), -EINVAL, "secret access key is missing"},
                {reply_of(200, "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"" MARK
                               "\",\"Expiration\":\"" MARK "\"}"),
                 -EBADMSG, "Expiration is missing or not a time"},
                {reply_of(200, "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"" MARK
                               "\",\"Expiration\":\"2026-01-02T03:00:00Z\"}"),
                 -EKEYEXPIRED, "the keys expired at 2026-01-02T03:00:00Z"},
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                open_process(s);
                scene_fails(s, cases[i].reply, cases[i].code, cases[i].reason);
        }
}

static void test_container__relative_uri__fixed_host_without_token(void **state) {
        struct scene *s = *state;
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/full");
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/id?x=1");
        scene_open(s, (struct credentials_options){0});
        scene_starts(s);
        assert_string_equal(s->request.method, "GET");
        assert_string_equal(s->request.url, "http://169.254.170.2/v2/credentials/id?x=1");
        assert_string_equal(header_text(&s->request, "Accept"), "application/json");
        assert_null(header_of(&s->request, "Authorization"));
        assert_true(s->request.is_local);
        assert_int_equal(s->request.timeout_ms, 2000);
        scene_ends(s, reply_of(200, KEYS));
        scene_keys(s, "ASIA1", TOKEN);
}

static void test_container__token_file__wins_and_is_read_each_time(void **state) {
        struct scene *s = *state;
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials");
        scene_set(s, "AWS_CONTAINER_AUTHORIZATION_TOKEN=" MARK "-env");
        scene_open(s, (struct credentials_options){0});
        scene_starts(s);
        assert_string_equal(header_text(&s->request, "Authorization"), MARK "-env");
        scene_set(s, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=~/token");
        home_write(&s->home, "token", MARK "-one");
        scene_open(s, (struct credentials_options){0});
        scene_starts(s);
        assert_string_equal(header_text(&s->request, "Authorization"), MARK "-one");
        scene_ends(s, reply_of(200, KEYS));
        home_write(&s->home, "token", MARK "-two\n");
        scene_starts(s);
        assert_string_equal(header_text(&s->request, "Authorization"), MARK "-two");
        /* and between the tries of one refresh */
        home_write(&s->home, "token", MARK "-three");
        scene_sends(s, reply_of(500, ""));
        assert_string_equal(header_text(&s->request, "Authorization"), MARK "-three");
        home_write(&s->home, "token", MARK "\r\nX-Evil: 1");
        scene_fails(s, reply_of(500, ""), -EINVAL, "token holds line breaks");
        home_write(&s->home, "token", "");
        assert_int_equal(scene_step(s, NULL), -EINVAL);
        assert_says(s->err.text, "/token is empty");
        char path[512];
        home_path(&s->home, "token", path);
        assert_int_equal(remove(path), 0);
        assert_int_equal(scene_step(s, NULL), -ENOENT);
        assert_says(s->err.text, "token file");
}

static void test_container__line_break_in_variable__refused(void **state) {
        struct scene *s = *state;
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost/c");
        scene_set(s, "AWS_CONTAINER_AUTHORIZATION_TOKEN=" MARK "\n");
        scene_open(s, (struct credentials_options){0});
        assert_int_equal(scene_step(s, NULL), -EINVAL);
        assert_says(s->err.text, "token holds line breaks");
}

static void test_container__hosts__only_the_allowed_over_http(void **state) {
        struct scene *s = *state;
        static const char *const good[] = {"http://127.0.0.1/x",
                                           "http://127.1.2.3:8080/x",
                                           "http://localhost/x",
                                           "http://LOCALHOST:1/x",
                                           "http://169.254.170.2/x",
                                           "http://169.254.170.23/x",
                                           "http://[::1]/x",
                                           "http://[fd00:ec2::23]/x",
                                           "http://[fd00:0ec2:0:0::23]:80/x",
                                           "https://anything.example/x"};
        static const char *const bad[] = {"http://example.com/x",     "http://169.254.170.24/x",
                                          "http://169.254.169.254/x", "http://128.0.0.1/x",
                                          "http://127.0.0.1.evil/x",  "http://[::2]/x",
                                          "http://[fd00:ec2::24]/x",  "http://localhost.evil/x",
                                          "http://2130706433/x",      "http://127.1/x"};
        size_t variable = s->n_variables;
        scene_set(s, "placeholder=");
        for (size_t i = 0; i < ELEMENTS(good) + ELEMENTS(bad); i++) {
                char text[200];
                const char *uri = i < ELEMENTS(good) ? good[i] : bad[i - ELEMENTS(good)];
                snprintf(text, sizeof text, "AWS_CONTAINER_CREDENTIALS_FULL_URI=%s", uri);
                free(s->variables[variable]);
                s->variables[variable] = strdup(text);
                if (i < ELEMENTS(good)) {
                        scene_open(s, (struct credentials_options){0});
                        scene_starts(s);
                        assert_string_equal(s->request.url, uri);
                } else {
                        scene_refused(s, (struct credentials_options){0}, -EINVAL, "http is allowed to");
                }
        }
}

static void test_container__bad_uris__refused(void **state) {
        struct scene *s = *state;
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_FULL_URI=ftp://127.0.0.1/" MARK);
        scene_refused(s, (struct credentials_options){0}, -EINVAL, "AWS_CONTAINER_CREDENTIALS_FULL_URI: not a URL");
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=@evil/" MARK);
        scene_refused(s, (struct credentials_options){0}, -EINVAL, "must begin with a slash");
}

static void test_container__crlf_in_uri__refused(void **state) {
        struct scene *s = *state;
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x HTTP/1.1\r\nX: y");
        scene_refused(s, (struct credentials_options){0}, -EINVAL, "not a URL");
}

static void test_container__failures__three_tries_then_the_reason(void **state) {
        struct scene *s = *state;
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost/c");
        scene_set(s, "AWS_CONTAINER_AUTHORIZATION_TOKEN=" MARK "-token-0123456789");
        scene_open(s, (struct credentials_options){0});
        scene_starts(s);
        scene_sends(s, reply_fault(HTTP_FAULT_CONNECT));
        scene_sends(s, reply_of(503, ""));
        scene_fails(s, reply_of(429, "{}"), -EAGAIN, "container credentials: HTTP 429");
        scene_starts(s);
        scene_fails(s, reply_of(401, "{\"code\":\"Bad\",\"message\":\"token " MARK "-token-0123456789 is wrong\"}"),
                    -EACCES, "container credentials: Bad");
        scene_starts(s);
        scene_fails(s, reply_of(404, "not found"), -ENOENT, "HTTP 404");
        scene_starts(s);
        scene_fails(s, reply_of(200, "<html>" MARK), -EBADMSG, "not a JSON object");
        scene_starts(s);
        scene_fails(s, reply_of(200, KEYS_UNTIL("2026-01-02T03:04:00Z")), -EKEYEXPIRED,
                    "expired at 2026-01-02T03:04:00Z");
}

static void open_imds(struct scene *s) {
        scene_open(s, (struct credentials_options){0});
        scene_starts(s);
}

static void test_imds__three_steps__v2_only(void **state) {
        struct scene *s = *state;
        open_imds(s);
        assert_string_equal(s->request.method, "PUT");
        assert_string_equal(s->request.url, "http://169.254.169.254/latest/api/token");
        assert_string_equal(header_text(&s->request, "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
        assert_true(s->request.is_local);
        assert_int_equal(s->request.timeout_ms, 2000);
        scene_sends(s, reply_of(200, MARK "imds==\n"));
        assert_string_equal(s->request.method, "GET");
        assert_string_equal(s->request.url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/");
        assert_string_equal(header_text(&s->request, "x-aws-ec2-metadata-token"), MARK "imds==");
        scene_sends(s, reply_of(200, "my-role_1\nsecond"));
        assert_string_equal(s->request.url,
                            "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role_1");
        assert_string_equal(header_text(&s->request, "x-aws-ec2-metadata-token"), MARK "imds==");
        scene_ends(s, reply_of(200, KEYS));
        scene_keys(s, "ASIA1", TOKEN);
        scene_described(s, "EC2 instance metadata; keys expire at 2026-01-02T04:04:00Z");
}

static void test_imds__token_refused__never_version_one(void **state) {
        struct scene *s = *state;
        static const int statuses[] = {400, 403, 404, 405};
        for (size_t i = 0; i < ELEMENTS(statuses); i++) {
                open_imds(s);
                scene_fails(s, reply_of(statuses[i], ""), -EACCES, "version 1 is never used");
        }
}

static void test_imds__token_times_out__hop_limit_named(void **state) {
        struct scene *s = *state;
        open_imds(s);
        scene_sends(s, reply_fault(HTTP_FAULT_TIMEOUT));
        scene_fails(s, reply_fault(HTTP_FAULT_TIMEOUT), -EAGAIN, "hop limit to 2");
        assert_says(s->err.text, "no credentials in the environment, in profile default");
        open_imds(s);
        scene_sends(s, reply_fault(HTTP_FAULT_CONNECT));
        scene_fails(s, reply_fault(HTTP_FAULT_CONNECT), -EAGAIN, "did not answer: not connected");
}

static void test_imds__stale_token__a_new_one_once(void **state) {
        struct scene *s = *state;
        open_imds(s);
        scene_sends(s, reply_of(200, MARK "one"));
        scene_sends(s, reply_of(200, "role"));
        scene_sends(s, reply_of(401, ""));
        assert_string_equal(s->request.method, "PUT");
        scene_sends(s, reply_of(200, MARK "two"));
        assert_string_equal(header_text(&s->request, "x-aws-ec2-metadata-token"), MARK "two");
        assert_non_null(strstr(s->request.url, "/security-credentials/role"));
        scene_fails(s, reply_of(401, ""), -EACCES, "instance metadata: HTTP 401");
}

static void test_imds__bad_answers__refused(void **state) {
        struct scene *s = *state;
        SCOPED(buf_done) struct buf huge = BUF_INIT(1 << 20);
        for (int i = 0; i < 5000; i++)
                buf_put_char(&huge, 'x');
        open_imds(s);
        scene_fails(s, reply_of(200, MARK "\r\nX: y"), -EBADMSG, "session token is not a token");
        open_imds(s);
        scene_fails(s, reply_of(200, MARK " " MARK), -EBADMSG, "session token is not a token");
        open_imds(s);
        scene_fails(s, reply_of(200, ""), -EBADMSG, "session token is not a token");
        open_imds(s);
        scene_fails(s, reply_of(200, buf_str(&huge)), -EBADMSG, "session token is not a token");
        static const char *const roles[] = {"", "../../user-data", "a b", "<html>", "role\x01"};
        for (size_t i = 0; i < ELEMENTS(roles); i++) {
                open_imds(s);
                scene_sends(s, reply_of(200, MARK));
                scene_fails(s, reply_of(200, roles[i]), -EBADMSG, "role's name is not a name");
        }
        open_imds(s);
        scene_sends(s, reply_of(200, MARK));
        scene_fails(s, reply_of(404, ""), -ENOENT, "the EC2 instance has no IAM role");
        open_imds(s);
        scene_sends(s, reply_of(200, MARK));
        scene_sends(s, reply_of(200, "role"));
        scene_fails(s, reply_of(200, "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"x\"}"), -EBADMSG,
                    "code is \"AssumeRoleUnauthorizedAccess\"");
        open_imds(s);
        scene_sends(s, reply_of(200, MARK));
        scene_sends(s, reply_of(200, "role"));
        scene_sends(s, reply_of(500, ""));
        scene_fails(s, reply_of(500, ""), -EAGAIN, "instance metadata: HTTP 500");
}

static void run_imds(struct scene *s, const char *keys) {
        scene_starts(s);
        scene_sends(s, reply_of(200, MARK));
        scene_sends(s, reply_of(200, "role"));
        scene_ends(s, reply_of(200, keys));
}

/* Static stability: what the service gives is used even when it is past its end, and asked for again in 2 to 10 minutes. */
static void test_imds__expired_keys__used_until_better_ones_come(void **state) {
        struct scene *s = *state;
        scene_open(s, (struct credentials_options){0});
        run_imds(s, KEYS_UNTIL("2026-01-02T03:00:00Z"));
        scene_keys(s, "ASIA1", TOKEN);
        assert_false(credentials_is_due(s->c, s->now_s + 119));
        assert_true(credentials_is_due(s->c, s->now_s + 600));
        s->now_s += 3000;
        scene_keys(s, "ASIA1", TOKEN);
        run_imds(s, KEYS_UNTIL("2026-01-02T05:00:00Z"));
        s->now_s += 100000;
        assert_null(credentials_peek(s->c, s->now_s));
}

static void test_imds__settings__endpoint_mode_and_limits(void **state) {
        struct scene *s = *state;
        scene_files(s, "[default]\nec2_metadata_service_endpoint_mode = IPv6\nmetadata_service_num_attempts = 1\n",
                    NULL);
        open_imds(s);
        assert_string_equal(s->request.url, "http://[fd00:ec2::254]/latest/api/token");
        scene_fails(s, reply_fault(HTTP_FAULT_TIMEOUT), -EAGAIN, "timeout");
        scene_set(s, "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1338/");
        scene_set(s, "AWS_METADATA_SERVICE_TIMEOUT=5");
        open_imds(s);
        assert_string_equal(s->request.url, "http://127.0.0.1:1338/latest/api/token");
        assert_int_equal(s->request.timeout_ms, 5000);
}

static void test_imds__bad_settings__refused(void **state) {
        struct scene *s = *state;
        static const struct {
                const char *variable, *reason;
        } cases[] = {
                {"AWS_EC2_METADATA_SERVICE_ENDPOINT=169.254.169.254", "expected http://"},
                {"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://h/?q", "expected http://"},
                {"AWS_METADATA_SERVICE_TIMEOUT=0", "not a whole number"},
                {"AWS_METADATA_SERVICE_NUM_ATTEMPTS=many", "not a whole number"},
                {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=v5", "neither IPv4 nor IPv6"},
        };
        size_t variable = s->n_variables;
        scene_set(s, "placeholder=");
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                free(s->variables[variable]);
                s->variables[variable] = strdup(cases[i].variable);
                scene_refused(s, (struct credentials_options){0}, -EINVAL, cases[i].reason);
        }
}

/* sha1("corp") and sha1("https://corp.awsapps.com/start"), by sha1sum */
#define CACHE_SESSION ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
#define CACHE_URL ".aws/sso/cache/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json"

static void open_sso(struct scene *s) {
        scene_files(
                s,
                "[profile p]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Read Only\n"
                "[sso-session corp]\nsso_region = cn-north-1\nsso_start_url = https://corp.awsapps.com/start\n"
                "[profile old]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 1\n"
                "sso_role_name = r\n",
                NULL);
        scene_open(s, (struct credentials_options){.profile = "p"});
}

static void test_sso__login_in_the_cache__portal_asked(void **state) {
        struct scene *s = *state;
        home_write(&s->home, CACHE_SESSION,
                   "{\"accessToken\":\"" MARK "sso\",\"expiresAt\":\"2026-01-02T04:00:00Z\",\"refreshToken\":\"" MARK
                   "\"}");
        home_write(&s->home, CACHE_URL, "{\"accessToken\":\"" MARK "old\",\"expiresAt\":\"2026-01-02T04:00:00UTC\"}");
        open_sso(s);
        scene_starts(s);
        assert_string_equal(s->request.method, "GET");
        assert_string_equal(s->request.url, "https://portal.sso.cn-north-1.amazonaws.com.cn/federation/credentials"
                                            "?role_name=Read%20Only&account_id=123456789012");
        assert_string_equal(header_text(&s->request, "x-amz-sso_bearer_token"), MARK "sso");
        assert_false(s->request.is_local);
        scene_ends(s, reply_of(200, "{\"roleCredentials\":{\"accessKeyId\":\"ASIAS\",\"secretAccessKey\":\"" SECRET_KEY
                                    "\",\"sessionToken\":\"" TOKEN "\",\"expiration\":1767326640000}}"));
        scene_keys(s, "ASIAS", TOKEN);
        assert_int_equal(credentials_expires_at_s(s->c), NOW_S + 3600);
        scene_described(s, "profile p (SSO login)");
        scene_open(s, (struct credentials_options){.profile = "old"});
        scene_starts(s);
        assert_string_equal(header_text(&s->request, "x-amz-sso_bearer_token"), MARK "old");
}

static void test_sso__no_valid_login__says_what_to_run(void **state) {
        struct scene *s = *state;
        open_sso(s);
        assert_int_equal(scene_step(s, NULL), -ENOENT);
        assert_says(s->err.text, "there is no SSO login; run: aws sso login --profile p");
        home_write(&s->home, CACHE_SESSION, "{\"accessToken\":\"" MARK "\",\"expiresAt\":\"2026-01-02T03:04:00Z\"}");
        assert_int_equal(scene_step(s, NULL), -EKEYEXPIRED);
        assert_says(s->err.text, "has expired; run: aws sso login");
        static const char *const bad[] = {"",
                                          "[]",
                                          "{\"accessToken\":7}",
                                          "{\"accessToken\":\"" MARK "\"}",
                                          "{\"accessToken\":\"" MARK
                                          "\\r\\nX: y\",\"expiresAt\":\"2026-01-02T04:00:00Z\"}",
                                          "{\"accessToken\":\"" MARK " b\",\"expiresAt\":\"2026-01-02T04:00:00Z\"}",
                                          "{\"accessToken\":\"\",\"expiresAt\":\"2026-01-02T04:00:00Z\"}",
                                          "{\"accessToken\":\"x\",\"expiresAt\":\"" MARK "\"}"};
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                home_write(&s->home, CACHE_SESSION, bad[i]);
                assert_int_equal(scene_step(s, NULL), -EINVAL);
                assert_says(s->err.text, "holds no SSO token; run: aws sso login");
        }
}

static void test_sso__portal_refuses__reason(void **state) {
        struct scene *s = *state;
        home_write(&s->home, CACHE_SESSION,
                   "{\"accessToken\":\"" MARK "sso-token\",\"expiresAt\":\"2026-01-02T04:00:00Z\"}");
        open_sso(s);
        scene_starts(s);
        scene_fails(s, reply_of(401, "{\"message\":\"Session token not found or invalid\"}"), -EACCES,
                    "refuses the login; run: aws sso login");
        scene_starts(s);
        scene_fails(s,
                    reply_with(403, "x-amzn-ErrorType: ForbiddenException:http://x\r\n", "{\"message\":\"No access\"}"),
                    -EACCES, "profile p: SSO portal: ForbiddenException: No access");
        scene_starts(s);
        scene_fails(s, reply_of(500, "{\"message\":\"" MARK "sso-token\"}"), -EAGAIN, "SSO portal: HTTP 500");
        scene_starts(s);
        scene_fails(s, reply_of(200, "{}"), -EBADMSG,
                    "profile p: SSO portal: the answer is not a JSON object with keys");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_process__output__words_run_without_a_shell),
                CASE(test_process__no_expiration__never_expires),
                CASE(test_process__failures__nothing_of_it_is_shown),
                CASE(test_container__relative_uri__fixed_host_without_token),
                CASE(test_container__token_file__wins_and_is_read_each_time),
                CASE(test_container__line_break_in_variable__refused),
                CASE(test_container__hosts__only_the_allowed_over_http),
                CASE(test_container__bad_uris__refused),
                CASE(test_container__crlf_in_uri__refused),
                CASE(test_container__failures__three_tries_then_the_reason),
                CASE(test_imds__three_steps__v2_only),
                CASE(test_imds__token_refused__never_version_one),
                CASE(test_imds__token_times_out__hop_limit_named),
                CASE(test_imds__stale_token__a_new_one_once),
                CASE(test_imds__bad_answers__refused),
                CASE(test_imds__expired_keys__used_until_better_ones_come),
                CASE(test_imds__settings__endpoint_mode_and_limits),
                CASE(test_imds__bad_settings__refused),
                CASE(test_sso__login_in_the_cache__portal_asked),
                CASE(test_sso__no_valid_login__says_what_to_run),
                CASE(test_sso__portal_refuses__reason),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
