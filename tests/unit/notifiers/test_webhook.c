/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <string.h>

static const char url[] = "https://hooks.example.org/in?token=verysecret";
enum { NOW = 1767330000 };

static void test_webhook__with_a_key__signed_body(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(channel_drop)
        struct channel c = channel_of(&notifier_webhook, "webhook_url", url, "hmac_key", "top secret key", NULL);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(notifier_webhook.render(&d, &c, &r), 0);
        assert_string_equal(r.url, url);
        assert_int_equal(r.auth, HTTP_AUTH_NONE);
        assert_true(r.has_effect);
        assert_string_equal(request_header(&r, "Content-Type"), "application/json");
        assert_string_equal(request_header(&r, "X-Flinkwatch-Event"), "opened");
        assert_string_equal(request_header(&r, "X-Flinkwatch-Delivery"), "5f3a9c-17-1-oncall");
        /* The body is the Message line of tests/golden/sns-opened.txt; python3's hmac gives for it: */
        assert_string_equal(request_header(&r, "X-Flinkwatch-Signature"),
                            "sha256=f6f8f9f9cffda276a027b63f53633ca0223fea7919d0feb3c374528f26d7e637");
        assert_golden("webhook-opened.json", buf_span(&r.body));
}

static void assert_rendered(const char *golden, struct delivery d) {
        SCOPED(channel_drop) struct channel c = channel_of(&notifier_webhook, "webhook_url", url, NULL);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(notifier_webhook.render(&d, &c, &r), 0);
        assert_string_equal(request_header(&r, "X-Flinkwatch-Event"), incident_event_name(d.event));
        assert_golden(golden, buf_span(&r.body));
        delivery_done(&d);
}

static void test_webhook__each_event__as_the_golden_files(void **context) {
        (void)context;
        assert_rendered("webhook-updated.json", delivery_checkpoints(EVENT_UPDATED));
        assert_rendered("webhook-escalated.json", delivery_checkpoints(EVENT_ESCALATED));
        assert_rendered("webhook-reminder.json", delivery_loop(EVENT_REMINDER));
        assert_rendered("webhook-resolved.json", delivery_loop(EVENT_RESOLVED));
        assert_rendered("webhook-digest.json", delivery_digest());
        assert_rendered("webhook-heartbeat.json", delivery_heartbeat());
}

static void test_webhook__without_a_key__no_signature(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_checkpoints(EVENT_RESOLVED);
        SCOPED(channel_drop)
        struct channel c = channel_of(&notifier_webhook, "webhook_url", url, "url", "http://127.0.0.1:8080/proxy/",
                                      NULL);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(notifier_webhook.render(&d, &c, &r), 0);
        assert_string_equal(request_header(&r, "X-Flinkwatch-Signature"), "");
        assert_string_equal(r.url, "http://127.0.0.1:8080/proxy/in?token=verysecret");
        assert_text_in(buf_str(&r.body), "\"event\":\"resolved\"");
}

static void test_webhook__hostile_texts__at_most_a_megabyte(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_hostile();
        SCOPED(channel_drop) struct channel c = channel_of(&notifier_webhook, "webhook_url", url, NULL);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(notifier_webhook.render(&d, &c, &r), 0);
        assert_in_range(r.body.len, 10000, 1 << 20);
}

static void test_webhook__answers__by_status(void **context) {
        (void)context;
        static const struct {
                int status;
                const char *body, *headers;
                enum outcome outcome;
                int64_t retry_s;
        } answers[] = {
                {200, "", "", OUTCOME_DELIVERED, 0},
                {202, "<html>", "", OUTCOME_DELIVERED, 0},
                {204, "", "", OUTCOME_DELIVERED, 0},
                {301, "", "", OUTCOME_RETRY, 0},
                {400, "verysecret", "", OUTCOME_REFUSED, 0},
                {401, "", "", OUTCOME_RETRY, 0},
                {413, "", "", OUTCOME_REFUSED, 0},
                {404, "", "", OUTCOME_RETRY, 0},
                {429, "", "Retry-After: 11\r\n", OUTCOME_RETRY, 11},
                {502, "", "", OUTCOME_RETRY, 0},
        };
        for (size_t i = 0; i < ELEMENTS(answers); i++) {
                struct http_reply reply = reply_of(answers[i].status, answers[i].body, answers[i].headers);
                struct err err = {0};
                int64_t retry_s = -1;
                assert_int_equal(notifier_webhook.read_reply(&reply, NOW, &retry_s, &err), answers[i].outcome);
                assert_int_equal(retry_s, answers[i].retry_s);
                if (answers[i].outcome != OUTCOME_DELIVERED)
                        assert_text_in(err.text, "HTTP ");
        }
}

static void test_webhook__configuration__faults_without_secrets(void **context) {
        (void)context;
        struct err err = {0};
        SCOPED(channel_drop) struct channel none = channel_of(&notifier_webhook, "hmac_key", "topsecret", NULL);
        assert_int_equal(notifier_webhook.check(&none, &err), -EINVAL);
        assert_text_in(err.text, "webhook_url is missing");
        assert_text_not_in(err.text, "topsecret");
        SCOPED(channel_drop) struct channel odd = channel_of(&notifier_webhook, "webhook_url", "verysecret", NULL);
        assert_int_equal(notifier_webhook.check(&odd, &err), -EINVAL);
        assert_text_not_in(err.text, "verysecret");
        SCOPED(channel_drop)
        struct channel empty = channel_of(&notifier_webhook, "webhook_url", url, "hmac_key", "", NULL);
        assert_int_equal(notifier_webhook.check(&empty, &err), -EINVAL);
        SCOPED(channel_drop)
        struct channel good = channel_of(&notifier_webhook, "webhook_url", url, "hmac_key", "k", NULL);
        assert_int_equal(notifier_webhook.check(&good, &err), 0);
}

static void test_webhook__url_alone__is_the_address(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(channel_drop)
        struct channel c = channel_of(&notifier_webhook, "url", "https://h.example.org/hook/", NULL);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(notifier_webhook.check(&c, NULL), 0);
        assert_int_equal(notifier_webhook.render(&d, &c, &r), 0);
        assert_string_equal(r.url, "https://h.example.org/hook/");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_webhook__with_a_key__signed_body),
                cmocka_unit_test(test_webhook__each_event__as_the_golden_files),
                cmocka_unit_test(test_webhook__without_a_key__no_signature),
                cmocka_unit_test(test_webhook__hostile_texts__at_most_a_megabyte),
                cmocka_unit_test(test_webhook__answers__by_status),
                cmocka_unit_test(test_webhook__configuration__faults_without_secrets),
                cmocka_unit_test(test_webhook__url_alone__is_the_address),
        };
        return cmocka_run_group_tests_name("webhook", tests, NULL, NULL);
}
