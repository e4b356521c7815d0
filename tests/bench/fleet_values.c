/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "tests/bench/fleet.h"
#include "util/scope.h"

enum { DAY_S = 86400 };

/* [0, 1) */
static double any(uint64_t a, uint64_t b) {
        uint64_t h = (a * 0x9e3779b97f4a7c15 ^ b) * 0xbf58476d1ce4e5b9;
        h = (h ^ h >> 31) * 0x94d049bb133111eb;
        return (double)((h ^ h >> 29) >> 11) / 9007199254740992.0;
}

static double decimals(double value, double units) {
        return round(value * units) / units;
}

/* How a metric goes on: base + wave over the day + noise, rounded; `rate` counts up from 10 days before T0. */
static const struct course {
        const char *metric;
        double base, wave, noise, units; /* units 0: all digits */
        double per_minute;
} courses[] = {
        {"uptime", 0, 0, 0, 1, 60000},
        {"runningTime", 0, 0, 0, 1, 60000},
        {"fullRestarts", 2, 0, 0, 1, 0},
        {"numRestarts", 2, 0, 0, 1, 0},
        {"numberOfFailedCheckpoints", 1, 0, 0, 1, 0},
        {"lastCheckpointDuration", 1800, 200, 400, 1, 0},
        {"lastCheckpointSize", 52428800, 0, 200000, 1, 0},
        {"cpuUtilization", 45, 10, 6, 100, 0},
        {"containerCPUUtilization", 50, 10, 6, 100, 0},
        {"heapMemoryUtilization", 50, 0, 12, 100, 0},
        {"containerMemoryUtilization", 60, 0, 3, 100, 0},
        {"containerDiskUtilization", 12, 0, 0.2, 100, 0},
        {"oldGenerationGCTime", 20, 0, 20, 1, 0}, /* of each minute */
        {"oldGenerationGCCount", 0, 0, 0, 1, 0.1},
        {"threadsCount", 120, 0, 3, 1, 0},
        {"numRecordsInPerSecond", 5000, 1000, 250, 0, 0},
        {"numRecordsOutPerSecond", 4800, 1000, 250, 0, 0},
        {"millisBehindLatest", 400, 0, 300, 1, 0},
        {"records_lag_max", 20, 0, 15, 1, 0},
        {"currentInputWatermark", FLEET_T0 * 1e3 - 864e6, 0, 900, 1, 60000},
        {"currentOutputWatermark", FLEET_T0 * 1e3 - 864e6 - 2000, 0, 900, 1, 60000},
        {"managedMemoryUtilization", 50, 0, 0, 1, 0},
        {"KPUs", 4, 0, 0, 1, 0},
        {"busyTimeMsPerSecond", 300, 50, 40, 0, 0},
        {"backPressuredTimeMsPerSecond", 5, 0, 4, 0, 0},
};

double fleet_value(const char *metric, unsigned application, int64_t at_s) {
        const struct course *c = NULL;
        size_t row = 0;
        for (; row < ELEMENTS(courses) && !c; row++)
                if (strcmp(courses[row].metric, metric) == 0)
                        c = &courses[row];
        if (!c)
                return 0;
        double minutes = (double)(at_s - FLEET_T0 + 10 * DAY_S) / 60;
        double noise = any(application * 64 + row, (uint64_t)at_s) + any(application * 64 + row, (uint64_t)at_s + 1) -
                       1;
        double value = c->base + c->wave * sin((double)(at_s % DAY_S) / DAY_S * 2 * M_PI) + c->noise * noise;
        if (c->per_minute != 0)
                value += floor(minutes * c->per_minute / (c->per_minute < 1 ? 8 : 1)) * (c->per_minute < 1 ? 8 : 1);
        return c->units > 0 ? decimals(value, c->units) : value;
}
