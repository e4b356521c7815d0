/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <errno.h>
#include <string.h>

enum { NOW = 1767330000 };

static struct http_request render(struct delivery d) {
        SCOPED(channel_drop)
        struct channel c = channel_of(&notifier_alertmanager, "url", "http://alerts.example.org:9093/am/", NULL);
        struct http_request r;
        assert_int_equal(notifier_alertmanager.render(&d, &c, &r), 0);
        delivery_done(&d);
        return r;
}

static void assert_rendered(const char *golden, struct delivery d) {
        SCOPED(http_request_done) struct http_request r = render(d);
        assert_string_equal(r.url, "http://alerts.example.org:9093/am/api/v2/alerts");
        assert_false(r.has_effect);
        assert_golden(golden, buf_span(&r.body));
}

static void test_alertmanager__each_event__as_the_golden_files(void **context) {
        (void)context;
        struct delivery opened = delivery_loop(EVENT_OPENED), reminder = delivery_loop(EVENT_REMINDER),
                        resolved = delivery_loop(EVENT_RESOLVED);
        opened.incident.announced_severity = reminder.incident.announced_severity =
                resolved.incident.announced_severity = SEVERITY_CRITICAL;
        assert_rendered("alertmanager-opened.json", opened);
        assert_rendered("alertmanager-reminder.json", reminder);
        assert_rendered("alertmanager-resolved.json", resolved);
        struct delivery updated = delivery_loop(EVENT_UPDATED), escalated = delivery_loop(EVENT_ESCALATED);
        updated.incident.finding.severity = SEVERITY_WARNING; /* it was critical before */
        updated.incident.announced_severity = SEVERITY_CRITICAL;
        escalated.incident.announced_severity = SEVERITY_CRITICAL;
        assert_rendered("alertmanager-updated.json", updated);
        assert_rendered("alertmanager-escalated.json", escalated);
        assert_rendered("alertmanager-digest.json", delivery_digest());
}

/* The one that opened and the one that ends must be the same alert: equal labels, to the byte. */
static void test_alertmanager__resolved__has_the_labels_of_opened(void **context) {
        (void)context;
        SCOPED(http_request_done) struct http_request opened = render(delivery_checkpoints(EVENT_OPENED));
        SCOPED(http_request_done) struct http_request resolved = render(delivery_checkpoints(EVENT_RESOLVED));
        const char *from = strstr(buf_str(&opened.body), "\"labels\":{"), *to = strchr(from, '}');
        char labels[512];
        assert_in_range(to - from, 50, 500);
        memcpy(labels, from, (size_t)(to - from) + 1);
        labels[to - from + 1] = '\0';
        assert_text_in(buf_str(&resolved.body), labels);
}

static void test_alertmanager__ends_when_it_began__still_after_its_start(void **context) {
        (void)context;
        struct delivery d = delivery_loop(EVENT_RESOLVED);
        d.incident.resolved_at_s = d.incident.finding.onset_s;
        d.incident.announced_severity = SEVERITY_CRITICAL;
        SCOPED(http_request_done) struct http_request r = render(d);
        assert_text_in(buf_str(&r.body), "\"startsAt\":\"2026-01-02T03:04:00Z\",\"endsAt\":\"2026-01-02T03:04:01Z\"");
}

static void test_alertmanager__answers__by_status(void **context) {
        (void)context;
        static const struct {
                int status;
                enum outcome outcome;
        } answers[] = {{200, OUTCOME_DELIVERED}, {400, OUTCOME_REFUSED}, {500, OUTCOME_RETRY}, {404, OUTCOME_RETRY}};
        for (size_t i = 0; i < ELEMENTS(answers); i++) {
                struct http_reply reply = reply_of(answers[i].status, "\"reason\"", "");
                struct err err = {0};
                int64_t retry_s;
                assert_int_equal(notifier_alertmanager.read_reply(&reply, NOW, &retry_s, &err), answers[i].outcome);
        }
}

static void test_alertmanager__configuration__needs_a_url(void **context) {
        (void)context;
        struct err err = {0};
        SCOPED(channel_drop) struct channel none = channel_of(&notifier_alertmanager, NULL);
        assert_int_equal(notifier_alertmanager.check(&none, &err), -EINVAL);
        assert_text_in(err.text, "url is missing");
        SCOPED(channel_drop) struct channel odd = channel_of(&notifier_alertmanager, "url", "alerts:9093", NULL);
        assert_int_equal(notifier_alertmanager.check(&odd, &err), -EINVAL);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_alertmanager__each_event__as_the_golden_files),
                cmocka_unit_test(test_alertmanager__resolved__has_the_labels_of_opened),
                cmocka_unit_test(test_alertmanager__ends_when_it_began__still_after_its_start),
                cmocka_unit_test(test_alertmanager__answers__by_status),
                cmocka_unit_test(test_alertmanager__configuration__needs_a_url),
        };
        return cmocka_run_group_tests_name("alertmanager", tests, NULL, NULL);
}
