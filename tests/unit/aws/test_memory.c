/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of every path fails once, ours and those of cJSON and OpenSSL: an error comes out, nothing crashes or leaks (the
 * sanitizers look), what existed before goes on working. */
#include "tests/unit/aws/scene.h"

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "aws/endpoint.h"
#include "aws/error.h"
#include "aws/query_form.h"
#include "aws/sigv4.h"
#include "aws/xml.h"

static size_t left;
static bool is_armed, has_failed;

static bool fails(void) {
        if (!is_armed || left-- > 0)
                return false;
        is_armed = false;
        has_failed = true;
        return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);

void *__wrap_malloc(size_t size) {
        return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
        return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size) {
        return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size) {
        return fails() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s) {
        return fails() ? NULL : __real_strdup(s);
}

static void *crypto_malloc(size_t size, const char *file, int line) {
        (void)file, (void)line;
        return __wrap_malloc(size);
}

static void *crypto_realloc(void *p, size_t size, const char *file, int line) {
        (void)file, (void)line;
        return __wrap_realloc(p, size);
}

static void crypto_free(void *p, const char *file, int line) {
        (void)file, (void)line;
        free(p);
}

static void *json_malloc(size_t size) {
        return __wrap_malloc(size);
}

static void json_free(void *p) {
        free(p);
}

/* Runs `attempt` with its first allocation failing, then the second, until it gets by without; returns how many there were. An
 * attempt answers 0 or -errno, and 0 once nothing fails. */
static size_t torture(int (*attempt)(struct scene *), struct scene *s) {
        for (size_t n = 0;; n++) {
                left = n;
                has_failed = false;
                is_armed = true;
                int r = attempt(s);
                is_armed = false;
                if (!has_failed) {
                        assert_int_equal(r, 0);
                        return n;
                }
                assert_true(r <= 0);
        }
}

static int try_sign(struct scene *s) {
        static const struct aws_keys keys = {
                .access_key_id = "AK", .secret_access_key = SECRET_KEY, .session_token = TOKEN};
        SCOPED(sigv4_free) struct sigv4 *signer = NULL;
        SCOPED(http_request_done) struct http_request r;
        http_request_init(&r);
        r.path = strdup("/a/../b?c=d&e=f");
        buf_put_str(&r.body, "{}");
        int failed = r.path ? r.body.failed : -ENOMEM;
        if (failed == 0)
                failed = sigv4_new(&signer);
        for (int i = 0; failed == 0 && i < 3; i++)
                failed = sigv4_sign(signer, &keys, i ? "eu-west-1" : "us-east-1", "logs", "h", s->now_s + i * 86400,
                                    &r);
        return failed;
}

static int try_form(struct scene *s) {
        (void)s;
        SCOPED(http_request_done) struct http_request r;
        SCOPED(buf_done) struct buf json = BUF_INIT(1 << 16);
        http_request_init(&r);
        r.operation = "GetMetricData";
        buf_put_str(&r.body, "{\"StartTime\":60,\"MetricDataQueries\":[{\"Id\":\"q0\"}]}");
        int failed = r.body.failed;
        if (failed == 0)
                failed = query_form_ask(&r);
        return failed < 0 ? failed
                          : query_form_read(SPAN("<R><XResult><Values><member>1</member></Values></XResult></R>"),
                                            &json, NULL);
}

/* The signer outlives a failure in the middle of its work. */
static void test_sign__memory_fails_once__later_signatures_right(void **state) {
        struct scene *s = *state;
        static const struct aws_keys keys = {
                .access_key_id = "AK", .secret_access_key = SECRET_KEY, .session_token = TOKEN};
        SCOPED(sigv4_free) struct sigv4 *fresh = NULL;
        SCOPED(http_request_done) struct http_request wanted;
        assert_true(torture(try_sign, s) > 20);
        http_request_init(&wanted);
        assert_int_equal(sigv4_new(&fresh), 0);
        assert_int_equal(sigv4_sign(fresh, &keys, "us-east-1", "logs", "h", s->now_s, &wanted), 0);
        for (size_t n = 0; n < 60; n++) {
                SCOPED(sigv4_free) struct sigv4 *signer = NULL;
                SCOPED(http_request_done) struct http_request r;
                http_request_init(&r);
                assert_int_equal(sigv4_new(&signer), 0);
                left = n;
                is_armed = true;
                sigv4_sign(signer, &keys, "us-east-1", "logs", "h", s->now_s, &r);
                is_armed = false;
                assert_int_equal(sigv4_sign(signer, &keys, "us-east-1", "logs", "h", s->now_s, &r), 0);
                assert_string_equal(header_text(&r, "Authorization"), header_text(&wanted, "Authorization"));
        }
}

static int try_files(struct scene *s) {
        static const char *const list[] = {"A=1", "HOME=/h", "AWS_REGION=eu-west-1", NULL};
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        SCOPED(aws_profiles_free) struct aws_profiles *p = NULL;
        SCOPED(endpoint_done) struct endpoint at = {0};
        struct err err = {0};
        int r = aws_environment_from_list(list, &e);
        SCOPED(free) char *path = r == 0 ? aws_environment_expand(&e, "~/$A") : NULL;
        if (!path)
                return -ENOMEM;
        r = aws_profiles_parse(
                SPAN("[profile p]\na = b\n  c\ns =\n  x = y\n[services l]\nsns =\n  endpoint_url = http://h/b/\n"),
                SPAN("[default]\nservices = l\n"), &p, &err);
        const struct endpoint_options o = {.environment = &e, .profiles = p};
        if (r == 0)
                r = endpoint_resolve(&o, "sns", NULL, &at, &err);
        endpoint_done(&at);
        if (r == 0)
                r = endpoint_resolve(&o, "logs", NULL, &at, &err);
        (void)s;
        return r;
}

static void test_files__memory_fails__error(void **state) {
        assert_true(torture(try_files, *state) > 40);
}

static int try_errors(struct scene *s) {
        (void)s;
        static const char *const bodies[] = {
                "{\"__type\":\"A\",\"message\":\"m\"}",
                "<ErrorResponse><Error><Code>A</Code><Message>m</Message></Error></ErrorResponse>"};
        int r = 0;
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                struct http_reply reply = reply_of(400, bodies[i]);
                struct aws_error e;
                r = aws_error_parse(&reply, &e) == 1 ? -ENOMEM : r;
                assert_true(strcmp(e.code, "A") == 0 || strcmp(e.code, "HTTP 400") == 0);
        }
        return r;
}

static void test_errors__memory_fails__status_is_told(void **state) {
        assert_true(torture(try_errors, *state) > 10);
        assert_true(torture(try_form, *state) > 10);
}

#define KEYS                                                                                                           \
        "{\"Version\":1,\"Code\":\"Success\",\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"" SECRET_KEY              \
        "\",\"Token\":\"" TOKEN "\",\"SessionToken\":\"" TOKEN "\",\"Expiration\":\"2026-01-02T04:04:00Z\"}"
#define ASSUMED(action)                                                                                                \
        "<" action "Response><" action                                                                                 \
        "Result><Credentials><AccessKeyId>ASIA2</AccessKeyId><SecretAccessKey>" SECRET_KEY                             \
        "</SecretAccessKey><SessionToken>" TOKEN "</SessionToken><Expiration>2026-01-02T04:04:00Z</Expiration>"        \
        "</Credentials></" action "Result></" action "Response>"

/* Answers whatever a provider asks. */
static struct http_reply answer(const struct http_request *r) {
        static const struct {
                const char *operation, *path, *body;
        } answers[] = {
                {"AssumeRole", "", ASSUMED("AssumeRole")},
                {"AssumeRoleWithWebIdentity", "", ASSUMED("AssumeRoleWithWebIdentity")},
                {"InstanceMetadata", "/latest/api/token", MARK},
                {"InstanceMetadata", "/security-credentials/role", KEYS},
                {"InstanceMetadata", "/security-credentials/", "role"},
                {"ContainerCredentials", "", KEYS},
                {"credential_process", "", KEYS},
                {"GetRoleCredentials", "",
                 "{\"roleCredentials\":{\"accessKeyId\":\"A\",\"secretAccessKey\":\"" SECRET_KEY
                 "\",\"sessionToken\":\"" TOKEN "\",\"expiration\":1767326640000}}"},
        };
        for (size_t i = 0; i < ELEMENTS(answers); i++)
                if (strcmp(r->operation, answers[i].operation) == 0 && (!r->url || strstr(r->url, answers[i].path)))
                        return reply_of(200, answers[i].body);
        return reply_of(500, "");
}

static const char *profile_tried;

static int refresh(struct scene *s, struct credentials *c) {
        SCOPED(http_request_done) struct http_request request;
        struct err err = {0};
        http_request_init(&request);
        int r = credentials_step(c, NULL, s->now_s, &request, &err);
        for (int i = 0; r == STEP_SEND && i < 20; i++) {
                struct http_reply reply = answer(&request);
                http_request_done(&request);
                r = credentials_step(c, &reply, s->now_s, &request, &err);
        }
        assert_no_secret(err.text);
        return r;
}

static int try_credentials(struct scene *s) {
        SCOPED(credentials_free) struct credentials *c = NULL;
        struct err err = {0};
        const struct credentials_options o = {.profile = profile_tried,
                                              .role_arn = ROLE,
                                              .external_id = "ex",
                                              .session_name = "me",
                                              .environment = &s->environment};
        int r = credentials_new(&o, &c, &err);
        assert_no_secret(err.text);
        return r < 0 ? r : refresh(s, c);
}

/* Keys that are there stay when the next refresh runs out of memory, and the one after it succeeds. */
static int try_again(struct scene *s) {
        is_armed = false;
        size_t n = left;
        SCOPED(credentials_free) struct credentials *c = NULL;
        const struct credentials_options o = {.profile = profile_tried, .environment = &s->environment};
        assert_int_equal(credentials_new(&o, &c, NULL), 0);
        assert_int_equal(refresh(s, c), 0);
        left = n;
        is_armed = true;
        int r = refresh(s, c);
        is_armed = false;
        assert_non_null(credentials_peek(c, s->now_s));
        assert_int_equal(refresh(s, c), 0);
        return r;
}

static void test_credentials__memory_fails__error_and_old_keys(void **state) {
        struct scene *s = *state;
        static const char *const profiles[] = {"static", "role", "token", "process", "sso", "instance", "container"};
        scene_files(
                s,
                "[profile static]\n" STATIC_KEYS "[profile role]\nrole_arn = " ROLE "\nsource_profile = static\n"
                "[profile token]\nrole_arn = " ROLE "\nweb_identity_token_file = ~/token\n"
                "[profile process]\ncredential_process = /bin/get 'a b'\n"
                "[profile sso]\nsso_start_url = corp\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n"
                "[profile instance]\nrole_arn = " ROLE "\ncredential_source = Ec2InstanceMetadata\n"
                "[profile container]\nrole_arn = " ROLE "\ncredential_source = EcsContainer\n",
                NULL);
        home_write(&s->home, "token", MARK);
        home_write(&s->home, ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
                   "{\"accessToken\":\"" MARK "\",\"expiresAt\":\"2026-01-02T04:00:00Z\"}");
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://localhost/c");
        scene_set(s, "AWS_CONTAINER_AUTHORIZATION_TOKEN=" MARK);
        for (size_t i = 0; i < ELEMENTS(profiles); i++) {
                profile_tried = profiles[i];
                scene_open(s, (struct credentials_options){.profile = profile_tried});
                assert_true(torture(try_credentials, s) > 50);
                assert_true(torture(try_again, s) > 50);
        }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_sign__memory_fails_once__later_signatures_right),
                CASE(test_files__memory_fails__error),
                CASE(test_errors__memory_fails__status_is_told),
                CASE(test_credentials__memory_fails__error_and_old_keys),
        };
        cJSON_Hooks hooks = {json_malloc, json_free};
        cJSON_InitHooks(&hooks);
        if (!CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free))
                return 1;
        /* OpenSSL loads its tables once in a process and does not survive that failing: that is done before */
        SCOPED(sigv4_free) struct sigv4 *warm_up = NULL;
        uint8_t hash[EVP_MAX_MD_SIZE];
        if (sigv4_new(&warm_up) < 0 || !EVP_Digest("", 0, hash, NULL, EVP_sha1(), NULL))
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
