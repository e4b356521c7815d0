/* SPDX-License-Identifier: Apache-2.0 */
/* The small formats: form bodies, percent-encoding, XML, STS, key documents, command lines, URLs. */
#include "tests/unit/aws/support.h"

#include <errno.h>

#include "aws/error.h"
#include "aws/key_document.h"
#include "aws/percent.h"
#include "aws/query.h"
#include "aws/shlex.h"
#include "aws/sts.h"
#include "aws/url.h"
#include "aws/xml.h"

static void test_query__publish__as_the_reference_writes_it(void **state) {
        (void)state;
        SCOPED(buf_done) struct buf b = BUF_INIT(4096);
        query_begin(&b, "Publish", "2010-03-31");
        query_add(&b, "TopicArn", "arn:aws:sns:eu-west-1:1:t");
        query_add(&b, "Message", "a b+c&d=e/f é~");
        query_add(&b, "Subject", NULL);
        query_add(&b, "MessageAttributes.entry.1.Name", "sev");
        query_add_int(&b, "N", -12);
        query_add_time(&b, "StartTime", 1767323040);
        assert_string_equal(buf_str(&b),
                            "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A1%3At"
                            "&Message=a%20b%2Bc%26d%3De%2Ff%20%C3%A9~&MessageAttributes.entry.1.Name=sev&N=-12"
                            "&StartTime=2026-01-02T03%3A04%3A00Z");
}

static void test_percent__every_byte__encoded_and_back(void **state) {
        (void)state;
        SCOPED(buf_done)
        struct buf plain = BUF_INIT(4096), coded = BUF_INIT(4096), back = BUF_INIT(4096), again = BUF_INIT(4096);
        for (int c = 0; c < 256; c++)
                buf_put_char(&plain, (char)c);
        percent_encode(&coded, buf_span(&plain));
        assert_int_equal(coded.len, 66 + 3 * (256 - 66));
        percent_decode(&back, buf_span(&coded));
        assert_true(span_equals(buf_span(&back), buf_span(&plain)));
        percent_encode_once_value(&again, buf_span(&coded));
        assert_string_equal(buf_str(&again), buf_str(&coded));
        buf_clear(&again);
        percent_encode_once_value(&again, SPAN("%7e%2f%zz%4"));
        assert_string_equal(buf_str(&again), "~%2F%25zz%254");
}

struct seen {
        struct buf lines;
};

static int note(void *context, const char *path, struct span text) {
        struct seen *s = context;
        buf_printf(&s->lines, "%s=%.*s\n", path, (int)text.len, text.data);
        return 0;
}

static void test_xml__read__ends_in_order_with_local_names(void **state) {
        (void)state;
        struct seen s = {BUF_INIT(4096)};
        static const char text[] =
                "<?xml version='1.0'?><a xmlns='http://x/' xmlns:n='http://n/'><n:b i='1'>1&lt;<!-- c -->2<![CDATA[<3>]]></n:b>"
                "<m><v>x</v></m><m/>tail</a>";
        assert_int_equal(xml_read(span_of(text), note, &s, NULL), 0);
        assert_string_equal(buf_str(&s.lines), "a/b=1<2<3>\na/m/v=x\na/m=\na/m=\na=tail\n");
        buf_done(&s.lines);
}

static void xml_refused(const char *text, const char *reason) {
        struct seen s = {BUF_INIT(1 << 20)};
        struct err err = {0};
        assert_int_equal(xml_read(span_of(text), note, &s, &err), -EBADMSG);
        assert_says(err.text, reason);
        buf_done(&s.lines);
}

static void test_xml__hostile__ebadmsg(void **state) {
        (void)state;
        SCOPED(buf_done) struct buf deep = BUF_INIT(1 << 20), wide = BUF_INIT(4 << 20), name = BUF_INIT(1 << 20);
        xml_refused("<!DOCTYPE a [<!ENTITY x \"" MARK "\">]><a>&x;</a>", "DOCTYPE");
        xml_refused("<!DOCTYPE html><html></html>", "DOCTYPE");
        xml_refused("<a><b></a>", "at line 1");
        xml_refused("<a>&unknown;</a>", "at line 1");
        xml_refused("", "no element");
        xml_refused("<a>\xff</a>", "at line 1");
        for (int i = 0; i < 33; i++)
                buf_put_str(&deep, "<a>");
        xml_refused(buf_str(&deep), "too deep");
        buf_put_str(&wide, "<a>");
        while (wide.len <= XML_TEXT_MAX + 16)
                buf_put_str(&wide, "0123456789abcdef");
        buf_put_str(&wide, "</a>");
        xml_refused(buf_str(&wide), "text is too long");
        buf_put_str(&name, "<");
        while (name.len <= XML_PATH_MAX + 8)
                buf_put_str(&name, "abcdefgh");
        buf_put_str(&name, "/>");
        xml_refused(buf_str(&name), "name is too long");
}

static int stop_here(void *context, const char *path, struct span text) {
        (void)context, (void)text;
        return strcmp(path, "a/b") == 0 ? -ECANCELED : 0;
}

static void test_xml__callback_fails__its_code(void **state) {
        (void)state;
        assert_int_equal(xml_read(SPAN("<a><b/><c/></a>"), stop_here, NULL, NULL), -ECANCELED);
}

static void test_xml__pick__first_of_each(void **state) {
        (void)state;
        SCOPED(free) char *b = NULL, *c = NULL, *missing = NULL;
        const struct xml_want wants[] = {{"a/b", &b}, {"a/d/c", &c}, {"a/x", &missing}};
        assert_int_equal(xml_pick(SPAN("<a><c>no</c><b>1</b><b>2</b><d><c></c></d></a>"), wants, 3, NULL), 0);
        assert_string_equal(b, "1");
        assert_string_equal(c, "");
        assert_null(missing);
}

#define CREDENTIALS                                                                                                    \
        "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>" SECRET_KEY                                     \
        "</SecretAccessKey><SessionToken>" TOKEN                                                                       \
        "</SessionToken><Expiration>2026-01-02T04:04:00.5Z</Expiration></Credentials>"

static void test_sts__answers__keys_and_identity(void **state) {
        (void)state;
        static const char *const bodies[] = {
                "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser><Arn>x</Arn>"
                "</AssumedRoleUser>" CREDENTIALS "</AssumeRoleResult></AssumeRoleResponse>",
                "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>" CREDENTIALS
                "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
        };
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                SCOPED(aws_keys_done) struct aws_keys keys = {0};
                struct http_reply r = reply_of(200, bodies[i]);
                assert_int_equal(sts_read_keys(&r, &keys, NULL), 0);
                assert_string_equal(keys.access_key_id, "ASIA");
                assert_string_equal(keys.secret_access_key, SECRET_KEY);
                assert_string_equal(keys.session_token, TOKEN);
                assert_int_equal(keys.expires_at_s, 1767326640);
        }
        SCOPED(sts_identity_done) struct sts_identity id = {0};
        struct http_reply r = reply_of(
                200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/u</Arn>"
                     "<UserId>U</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>");
        assert_int_equal(sts_read_identity(&r, &id, NULL), 0);
        assert_string_equal(id.arn, "arn:aws:iam::1:user/u");
        assert_string_equal(id.account, "1");
        assert_string_equal(id.user_id, "U");
}

static void test_sts__lacking_parts__ebadmsg_without_secrets(void **state) {
        (void)state;
        static const char *const bodies[] = {
                "",
                "<html/>",
                "{}",
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><SecretAccessKey>" SECRET_KEY
                "</SecretAccessKey></Credentials>"
                "</AssumeRoleResult></AssumeRoleResponse>",
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>" SECRET_KEY
                "</SecretAccessKey><SessionToken>" TOKEN "</SessionToken><Expiration>" MARK
                "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>",
        };
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                struct aws_keys keys = {0};
                struct sts_identity id = {0};
                struct err err = {0};
                struct http_reply r = reply_of(200, bodies[i]);
                assert_int_equal(sts_read_keys(&r, &keys, &err), -EBADMSG);
                assert_no_secret(err.text);
                assert_int_equal(sts_read_identity(&r, &id, &err), -EBADMSG);
                assert_no_secret(err.text);
                assert_null(keys.secret_access_key);
                assert_null(id.arn);
        }
}

static void test_sts__requests__bodies(void **state) {
        (void)state;
        const struct sts_role role = {
                .arn = "arn:aws:iam::1:role/r", .session_name = "s@x", .external_id = "e:/1", .duration_s = 900};
        SCOPED(http_request_done) struct http_request a;
        SCOPED(http_request_done) struct http_request w;
        SCOPED(http_request_done) struct http_request g;
        http_request_init(&a);
        http_request_init(&w);
        http_request_init(&g);
        assert_int_equal(sts_assume_role(&role, &a), 0);
        assert_string_equal(buf_str(&a.body),
                            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
                            "&RoleSessionName=s%40x&DurationSeconds=900&ExternalId=e%3A%2F1");
        assert_int_equal(sts_assume_role_with_web_identity(&role, SPAN("to+ken="), &w), 0);
        assert_string_equal(
                buf_str(&w.body),
                "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
                "&RoleSessionName=s%40x&DurationSeconds=900&WebIdentityToken=to%2Bken%3D");
        assert_int_equal(sts_get_caller_identity(&g), 0);
        assert_string_equal(buf_str(&g.body), "Action=GetCallerIdentity&Version=2011-06-15");
        assert_string_equal(g.service, "sts");
        assert_int_equal(g.auth, HTTP_AUTH_SIGV4);
        assert_string_equal(header_text(&g, "Content-Type"), "application/x-www-form-urlencoded; charset=utf-8");
}

static void test_keys__bad_parts__einval_names_the_part(void **state) {
        (void)state;
        static const struct {
                struct span id, secret, token;
                const char *reason;
        } cases[] = {
                {SPAN(""), SPAN(SECRET_KEY), {0}, "access key id is missing"},
                {SPAN("A"), SPAN(""), {0}, "secret access key is missing"},
                {SPAN("A\n"), SPAN(SECRET_KEY), {0}, "access key id holds"},
                {SPAN("A"), SPAN(SECRET_KEY "\r\n"), {0}, "secret access key holds"},
                {SPAN("A"), SPAN(SECRET_KEY " "), {0}, "secret access key holds"},
                {SPAN("A\x7f"), SPAN(SECRET_KEY), {0}, "access key id holds"},
                {SPAN("A"), SPAN(SECRET_KEY), SPAN(TOKEN "\0x"), "session token holds"},
                {SPAN("A"), SPAN(SECRET_KEY), SPAN(TOKEN "\xc3\xa9"), "session token holds"},
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct aws_keys keys = {0};
                struct err err = {0};
                assert_int_equal(aws_keys_set(&keys, cases[i].id, cases[i].secret, cases[i].token, "here", &err),
                                 -EINVAL);
                assert_says(err.text, cases[i].reason);
                assert_null(keys.secret_access_key);
        }
}

static const struct key_document plain = {
        .what = "doc", .id = "I", .secret = "S", .token = "T", .expires = "E", .needs_expiry = true};

static void document_refused(const struct key_document *d, const char *text, const char *reason) {
        struct aws_keys keys = {0};
        struct err err = {0};
        assert_true(key_document_read(d, span_of(text), &keys, &err) < 0);
        assert_says(err.text, reason);
        assert_null(keys.secret_access_key);
}

static void test_document__forms__read_or_refused(void **state) {
        (void)state;
        struct key_document coded = plain, versioned = plain, inner = plain;
        coded.is_coded = true;
        versioned.is_versioned = true;
        versioned.needs_expiry = false;
        inner.object = "roleCredentials";
        inner.is_expiry_ms = true;
        SCOPED(aws_keys_done) struct aws_keys keys = {0};
        assert_int_equal(key_document_read(&versioned,
                                           SPAN("{\"Version\":1,\"I\":\"a\",\"S\":\"s\",\"T\":null,\"E\":null}"), &keys,
                                           NULL),
                         0);
        assert_null(keys.session_token);
        assert_int_equal(keys.expires_at_s, 0);
        aws_keys_done(&keys);
        assert_int_equal(
                key_document_read(
                        &inner, SPAN("{\"roleCredentials\":{\"I\":\"a\",\"S\":\"s\",\"T\":\"t\",\"E\":1767326640123}}"),
                        &keys, NULL),
                0);
        assert_int_equal(keys.expires_at_s, 1767326640);
        document_refused(&plain, "", "not a JSON object");
        document_refused(&plain, "[" MARK "]", "not a JSON object");
        document_refused(&plain, "{\"I\":\"a\",\"S\":\"" MARK "\"}", "E is missing");
        document_refused(&plain, "{\"I\":\"a\",\"S\":\"" MARK "\",\"E\":\"" MARK "\"}", "E is missing");
        document_refused(&plain, "{\"I\":\"a\",\"S\":\"" MARK "\",\"E\":1767326640}", "E is missing");
        document_refused(&plain, "{\"I\":7,\"S\":\"" MARK "\",\"E\":\"2026-01-02T04:04:00Z\"}",
                         "access key id is missing");
        document_refused(&plain, "{\"I\":\"a\",\"S\":\"" MARK "\\r\\nX: y\",\"E\":\"2026-01-02T04:04:00Z\"}",
                         "secret access key holds");
        document_refused(&coded, "{\"Code\":\"AssumeRoleUnauthorizedAccess\"}",
                         "code is \"AssumeRoleUnauthorizedAccess\"");
        document_refused(&versioned, "{\"Version\":\"1\",\"I\":\"a\",\"S\":\"" MARK "\"}", "Version must be 1");
        document_refused(&versioned, "{\"I\":\"a\",\"S\":\"" MARK "\"}", "Version must be 1");
        document_refused(&inner, "{\"roleCredentials\":[]}", "not a JSON object");
}

static void test_document__too_long_or_deep__refused(void **state) {
        (void)state;
        SCOPED(buf_done) struct buf text = BUF_INIT(4 << 20);
        for (int i = 0; i < 200000; i++)
                buf_put_str(&text, "{\"I\":");
        document_refused(&plain, buf_str(&text), "not a JSON object");
        while (text.len <= 1 << 20)
                buf_put_str(&text, "                ");
        document_refused(&plain, buf_str(&text), "longer than");
}

/* Expected words: python3 -c 'import shlex; print(shlex.split(...))' */
static void test_shlex__pythons_words__same(void **state) {
        (void)state;
        static const struct {
                const char *line, *words; /* joined by | */
        } cases[] = {
                {"a b  c", "a|b|c"},
                {"/bin/x --arg 'two words' \"and \\\"more\\\"\"", "/bin/x|--arg|two words|and \"more\""},
                {"a'b'\"c\"d", "abcd"},
                {"a\\ b c\\\\", "a b|c\\"},
                {"'a\\b' \"a\\b\" \"a\\\\b\"", "a\\b|a\\b|a\\b"},
                {"'' x", "|x"},
                {"\ta\r\nb # c", "a|b|#|c"},
                {"$HOME `x` a;b|c", "$HOME|`x`|a;b|c"},
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char **words = NULL;
                SCOPED(buf_done) struct buf joined = BUF_INIT(4096);
                assert_int_equal(shlex_split(cases[i].line, &words), 0);
                for (size_t w = 0; words[w]; w++)
                        buf_printf(&joined, "%s%s", w ? "|" : "", words[w]);
                assert_string_equal(buf_str(&joined), cases[i].words);
                shlex_free(words);
        }
        static const char *const bad[] = {"", "  ", "'a", "\"a", "\"a\\", "a\\"};
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                char **words = NULL;
                assert_int_equal(shlex_split(bad[i], &words), -EINVAL);
        }
}

static void test_shlex__quoted__one_word_again(void **state) {
        static const char *const words[] = {"plain-1.2_3/x:y",  "",   "a b",  "it's",         "'",
                                            "\"$HOME\" `x`; #", "\\", "\n\t", "\xc3\xbc*?[!]"};
        (void)state;
        for (size_t i = 0; i < ELEMENTS(words); i++) {
                char **split = NULL;
                SCOPED(buf_done) struct buf quoted = BUF_INIT(256);
                shlex_quote(&quoted, words[i]);
                assert_int_equal(shlex_split(buf_str(&quoted), &split), 0);
                assert_string_equal(split[0], words[i]);
                assert_null(split[1]);
                shlex_free(split);
        }
        SCOPED(buf_done) struct buf plain = BUF_INIT(256);
        shlex_quote(&plain, words[0]);
        assert_string_equal(buf_str(&plain), words[0]);
}

static void test_url__parts__cut(void **state) {
        (void)state;
        struct url u;
        assert_int_equal(url_parse(SPAN("HTTPS://Host.example:8443/a/b?c=d"), &u), 0);
        assert_true(u.is_https && !u.is_ipv6 && u.port == 8443);
        assert_true(span_is(u.host, "Host.example") && span_is(u.path, "/a/b") && span_is(u.rest, "/a/b?c=d"));
        assert_int_equal(url_parse(SPAN("http://[fd00:ec2::254]:80"), &u), 0);
        assert_true(u.is_ipv6 && u.port == 0 && span_is(u.host, "fd00:ec2::254") && u.path.len == 0);
        assert_int_equal(url_parse(SPAN("http://h?x"), &u), 0);
        assert_true(span_is(u.host, "h") && u.path.len == 0 && span_is(u.rest, "?x"));
        static const char *const bad[] = {
                "",          "http:/h",   "http://h\r\nx", "http://user@h", "http://[::1]x", "http://a..b:99999",
                "file:///x", "http://.h", "http://h:+8"};
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                assert_int_equal(url_parse(span_of(bad[i]), &u), -EINVAL);
}

/* Edited answers through every reader: no crash (the sanitizers look) and no secret in an error. */
static void test_noise__edited_answers__no_crash_no_secret(void **state) {
        (void)state;
        static const char *const seeds[] = {
                "<?xml version='1.0'?><AssumeRoleResponse xmlns='x'><AssumeRoleResult>" CREDENTIALS
                "</AssumeRoleResult></AssumeRoleResponse>",
                "{\"Code\":\"Success\",\"I\":\"a\",\"S\":\"" SECRET_KEY "\",\"T\":\"" TOKEN
                "\",\"E\":\"2026-01-02T04:04:00Z\",\"n\":[1e9,{}]}",
                "http://user@[fd00:ec2::23]:8080/path?x=" MARK,
        };
        static const char odd[] = "<>&;/\"'{}[]:,\\ \0\r\n\xff\xc3"
                                  "0aZ=!-%";
        uint32_t x = 99;
        for (int round = 0; round < 30000; round++) {
                const char *seed = seeds[round % ELEMENTS(seeds)];
                char text[1024];
                size_t n = strlen(seed);
                memcpy(text, seed, n + 1);
                for (int edits = round % 5; edits >= 0; edits--) {
                        x = x * 1664525u + 1013904223u;
                        text[(x >> 8) % n] = odd[(x >> 4) % (sizeof odd - 1)];
                }
                SCOPED(aws_keys_done) struct aws_keys keys = {0};
                struct http_reply r = {.status = 400, .body = {text, n - x % 7}};
                struct aws_error e;
                struct err err = {0};
                struct url u;
                char **words = NULL;
                sts_read_keys(&r, &keys, &err);
                assert_no_secret(err.text);
                key_document_read(&plain, r.body, &keys, &err);
                assert_no_secret(err.text);
                aws_error_parse(&r, &e);
                aws_reply_is_json(&r);
                url_parse(r.body, &u);
                if (shlex_split(text, &words) == 0)
                        shlex_free(words);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_query__publish__as_the_reference_writes_it),
                cmocka_unit_test(test_percent__every_byte__encoded_and_back),
                cmocka_unit_test(test_xml__read__ends_in_order_with_local_names),
                cmocka_unit_test(test_xml__hostile__ebadmsg),
                cmocka_unit_test(test_xml__callback_fails__its_code),
                cmocka_unit_test(test_xml__pick__first_of_each),
                cmocka_unit_test(test_sts__answers__keys_and_identity),
                cmocka_unit_test(test_sts__lacking_parts__ebadmsg_without_secrets),
                cmocka_unit_test(test_sts__requests__bodies),
                cmocka_unit_test(test_keys__bad_parts__einval_names_the_part),
                cmocka_unit_test(test_document__forms__read_or_refused),
                cmocka_unit_test(test_document__too_long_or_deep__refused),
                cmocka_unit_test(test_shlex__pythons_words__same),
                cmocka_unit_test(test_shlex__quoted__one_word_again),
                cmocka_unit_test(test_url__parts__cut),
                cmocka_unit_test(test_noise__edited_answers__no_crash_no_secret),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
