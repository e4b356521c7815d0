/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/budget.h"

#include <math.h>

/* Beyond it the slower tiers are of no use, and sentinels have to give way too; to the slower ones is left this part of what there is. */
static const double others_stretch_max = 100, others_part = 0.1;

double budget_left_usd(const struct budget *b) {
        return b->monthly_usd < 0 ? HUGE_VAL : fmax(b->monthly_usd - b->spent_usd, 0);
}

static double ratio(double wanted, double allowed) {
        return wanted <= allowed ? 1 : allowed > 0 ? wanted / allowed : HUGE_VAL;
}

struct stretch budget_stretch(const struct budget *b) {
        double sentinels = b->sentinels_usd_per_hour, others = b->others_usd_per_hour;
        if (b->monthly_usd < 0 || b->left_s <= 0)
                return (struct stretch){1, 1};
        double allowed = budget_left_usd(b) / (b->left_s / 3600);
        if (sentinels + others / others_stretch_max <= allowed)
                return (struct stretch){1, ratio(others, allowed - sentinels)};
        double for_others = fmin(others_part * allowed, others);
        return (struct stretch){ratio(sentinels, allowed - for_others), ratio(others, for_others)};
}
