/* SPDX-License-Identifier: Apache-2.0 */
/* Roles: assumed from a profile, from a chain of them, per target, and with a web identity token. */
#include "tests/unit/aws/scene.h"

#include "aws/sigv4.h"

#define ANSWER(action, id)                                                                                             \
        "<" action "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" action "Result><Credentials>"      \
        "<AccessKeyId>" id "</AccessKeyId><SecretAccessKey>" SECRET_KEY "</SecretAccessKey>"                           \
        "<SessionToken>" TOKEN "</SessionToken><Expiration>2026-01-02T04:04:00Z</Expiration>"                          \
        "</Credentials></" action "Result></" action "Response>"
#define STS_ERROR(code, message)                                                                                       \
        "<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" message                              \
        "</Message></Error></ErrorResponse>"
#define BODY_START "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fwatch"

/* Signs what the provider sent once more by hand: its own signature must be the same. */
static void assert_signed(const struct scene *s, const char *id, const char *token, const char *region,
                          const char *host) {
        SCOPED(sigv4_free) struct sigv4 *signer = NULL;
        SCOPED(http_request_done) struct http_request twin;
        SCOPED(free)
        char *id_copy = strdup(id), *secret = strdup(SECRET_KEY), *token_copy = token ? strdup(token) : NULL;
        const struct aws_keys keys = {
                .access_key_id = id_copy, .secret_access_key = secret, .session_token = token_copy};
        http_request_init(&twin);
        assert_int_equal(http_request_header(&twin, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
                         0);
        buf_put_span(&twin.body, buf_span(&s->request.body));
        assert_int_equal(sigv4_new(&signer), 0);
        assert_int_equal(sigv4_sign(signer, &keys, region, "sts", host, s->now_s, &twin), 0);
        assert_string_equal(header_text(&s->request, "Authorization"), header_text(&twin, "Authorization"));
        assert_int_equal(s->request.n_headers, twin.n_headers);
}

static void test_role__of_a_profile__signed_with_its_source(void **state) {
        struct scene *s = *state;
        scene_files(s,
                    "[profile prod]\nrole_arn = " ROLE
                    "\nsource_profile = base\nexternal_id = ext:1\nrole_session_name = me@corp\n"
                    "duration_seconds = 900\nregion = eu-west-1\n",
                    "[base]\n" STATIC_KEYS);
        scene_open(s, (struct credentials_options){.profile = "prod"});
        scene_described(s, "profile base (keys in the shared credentials file) -> role " ROLE "; no keys yet");
        scene_starts(s);
        assert_string_equal(s->request.method, "POST");
        assert_string_equal(s->request.url, "https://sts.eu-west-1.amazonaws.com/");
        assert_string_equal(s->request.operation, "AssumeRole");
        assert_string_equal(buf_str(&s->request.body),
                            BODY_START "&RoleSessionName=me%40corp&DurationSeconds=900&ExternalId=ext%3A1");
        assert_signed(s, "AKSTATIC", NULL, "eu-west-1", "sts.eu-west-1.amazonaws.com");
        scene_ends(s, reply_of(200, ANSWER("AssumeRole", "ASIAROLE")));
        scene_keys(s, "ASIAROLE", TOKEN);
        assert_int_equal(credentials_expires_at_s(s->c), NOW_S + 3600);
}

static void test_role__per_target__after_the_chain(void **state) {
        struct scene *s = *state;
        scene_set(s, "AWS_ACCESS_KEY_ID=AKENV");
        scene_set(s, "AWS_SECRET_ACCESS_KEY=" SECRET_KEY);
        scene_set(s, "AWS_SESSION_TOKEN=" TOKEN);
        scene_open(s, (struct credentials_options){
                              .role_arn = ROLE, .external_id = "e1", .session_name = "watch", .region = "ap-south-1"});
        scene_starts(s);
        assert_string_equal(s->request.url, "https://sts.ap-south-1.amazonaws.com/");
        assert_string_equal(buf_str(&s->request.body), BODY_START "&RoleSessionName=watch&ExternalId=e1");
        assert_signed(s, "AKENV", TOKEN, "ap-south-1", "sts.ap-south-1.amazonaws.com");
        scene_ends(s, reply_of(200, ANSWER("AssumeRole", "ASIATARGET")));
        scene_keys(s, "ASIATARGET", TOKEN);
        scene_described(s, "environment variables -> role " ROLE "; keys expire at 2026-01-02T04:04:00Z");
}

static void test_role__chain_of_three__one_after_the_other(void **state) {
        struct scene *s = *state;
        scene_files(
                s,
                "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = b\n"
                "[profile b]\nrole_arn = arn:aws:iam::123456789012:role/b\nsource_profile = c\n[profile c]\n" STATIC_KEYS,
                NULL);
        scene_open(s, (struct credentials_options){.profile = "a", .role_arn = ROLE});
        scene_starts(s);
        assert_non_null(strstr(buf_str(&s->request.body), "role%2Fb"));
        assert_signed(s, "AKSTATIC", NULL, "us-east-1", "sts.us-east-1.amazonaws.com");
        scene_sends(s, reply_of(200, ANSWER("AssumeRole", "ASIAB")));
        assert_non_null(strstr(buf_str(&s->request.body), "role%2Fa"));
        assert_signed(s, "ASIAB", TOKEN, "us-east-1", "sts.us-east-1.amazonaws.com");
        scene_sends(s, reply_of(200, ANSWER("AssumeRole", "ASIAA")));
        assert_non_null(strstr(buf_str(&s->request.body), "role%2Fwatch"));
        assert_signed(s, "ASIAA", TOKEN, "us-east-1", "sts.us-east-1.amazonaws.com");
        scene_ends(s, reply_of(200, ANSWER("AssumeRole", "ASIATARGET")));
        scene_keys(s, "ASIATARGET", TOKEN);
        /* begun anew in the middle: from the start */
        scene_starts(s);
        scene_sends(s, reply_of(200, ANSWER("AssumeRole", "ASIAB")));
        scene_starts(s);
        assert_non_null(strstr(buf_str(&s->request.body), "role%2Fb"));
}

static void test_role__self_as_source__its_own_keys(void **state) {
        struct scene *s = *state;
        scene_files(s, "[profile p]\nrole_arn = " ROLE "\nsource_profile = p\n" STATIC_KEYS, NULL);
        scene_open(s, (struct credentials_options){.profile = "p"});
        scene_starts(s);
        assert_signed(s, "AKSTATIC", NULL, "us-east-1", "sts.us-east-1.amazonaws.com");
}

static void test_role__credential_sources__each(void **state) {
        struct scene *s = *state;
        scene_files(s,
                    "[profile e]\nrole_arn = " ROLE "\ncredential_source = Environment\n"
                    "[profile c]\nrole_arn = " ROLE "\ncredential_source = EcsContainer\n"
                    "[profile i]\nrole_arn = " ROLE "\ncredential_source = Ec2InstanceMetadata\n",
                    NULL);
        scene_set(s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x");
        scene_set(s, "AWS_ACCESS_KEY_ID=AKENV");
        scene_set(s, "AWS_SECRET_ACCESS_KEY=" SECRET_KEY);
        scene_open(s, (struct credentials_options){.profile = "e"});
        scene_starts(s);
        assert_signed(s, "AKENV", NULL, "us-east-1", "sts.us-east-1.amazonaws.com");
        scene_open(s, (struct credentials_options){.profile = "c"});
        scene_starts(s);
        assert_string_equal(s->request.url, "http://169.254.170.2/x");
        scene_sends(s, reply_of(200, "{\"AccessKeyId\":\"ASIAC\",\"SecretAccessKey\":\"" SECRET_KEY
                                     "\",\"Token\":\"" TOKEN "\",\"Expiration\":\"2026-01-02T04:04:00Z\"}"));
        assert_signed(s, "ASIAC", TOKEN, "us-east-1", "sts.us-east-1.amazonaws.com");
        scene_open(s, (struct credentials_options){.profile = "i"});
        scene_starts(s);
        assert_string_equal(s->request.url, "http://169.254.169.254/latest/api/token");
}

static void test_role__partitions_and_endpoints__where_sts_is(void **state) {
        struct scene *s = *state;
        static const struct {
                const char *arn, *url;
        } cases[] = {
                {"arn:aws-cn:iam::123456789012:role/r", "https://sts.cn-north-1.amazonaws.com.cn/"},
                {"arn:aws-us-gov:iam::123456789012:role/r", "https://sts.us-gov-west-1.amazonaws.com/"},
                {"arn:aws-eusc:iam::123456789012:role/r", "https://sts.eusc-de-east-1.amazonaws.eu/"},
                {ROLE, "https://sts.us-east-1.amazonaws.com/"},
        };
        scene_set(s, "AWS_ACCESS_KEY_ID=AKENV");
        scene_set(s, "AWS_SECRET_ACCESS_KEY=" SECRET_KEY);
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                scene_open(s, (struct credentials_options){.role_arn = cases[i].arn});
                scene_starts(s);
                assert_string_equal(s->request.url, cases[i].url);
        }
        scene_set(s, "AWS_ENDPOINT_URL_STS=http://127.0.0.1:4566/base");
        scene_open(s, (struct credentials_options){.role_arn = ROLE, .region = "eu-west-1"});
        scene_starts(s);
        assert_string_equal(s->request.url, "http://127.0.0.1:4566/base/");
        assert_non_null(strstr(header_text(&s->request, "Authorization"), "/eu-west-1/sts/aws4_request"));
        scene_set(s, "AWS_USE_FIPS_ENDPOINT=true");
        scene_refused(s, (struct credentials_options){.role_arn = ROLE, .region = "eu-west-1"}, -EINVAL, "FIPS");
}

static void test_role__refusals__code_by_what_helps(void **state) {
        struct scene *s = *state;
        scene_set(s, "AWS_ACCESS_KEY_ID=AKENV");
        scene_set(s, "AWS_SECRET_ACCESS_KEY=" SECRET_KEY);
        scene_set(s, "AWS_SESSION_TOKEN=" TOKEN);
        scene_open(s, (struct credentials_options){.role_arn = ROLE});
        const struct {
                struct http_reply reply;
                int code;
                const char *reason;
        } cases[] = {
                {reply_of(403, STS_ERROR("AccessDenied", "User: u is not authorized to perform: sts:AssumeRole")),
                 -EACCES, "role " ROLE ": AccessDenied: User: u is not authorized"},
                {reply_of(403, STS_ERROR("ExpiredToken", "The security token included in the request is expired")),
                 -EACCES, "ExpiredToken"},
                {reply_of(400, STS_ERROR("ValidationError", "bad " SECRET_KEY)), -EINVAL,
                 "role " ROLE ": ValidationError"},
                {reply_of(400, STS_ERROR("ValidationError", "bad " TOKEN)), -EINVAL, "role " ROLE ": ValidationError"},
                {reply_of(400, STS_ERROR(TOKEN, "bad")), -EINVAL, "refused with status 400"},
                {reply_of(400, STS_ERROR("Throttling", "Rate exceeded")), -EAGAIN, "Throttling"},
                {reply_of(503, "<html>"), -EAGAIN, "HTTP 503"},
                {reply_fault(HTTP_FAULT_TLS), -EAGAIN, "TLS failed: as the wire says"},
                {reply_fault(HTTP_FAULT_TOO_BIG), -EIO, "answer too long"},
                {reply_of(200, "{\"json\":\"" TOKEN "\"}"), -EBADMSG, "role " ROLE ": XML reply"},
                {reply_of(200, "<!DOCTYPE x><x/>"), -EBADMSG, "DOCTYPE"},
                {reply_of(200, "<AssumeRoleResponse/>"), -EBADMSG, "lacks a part of the keys"},
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                scene_starts(s);
                scene_fails(s, cases[i].reply, cases[i].code, cases[i].reason);
                assert_null(credentials_peek(s->c, s->now_s));
        }
}

static void test_role__long_token__any_length(void **state) {
        struct scene *s = *state;
        SCOPED(buf_done) struct buf token = BUF_INIT(1 << 20), body = BUF_INIT(2 << 20);
        for (int i = 0; i < 8000; i++)
                buf_put_str(&token, TOKEN "/");
        buf_printf(
                &body,
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>" SECRET_KEY
                "</SecretAccessKey><SessionToken>");
        buf_put_span(&body, buf_span(&token));
        buf_put_str(
                &body,
                "</SessionToken><Expiration>2026-01-02T04:04:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>");
        scene_files(s, NULL, "[default]\n" STATIC_KEYS);
        scene_open(s, (struct credentials_options){.role_arn = ROLE});
        scene_starts(s);
        scene_ends(s, reply_of(200, buf_str(&body)));
        scene_keys(s, "ASIA", buf_str(&token));
}

static struct http_reply dated(const struct scene *s, int status, const char *date, const char *body) {
        static char headers[100];
        snprintf(headers, sizeof headers, "Date: Fri, 02 Jan 2026 %s GMT\r\n", date);
        struct http_reply r = reply_with(status, headers, body);
        r.sent_at_ms = r.received_at_ms = s->now_s * 1000;
        return r;
}

/* Our clock says 03:04, STS's 03:24. */
static void test_role__clock_off__signed_anew_with_the_time_of_sts(void **state) {
        struct scene *s = *state;
        scene_files(s, NULL, "[default]\n" STATIC_KEYS);
        scene_open(s, (struct credentials_options){.role_arn = ROLE});
        scene_starts(s);
        assert_string_equal(header_text(&s->request, "X-Amz-Date"), "20260102T030400Z");
        scene_sends(s, dated(s, 403, "03:24:00", STS_ERROR("SignatureDoesNotMatch", "Signature expired")));
        assert_string_equal(header_text(&s->request, "X-Amz-Date"), "20260102T032400Z");
        scene_ends(s, dated(s, 200, "03:24:00", ANSWER("AssumeRole", "ASIAROLE")));
        scene_keys(s, "ASIAROLE", TOKEN);
        /* 40 minutes are left of them, not an hour */
        assert_non_null(credentials_peek(s->c, NOW_S + 2339));
        assert_null(credentials_peek(s->c, NOW_S + 2340));
        assert_false(credentials_is_due(s->c, NOW_S + 2400 - 800 - 1));
        assert_true(credentials_is_due(s->c, NOW_S + 2400 - 640));
        /* known from now on */
        scene_starts(s);
        assert_string_equal(header_text(&s->request, "X-Amz-Date"), "20260102T032400Z");
        /* once only, and not for another four minutes or less */
        scene_fails(s, dated(s, 403, "03:24:00", STS_ERROR("SignatureDoesNotMatch", "no")), -EACCES,
                    "SignatureDoesNotMatch: no");
        scene_starts(s);
        scene_fails(s, dated(s, 403, "03:28:00", STS_ERROR("SignatureDoesNotMatch", "no")), -EACCES,
                    "SignatureDoesNotMatch: no");
        scene_starts(s);
        scene_sends(s, dated(s, 403, "03:04:00", STS_ERROR("SignatureDoesNotMatch", "no")));
        scene_fails(s, dated(s, 403, "03:24:00", STS_ERROR("SignatureDoesNotMatch", "no")), -EACCES,
                    "SignatureDoesNotMatch: no");
}

/* A local clock two hours ahead takes fresh keys for expired ones unless the answer's Date is heard. */
static void test_role__clock_far_ahead__fresh_keys_are_fresh(void **state) {
        struct scene *s = *state;
        home_write(&s->home, "token", "tok");
        scene_set(s, "AWS_WEB_IDENTITY_TOKEN_FILE=~/token");
        scene_set(s, "AWS_ROLE_ARN=" ROLE);
        s->now_s = NOW_S + 7200;
        scene_open(s, (struct credentials_options){0});
        scene_starts(s);
        scene_ends(s, dated(s, 200, "03:04:00", ANSWER("AssumeRoleWithWebIdentity", "ASIAPOD")));
        scene_keys(s, "ASIAPOD", TOKEN);
        assert_null(credentials_peek(s->c, s->now_s + 3600));
}

static void set_web_identity(struct scene *s) {
        char variable[600];
        snprintf(variable, sizeof variable, "AWS_WEB_IDENTITY_TOKEN_FILE=%s/token", s->home.path);
        scene_set(s, variable);
        scene_set(s, "AWS_ROLE_ARN=" ROLE);
}

static void test_web_identity__environment__unsigned_and_trimmed(void **state) {
        struct scene *s = *state;
        set_web_identity(s);
        scene_set(s, "AWS_ROLE_SESSION_NAME=pod-1");
        scene_set(s, "AWS_REGION=eu-central-1");
        home_write(&s->home, "token", "eyJ.first." MARK "\n");
        scene_open(s, (struct credentials_options){0});
        scene_starts(s);
        assert_string_equal(s->request.url, "https://sts.eu-central-1.amazonaws.com/");
        assert_string_equal(s->request.operation, "AssumeRoleWithWebIdentity");
        assert_string_equal(
                buf_str(&s->request.body),
                "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fwatch"
                "&RoleSessionName=pod-1&WebIdentityToken=eyJ.first." MARK);
        assert_null(header_of(&s->request, "Authorization"));
        assert_null(header_of(&s->request, "X-Amz-Date"));
        scene_ends(s, reply_of(200, ANSWER("AssumeRoleWithWebIdentity", "ASIAPOD")));
        scene_keys(s, "ASIAPOD", TOKEN);
        scene_described(s, "/token -> role " ROLE);
        /* somebody renews the file: it is read again */
        home_write(&s->home, "token", "eyJ.second." MARK);
        scene_starts(s);
        assert_non_null(strstr(buf_str(&s->request.body), "eyJ.second."));
}

static void test_web_identity__expired_token__read_again_once(void **state) {
        struct scene *s = *state;
        set_web_identity(s);
        home_write(&s->home, "token", "old." MARK);
        scene_open(s, (struct credentials_options){0});
        scene_starts(s);
        home_write(&s->home, "token", "new." MARK);
        scene_sends(s, reply_of(400, STS_ERROR("ExpiredTokenException", "Token expired: " MARK)));
        assert_non_null(strstr(buf_str(&s->request.body), "WebIdentityToken=new."));
        scene_fails(s, reply_of(400, STS_ERROR("ExpiredTokenException", "Token expired")), -EACCES,
                    "ExpiredTokenException: Token expired");
        scene_starts(s);
        scene_fails(s, reply_of(400, STS_ERROR("InvalidIdentityToken", "got new." MARK)), -EINVAL,
                    "InvalidIdentityToken");
        scene_starts(s);
        scene_fails(s, reply_of(400, STS_ERROR("IDPCommunicationError", "later")), -EAGAIN,
                    "IDPCommunicationError: later");
        scene_starts(s);
        scene_fails(s, reply_of(403, STS_ERROR("IDPRejectedClaim", "no")), -EACCES, "IDPRejectedClaim");
}

static void test_web_identity__bad_files__errors_name_the_path(void **state) {
        struct scene *s = *state;
        set_web_identity(s);
        scene_open(s, (struct credentials_options){0});
        assert_int_equal(scene_step(s, NULL), -ENOENT);
        assert_says(s->err.text, "/token: No such file");
        home_write(&s->home, "token", " \n");
        assert_int_equal(scene_step(s, NULL), -EINVAL);
        assert_says(s->err.text, "/token is empty");
        home_write(&s->home, "token", MARK "\r\nX: y");
        assert_int_equal(scene_step(s, NULL), -EINVAL);
        assert_says(s->err.text, "/token holds blanks");
        home_write_bytes(&s->home, "token", MARK "\0x", sizeof MARK + 1);
        assert_int_equal(scene_step(s, NULL), -EINVAL);
        SCOPED(buf_done) struct buf text = BUF_INIT(1 << 20);
        for (int i = 0; i < 20000; i++)
                buf_put_str(&text, MARK);
        home_write(&s->home, "token", buf_str(&text));
        assert_int_equal(scene_step(s, NULL), -EFBIG);
        home_write(&s->home, "token", "fine");
        scene_starts(s);
}

static void test_web_identity__configuration__profile_and_mistakes(void **state) {
        struct scene *s = *state;
        /* it goes before a source_profile */
        scene_files(s,
                    "[profile p]\nrole_arn = " ROLE
                    "\nweb_identity_token_file = ~/token\nsource_profile = q\nregion = eu-west-1\n"
                    "[profile q]\n" STATIC_KEYS,
                    NULL);
        home_write(&s->home, "token", "tok");
        scene_open(s, (struct credentials_options){.profile = "p"});
        scene_starts(s);
        assert_string_equal(
                buf_str(&s->request.body),
                "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fwatch"
                "&RoleSessionName=flinkwatch&WebIdentityToken=tok");
        scene_set(s, "AWS_WEB_IDENTITY_TOKEN_FILE=/x");
        scene_refused(s, (struct credentials_options){0}, -EINVAL, "AWS_ROLE_ARN is not");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_role__of_a_profile__signed_with_its_source),
                CASE(test_role__per_target__after_the_chain),
                CASE(test_role__chain_of_three__one_after_the_other),
                CASE(test_role__self_as_source__its_own_keys),
                CASE(test_role__credential_sources__each),
                CASE(test_role__partitions_and_endpoints__where_sts_is),
                CASE(test_role__refusals__code_by_what_helps),
                CASE(test_role__long_token__any_length),
                CASE(test_role__clock_off__signed_anew_with_the_time_of_sts),
                CASE(test_role__clock_far_ahead__fresh_keys_are_fresh),
                CASE(test_web_identity__environment__unsigned_and_trimmed),
                CASE(test_web_identity__expired_token__read_again_once),
                CASE(test_web_identity__bad_files__errors_name_the_path),
                CASE(test_web_identity__configuration__profile_and_mistakes),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
