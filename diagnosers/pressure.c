/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosers/pressure.h"

#include <string.h>

#include "diagnosers/statistics.h"
#include "util/scope.h"

bool pressure_is_building(const struct window *w) {
        static const struct {
                const char *metric;
                double limit;
        } limits[] = {{"backPressuredTimeMsPerSecond", 400},
                      {"heapMemoryUtilization", 80},
                      {"oldGenerationGCTime", 6000},
                      {"containerCPUUtilization", 80}};
        for (size_t i = 0; i < w->n_series; i++)
                for (size_t k = 0; k < ELEMENTS(limits); k++) {
                        const struct series_view *s = &w->series[i];
                        int64_t until_s = series_until_s(w, s);
                        if (strcmp(s->metric->name, limits[k].metric) == 0 && series_is_fresh(w, s) &&
                            series_quantile(s, until_s - 300, until_s, 0.5, 1) > limits[k].limit)
                                return true;
                }
        return false;
}

const struct series_view *lag_of_source(const struct window *w) {
        const struct series_view *ms = window_find(w, "millisBehindLatest", NULL),
                                 *records = window_find(w, "records_lag_max", NULL);
        const struct sample *last = ms ? series_last(w, ms, 900) : NULL;
        if (last && last->value >= 0)
                return ms;
        return records && series_last(w, records, 900) ? records : NULL;
}

double lag_sign(const struct series_view *lag) {
        return lag->metric->unit == UNIT_MS ? 120000 : 10000;
}

bool lag_is_building(const struct window *w) {
        const struct series_view *lag = lag_of_source(w);
        int64_t until_s = lag ? series_until_s(w, lag) : 0;
        if (!lag)
                return false;
        struct rise r = series_rise(lag, until_s - 900, until_s, 3, 0.5);
        return r.is_known && r.n_steps == 2 && r.last > lag_sign(lag) && r.last > r.first + lag_sign(lag) / 2;
}
