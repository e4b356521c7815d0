/* SPDX-License-Identifier: Apache-2.0 */
#include "model/window.h"

#include <string.h>

#include "util/text.h"

const struct series_view *window_find(const struct window *w, const char *metric, const char *statistic) {
        for (size_t i = 0; i < w->n_series; i++) {
                const struct series_view *s = &w->series[i];
                if (s->dimensions[0] == '\0' && text_is(s->metric->name, metric) &&
                    (!statistic || text_is(s->metric->statistic, statistic)))
                        return s;
        }
        return NULL;
}

const struct prior *window_prior(const struct window *w, const char *diagnoser, const char *subject) {
        for (size_t i = 0; i < w->n_priors; i++)
                if (text_is(w->priors[i].diagnoser, diagnoser) && text_same(w->priors[i].subject, subject))
                        return &w->priors[i];
        return NULL;
}

static bool is_before(const struct series_view *s, size_t i, int64_t at_s) {
        return s->samples[i].at_s < at_s;
}

/* Samples come at a steady pace: the place is guessed from the end, and gaps make it lie further right. From the guess in growing steps
 * to either side, then by halves between. */
size_t series_from(const struct series_view *s, int64_t from_s) {
        size_t n = s->n_samples, low = 0, high = n, step = 1;
        if (n == 0 || is_before(s, n - 1, from_s))
                return n;
        uint64_t back = (uint64_t)(s->samples[n - 1].at_s - from_s) / (uint64_t)s->metric->period_s;
        size_t guess = back < n ? n - 1 - (size_t)back : 0;
        for (; guess < n && is_before(s, guess, from_s); step *= 2) {
                low = guess + 1;
                guess += step;
        }
        if (guess < n)
                high = guess;
        for (step = 1; low < high; step *= 2) {
                size_t probe = high - low > step ? high - step : low;
                if (is_before(s, probe, from_s)) {
                        low = probe + 1;
                        break;
                }
                high = probe;
        }
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (is_before(s, middle, from_s))
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
