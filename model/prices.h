/* SPDX-License-Identifier: Apache-2.0 */
/* What AWS charges in US dollars, for estimates and for the count of what watching itself costs. One table. */
#pragma once

#include <stdbool.h>

enum { PRICES_MONTH_H = 730, PRICES_KPU_STORAGE_GB = 50 /* included with each KPU */, PRICES_ORCHESTRATION_KPUS = 1 };

struct prices {
        const char *region;
        double kpu_hour_usd;          /* one Kinesis Processing Unit; an application pays one more than it runs */
        double storage_gb_month_usd;  /* running application storage beyond 50 GB a KPU */
        double snapshot_gb_month_usd; /* durable application backups */
        double metrics_thousand_usd;  /* GetMetricData, per 1,000 metrics asked for */
        bool is_estimate;             /* the region's own figures are not known: those of us-east-1 */
};

/* region NULL: not known. */
struct prices prices_of(const char *region);
