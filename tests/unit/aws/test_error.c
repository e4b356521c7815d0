/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aws/support.h"

#include <errno.h>

#include "aws/error.h"
#include "util/utf8.h"

static const int64_t minute_ms = 60000;

static struct aws_error parse(int status, const char *headers, const char *body, int wanted) {
        struct http_reply r = reply_with(status, headers, body);
        struct aws_error e;
        memset(&e, 'x', sizeof e);
        assert_int_equal(aws_error_parse(&r, &e), wanted);
        return e;
}

static void code_is(int status, const char *headers, const char *body, const char *code, const char *message) {
        struct aws_error e = parse(status, headers, body, 0);
        assert_string_equal(e.code, code);
        assert_string_equal(e.message, message);
}

static void test_parse__json_forms__code_and_message(void **state) {
        (void)state;
        code_is(400, "", "{\"__type\":\"ResourceNotFoundException\",\"Message\":\"m\"}", "ResourceNotFoundException",
                "m");
        code_is(400, "",
                "{\"__type\":\"com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterValueException\",\"message\":\"bad\"}",
                "InvalidParameterValueException", "bad");
        code_is(400, "", " {\"__type\":\"a#FooError:http://internal/x\",\"message\":\"\",\"Message\":\"no\"}",
                "FooError", "");
        code_is(400, "", "{\"code\":\"Other\",\"message\":\"m\"}", "Other", "m");
        code_is(400, "", "{\"__type\":7,\"code\":\"Other\",\"message\":9}", "Other", "");
        code_is(400, "X-Amzn-ErrorType: Named:http://x\r\n", "{}", "Named", "");
        code_is(400, "x-amzn-errortype: Named\r\n", "", "Named", "");
        code_is(400, "x-amzn-ErrorType: Header\r\n", "{\"__type\":\"Body\"}", "Body", "");
}

static void test_parse__query_compatible_header__replaces_code(void **state) {
        (void)state;
        static const char body[] =
                "{\"__type\":\"com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterValueException\",\"message\":\"bad\"}";
        code_is(400, "x-amzn-query-error: InvalidParameterValue;Sender\r\n", body, "InvalidParameterValue", "bad");
        code_is(400, "x-amzn-query-error: ;Sender\r\n", body, "InvalidParameterValueException", "bad");
        code_is(400, "x-amzn-query-error: InvalidParameterValue\r\n", body, "InvalidParameterValueException", "bad");
}

static void test_parse__xml_forms__code_message_and_id(void **state) {
        (void)state;
        struct aws_error e = parse(
                403, "",
                "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>"
                "<Type>Sender</Type><Code>AuthorizationError</Code><Message>no &amp; never</Message></Error>"
                "<RequestId>id-1</RequestId></ErrorResponse>",
                0);
        assert_string_equal(e.code, "AuthorizationError");
        assert_string_equal(e.message, "no & never");
        assert_string_equal(e.request_id, "id-1");
        e = parse(
                400, "",
                "<Response><RequestID>id-2</RequestID><Errors><Error><Message>m</Message><Code>Throttling</Code></Error></Errors></Response>",
                0);
        assert_string_equal(e.code, "Throttling");
        assert_string_equal(e.message, "m");
        assert_string_equal(e.request_id, "id-2");
        e = parse(403, "x-amzn-RequestId: id-3\r\n",
                  "<ErrorResponse><Error><Code>A</Code></Error><RequestId>body</RequestId></ErrorResponse>", 0);
        assert_string_equal(e.request_id, "id-3");
}

static void test_parse__xml_of_what_stands_before_a_service__root_is_the_code(void **state) {
        (void)state;
        code_is(404, "", "<UnknownOperationException/>\n", "UnknownOperationException", "");
        code_is(403, "",
                "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n"
                "</AccessDeniedException>\n",
                "AccessDeniedException", "Unable to determine service/operation name to be authorized");
        code_is(400, "",
                "<c:SerializationException xmlns:c=\"http://c/\"><message>m</message></c:SerializationException>",
                "SerializationException", "m");
        code_is(403, "", "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>", "AccessDenied",
                "Access Denied");
        parse(404, "", "<Exception/>", 1);
        parse(404, "", "<html><AccessDeniedException/></html>", 1);
}

static void test_parse__silent_bodies__the_status(void **state) {
        (void)state;
        static const char *const bodies[] = {"",
                                             "<html><body>503</body></html>",
                                             "<!DOCTYPE html><html>",
                                             "{\"__type\":",
                                             "[]",
                                             "null",
                                             "plain text",
                                             "{}",
                                             "<ErrorResponse>",
                                             "\n\n"};
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                struct aws_error e = parse(503, "Content-Type: text/html\r\nX-Amz-Request-Id: q\r\n", bodies[i], 1);
                assert_string_equal(e.code, "HTTP 503");
                assert_string_equal(e.message, "");
                assert_string_equal(e.request_id, "q");
        }
}

static void test_parse__fault__its_name(void **state) {
        (void)state;
        struct http_reply r = reply_fault(HTTP_FAULT_TIMEOUT);
        struct aws_error e;
        assert_int_equal(aws_error_parse(&r, &e), 1);
        assert_string_equal(e.code, "timeout");
        assert_string_equal(e.message, "as the wire says");
}

/* From AWS's own answer to a wrong signature: the session token is in it. */
static void test_parse__refused_signature__canonical_string_cut(void **state) {
        (void)state;
        code_is(403, "",
                "{\"__type\":\"InvalidSignatureException\",\"message\":\"The signature we calculated does not match.\\n\\n"
                "The Canonical String for this request should have been\\n'POST\\n/\\n\\nx-amz-security-token:" TOKEN
                "'\"}",
                "InvalidSignatureException", "The signature we calculated does not match.");
}

static void test_parse__hostile_texts__cut_and_printable(void **state) {
        (void)state;
        SCOPED(buf_done) struct buf body = BUF_INIT(1 << 20);
        buf_put_str(&body, "{\"__type\":\"");
        for (int i = 0; i < 5000; i++)
                buf_put_str(&body, "é");
        buf_put_str(&body, "\",\"message\":\"a\\r\\nb\\u0000c\\u001b[31m");
        for (int i = 0; i < 5000; i++)
                buf_put_str(&body, "\xf0\x9f\x98\x80");
        buf_put_str(&body, "\"}");
        struct aws_error e = parse(400, "x-amzn-RequestId: \x01\xff\x7f\r\n", buf_str(&body), 0);
        assert_true(strlen(e.code) > sizeof e.code - 4 && strlen(e.code) < sizeof e.code);
        for (size_t i = 0; e.code[i]; i += 2)
                assert_int_equal(utf8_width(e.code + i, 2), 2);
        assert_string_equal(e.request_id, " ? ");
        for (char *p = e.message; *p; p++)
                assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
        /* JSON cannot carry more than this to us: cJSON ends a string at an escaped NUL */
        assert_memory_equal(e.message, "a  b", 4);
        code_is(400, "", "{\"__type\":\"C\",\"message\":\"\xff\xfe ok\"}", "C", "?? ok");
}

static void test_parse__deep_json__no_code(void **state) {
        (void)state;
        SCOPED(buf_done) struct buf body = BUF_INIT(1 << 20);
        for (int i = 0; i < 100000; i++)
                buf_put_str(&body, "{\"a\":");
        assert_string_equal(parse(500, "", buf_str(&body), 1).code, "HTTP 500");
}

static enum aws_outcome classify(int status, const char *code, int64_t skew_ms) {
        struct http_reply r = reply_of(status, "");
        struct aws_error e = {0};
        snprintf(e.code, sizeof e.code, "%s", code);
        return aws_classify(&r, &e, skew_ms);
}

static void test_classify__throttling_codes__at_any_status(void **state) {
        (void)state;
        static const char *const codes[] = {"Throttling",
                                            "ThrottlingException",
                                            "ThrottledException",
                                            "RequestThrottledException",
                                            "TooManyRequestsException",
                                            "ProvisionedThroughputExceededException",
                                            "TransactionInProgressException",
                                            "RequestLimitExceeded",
                                            "BandwidthLimitExceeded",
                                            "LimitExceededException",
                                            "RequestThrottled",
                                            "SlowDown",
                                            "PriorRequestNotComplete",
                                            "EC2ThrottledException",
                                            "Throttled",
                                            "KMSThrottling"};
        for (size_t i = 0; i < ELEMENTS(codes); i++) {
                assert_int_equal(classify(400, codes[i], 0), AWS_THROTTLED);
                assert_int_equal(classify(503, codes[i], 0), AWS_THROTTLED);
        }
        assert_int_equal(classify(429, "HTTP 429", 0), AWS_THROTTLED);
}

static void test_classify__each_kind__its_outcome(void **state) {
        (void)state;
        static const struct {
                int status;
                const char *code;
                enum aws_outcome outcome;
        } cases[] = {
                {200, "", AWS_OK},
                {204, "", AWS_OK},
                {500, "InternalServiceError", AWS_TRANSIENT},
                {502, "HTTP 502", AWS_TRANSIENT},
                {503, "ServiceUnavailableException", AWS_TRANSIENT},
                {504, "HTTP 504", AWS_TRANSIENT},
                {400, "RequestTimeout", AWS_TRANSIENT},
                {400, "RequestTimeoutException", AWS_TRANSIENT},
                {400, "IDPCommunicationError", AWS_TRANSIENT},
                {400, "InvalidNextToken", AWS_TRANSIENT},
                {403, "ExpiredToken", AWS_CREDENTIALS},
                {400, "ExpiredTokenException", AWS_CREDENTIALS},
                {400, "RequestExpired", AWS_CREDENTIALS},
                {400, "UnrecognizedClientException", AWS_CREDENTIALS},
                {403, "InvalidClientTokenId", AWS_CREDENTIALS},
                {403, "InvalidSignatureException", AWS_CREDENTIALS},
                {403, "SignatureDoesNotMatch", AWS_CREDENTIALS},
                {403, "MissingAuthenticationToken", AWS_CREDENTIALS},
                {400, "MissingAuthenticationTokenException", AWS_CREDENTIALS},
                {403, "IncompleteSignature", AWS_CREDENTIALS},
                {403, "IncompleteSignatureException", AWS_CREDENTIALS},
                {400, "AccessDeniedException", AWS_DENIED},
                {403, "AccessDenied", AWS_DENIED},
                {403, "AuthorizationError", AWS_DENIED},
                {400, "OptInRequired", AWS_DENIED},
                {400, "SubscriptionRequiredException", AWS_DENIED},
                {403, "HTTP 403", AWS_DENIED},
                {403, "ForbiddenException", AWS_DENIED},
                {403, "IDPRejectedClaim", AWS_DENIED},
                {407, "HTTP 407", AWS_DENIED},
                {400, "ResourceNotFoundException", AWS_NOT_FOUND},
                {404, "NotFound", AWS_NOT_FOUND},
                {404, "HTTP 404", AWS_NOT_FOUND},
                {400, "ValidationException", AWS_INVALID},
                {400, "ValidationError", AWS_INVALID},
                {400, "SerializationException", AWS_INVALID},
                {400, "InvalidParameterValue", AWS_INVALID},
                {404, "UnknownOperationException", AWS_INVALID},
                {400, "InvalidAction", AWS_INVALID},
                {413, "HTTP 413", AWS_INVALID},
                {301, "HTTP 301", AWS_OTHER},
                {501, "HTTP 501", AWS_OTHER},
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                if (classify(cases[i].status, cases[i].code, 0) != cases[i].outcome)
                        fail_msg("%d %s is %s", cases[i].status, cases[i].code,
                                 aws_outcome_name(classify(cases[i].status, cases[i].code, 0)));
}

static void test_classify__clock_off_by_over_four_minutes__skew(void **state) {
        (void)state;
        static const char *const codes[] = {"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
                                            "RequestTimeTooSkewed", "AccessDeniedException"};
        for (size_t i = 0; i < ELEMENTS(codes); i++) {
                assert_int_equal(classify(403, codes[i], 4 * minute_ms + 1), AWS_SKEW);
                assert_int_equal(classify(403, codes[i], -4 * minute_ms - 1), AWS_SKEW);
                assert_int_not_equal(classify(403, codes[i], 4 * minute_ms), AWS_SKEW);
                assert_int_not_equal(classify(403, codes[i], -4 * minute_ms), AWS_SKEW);
        }
        /* left out of the set on purpose */
        assert_int_equal(classify(400, "RequestExpired", 20 * minute_ms), AWS_CREDENTIALS);
        assert_int_equal(classify(200, "", 20 * minute_ms), AWS_OK);
        assert_int_equal(classify(400, "ThrottlingException", 20 * minute_ms), AWS_THROTTLED);
}

static void test_classify__faults__transient_but_for_our_own_limits(void **state) {
        (void)state;
        static const struct {
                enum http_fault fault;
                enum aws_outcome outcome;
        } cases[] = {{HTTP_FAULT_RESOLVE, AWS_TRANSIENT}, {HTTP_FAULT_CONNECT, AWS_TRANSIENT},
                     {HTTP_FAULT_TLS, AWS_TRANSIENT},     {HTTP_FAULT_TIMEOUT, AWS_TRANSIENT},
                     {HTTP_FAULT_CLOSED, AWS_TRANSIENT},  {HTTP_FAULT_OTHER, AWS_TRANSIENT},
                     {HTTP_FAULT_TOO_BIG, AWS_OTHER},     {HTTP_FAULT_CANCELLED, AWS_OTHER}};
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct http_reply r = reply_fault(cases[i].fault);
                struct aws_error e;
                aws_error_parse(&r, &e);
                assert_int_equal(aws_classify(&r, &e, 0), cases[i].outcome);
                r.status = 200; /* a truncated body has a status too */
                assert_int_equal(aws_classify(&r, &e, 0), cases[i].outcome);
        }
}

static void test_is_json__bodies_and_types__objects_only(void **state) {
        (void)state;
        struct http_reply json = reply_with(200, "Content-Type: application/x-amz-json-1.0\r\n", " {\"a\":1}\n");
        struct http_reply html = reply_with(200, "Content-Type: text/html; charset=utf-8\r\n", "{}");
        struct http_reply page = reply_of(200, "<html>{}</html>"), empty = reply_of(200, ""),
                          cut = reply_of(200, "{\"a\":"), list = reply_of(200, "[]");
        assert_true(aws_reply_is_json(&json));
        assert_false(aws_reply_is_json(&html));
        assert_false(aws_reply_is_json(&page));
        assert_false(aws_reply_is_json(&empty));
        assert_false(aws_reply_is_json(&cut));
        assert_false(aws_reply_is_json(&list));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse__json_forms__code_and_message),
                cmocka_unit_test(test_parse__query_compatible_header__replaces_code),
                cmocka_unit_test(test_parse__xml_forms__code_message_and_id),
                cmocka_unit_test(test_parse__xml_of_what_stands_before_a_service__root_is_the_code),
                cmocka_unit_test(test_parse__silent_bodies__the_status),
                cmocka_unit_test(test_parse__fault__its_name),
                cmocka_unit_test(test_parse__refused_signature__canonical_string_cut),
                cmocka_unit_test(test_parse__hostile_texts__cut_and_printable),
                cmocka_unit_test(test_parse__deep_json__no_code),
                cmocka_unit_test(test_classify__throttling_codes__at_any_status),
                cmocka_unit_test(test_classify__each_kind__its_outcome),
                cmocka_unit_test(test_classify__clock_off_by_over_four_minutes__skew),
                cmocka_unit_test(test_classify__faults__transient_but_for_our_own_limits),
                cmocka_unit_test(test_is_json__bodies_and_types__objects_only),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
