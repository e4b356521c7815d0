/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>

#include "aws/file.h"
#include "aws/sigv4.h"
#include "tests/unit/aws/support.h"
#include "util/http.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { HEADERS_MAX = 64, FILE_MAX = 1 << 20 };

/* One case of the official suite, or one of ours in the same form. */
struct vector {
        cJSON *context;
        char *request, *canonical, *to_sign, *signature;
};

static char *slurp(const char *folder, const char *name) {
        SCOPED(buf_done) struct buf path = BUF_INIT(FILE_MAX), text = BUF_INIT(FILE_MAX);
        struct err err = {0};
        buf_printf(&path, "%s/%s", folder, name);
        if (aws_file_read(buf_str(&path), &text, &err) < 0)
                fail_msg("%s", err.text);
        return buf_steal(&text);
}

static void load(const char *folder, struct vector *v) {
        char *context = slurp(folder, "context.json");
        v->context = cJSON_Parse(context);
        assert_non_null(v->context);
        free(context);
        v->request = slurp(folder, "request.txt");
        v->canonical = slurp(folder, "header-canonical-request.txt");
        v->to_sign = slurp(folder, "header-string-to-sign.txt");
        v->signature = slurp(folder, "header-signature.txt");
}

static void unload(struct vector *v) {
        cJSON_Delete(v->context);
        free(v->request);
        free(v->canonical);
        free(v->to_sign);
        free(v->signature);
}

static const char *text_of(const cJSON *object, const char *name) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
        return cJSON_IsString(item) ? item->valuestring : NULL;
}

static bool flag_of(const cJSON *object, const char *name) {
        return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* "METHOD target HTTP/1.1", header lines (folded ones begin with a blank), an empty line, the body. */
static void parse_request(struct span text, struct sigv4_message *m, struct sigv4_header *headers) {
        struct span line = span_split(&text, '\n'), rest = line;
        m->method = span_split(&rest, ' ');
        ptrdiff_t end = span_find(rest, SPAN(" HTTP/1.1"));
        assert_true(end > 0);
        m->target = (struct span){rest.data, (size_t)end};
        m->headers = headers;
        while (text.data && text.len > 0 && text.data[0] != '\n') {
                line = span_split(&text, '\n');
                if (line.data[0] == ' ' || line.data[0] == '\t') {
                        struct span *value = &headers[m->n_headers - 1].value;
                        value->len = (size_t)(line.data + line.len - value->data);
                        continue;
                }
                assert_true(m->n_headers < HEADERS_MAX - 2);
                struct span value = line, name = span_split(&value, ':');
                headers[m->n_headers++] = (struct sigv4_header){name, value};
        }
        span_split(&text, '\n');
        m->body = text.data ? text : SPAN("");
}

static void check_vector(const char *folder, const char *name) {
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        SCOPED(buf_done)
        struct buf canonical = BUF_INIT(FILE_MAX), names = BUF_INIT(FILE_MAX), to_sign = BUF_INIT(FILE_MAX);
        struct sigv4_header headers[HEADERS_MAX];
        struct sigv4_message m = {0};
        struct vector v;
        char time[TIME_TEXT_MAX], signature[SHA256_HEX + 1];
        int64_t at_s;
        load(folder, &v);
        const cJSON *keys = cJSON_GetObjectItemCaseSensitive(v.context, "credentials");
        const char *token = text_of(keys, "token");
        parse_request(span_of(v.request), &m, headers);
        assert_int_equal(time_parse_rfc3339(span_of(text_of(v.context, "timestamp")), &at_s), 0);
        time_compact(at_s, time);
        headers[m.n_headers++] = (struct sigv4_header){SPAN("X-Amz-Date"), span_of(time)};
        if (token && !flag_of(v.context, "omit_session_token"))
                headers[m.n_headers++] = (struct sigv4_header){SPAN("X-Amz-Security-Token"), span_of(token)};
        const struct sigv4_options options = {.normalize_path = flag_of(v.context, "normalize"),
                                              .double_encode = true,
                                              .sign_body = flag_of(v.context, "sign_body")};
        const struct sigv4_scope scope = {time, text_of(v.context, "region"), text_of(v.context, "service")};
        assert_int_equal(sigv4_new(&s), 0);
        print_message("vector %s\n", name);
        assert_int_equal(sigv4_canonical_request(s, &m, &options, &canonical, &names), 0);
        assert_string_equal(buf_str(&canonical), v.canonical);
        /* each stage from the official text of the stage before */
        assert_int_equal(sigv4_string_to_sign(s, &scope, span_of(v.canonical), &to_sign), 0);
        assert_string_equal(buf_str(&to_sign), v.to_sign);
        assert_int_equal(sigv4_signature(s, text_of(keys, "secret_access_key"), &scope, span_of(v.to_sign), signature),
                         0);
        assert_string_equal(signature, v.signature);
        unload(&v);
}

static int check_folder(const char *folder) {
        DIR *d = opendir(folder);
        int n = 0;
        if (!d)
                return -ENOENT;
        for (struct dirent *entry; (entry = readdir(d));) {
                SCOPED(buf_done) struct buf path = BUF_INIT(FILE_MAX);
                if (entry->d_name[0] == '.')
                        continue;
                buf_printf(&path, "%s/%s", folder, entry->d_name);
                check_vector(buf_str(&path), entry->d_name);
                n++;
        }
        closedir(d);
        return n;
}

static void test_vectors__official_suite__each_stage_matches(void **state) {
        (void)state;
        const char *given = getenv("FLINKWATCH_SIGV4_SUITE");
        SCOPED(buf_done) struct buf path = BUF_INIT(FILE_MAX);
        buf_put_str(&path, given ? given : source_folder());
        buf_put_str(&path, given ? "/v4" : "/../shared/reference/sigv4-suite/v4");
        int n = check_folder(buf_str(&path));
        if (n == -ENOENT) {
                print_message("no official vectors at %s\n", buf_str(&path));
                buf_done(&path); /* skip() jumps */
                skip();
        }
        assert_int_equal(n, 38);
}

static void test_vectors__own__each_stage_matches(void **state) {
        (void)state;
        SCOPED(buf_done) struct buf path = BUF_INIT(FILE_MAX);
        buf_printf(&path, "%s/tests/data/aws/sigv4", source_folder());
        assert_int_equal(check_folder(buf_str(&path)), 8);
}

static const struct aws_keys keys = {.access_key_id = "AKIDEXAMPLE",
                                     .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
static const struct aws_keys keys_with_token = {.access_key_id = "AKIDEXAMPLE",
                                                .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                                .session_token = "TOKENEXAMPLE"};
static const int64_t now_s = 1767323045; /* 2026-01-02T03:04:05Z */

static void fill_a(struct http_request *r) {
        http_request_init(r);
        assert_int_equal(http_request_header(r, "Content-Type", "application/x-amz-json-1.1"), 0);
        assert_int_equal(http_request_header(r, "X-Amz-Target", "KinesisAnalytics_20180523.ListApplications"), 0);
        buf_put_str(&r->body, "{\"Limit\":50}");
}

#define HOST_A "kinesisanalytics.us-east-1.amazonaws.com"
#define AUTHORIZATION_A                                                                                                \
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/kinesisanalytics/aws4_request, "                   \
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "                               \
        "Signature=77cf9b6074ec1393bab68fba299159bafc434425c5b6148b179c7cc55cb981ec"

static void test_sign__request_with_token__botocores_authorization(void **state) {
        (void)state;
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        SCOPED(http_request_done) struct http_request r;
        fill_a(&r);
        assert_int_equal(sigv4_new(&s), 0);
        assert_int_equal(sigv4_sign(s, &keys_with_token, "us-east-1", "kinesisanalytics", HOST_A, now_s, &r), 0);
        assert_string_equal(header_text(&r, "Authorization"), AUTHORIZATION_A);
        assert_string_equal(header_text(&r, "X-Amz-Date"), "20260102T030405Z");
        assert_string_equal(header_text(&r, "X-Amz-Security-Token"), "TOKENEXAMPLE");
        assert_true(header_of(&r, "Authorization")->is_secret);
        assert_true(header_of(&r, "X-Amz-Security-Token")->is_secret);
        assert_false(header_of(&r, "X-Amz-Date")->is_secret);
}

static void test_sign__signed_before__old_signature_is_gone(void **state) {
        (void)state;
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        SCOPED(http_request_done) struct http_request r;
        fill_a(&r);
        assert_int_equal(sigv4_new(&s), 0);
        assert_int_equal(http_request_header(&r, "authorization", "stale"), 0);
        assert_int_equal(http_request_header(&r, "AUTHORIZATION", "stale too"), 0);
        assert_int_equal(http_request_header(&r, "x-amz-date", "20200101T000000Z"), 0);
        /* other keys, a day earlier, then the real thing */
        assert_int_equal(sigv4_sign(s, &keys, "eu-west-1", "logs", "x", now_s - 86400, &r), 0);
        assert_null(header_of(&r, "X-Amz-Security-Token"));
        assert_int_equal(sigv4_sign(s, &keys_with_token, "us-east-1", "kinesisanalytics", HOST_A, now_s, &r), 0);
        assert_string_equal(header_text(&r, "Authorization"), AUTHORIZATION_A);
        assert_int_equal(r.n_headers, 5);
        /* and without the token again */
        assert_int_equal(sigv4_sign(s, &keys, "us-east-1", "kinesisanalytics", HOST_A, now_s, &r), 0);
        assert_int_equal(r.n_headers, 4);
        assert_null(header_of(&r, "X-Amz-Security-Token"));
        assert_null(strstr(header_text(&r, "Authorization"), "x-amz-security-token"));
}

static void test_sign__hop_headers__not_signed(void **state) {
        (void)state;
        static const char *const names[] = {"Connection",
                                            "Expect",
                                            "Keep-Alive",
                                            "Proxy-Authenticate",
                                            "TE",
                                            "Proxy-Authorization",
                                            "Trailer",
                                            "Transfer-Encoding",
                                            "Upgrade",
                                            "User-Agent",
                                            "X-Amzn-Trace-Id"};
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        assert_int_equal(sigv4_new(&s), 0);
        for (size_t i = 0; i < ELEMENTS(names); i++) {
                SCOPED(http_request_done) struct http_request r;
                fill_a(&r);
                assert_int_equal(http_request_header(&r, names[i], "whatever"), 0);
                assert_int_equal(sigv4_sign(s, &keys_with_token, "us-east-1", "kinesisanalytics", HOST_A, now_s, &r),
                                 0);
                assert_string_equal(header_text(&r, "Authorization"), AUTHORIZATION_A);
                assert_string_equal(header_text(&r, names[i]), "whatever");
        }
}

static void test_sign__line_break_in_keys__einval(void **state) {
        (void)state;
        static const struct aws_keys bad[] = {
                {.access_key_id = "AK\r\nX-Evil: 1", .secret_access_key = "s"},
                {.access_key_id = "AK", .secret_access_key = "s", .session_token = "a\nb"},
        };
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        assert_int_equal(sigv4_new(&s), 0);
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                SCOPED(http_request_done) struct http_request r;
                fill_a(&r);
                assert_int_equal(sigv4_sign(s, &bad[i], "us-east-1", "sts", "h", now_s, &r), -EINVAL);
                assert_null(header_of(&r, "Authorization"));
        }
}

static void test_sign__no_room_for_headers__e2big(void **state) {
        (void)state;
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        SCOPED(http_request_done) struct http_request r;
        http_request_init(&r);
        assert_int_equal(sigv4_new(&s), 0);
        while (r.n_headers < HTTP_HEADERS_MAX - 1)
                assert_int_equal(http_request_header(&r, "x-a", "b"), 0);
        assert_int_equal(sigv4_sign(s, &keys, "us-east-1", "sts", "h", now_s, &r), -E2BIG);
        assert_null(header_of(&r, "Authorization"));
}

static void test_sign__impossible_time__einval(void **state) {
        (void)state;
        static const int64_t times[] = {INT64_MAX, 253402300800 /* year 10000 */, INT64_MIN};
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        SCOPED(http_request_done) struct http_request r;
        fill_a(&r);
        assert_int_equal(sigv4_new(&s), 0);
        for (size_t i = 0; i < ELEMENTS(times); i++)
                assert_int_equal(sigv4_sign(s, &keys, "us-east-1", "sts", "h", times[i], &r), -EINVAL);
        assert_int_equal(sigv4_sign(s, &keys_with_token, "us-east-1", "kinesisanalytics", HOST_A, now_s, &r), 0);
        assert_string_equal(header_text(&r, "Authorization"), AUTHORIZATION_A);
}

/* The keys k4 of the reference's worked vectors. */
static void test_derive_key__worked_vectors__match(void **state) {
        (void)state;
        static const struct {
                const char *region, *service, *hex;
        } cases[] = {
                {"us-east-1", "kinesisanalytics", "84553ffc77ffdcada11d92e28a0771ee2bc33a494412ab1f6cd858b99a16d2d3"},
                {"eu-west-1", "sts", "bcc9739dea8f4dde5960e7ea979eb07cd0e1165b67ded2944c7e4455a4f0c2c4"},
                {"eu-west-1", "monitoring", "eca7de8df886b871f54448a6b08ca184da83be4d037386c6a99d75e7d72e2b8b"},
        };
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        assert_int_equal(sigv4_new(&s), 0);
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                const struct sigv4_scope scope = {"20260102T030405Z", cases[i].region, cases[i].service};
                uint8_t key[SHA256_BYTES];
                char hex[SHA256_HEX + 1] = {0};
                assert_int_equal(sigv4_derive_key(s, keys.secret_access_key, &scope, key), 0);
                hex_put(key, sizeof key, hex);
                assert_string_equal(hex, cases[i].hex);
        }
}

/* Far more combinations than the cache holds, each asked twice and on two days: always what a fresh signer says. */
static void test_signature__more_keys_than_cached__same_as_fresh(void **state) {
        (void)state;
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        assert_int_equal(sigv4_new(&s), 0);
        for (int i = 0; i < 1200; i++) {
                SCOPED(sigv4_free) struct sigv4 *fresh = NULL;
                char secret[64], region[32], cached[SHA256_HEX + 1], wanted[SHA256_HEX + 1];
                snprintf(secret, sizeof secret, "samebeginning%d", i % 400);
                snprintf(region, sizeof region, "us-east-%d", i % 7);
                const struct sigv4_scope scope = {i % 3 ? "20260102T030405Z" : "20260103T000000Z", region, "logs"};
                assert_int_equal(sigv4_new(&fresh), 0);
                assert_int_equal(sigv4_signature(s, secret, &scope, SPAN("text"), cached), 0);
                assert_int_equal(sigv4_signature(fresh, secret, &scope, SPAN("text"), wanted), 0);
                assert_string_equal(cached, wanted);
        }
}

/* RFC 4231, test cases 1, 2, 3 and 6 (a key longer than a block). */
static void test_hmac__rfc4231__match(void **state) {
        (void)state;
        static char twenty[20], fifty[50], long_key[131], aa[20];
        memset(twenty, 0x0b, sizeof twenty);
        memset(aa, 0xaa, sizeof aa);
        memset(fifty, 0xdd, sizeof fifty);
        memset(long_key, 0xaa, sizeof long_key);
        const struct {
                struct span key, message;
                const char *hex;
        } cases[] = {
                {{twenty, 20}, SPAN("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
                {SPAN("Jefe"), SPAN("what do ya want for nothing?"),
                 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
                {{aa, 20}, {fifty, 50}, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
                {{long_key, 131},
                 SPAN("Test Using Larger Than Block-Size Key - Hash Key First"),
                 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        };
        SCOPED(sha256_free) struct sha256 *h = NULL;
        assert_int_equal(sha256_new(&h), 0);
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                SCOPED(hmac_free) struct hmac *m = NULL;
                uint8_t mac[SHA256_BYTES];
                char hex[SHA256_HEX + 1] = {0};
                assert_int_equal(hmac_new(h, cases[i].key, &m), 0);
                for (int again = 0; again < 2; again++) {
                        assert_int_equal(hmac_of(h, m, cases[i].message, mac), 0);
                        hex_put(mac, sizeof mac, hex);
                        assert_string_equal(hex, cases[i].hex);
                }
        }
}

static void check_path(const char *path, bool normalize, bool twice, const char *wanted) {
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        SCOPED(buf_done) struct buf canonical = BUF_INIT(FILE_MAX), names = BUF_INIT(FILE_MAX);
        const struct sigv4_message m = {.method = SPAN("GET"), .target = span_of(path), .body = SPAN("")};
        const struct sigv4_options options = {.normalize_path = normalize, .double_encode = twice};
        assert_int_equal(sigv4_new(&s), 0);
        assert_int_equal(sigv4_canonical_request(s, &m, &options, &canonical, &names), 0);
        struct span rest = buf_span(&canonical);
        span_split(&rest, '\n');
        struct span line = span_split(&rest, '\n');
        if (!span_is(line, wanted))
                fail_msg("%s became %.*s, not %s", path, (int)line.len, line.data, wanted);
}

static void test_path__dots_slashes_and_escapes__by_option(void **state) {
        (void)state;
        check_path("", true, true, "/");
        check_path("/", false, true, "/");
        check_path("/a/../..", true, true, "/");
        check_path("/a/b/", true, true, "/a/b/");
        check_path("/a//b", true, true, "/a/b");
        check_path("/a//b/.", false, true, "/a//b/.");
        check_path("/%7Ea%2f", true, true, "/%257Ea%252f");
        check_path("/%7Ea%2f%zz b", true, false, "/%7Ea%2F%25zz%20b");
        check_path("/~a-b_c.d", true, true, "/~a-b_c.d");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vectors__official_suite__each_stage_matches),
                cmocka_unit_test(test_vectors__own__each_stage_matches),
                cmocka_unit_test(test_sign__request_with_token__botocores_authorization),
                cmocka_unit_test(test_sign__signed_before__old_signature_is_gone),
                cmocka_unit_test(test_sign__hop_headers__not_signed),
                cmocka_unit_test(test_sign__line_break_in_keys__einval),
                cmocka_unit_test(test_sign__no_room_for_headers__e2big),
                cmocka_unit_test(test_sign__impossible_time__einval),
                cmocka_unit_test(test_derive_key__worked_vectors__match),
                cmocka_unit_test(test_signature__more_keys_than_cached__same_as_fresh),
                cmocka_unit_test(test_hmac__rfc4231__match),
                cmocka_unit_test(test_path__dots_slashes_and_escapes__by_option),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
