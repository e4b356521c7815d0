/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <string.h>

static const char key[] = "0123456789abcdef0123456789ABCDEF";
enum { NOW = 1767330000 };

static struct http_request render(struct delivery d) {
        SCOPED(channel_drop) struct channel c = channel_of(&notifier_pagerduty, "routing_key", key, NULL);
        struct http_request r;
        assert_int_equal(notifier_pagerduty.render(&d, &c, &r), 0);
        delivery_done(&d);
        return r;
}

static void assert_rendered(const char *golden, struct delivery d) {
        SCOPED(http_request_done) struct http_request r = render(d);
        assert_string_equal(r.url, "https://events.pagerduty.com/v2/enqueue");
        assert_false(r.has_effect);
        assert_golden(golden, buf_span(&r.body));
}

static void test_pagerduty__each_event__as_the_golden_files(void **context) {
        (void)context;
        assert_rendered("pagerduty-opened.json", delivery_loop(EVENT_OPENED));
        assert_rendered("pagerduty-updated.json", delivery_loop(EVENT_UPDATED));
        assert_rendered("pagerduty-escalated.json", delivery_loop(EVENT_ESCALATED));
        assert_rendered("pagerduty-reminder.json", delivery_loop(EVENT_REMINDER));
        assert_rendered("pagerduty-resolved.json", delivery_loop(EVENT_RESOLVED));
}

/* Incident 31 of the digest's page is over; the others are as given. */
static struct delivery on_page(enum incident_event event, enum incident_state others) {
        struct delivery d = delivery_digest();
        SCOPED(free) struct delivery *parts = d.parts;
        snprintf(d.page_id, sizeof d.page_id, "%s", d.delivery_id);
        snprintf(d.delivery_id, sizeof d.delivery_id, "5f3a9c-31-4-oncall");
        d.event = event;
        d.created_at_s = parts[6].created_at_s;
        d.parts = calloc(6, sizeof *d.parts);
        d.n_parts = d.parts_size = 6; /* without the news of 34, which is on the page already */
        memcpy(d.parts, parts, 6 * sizeof *parts);
        delivery_done(&parts[6]);
        for (size_t i = 0; i < d.n_parts; i++)
                d.parts[i].incident.state = i == 1 ? INCIDENT_RESOLVED : others;
        d.parts[1].incident.resolved_at_s = d.created_at_s;
        incident_done(&d.incident);
        assert_int_equal(incident_dup(&d.parts[1].incident, &d.incident), 0);
        return d;
}

/* Many fail together: one alert, which says what became of each and ends with the last of them. */
static void test_pagerduty__page_of_several__as_the_golden_files(void **context) {
        (void)context;
        assert_rendered("pagerduty-digest.json", delivery_digest());
        assert_rendered("pagerduty-page.json", on_page(EVENT_RESOLVED, INCIDENT_OPEN));
}

static void test_pagerduty__page_of_several__ends_with_the_last(void **context) {
        static const struct {
                enum incident_event event;
                enum incident_state others;
                const char *action;
        } cases[] = {
                {EVENT_RESOLVED, INCIDENT_OPEN, "trigger"},      {EVENT_RESOLVED, INCIDENT_ACKNOWLEDGED, "acknowledge"},
                {EVENT_RESOLVED, INCIDENT_RESOLVED, "resolve"},  {EVENT_ESCALATED, INCIDENT_ACKNOWLEDGED, "trigger"},
                {EVENT_ESCALATED, INCIDENT_RESOLVED, "resolve"}, /* sent again late: it must not open what is over */
        };
        (void)context;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char action[64];
                snprintf(action, sizeof action, "\"event_action\":\"%s\"", cases[i].action);
                SCOPED(http_request_done) struct http_request r = render(on_page(cases[i].event, cases[i].others));
                assert_text_in(buf_str(&r.body), action);
                assert_text_in(buf_str(&r.body), "\"dedup_key\":\"flinkwatch/5f3a9c-digest-430-oncall\"");
        }
}

/* Somebody knows of it, but not that it became worse. */
static void test_pagerduty__escalated_while_acknowledged__triggers(void **context) {
        (void)context;
        struct delivery d = delivery_loop(EVENT_ESCALATED);
        d.incident.state = INCIDENT_ACKNOWLEDGED;
        SCOPED(http_request_done) struct http_request r = render(d);
        assert_text_in(buf_str(&r.body), "\"event_action\":\"trigger\"");
}

static void test_pagerduty__base_url__for_the_eu_service(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(channel_drop)
        struct channel c = channel_of(&notifier_pagerduty, "routing_key", key, "url", "https://events.eu.pagerduty.com",
                                      NULL);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(notifier_pagerduty.render(&d, &c, &r), 0);
        assert_string_equal(r.url, "https://events.eu.pagerduty.com/v2/enqueue");
}

/* As people copy it out of PagerDuty's manual. */
static void test_pagerduty__base_url_with_the_path__is_not_doubled(void **context) {
        (void)context;
        SCOPED(delivery_done) struct delivery d = delivery_loop(EVENT_OPENED);
        SCOPED(channel_drop)
        struct channel c = channel_of(&notifier_pagerduty, "routing_key", key, "url",
                                      "https://events.eu.pagerduty.com/v2/enqueue/", NULL);
        SCOPED(http_request_done) struct http_request r;
        assert_int_equal(notifier_pagerduty.render(&d, &c, &r), 0);
        assert_string_equal(r.url, "https://events.eu.pagerduty.com/v2/enqueue");
}

static void test_pagerduty__hostile_texts__within_the_limits(void **context) {
        (void)context;
        SCOPED(http_request_done) struct http_request r = render(delivery_hostile());
        assert_in_range(r.body.len, 10000, 512 << 10);
}

static void test_pagerduty__answers__delivered_later_or_never(void **context) {
        (void)context;
        static const struct {
                int status;
                const char *body, *headers;
                enum outcome outcome;
                int64_t retry_s;
        } answers[] = {
                {202, "{\"status\":\"success\",\"message\":\"Event processed\",\"dedup_key\":\"k\"}", "",
                 OUTCOME_DELIVERED, 0},
                {400, "{\"status\":\"invalid event\",\"message\":\"m\",\"errors\":[\"e\"]}", "", OUTCOME_REFUSED, 0},
                {429, "", "", OUTCOME_RETRY, 120},
                {429, "", "Retry-After: 9\r\n", OUTCOME_RETRY, 9},
                {500, "", "", OUTCOME_RETRY, 0},
        };
        for (size_t i = 0; i < ELEMENTS(answers); i++) {
                struct http_reply reply = reply_of(answers[i].status, answers[i].body, answers[i].headers);
                struct err err = {0};
                int64_t retry_s = -1;
                assert_int_equal(notifier_pagerduty.read_reply(&reply, NOW, &retry_s, &err), answers[i].outcome);
                assert_int_equal(retry_s, answers[i].retry_s);
        }
}

static void test_pagerduty__configuration__faults_without_the_key(void **context) {
        (void)context;
        static const char *const bad[] = {"verysecret", "0123456789abcdef0123456789ABCDE!",
                                          "0123456789abcdef0123456789ABCDEF0"};
        struct err err = {0};
        SCOPED(channel_drop) struct channel none = channel_of(&notifier_pagerduty, NULL);
        assert_int_equal(notifier_pagerduty.check(&none, &err), -EINVAL);
        assert_text_in(err.text, "routing_key is missing");
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                SCOPED(channel_drop) struct channel c = channel_of(&notifier_pagerduty, "routing_key", bad[i], NULL);
                assert_int_equal(notifier_pagerduty.check(&c, &err), -EINVAL);
                assert_text_not_in(err.text, bad[i]);
        }
        SCOPED(channel_drop) struct channel good = channel_of(&notifier_pagerduty, "routing_key", key, NULL);
        assert_int_equal(notifier_pagerduty.check(&good, &err), 0);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pagerduty__each_event__as_the_golden_files),
                cmocka_unit_test(test_pagerduty__page_of_several__as_the_golden_files),
                cmocka_unit_test(test_pagerduty__page_of_several__ends_with_the_last),
                cmocka_unit_test(test_pagerduty__escalated_while_acknowledged__triggers),
                cmocka_unit_test(test_pagerduty__base_url__for_the_eu_service),
                cmocka_unit_test(test_pagerduty__base_url_with_the_path__is_not_doubled),
                cmocka_unit_test(test_pagerduty__hostile_texts__within_the_limits),
                cmocka_unit_test(test_pagerduty__answers__delivered_later_or_never),
                cmocka_unit_test(test_pagerduty__configuration__faults_without_the_key),
        };
        return cmocka_run_group_tests_name("pagerduty", tests, NULL, NULL);
}
