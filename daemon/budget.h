/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what GetMetricData costs in a month below monthly_budget_usd, over all targets: what is left is spread over the rest of the
 * month. The slower tiers give way first; sentinels do when those cannot pay for them, which is never kept quiet. */
#pragma once

#include "daemon/plan.h"

struct budget {
        double monthly_usd;                                 /* negative: none */
        double spent_usd, left_s;                           /* this month's bill so far, and how long it goes on */
        double sentinels_usd_per_hour, others_usd_per_hour; /* as planned */
};

/* At most 100 times: a day becomes the longest that most of the slower metrics wait. */
struct stretch budget_stretch(const struct budget *b);
/* What is left of it; HUGE_VAL without a budget. */
double budget_left_usd(const struct budget *b);
