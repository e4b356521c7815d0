/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue against the service's guide, row by row: written down here once more, from there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/metric.h"
#include "util/scope.h"

static const struct row {
        const char *name, *statistic, *unit;
        int from, before; /* Flink versions */
        enum metric_missing missing;
        int divisor, period_s;
        enum metric_level level;
        bool is_counter;
        enum metric_tier tier;
} rows[] = {
#define APP(name, statistic, unit, from, before, missing, tier)                                                        \
        { name, statistic, unit, from, before, missing, 1, 60, LEVEL_APPLICATION, false, tier }
#define COUNTER(name, from, before)                                                                                    \
        { name, "Maximum", "", from, before, MISSING_NOT_BREACHING, 1, 60, LEVEL_APPLICATION, true, TIER_DIAGNOSIS }
        APP("downtime", "Average", "ms", 0, 202, MISSING_BREACHING, TIER_DIAGNOSIS),
        APP("restartingTime", "Average", "ms", 202, 0, MISSING_BREACHING, TIER_DIAGNOSIS),
        APP("failingTime", "Average", "ms", 202, 0, MISSING_BREACHING, TIER_SLOW),
        APP("cancellingTime", "Average", "ms", 202, 0, MISSING_BREACHING, TIER_SLOW),
        APP("uptime", "Minimum", "ms", 0, 202, MISSING_BREACHING, TIER_SENTINEL),
        APP("runningTime", "Minimum", "ms", 202, 0, MISSING_BREACHING, TIER_SENTINEL),
        COUNTER("fullRestarts", 0, 202),
        COUNTER("numRestarts", 202, 0),
        COUNTER("numberOfFailedCheckpoints", 0, 0),
        APP("lastCheckpointDuration", "Maximum", "ms", 0, 0, MISSING_UNKNOWN, TIER_DIAGNOSIS),
        APP("lastCheckpointSize", "Maximum", "bytes", 0, 0, MISSING_UNKNOWN, TIER_DIAGNOSIS),
        APP("cpuUtilization", "Maximum", "%", 0, 0, MISSING_UNKNOWN, TIER_RARE),
        APP("containerCPUUtilization", "Maximum", "%", 0, 0, MISSING_UNKNOWN, TIER_DIAGNOSIS),
        APP("heapMemoryUtilization", "Maximum", "%", 0, 0, MISSING_UNKNOWN, TIER_DIAGNOSIS),
        APP("containerMemoryUtilization", "Maximum", "%", 0, 0, MISSING_UNKNOWN, TIER_SLOW),
        APP("containerDiskUtilization", "Maximum", "%", 0, 0, MISSING_UNKNOWN, TIER_SLOW),
        APP("oldGenerationGCTime", "Maximum", "ms", 0, 0, MISSING_UNKNOWN, TIER_DIAGNOSIS),
        APP("oldGenerationGCCount", "Maximum", "", 0, 0, MISSING_UNKNOWN, TIER_RARE),
        APP("threadsCount", "Maximum", "", 0, 0, MISSING_UNKNOWN, TIER_RARE),
        APP("numRecordsInPerSecond", "Average", "1/s", 0, 0, MISSING_UNKNOWN, TIER_DIAGNOSIS),
        APP("numRecordsOutPerSecond", "Average", "1/s", 0, 0, MISSING_UNKNOWN, TIER_DIAGNOSIS),
        /* four snapshots a minute */
        {"numLateRecordsDropped", "Sum", "", 0, 0, MISSING_UNKNOWN, 4, 60, LEVEL_APPLICATION, false, TIER_SLOW},
        APP("millisBehindLatest", "Maximum", "ms", 0, 0, MISSING_UNKNOWN, TIER_DIAGNOSIS),
        APP("records_lag_max", "Maximum", "records", 0, 0, MISSING_UNKNOWN, TIER_DIAGNOSIS),
        APP("currentInputWatermark", "Minimum", "epoch ms", 0, 0, MISSING_UNKNOWN, TIER_SLOW),
        APP("currentOutputWatermark", "Minimum", "epoch ms", 0, 0, MISSING_UNKNOWN, TIER_SLOW),
        APP("managedMemoryUtilization", "Maximum", "%", 0, 0, MISSING_UNKNOWN, TIER_RARE),
        /* one sample an hour */
        {"KPUs", "Maximum", "", 0, 0, MISSING_UNKNOWN, 1, 3600, LEVEL_APPLICATION, false, TIER_RARE},
        /* only below APPLICATION level */
        {"backPressuredTimeMsPerSecond", "Maximum", "ms/s", 0, 0, MISSING_UNKNOWN, 1, 60, LEVEL_TASK, false,
         TIER_DIAGNOSIS},
        {"busyTimeMsPerSecond", "Maximum", "ms/s", 0, 0, MISSING_UNKNOWN, 1, 60, LEVEL_TASK, false, TIER_DIAGNOSIS},
        {"idleTimeMsPerSecond", "Average", "ms/s", 0, 0, MISSING_UNKNOWN, 1, 60, LEVEL_TASK, false, TIER_SLOW},
        /* only where the application registers it */
        {"elapsedSecondsSinceLastSuccessfulCommit", "Maximum", "", 0, 0, MISSING_UNKNOWN, 1, 60, LEVEL_TASK, false,
         TIER_DIAGNOSIS},
};

static void test_catalogue__each_row__as_the_guide_has_it(void **state) {
        (void)state;
        assert_int_equal(n_metrics, ELEMENTS(rows));
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const struct row *row = &rows[i];
                const struct metric *m = metric_find(row->name, row->statistic);
                if (!m)
                        fail_msg("there is no %s %s", row->name, row->statistic);
                bool is_same = m->flink_from == row->from && m->flink_before == row->before &&
                               m->missing == row->missing && m->divisor == row->divisor &&
                               m->period_s == row->period_s && m->level == row->level &&
                               m->is_counter == row->is_counter && m->tier == row->tier &&
                               strcmp(metric_unit_name(m->unit), row->unit) == 0;
                if (!is_same)
                        fail_msg("%s differs", row->name);
        }
}

/* The running time and the restarts show every restart and outage: read first when there is a history to fill. */
static void test_catalogue__early__running_time_and_restarts_of_each_version(void **state) {
        static const int versions[] = {115, 118, 120, 202, 203};
        (void)state;
        for (size_t v = 0; v < ELEMENTS(versions); v++) {
                int n_early = 0, n_sentinels = 0, n_counters = 0;
                for (size_t i = 0; i < n_metrics; i++) {
                        if (!metric_is_published(&metrics[i], versions[v], LEVEL_APPLICATION))
                                continue;
                        n_early += metrics[i].is_early;
                        n_counters += metrics[i].is_early && metrics[i].is_counter;
                        n_sentinels += metrics[i].tier == TIER_SENTINEL;
                }
                assert_int_equal(n_early, 2);
                assert_int_equal(n_counters, 1);
                assert_int_equal(n_sentinels, 1);
        }
}

/* 730 hours, polled each minute, at 0.01 USD a thousand; one of the two lags has no points, which is found out at once. */
static void test_catalogue__default_plan__below_a_dollar_a_month(void **state) {
        static const int versions[] = {120, 202};
        (void)state;
        for (size_t v = 0; v < ELEMENTS(versions); v++) {
                double a_month = 0;
                for (size_t i = 0; i < n_metrics; i++) {
                        enum metric_tier tier = strcmp(metrics[i].name, "records_lag_max") == 0 ? TIER_RARE
                                                                                                : metrics[i].tier;
                        if (metric_is_published(&metrics[i], versions[v], LEVEL_APPLICATION))
                                a_month += 730.0 * 60 / (double)metric_tier_intervals(tier);
                }
                assert_true(a_month > 80000 && a_month <= 100000);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_catalogue__each_row__as_the_guide_has_it),
                cmocka_unit_test(test_catalogue__early__running_time_and_restarts_of_each_version),
                cmocka_unit_test(test_catalogue__default_plan__below_a_dollar_a_month),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
