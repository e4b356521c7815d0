/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/diagnosers/alarms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/scope.h"

enum fold { FOLD_MAX, FOLD_MIN, FOLD_RISE, FOLD_BEHIND };

/* `n` of `n` periods beyond the limit; the fold is the statistic over the period, or a metric math expression on it. */
struct alarm {
        const char *metric;
        enum fold fold;
        int64_t period_s;
        size_t n;
        double limit;
        bool is_below, is_ratio; /* ratio: of the checkpoint interval */
        bool is_missing_breaching;
};

static const struct alarm alarms[] = {
        {"downtime", FOLD_MAX, 60, 1, 0, false, false, true},
        {"restartingTime", FOLD_MAX, 60, 1, 0, false, false, true},
        {"failingTime", FOLD_MAX, 60, 1, 0, false, false, false},
        {"fullRestarts", FOLD_RISE, 60, 1, 0, false, false, false},
        {"numRestarts", FOLD_RISE, 60, 1, 0, false, false, false},
        {"numberOfFailedCheckpoints", FOLD_RISE, 60, 1, 0, false, false, false},
        {"lastCheckpointDuration", FOLD_MAX, 60, 1, 0.5, false, true, false},
        {"cpuUtilization", FOLD_MAX, 300, 3, 80, false, false, false},
        {"containerCPUUtilization", FOLD_MAX, 300, 3, 80, false, false, false},
        {"heapMemoryUtilization", FOLD_MAX, 300, 3, 80, false, false, false},
        {"containerMemoryUtilization", FOLD_MAX, 300, 3, 85, false, false, false},
        {"containerDiskUtilization", FOLD_MAX, 300, 1, 80, false, false, false},
        {"oldGenerationGCTime", FOLD_MAX, 60, 1, 6000, false, false, false},
        {"millisBehindLatest", FOLD_MAX, 60, 3, 60000, false, false, false},
        {"numRecordsOutPerSecond", FOLD_MAX, 60, 5, 1, true, false, false},
        {"currentOutputWatermark", FOLD_BEHIND, 60, 5, 600, false, false, false},
        {"backPressuredTimeMsPerSecond", FOLD_MAX, 300, 3, 500, false, false, false},
};

/* The period's figure, NaN when it holds no sample. */
static double fold(const struct track *t, const struct alarm *a, int64_t from_s, int64_t to_s) {
        struct series_view view = {t->metric, "", t->samples, t->n_samples, 0, false};
        double value = NAN;
        for (size_t i = series_from(&view, from_s); i < t->n_samples && t->samples[i].at_s < to_s; i++) {
                double v = t->samples[i].value;
                if (a->fold == FOLD_RISE)
                        v = i > 0 ? v - t->samples[i - 1].value : 0;
                else if (a->fold == FOLD_BEHIND)
                        v = (double)t->samples[i].at_s - v / 1000;
                if (isnan(value) || (a->fold == FOLD_MIN ? v < value : v > value))
                        value = v;
        }
        return value;
}

static bool is_breaching(const struct scenario *s, const struct alarm *a, double value) {
        if (isnan(value))
                return a->is_missing_breaching;
        double limit = a->is_ratio ? a->limit * (double)s->application.checkpoint_interval_ms : a->limit;
        return a->is_below ? value < limit : value > limit;
}

static size_t run_alarm(const struct scenario *s, const struct track *t, const struct alarm *a, int64_t from_s,
                        int64_t to_s, int64_t *first_s) {
        size_t n_pages = 0, run = 0;
        bool is_on = false;
        for (int64_t at_s = from_s; at_s + a->period_s <= to_s; at_s += a->period_s) {
                double value = fold(t, a, s->base_s + at_s, s->base_s + at_s + a->period_s);
                run = is_breaching(s, a, value) ? run + 1 : 0;
                if (run >= a->n && !is_on) {
                        n_pages++;
                        if (*first_s < 0 || at_s < *first_s)
                                *first_s = at_s;
                }
                is_on = run >= a->n;
        }
        return n_pages;
}

struct alarm_result alarms_run(const struct scenario *s, int64_t from_s, int64_t to_s) {
        struct alarm_result r = {.first_at_s = -1};
        for (size_t i = 0; i < ELEMENTS(alarms); i++)
                for (size_t k = 0; k < s->n_tracks; k++) {
                        if (strcmp(s->tracks[k].metric->name, alarms[i].metric) != 0)
                                continue;
                        size_t n = run_alarm(s, &s->tracks[k], &alarms[i], from_s, to_s, &r.first_at_s);
                        r.n_pages += n;
                        r.n_alarms += n > 0;
                }
        return r;
}
