/* SPDX-License-Identifier: Apache-2.0 */
/* Each notifier with each of its allocations failing: -ENOMEM, nothing leaks. */
#include "../collectors/out_of_memory.h"
#include "support.h"

#include <errno.h>

static struct channel channel_for(const struct notifier *n) {
        if (n == &notifier_sns)
                return channel_of(n, "topic_arn", "arn:aws:sns:eu-west-1:111122223333:oncall.fifo", "url",
                                  "http://127.0.0.1:4566", NULL);
        if (n == &notifier_pagerduty)
                return channel_of(n, "routing_key", "0123456789abcdef0123456789ABCDEF", NULL);
        if (n == &notifier_alertmanager)
                return channel_of(n, "url", "http://127.0.0.1:9093", NULL);
        return channel_of(n, "webhook_url", "https://hooks.example.org/services/a/b/c", NULL);
}

static void torture(const struct notifier *notifier, const struct delivery *d) {
        SCOPED(channel_drop) struct channel c = channel_for(notifier);
        bool has_failed = true;
        size_t n = 0;
        for (; has_failed && n < 5000; n++) {
                struct http_request r;
                memory_fail_at(n);
                int result = notifier->render(d, &c, &r);
                has_failed = memory_has_failed();
                if (result != (has_failed ? -ENOMEM : 0))
                        fail_msg("%s, allocation %zu: %d", notifier->type, n, result);
                if (result == 0)
                        http_request_done(&r);
        }
        assert_in_range(n, 8, 4999);
}

static void test_notifiers__each_allocation_fails__enomem(void **context) {
        (void)context;
        SCOPED(delivery_done)
        struct delivery loop = delivery_loop(EVENT_RESOLVED), checkpoints = delivery_checkpoints(EVENT_ESCALATED),
                        hostile = delivery_hostile(), digest = delivery_digest(), page = delivery_digest();
        page.event = EVENT_RESOLVED;
        snprintf(page.page_id, sizeof page.page_id, "%s", page.delivery_id);
        for (const struct notifier *const *n = notifiers; *n; n++) {
                torture(*n, &loop);
                torture(*n, &checkpoints);
                torture(*n, &hostile);
                torture(*n, &digest);
        }
        torture(&notifier_pagerduty, &page);
}

int main(void) {
        static const struct CMUnitTest tests[] = {cmocka_unit_test(test_notifiers__each_allocation_fails__enomem)};
        return cmocka_run_group_tests_name("notifiers: memory", tests, NULL, NULL);
}
