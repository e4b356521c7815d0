/* SPDX-License-Identifier: Apache-2.0 */
/* What all targets spend together and what that means for the pace of each. */
#pragma once

#include "daemon/budget.h"
#include "daemon/config.h"

struct poller;

struct spending {
        struct store *store;
        const struct config *config;
        struct poller *const *pollers; /* borrowed */
        size_t n_pollers;
        struct stretch stretch; /* as last found */
        double left_usd;
        int64_t warned_at_s;
};

/* Where the budget stands; -errno of the store. */
int spending_budget(const struct spending *s, int64_t now_s, struct budget *ret);
/* The pace, and how many more metrics may be asked for (0: no limit) where a thousand cost so much. sentinels == HUGE_VAL: none at all, the
 * budget is spent. Warns, hourly, when sentinels have to wait. When the store cannot say what was spent: as planned. */
struct stretch spending_pace(struct spending *s, int64_t now_s, double thousand_usd, size_t *ret_at_most);
