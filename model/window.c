/* SPDX-License-Identifier: Apache-2.0 */
#include "model/window.h"

#include <string.h>

#include "util/text.h"

const struct series_view *window_find(const struct window *w, const char *metric, const char *statistic) {
        for (size_t i = 0; i < w->n_series; i++) {
                const struct series_view *s = &w->series[i];
                if (strcmp(s->metric->name, metric) == 0 && s->dimensions[0] == '\0' &&
                    (!statistic || strcmp(s->metric->statistic, statistic) == 0))
                        return s;
        }
        return NULL;
}

const struct prior *window_prior(const struct window *w, const char *diagnoser, const char *subject) {
        for (size_t i = 0; i < w->n_priors; i++)
                if (strcmp(w->priors[i].diagnoser, diagnoser) == 0 && text_same(w->priors[i].subject, subject))
                        return &w->priors[i];
        return NULL;
}

size_t series_from(const struct series_view *s, int64_t from_s) {
        size_t low = 0, high = s->n_samples;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (s->samples[middle].at_s < from_s)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

bool window_in_operation(const struct window *w, int64_t at_s, int64_t settling_s,
                         const struct operation **ret_operation) {
        for (size_t i = w->n_operations; i-- > 0;) {
                const struct operation *o = &w->operations[i];
                bool has_ended = o->ended_at_s > 0 && at_s > o->ended_at_s + settling_s;
                if (o->started_at_s > 0 && at_s >= o->started_at_s && !has_ended) {
                        if (ret_operation)
                                *ret_operation = o;
                        return true;
                }
        }
        return false;
}
