/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spending.h"

#include <math.h>

#include "daemon/poller.h"
#include "model/prices.h"

enum { WARN_AGAIN_S = 3600 };

int spending_budget(const struct spending *s, int64_t now_s, struct budget *ret) {
        struct budget b = {.monthly_usd = s->config->monthly_budget_usd};
        for (size_t i = 0; i < s->n_pollers; i++) {
                const struct config_target *target = &s->config->targets[i];
                double metric_usd = prices_of(target->region).metrics_thousand_usd / 1000, per_hour[N_TIERS];
                struct usage usage;
                int r = store_usage(s->store, target->name, now_s, &usage);
                if (r < 0)
                        return r;
                poller_demand(s->pollers[i], NULL, per_hour);
                b.spent_usd += (double)usage.metrics_requested * metric_usd;
                b.left_s = (double)(usage.to_s - now_s);
                for (int tier = 0; tier < N_TIERS; tier++)
                        *(tier == TIER_SENTINEL ? &b.sentinels_usd_per_hour
                                                : &b.others_usd_per_hour) += per_hour[tier] * metric_usd;
        }
        *ret = b;
        return 0;
}

static void say(struct spending *s, const struct budget *b, const struct stretch *before, int64_t now_s) {
        bool is_spent = isinf(s->stretch.sentinels), was_spent = isinf(before->sentinels);
        if (s->stretch.sentinels > 1) {
                if (is_spent == was_spent && now_s - s->warned_at_s < WARN_AGAIN_S)
                        return;
                s->warned_at_s = now_s;
                if (is_spent)
                        log_warning(
                                "monthly_budget_usd = %.2f is spent (%.2f USD): no metric is asked for until the month ends (UTC)",
                                b->monthly_usd, b->spent_usd);
                else
                        log_warning(
                                "monthly_budget_usd = %.2f is too little for the sentinels: %.2f USD are left, so they are asked for %.1f "
                                "times more rarely and restarts are seen later; raise it, or watch fewer applications",
                                b->monthly_usd, s->left_usd, s->stretch.sentinels);
        } else if (s->stretch.others > 1 && !(before->others > 1)) {
                log_notice(
                        "monthly_budget_usd = %.2f: %.2f USD are left this month, so the slower metrics are asked for %.1f times more "
                        "rarely",
                        b->monthly_usd, s->left_usd, s->stretch.others);
        } else if (before->others > 1 && !(s->stretch.others > 1)) {
                log_notice("monthly_budget_usd = %.2f: all metrics are asked for as planned again", b->monthly_usd);
        }
}

struct stretch spending_pace(struct spending *s, int64_t now_s, double thousand_usd, size_t *ret_at_most) {
        struct budget b;
        *ret_at_most = 0;
        if (s->config->monthly_budget_usd < 0)
                return (struct stretch){1, 1};
        int r = spending_budget(s, now_s, &b);
        if (r < 0) {
                log_error("what was spent this month cannot be read: %s", store_error(s->store));
                return (struct stretch){1, 1};
        }
        struct stretch before = s->stretch;
        s->stretch = budget_stretch(&b);
        s->left_usd = budget_left_usd(&b);
        *ret_at_most = (size_t)fmin(s->left_usd / thousand_usd * 1000, 1e9);
        if (*ret_at_most == 0)
                s->stretch = (struct stretch){HUGE_VAL, HUGE_VAL};
        say(s, &b, &before, now_s);
        return s->stretch;
}
