/* SPDX-License-Identifier: Apache-2.0 */
#include "model/metric.h"

#include <string.h>

#include "util/number.h"
#include "util/scope.h"

enum { FLINK_2_2 = 202 };

#define APP LEVEL_APPLICATION
#define ROW(n, s, u, l, from, before, t, m, p, d, counter, early)                                                      \
        {                                                                                                              \
                .name = n, .statistic = s, .unit = u, .level = l, .flink_from = from, .flink_before = before,          \
                .tier = t, .missing = m, .period_s = p, .divisor = d, .is_counter = counter, .is_early = early         \
        }

/* One sentinel each minute (43,800 metrics a month), eleven rows each ten minutes (48,180) and the rest more rarely keep an application
 * under 100,000 metrics, which is a dollar. The running time alone shows every restart and outage. */
/* clang-format off */
const struct metric metrics[] = {
        ROW("uptime", "Minimum", UNIT_MS, APP, 0, FLINK_2_2, TIER_SENTINEL, MISSING_BREACHING, 60, 1, false, true),
        ROW("runningTime", "Minimum", UNIT_MS, APP, FLINK_2_2, 0, TIER_SENTINEL, MISSING_BREACHING, 60, 1, false, true),
        ROW("fullRestarts", "Maximum", UNIT_COUNT, APP, 0, FLINK_2_2, TIER_DIAGNOSIS, MISSING_NOT_BREACHING, 60, 1, true, true),
        ROW("numRestarts", "Maximum", UNIT_COUNT, APP, FLINK_2_2, 0, TIER_DIAGNOSIS, MISSING_NOT_BREACHING, 60, 1, true, true),
        ROW("downtime", "Average", UNIT_MS, APP, 0, FLINK_2_2, TIER_DIAGNOSIS, MISSING_BREACHING, 60, 1, false, false),
        ROW("restartingTime", "Average", UNIT_MS, APP, FLINK_2_2, 0, TIER_DIAGNOSIS, MISSING_BREACHING, 60, 1, false, false),
        ROW("failingTime", "Average", UNIT_MS, APP, FLINK_2_2, 0, TIER_SLOW, MISSING_BREACHING, 60, 1, false, false),
        ROW("cancellingTime", "Average", UNIT_MS, APP, FLINK_2_2, 0, TIER_SLOW, MISSING_BREACHING, 60, 1, false, false),
        ROW("numberOfFailedCheckpoints", "Maximum", UNIT_COUNT, APP, 0, 0, TIER_DIAGNOSIS, MISSING_NOT_BREACHING, 60, 1, true, false),
        ROW("lastCheckpointDuration", "Maximum", UNIT_MS, APP, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("lastCheckpointSize", "Maximum", UNIT_BYTES, APP, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("cpuUtilization", "Maximum", UNIT_PCT, APP, 0, 0, TIER_RARE, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("containerCPUUtilization", "Maximum", UNIT_PCT, APP, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("heapMemoryUtilization", "Maximum", UNIT_PCT, APP, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("containerMemoryUtilization", "Maximum", UNIT_PCT, APP, 0, 0, TIER_SLOW, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("containerDiskUtilization", "Maximum", UNIT_PCT, APP, 0, 0, TIER_SLOW, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("oldGenerationGCTime", "Maximum", UNIT_MS, APP, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("oldGenerationGCCount", "Maximum", UNIT_COUNT, APP, 0, 0, TIER_RARE, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("threadsCount", "Maximum", UNIT_COUNT, APP, 0, 0, TIER_RARE, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("numRecordsInPerSecond", "Average", UNIT_PER_S, APP, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("numRecordsOutPerSecond", "Average", UNIT_PER_S, APP, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("numLateRecordsDropped", "Sum", UNIT_COUNT, APP, 0, 0, TIER_SLOW, MISSING_UNKNOWN, 60, 4, false, false),
        ROW("millisBehindLatest", "Maximum", UNIT_MS, APP, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("records_lag_max", "Maximum", UNIT_RECORDS, APP, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("currentInputWatermark", "Minimum", UNIT_EPOCH_MS, APP, 0, 0, TIER_SLOW, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("currentOutputWatermark", "Minimum", UNIT_EPOCH_MS, APP, 0, 0, TIER_SLOW, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("managedMemoryUtilization", "Maximum", UNIT_PCT, APP, 0, 0, TIER_RARE, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("KPUs", "Maximum", UNIT_COUNT, APP, 0, 0, TIER_RARE, MISSING_UNKNOWN, 3600, 1, false, false),
        ROW("backPressuredTimeMsPerSecond", "Maximum", UNIT_MS_PER_S, LEVEL_TASK, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("busyTimeMsPerSecond", "Maximum", UNIT_MS_PER_S, LEVEL_TASK, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
        ROW("idleTimeMsPerSecond", "Average", UNIT_MS_PER_S, LEVEL_TASK, 0, 0, TIER_SLOW, MISSING_UNKNOWN, 60, 1, false, false),
        /* of the Iceberg sink, where the application registers it: asked for when ListMetrics names it */
        ROW("elapsedSecondsSinceLastSuccessfulCommit", "Maximum", UNIT_COUNT, LEVEL_TASK, 0, 0, TIER_DIAGNOSIS, MISSING_UNKNOWN, 60, 1, false, false),
};
/* clang-format on */

const size_t n_metrics = ELEMENTS(metrics);

const struct metric *metric_find(const char *name, const char *statistic) {
        for (size_t i = 0; i < n_metrics; i++)
                if (strcmp(metrics[i].name, name) == 0 && (!statistic || strcmp(metrics[i].statistic, statistic) == 0))
                        return &metrics[i];
        return NULL;
}

int flink_version(const char *runtime) {
        struct span rest = span_of(runtime);
        int64_t major, minor;
        if (!runtime || !span_starts(rest, SPAN("FLINK-")))
                return 0;
        rest.data += 6;
        rest.len -= 6;
        if (number_int64(span_split(&rest, '_'), &major) < 0 || number_int64(rest, &minor) < 0 || major < 0 ||
            major > 99 || minor < 0 || minor > 99)
                return 0;
        return (int)(major * 100 + minor);
}

bool metric_is_published(const struct metric *m, int version, enum metric_level level) {
        if (m->flink_from && version < m->flink_from)
                return false;
        if (m->flink_before && version >= m->flink_before)
                return false;
        return level >= m->level;
}

enum metric_level metric_level_parse(const char *text) {
        static const char *const names[] = {"APPLICATION", "TASK", "OPERATOR", "PARALLELISM"};
        for (size_t i = 0; text && i < ELEMENTS(names); i++)
                if (strcmp(text, names[i]) == 0)
                        return (enum metric_level)i;
        return LEVEL_APPLICATION;
}

/* GetMetricData is billed by metric, not by point: a slower tier loses minutes, never points. */
static const struct {
        const char *name;
        int64_t intervals;
} tiers[N_TIERS] = {
        [TIER_SENTINEL] = {"sentinel", 1},
        [TIER_DIAGNOSIS] = {"diagnosis", 10},
        [TIER_SLOW] = {"slow", 60},
        [TIER_RARE] = {"rare", 360},
};

const char *metric_tier_name(enum metric_tier tier) {
        return tiers[tier].name;
}

int64_t metric_tier_intervals(enum metric_tier tier) {
        return tiers[tier].intervals;
}

const char *metric_unit_name(enum metric_unit unit) {
        static const char *const names[] = {"", "ms", "bytes", "%", "1/s", "records", "ms/s", "epoch ms"};
        return names[unit];
}
