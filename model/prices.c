/* SPDX-License-Identifier: Apache-2.0 */
#include "model/prices.h"

#include <stddef.h>
#include <string.h>

#include "util/scope.h"

/* A region belongs here when its figures were read from the price list; the first row stands in for all others. */
static const struct prices table[] = {
        {
                .region = "us-east-1",
                .kpu_hour_usd = 0.11,
                .storage_gb_month_usd = 0.10,
                .snapshot_gb_month_usd = 0.023,
                .metrics_thousand_usd = 0.01,
        },
};

struct prices prices_of(const char *region) {
        for (size_t i = 0; i < ELEMENTS(table); i++)
                if (region && strcmp(table[i].region, region) == 0)
                        return table[i];
        struct prices prices = table[0];
        prices.is_estimate = true;
        return prices;
}
