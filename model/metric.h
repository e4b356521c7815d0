/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue of MSF metrics: one row per metric and statistic, everything that polling, diagnosing and drawing must know of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum metric_unit { UNIT_COUNT, UNIT_MS, UNIT_BYTES, UNIT_PCT, UNIT_PER_S, UNIT_RECORDS, UNIT_MS_PER_S, UNIT_EPOCH_MS };
/* The coarsest MetricsLevel at which MSF publishes it. */
enum metric_level { LEVEL_APPLICATION, LEVEL_TASK, LEVEL_OPERATOR, LEVEL_PARALLELISM };
/* How often it is asked for: each interval, each tenth, each sixtieth, six times more rarely. */
enum metric_tier { TIER_SENTINEL, TIER_DIAGNOSIS, TIER_SLOW, TIER_RARE };
enum { N_TIERS = TIER_RARE + 1 };
/* What no data point means while the application is RUNNING. */
enum metric_missing { MISSING_UNKNOWN, MISSING_BREACHING, MISSING_NOT_BREACHING };

struct metric {
        const char *name, *statistic; /* as CloudWatch has them */
        enum metric_unit unit;
        enum metric_level level;
        int flink_from, flink_before; /* major * 100 + minor; 0: no bound */
        enum metric_tier tier;
        enum metric_missing missing;
        int period_s;
        int divisor;     /* throughput has four snapshots a minute: Sum / 4 */
        bool is_counter; /* cumulative, drops to 0 when the job restarts */
        bool is_early;   /* read first when there is a history to fill: what shows restarts */
};

extern const struct metric metrics[];
extern const size_t n_metrics;

/* The row, or NULL; statistic NULL: the first row of that metric. */
const struct metric *metric_find(const char *name, const char *statistic);
/* "FLINK-1_20" -> 120; 0 when it is no Flink runtime. */
int flink_version(const char *runtime);
/* Whether an application of that Flink version and MetricsLevel publishes it at all. */
bool metric_is_published(const struct metric *m, int version, enum metric_level level);
enum metric_level metric_level_parse(const char *text); /* unknown and NULL: LEVEL_APPLICATION, MSF's default */
/* "sentinel" "diagnosis" "slow" "rare" */
const char *metric_tier_name(enum metric_tier tier);
/* How many polling intervals lie between two questions. */
int64_t metric_tier_intervals(enum metric_tier tier);
/* "ms" "bytes" "%" "1/s" "records" "ms/s" "epoch ms" "" */
const char *metric_unit_name(enum metric_unit unit);
