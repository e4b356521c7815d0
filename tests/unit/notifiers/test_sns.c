/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/list.h"
#include "util/text.h"

static const char topic[] = "arn:aws:sns:eu-central-1:111122223333:oncall";
enum { NOW = 1767330000 };

static int render(struct delivery *d, const char *arn, struct http_request *ret) {
        SCOPED(channel_drop) struct channel c = channel_of(&notifier_sns, "topic_arn", arn, NULL);
        return notifier_sns.render(d, &c, ret);
}

/* "Name: value" lines; what must be escaped has been. */
static struct buf decode(const struct http_request *r) {
        struct buf lines = BUF_INIT(8 << 20);
        struct span rest = buf_span(&r->body);
        while (rest.data) {
                struct span value = span_split(&rest, '&'), name = span_split(&value, '=');
                buf_put_span(&lines, name);
                buf_put_str(&lines, ": ");
                for (size_t i = 0; i < value.len; i++) {
                        char hex[3] = {0};
                        assert_true(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~%",
                                           value.data[i]) != NULL);
                        if (value.data[i] == '%') {
                                memcpy(hex, value.data + i + 1, 2);
                                buf_put_char(&lines, (char)strtol(hex, NULL, 16));
                                i += 2;
                        } else {
                                buf_put_char(&lines, value.data[i]);
                        }
                }
                buf_put_char(&lines, '\n');
        }
        assert_int_equal(lines.failed, 0);
        return lines;
}

/* A parameter of the decoded body, to be freed. */
static char *parameter(const struct buf *lines, const char *name) {
        struct span rest = buf_span(lines);
        while (rest.data) {
                struct span line = span_split(&rest, '\n');
                if (span_starts(line, span_of(name)) && line.len > strlen(name) && line.data[strlen(name)] == ':')
                        return span_dup((struct span){line.data + strlen(name) + 2, line.len - strlen(name) - 2});
        }
        return NULL;
}

static void assert_rendered(const char *golden, struct delivery d) {
        struct http_request r;
        assert_int_equal(render(&d, topic, &r), 0);
        SCOPED(buf_done) struct buf lines = decode(&r);
        assert_golden(golden, buf_span(&lines));
        http_request_done(&r);
        delivery_done(&d);
}

static void test_sns__each_event__as_the_golden_files(void **context) {
        (void)context;
        assert_rendered("sns-opened.txt", delivery_loop(EVENT_OPENED));
        assert_rendered("sns-updated.txt", delivery_checkpoints(EVENT_UPDATED));
        assert_rendered("sns-escalated.txt", delivery_checkpoints(EVENT_ESCALATED));
        assert_rendered("sns-reminder.txt", delivery_loop(EVENT_REMINDER));
        assert_rendered("sns-resolved.txt", delivery_loop(EVENT_RESOLVED));
        assert_rendered("sns-digest.txt", delivery_digest());
        assert_rendered("sns-heartbeat.txt", delivery_heartbeat());
}

static void test_sns__request__signed_for_the_topics_region(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(render(&d, "arn:aws-cn:sns:cn-north-1:111122223333:oncall", &r), 0);
        assert_string_equal(r.method, "POST");
        assert_string_equal(r.service, "sns");
        assert_string_equal(r.operation, "Publish");
        assert_string_equal(r.region, "cn-north-1");
        assert_int_equal(r.auth, HTTP_AUTH_SIGV4);
        assert_true(r.has_effect);
        assert_null(r.url);
        assert_string_equal(request_header(&r, "Content-Type"), "application/x-www-form-urlencoded; charset=utf-8");
}

static void test_sns__base_url__handed_on(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(channel_drop)
        struct channel c = channel_of(&notifier_sns, "topic_arn", topic, "url", "http://127.0.0.1:4566", NULL);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(notifier_sns.render(&d, &c, &r), 0);
        assert_string_equal(r.url, "http://127.0.0.1:4566");
        assert_string_equal(r.service, "sns");
}

static void test_sns__fifo_topic__group_and_deduplication(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(render(&d, "arn:aws:sns:eu-west-1:111122223333:oncall.fifo", &r), 0);
        SCOPED(buf_done) struct buf lines = decode(&r);
        assert_text_in(buf_str(&lines), "\nMessageGroupId: orders\n");
        assert_text_in(buf_str(&lines), "\nMessageDeduplicationId: 5f3a9c-17-1-oncall\n");
}

static void test_sns__fifo_ids__only_what_is_allowed(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(text_replace(&d.incident.application, "or ders\xc3\xa9"), 0);
        snprintf(d.delivery_id, sizeof d.delivery_id, "5f-17-1-on call");
        assert_int_equal(render(&d, "arn:aws:sns:eu-west-1:111122223333:oncall.fifo", &r), 0);
        SCOPED(buf_done) struct buf lines = decode(&r);
        assert_text_in(buf_str(&lines), "\nMessageGroupId: or_ders__\n");
        assert_text_in(buf_str(&lines), "\nMessageDeduplicationId: 5f-17-1-on_call\n");
}

static void test_sns__standard_topic__no_ids(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(render(&d, topic, &r), 0);
        assert_text_not_in(buf_str(&r.body), "MessageGroupId");
        assert_text_not_in(buf_str(&r.body), "MessageDeduplicationId");
}

static void test_sns__hostile_texts__printable_subject_below_100(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_hostile();
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(render(&d, topic, &r), 0);
        SCOPED(buf_done) struct buf lines = decode(&r);
        SCOPED(free) char *subject = parameter(&lines, "Subject"), *message = parameter(&lines, "Message");
        assert_non_null(subject);
        assert_in_range(strlen(subject), 20, 99);
        for (const char *p = subject; *p; p++)
                assert_in_range(*p, 0x20, 0x7e);
        assert_true(subject[0] != ' ');
        assert_true(strlen(message) <= 262144);
}

/* So much evidence that SNS would refuse it. */
static void test_sns__too_much_evidence__trimmed_never_the_cause(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(http_request_done) struct http_request r;
        struct finding *f = &d.incident.finding;
        for (int i = 0; i < 6000; i++) {
                struct evidence *e = LIST_ADD(f->evidence, f->n_evidence, f->evidence_size);
                *e = (struct evidence){.kind = "log",
                                       .at_s = 1767323040,
                                       .text = strdup("a line of the log that says nothing of use")};
        }
        assert_int_equal(render(&d, topic, &r), 0);
        SCOPED(buf_done) struct buf lines = decode(&r);
        SCOPED(free) char *message = parameter(&lines, "Message");
        assert_non_null(message);
        assert_in_range(strlen(message), 100000, 262144 - 200);
        assert_text_in(message, "\"exception_class\":\"com.fasterxml.jackson.core.JsonParseException\"");
        assert_text_in(message, "Unexpected character ('<' (code 60))");
        assert_text_in(message, "Checkpoints fail");
        assert_text_in(message, "\"metric\":\"fullRestarts\"");
        assert_int_equal(message[strlen(message) - 1], '}');
}

static void test_sns__huge_cause__cut_and_still_sent(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(http_request_done) struct http_request r;
        char *said = malloc(600001);
        assert_non_null(said);
        memset(said, 'x', 600000);
        said[600000] = '\0';
        free(d.incident.finding.root_cause->message);
        d.incident.finding.root_cause->message = said;
        assert_int_equal(render(&d, topic, &r), 0);
        SCOPED(buf_done) struct buf lines = decode(&r);
        SCOPED(free) char *message = parameter(&lines, "Message");
        assert_in_range(strlen(message), 30000, 262144 - 200);
        assert_text_in(message, "JsonParseException");
        assert_int_equal(d.incident.finding.n_evidence, 5); /* the delivery itself is untouched */
        assert_int_equal(strlen(d.incident.finding.root_cause->message), 600000);
}

#define ERROR(code)                                                                                                    \
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>" code      \
        "</Code><Message>m</Message></Error><RequestId>x</RequestId></ErrorResponse>"
#define PUBLISHED                                                                                                            \
        "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>94f20ce6</MessageId>" \
        "</PublishResult><ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></PublishResponse>"

static void test_sns__answers__delivered_later_or_never(void **context) {
        (void)context;
        static const struct {
                int status;
                const char *body, *headers;
                enum outcome outcome;
                int64_t retry_s;
                const char *reason;
        } answers[] = {
                {200, PUBLISHED, "", OUTCOME_DELIVERED, 0, ""},
                {200, "<html>Sign in</html>", "", OUTCOME_RETRY, 0, "without a MessageId"},
                {200, "", "", OUTCOME_RETRY, 0, "without a MessageId"},
                {403, ERROR("AuthorizationError"), "", OUTCOME_RETRY, 0,
                 "SNS: AuthorizationError: m: allow sns:Publish (flinkwatchctl iam-policy)"},
                {404, ERROR("NotFound"), "", OUTCOME_RETRY, 0,
                 "NotFound: m: check region, account and name in topic_arn"},
                {400, ERROR("InvalidParameter"), "", OUTCOME_REFUSED, 0,
                 "SNS refused the message: InvalidParameter: m"},
                {400, ERROR("ParameterValueInvalid"), "", OUTCOME_REFUSED, 0, "ParameterValueInvalid"},
                {400, ERROR("EndpointDisabled"), "", OUTCOME_RETRY, 0, "EndpointDisabled"},
                {400, ERROR("KMSDisabled"), "", OUTCOME_RETRY, 0, "KMSDisabled: m: enable the topic's key"},
                {400, ERROR("KMSThrottling"), "", OUTCOME_RETRY, 0, "KMSThrottling"},
                {400, ERROR("Throttling"), "", OUTCOME_RETRY, 0, "SNS: Throttling"},
                {429, ERROR("Throttled"), "Retry-After: 4\r\n", OUTCOME_RETRY, 4, "Throttled"},
                {403, ERROR("ExpiredToken"), "", OUTCOME_RETRY, 0, "ExpiredToken"},
                {403, ERROR("SignatureDoesNotMatch"), "", OUTCOME_RETRY, 0, "SignatureDoesNotMatch"},
                {500, ERROR("InternalError"), "", OUTCOME_RETRY, 0, "InternalError"},
                {503, "<html>", "x-amz-retry-after: 1500\r\n", OUTCOME_RETRY, 2, "503"},
                {403, "", "", OUTCOME_RETRY, 0, "403"},
        };
        for (size_t i = 0; i < ELEMENTS(answers); i++) {
                struct http_reply reply = reply_of(answers[i].status, answers[i].body, answers[i].headers);
                struct err err = {0};
                int64_t retry_s = -1;
                int outcome = notifier_sns.read_reply(&reply, NOW, &retry_s, &err);
                if (outcome != (int)answers[i].outcome)
                        fail_msg("%d %s: %d, %s", answers[i].status, answers[i].body, outcome, err.text);
                assert_int_equal(retry_s, answers[i].retry_s);
                assert_text_in(err.text, answers[i].reason);
        }
        struct http_reply none = {.fault = HTTP_FAULT_TIMEOUT, .fault_text = "timeout", .was_sent = true};
        struct err err = {0};
        int64_t retry_s;
        assert_int_equal(notifier_sns.read_reply(&none, NOW, &retry_s, &err), OUTCOME_RETRY);
}

static void test_sns__configuration__faults_are_named(void **context) {
        (void)context;
        static const char *const bad[] = {"oncall",
                                          "arn:aws:sqs:eu-west-1:111122223333:oncall",
                                          "arn:aws:sns::111122223333:oncall",
                                          "arn:aws:sns:eu-west-1:1111:oncall",
                                          "arn:aws:sns:eu-west-1:111122223333:",
                                          "arn:aws:sns:eu-west-1:111122223333:oncall:subscription",
                                          "arn:aws:sns:eu-west-1:111122223333:on call"};
        struct err err = {0};
        SCOPED(channel_drop)
        struct channel good = channel_of(&notifier_sns, "topic_arn", topic, "role_arn",
                                         "arn:aws:iam::111122223333:role/pub", NULL);
        assert_int_equal(notifier_sns.check(&good, &err), 0);
        SCOPED(channel_drop) struct channel none = channel_of(&notifier_sns, NULL);
        assert_int_equal(notifier_sns.check(&none, &err), -EINVAL);
        assert_text_in(err.text, "topic_arn is missing");
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                SCOPED(channel_drop) struct channel c = channel_of(&notifier_sns, "topic_arn", bad[i], NULL);
                SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
                struct http_request r;
                assert_int_equal(notifier_sns.check(&c, &err), -EINVAL);
                assert_text_in(err.text, bad[i]);
                assert_int_equal(notifier_sns.render(&d, &c, &r), -EINVAL);
        }
        SCOPED(channel_drop)
        struct channel role = channel_of(&notifier_sns, "topic_arn", topic, "role_arn", "flinkwatch", NULL);
        assert_int_equal(notifier_sns.check(&role, &err), -EINVAL);
        assert_text_in(err.text, "role_arn flinkwatch");
}

static void test_notifiers__by_type__found_or_null(void **context) {
        (void)context;
        assert_ptr_equal(notifier_find("slack"), &notifier_slack);
        assert_ptr_equal(notifier_find("sns"), &notifier_sns);
        assert_null(notifier_find("pigeon"));
        for (const struct notifier *const *n = notifiers; *n; n++)
                assert_ptr_equal(notifier_find((*n)->type), *n);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sns__each_event__as_the_golden_files),
                cmocka_unit_test(test_sns__request__signed_for_the_topics_region),
                cmocka_unit_test(test_sns__base_url__handed_on),
                cmocka_unit_test(test_sns__fifo_topic__group_and_deduplication),
                cmocka_unit_test(test_sns__fifo_ids__only_what_is_allowed),
                cmocka_unit_test(test_sns__standard_topic__no_ids),
                cmocka_unit_test(test_sns__hostile_texts__printable_subject_below_100),
                cmocka_unit_test(test_sns__too_much_evidence__trimmed_never_the_cause),
                cmocka_unit_test(test_sns__huge_cause__cut_and_still_sent),
                cmocka_unit_test(test_sns__answers__delivered_later_or_never),
                cmocka_unit_test(test_sns__configuration__faults_are_named),
                cmocka_unit_test(test_notifiers__by_type__found_or_null),
        };
        return cmocka_run_group_tests_name("sns", tests, NULL, NULL);
}
