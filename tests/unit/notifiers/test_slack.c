/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "notifiers/message.h"
#include "util/list.h"
#include "util/text.h"

static const char url[] = "https://hooks.slack.com/services/T0000/B0000/verysecret";
enum { NOW = 1767330000 };

static struct http_request render(struct delivery d, const char *base) {
        SCOPED(channel_drop)
        struct channel c = base ? channel_of(&notifier_slack, "webhook_url", url, "url", base, NULL)
                                : channel_of(&notifier_slack, "webhook_url", url, NULL);
        struct http_request r;
        assert_int_equal(notifier_slack.render(&d, &c, &r), 0);
        delivery_done(&d);
        return r;
}

static void assert_rendered(const char *golden, struct delivery d) {
        SCOPED(http_request_done) struct http_request r = render(d, NULL);
        assert_golden(golden, buf_span(&r.body));
}

static void test_slack__each_event__as_the_golden_files(void **context) {
        (void)context;
        assert_rendered("slack-opened.json", delivery_loop(EVENT_OPENED));
        assert_rendered("slack-updated.json", delivery_checkpoints(EVENT_UPDATED));
        assert_rendered("slack-escalated.json", delivery_checkpoints(EVENT_ESCALATED));
        assert_rendered("slack-reminder.json", delivery_loop(EVENT_REMINDER));
        assert_rendered("slack-resolved.json", delivery_loop(EVENT_RESOLVED));
        assert_rendered("slack-digest.json", delivery_digest());
}

static void test_slack__hostile_texts__within_the_limits(void **context) {
        (void)context;
        assert_rendered("slack-hostile.json", delivery_hostile());
}

/* A hundred applications, all of them named. */
static void test_slack__digest_of_a_hundred__names_them_all(void **context) {
        (void)context;
        struct delivery d = delivery_digest(),
                        many = {.event = EVENT_DIGEST, .created_at_s = d.created_at_s, .n_watched = 240};
        for (int i = 0; i < DIGEST_PARTS_MAX; i++) {
                char name[32];
                struct delivery *part = LIST_ADD(many.parts, many.n_parts, many.parts_size);
                assert_non_null(part);
                *part = (struct delivery){.event = EVENT_OPENED, .created_at_s = d.created_at_s};
                assert_int_equal(incident_dup(&d.parts[i % 7].incident, &part->incident), 0);
                part->incident.id = 100 + i;
                snprintf(name, sizeof name, "application-%03d", i);
                assert_int_equal(text_replace(&part->incident.application, name), 0);
        }
        assert_int_equal(incident_dup(&many.parts[1].incident, &many.incident), 0);
        delivery_done(&d);
        SCOPED(http_request_done) struct http_request r = render(many, NULL);
        assert_text_in(buf_str(&r.body), "[CRITICAL] 86 of 240 apps fail: application-001");
        for (int i = 0; i < DIGEST_PARTS_MAX; i++) {
                char name[32];
                snprintf(name, sizeof name, "application-%03d", i);
                assert_text_in(buf_str(&r.body), name);
        }
}

/* A remark, however old, is no failure. */
static void test_slack__digest_with_remarks__counts_what_fails(void **context) {
        (void)context;
        struct delivery d = delivery_digest(), remarks = delivery_digest(), one = delivery_digest();
        for (size_t i = 0; i < d.n_parts; i++) {
                struct finding *f = &d.parts[i].incident.finding;
                f->severity = i == 0 || i == 2 ? SEVERITY_WARNING : SEVERITY_INFO;
                f->onset_s -= f->severity == SEVERITY_INFO ? 20 * 86400 : 0;
                remarks.parts[i].incident.finding.severity = SEVERITY_INFO;
                one.parts[i].incident.finding.severity = i == 0 ? SEVERITY_WARNING : SEVERITY_INFO;
        }
        SCOPED(http_request_done) struct http_request r = render(d, NULL), only = render(remarks, NULL);
        SCOPED(http_request_done) struct http_request single = render(one, NULL);
        assert_text_in(buf_str(&single.body), "[WARNING] 1 of 40 apps fails: payments, since");
        assert_text_in(buf_str(&r.body), "[WARNING] 2 of 40 apps fail: payments, clicks");
        assert_text_in(buf_str(&r.body), ", since 03:04 UTC\\n2 warning, 3 info incidents open");
        assert_text_in(buf_str(&only.body), "[INFO] 4 of 40 apps with remarks: payments");
        assert_text_not_in(buf_str(&only.body), "Look first for what they share");
}

/* What is said of a metric without a number; where the subtask is, and no name twice. */
static void test_slack__evidence__says_what_and_where(void **context) {
        (void)context;
        struct delivery d = delivery_checkpoints(EVENT_OPENED);
        struct finding *f = &d.incident.finding;
        struct evidence *e = &f->evidence[0];
        e->value = NAN;
        e->threshold = NAN;
        assert_int_equal(text_replace(&e->metric, "uptime"), 0);
        assert_int_equal(text_replace(&e->statistic, NULL), 0);
        assert_int_equal(text_replace(&e->text, "last sample of any metric"), 0);
        assert_int_equal(text_replace(&f->evidence[1].dimensions, "Operator=Map\x1fParallelism=1\x1fTask=Map"), 0);
        SCOPED(http_request_done) struct http_request r = render(d, NULL);
        assert_text_in(buf_str(&r.body), "uptime at 03:04 UTC: last sample of any metric");
        assert_text_in(buf_str(&r.body), "of Map, subtask 1: ");
}

static void test_slack__request__posts_json_to_the_webhook(void **context) {
        (void)context;
        SCOPED(http_request_done) struct http_request r = render(delivery_loop(EVENT_OPENED), NULL);
        assert_string_equal(r.method, "POST");
        assert_null(r.service);
        assert_int_equal(r.auth, HTTP_AUTH_NONE);
        assert_true(r.has_effect);
        assert_string_equal(r.url, url);
        assert_string_equal(request_header(&r, "Content-Type"), "application/json");
}

static void test_slack__base_url__takes_the_place_of_the_host(void **context) {
        (void)context;
        SCOPED(http_request_done) struct http_request r = render(delivery_loop(EVENT_OPENED), "http://127.0.0.1:4566/");
        assert_string_equal(r.url, "http://127.0.0.1:4566/services/T0000/B0000/verysecret");
}

static void test_slack__nothing_known__still_a_message(void **context) {
        (void)context;
        struct delivery d = {.event = EVENT_OPENED, .delivery_id = "x", .incident.finding.diagnoser = "downtime"};
        SCOPED(http_request_done) struct http_request r = render(d, NULL);
        assert_text_in(buf_str(&r.body), "[INFO] : downtime");
}

static void assert_title(struct delivery d, const char *what, int64_t age_s, const char *title) {
        struct finding *f = &d.incident.finding;
        f->onset_s = message_at_s(&d) - age_s;
        assert_int_equal(text_replace(&f->title, what), 0);
        SCOPED(http_request_done) struct http_request r = render(d, NULL);
        assert_text_in(buf_str(&r.body), title);
}

static void test_slack__long_title__gives_up_its_end_and_not_half_a_word(void **context) {
        (void)context;
        assert_title(delivery_loop(EVENT_OPENED), "Restart loop: TimeoutException in Lookup.map, 2 d", 2 * 86400,
                     "[CRITICAL] orders: Restart loop: TimeoutException in Lookup.map, 2 d, ");
        assert_title(delivery_loop(EVENT_OPENED), "Restart loop: NumberFormatException in ParseOrder.map, 2 d",
                     2 * 86400, "[CRITICAL] orders: Restart loop: NumberFormatException in ParseOrder, ");
        struct delivery d = delivery_checkpoints(EVENT_UPDATED);
        assert_int_equal(text_replace(&d.incident.application, "payments"), 0);
        assert_title(d, "Checkpoints take 87 % of the 60 s interval, full in about 5 h", 3600,
                     "[WARNING] payments: Checkpoints take 87 % of the 60 s interval, since ");
}

struct answer {
        int status;
        const char *body, *headers;
        enum outcome outcome;
        int64_t retry_s;
        const char *reason;
};

static void test_slack__answers__delivered_later_or_never(void **context) {
        (void)context;
        static const struct answer answers[] = {
                {200, "ok", "", OUTCOME_DELIVERED, 0, ""},
                {200, "ok\n", "", OUTCOME_DELIVERED, 0, ""},
                {200, "<html>Sign in</html>", "", OUTCOME_RETRY, 0, "without \"ok\""},
                {200, "", "", OUTCOME_RETRY, 0, "without \"ok\""},
                {204, "", "", OUTCOME_RETRY, 0, "204"},
                {302, "", "Location: https://portal/\r\n", OUTCOME_RETRY, 0, "302"},
                {429, "rate_limited", "Retry-After: 30\r\n", OUTCOME_RETRY, 30, "429 (rate_limited)"},
                {429, "", "", OUTCOME_RETRY, 0, "429"},
                {429, "", "retry-after: Fri, 02 Jan 2026 05:01:00 GMT\r\n", OUTCOME_RETRY, 60, "429"},
                {400, "rate_limited", "", OUTCOME_RETRY, 0, "rate_limited"},
                {500, "rollup_error", "", OUTCOME_RETRY, 0, "rollup_error"},
                {503, "<html>", "Retry-After: 7\r\n", OUTCOME_RETRY, 7, "503"},
                {408, "", "", OUTCOME_RETRY, 0, "408"},
                {400, "invalid_payload", "", OUTCOME_REFUSED, 0, "HTTP 400 (invalid_payload)"},
                {403, "action_prohibited", "", OUTCOME_RETRY, 0, "action_prohibited"},
                {404, "channel_not_found", "", OUTCOME_RETRY, 0, "channel_not_found"},
                {410, "channel_is_archived", "", OUTCOME_RETRY, 0, "channel_is_archived"},
                {404, "no_service", "", OUTCOME_RETRY, 0, "HTTP 404 (no_service): see to its address"},
                {403, "<b>verysecret</b>", "", OUTCOME_RETRY, 0, "HTTP 403"},
        };
        for (size_t i = 0; i < ELEMENTS(answers); i++) {
                struct http_reply reply = reply_of(answers[i].status, answers[i].body, answers[i].headers);
                struct err err = {0};
                int64_t retry_s = -1;
                assert_int_equal(notifier_slack.read_reply(&reply, NOW, &retry_s, &err), answers[i].outcome);
                assert_int_equal(retry_s, answers[i].retry_s);
                assert_text_in(err.text, answers[i].reason);
                assert_text_not_in(err.text, "verysecret");
        }
}

static void test_slack__no_answer__later(void **context) {
        (void)context;
        struct http_reply reply = {.fault = HTTP_FAULT_TLS, .fault_text = "certificate has expired"};
        struct err err = {0};
        int64_t retry_s;
        assert_int_equal(notifier_slack.read_reply(&reply, NOW, &retry_s, &err), OUTCOME_RETRY);
        assert_string_equal(err.text, "Slack: no answer: certificate has expired");
}

static void test_slack__configuration__faults_without_the_secret(void **context) {
        (void)context;
        static const char *const values[] = {
                "hooks.slack.com/verysecret", "ftp://verysecret/",     "https://",
                "https:///verysecret",        "https://h/very secret", "https://h/verysecret\n"};
        struct err err = {0};
        SCOPED(channel_drop) struct channel good = channel_of(&notifier_slack, "webhook_url", url, NULL);
        assert_int_equal(notifier_slack.check(&good, &err), 0);
        SCOPED(channel_drop) struct channel none = channel_of(&notifier_slack, NULL);
        assert_int_equal(notifier_slack.check(&none, &err), -EINVAL);
        assert_text_in(err.text, "webhook_url is missing");
        for (size_t i = 0; i < ELEMENTS(values); i++) {
                SCOPED(channel_drop) struct channel c = channel_of(&notifier_slack, "webhook_url", values[i], NULL);
                struct http_request r;
                struct delivery d = delivery_loop(EVENT_OPENED);
                assert_int_equal(notifier_slack.check(&c, &err), -EINVAL);
                assert_text_in(err.text, "webhook_url is no URL");
                assert_text_not_in(err.text, "secret");
                assert_int_equal(notifier_slack.render(&d, &c, &r), -EINVAL);
                delivery_done(&d);
        }
        SCOPED(channel_drop)
        struct channel odd = channel_of(&notifier_slack, "webhook_url", url, "url", "nonsense", NULL);
        assert_int_equal(notifier_slack.check(&odd, &err), -EINVAL);
        assert_text_in(err.text, "url is no URL");
        assert_string_equal(notifier_slack.secrets[0], "webhook_url");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_slack__each_event__as_the_golden_files),
                cmocka_unit_test(test_slack__hostile_texts__within_the_limits),
                cmocka_unit_test(test_slack__digest_of_a_hundred__names_them_all),
                cmocka_unit_test(test_slack__digest_with_remarks__counts_what_fails),
                cmocka_unit_test(test_slack__evidence__says_what_and_where),
                cmocka_unit_test(test_slack__request__posts_json_to_the_webhook),
                cmocka_unit_test(test_slack__base_url__takes_the_place_of_the_host),
                cmocka_unit_test(test_slack__nothing_known__still_a_message),
                cmocka_unit_test(test_slack__long_title__gives_up_its_end_and_not_half_a_word),
                cmocka_unit_test(test_slack__answers__delivered_later_or_never),
                cmocka_unit_test(test_slack__no_answer__later),
                cmocka_unit_test(test_slack__configuration__faults_without_the_secret),
        };
        return cmocka_run_group_tests_name("slack", tests, NULL, NULL);
}
