/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosers/statistics.h"

#include <math.h>
#include <stdlib.h>

#include "util/scope.h"

enum { QUANTILE_MAX = 512, RISE_MAX = 32 };

int64_t series_until_s(const struct window *w, const struct series_view *s) {
        return s->read_until_s < w->to_s ? s->read_until_s : w->to_s;
}

bool series_is_fresh(const struct window *w, const struct series_view *s) {
        /* Room for the tiers' multiples of an interval of up to five minutes. */
        static const int64_t tolerated_s[N_TIERS] = {
                [TIER_SENTINEL] = 1800, [TIER_DIAGNOSIS] = 7200, [TIER_SLOW] = 6 * 3600, [TIER_RARE] = 36 * 3600};
        return s && s->read_until_s > 0 && w->now_s - s->read_until_s <= tolerated_s[s->metric->tier];
}

const struct sample *series_last(const struct window *w, const struct series_view *s, int64_t max_age_s) {
        if (!series_is_fresh(w, s) || s->n_samples == 0)
                return NULL;
        const struct sample *last = &s->samples[s->n_samples - 1];
        return series_until_s(w, s) - last->at_s <= max_age_s ? last : NULL;
}

double counter_step(const struct series_view *s, size_t i) {
        if (i == 0)
                return 0;
        double now = s->samples[i].value, before = s->samples[i - 1].value;
        if (now < 0 || before < 0)
                return 0;
        return now >= before ? now - before : now;
}

double uptime_step(const struct series_view *s, size_t i) {
        if (i == 0)
                return 0;
        double now = s->samples[i].value, before = s->samples[i - 1].value;
        return now >= 0 && before > now ? 1 : 0;
}

double counter_increase(const struct series_view *s, int64_t from_s, int64_t to_s, int64_t max_gap_s) {
        double sum = 0;
        for (size_t i = series_from(s, from_s); i < s->n_samples && s->samples[i].at_s < to_s; i++)
                if (i > 0 && s->samples[i].at_s - s->samples[i - 1].at_s <= max_gap_s)
                        sum += counter_step(s, i);
        return sum;
}

void fit_add(struct fit *f, int64_t at_s, double y) {
        if (f->n++ == 0)
                f->origin_s = at_s;
        double x = (double)(at_s - f->origin_s);
        f->sum_x += x;
        f->sum_y += y;
        f->sum_xx += x * x;
        f->sum_xy += x * y;
        f->sum_yy += y * y;
}

bool fit_line(const struct fit *f, struct line *ret) {
        if (f->n < 3)
                return false;
        double n = (double)f->n;
        double spread_x = f->sum_xx - f->sum_x * f->sum_x / n, spread_y = f->sum_yy - f->sum_y * f->sum_y / n;
        double shared = f->sum_xy - f->sum_x * f->sum_y / n;
        if (spread_x <= 0)
                return false;
        double slope = shared / spread_x;
        /* What rounding leaves of the spread of equal values is no spread. */
        bool is_flat = spread_y <= 1e-12 * (f->sum_yy + 1);
        *ret = (struct line){
                .slope_per_s = is_flat ? 0 : slope,
                .level = (f->sum_y - slope * f->sum_x) / n,
                .correlation = is_flat ? 0 : fmin(1, fabs(shared) / sqrt(spread_x * spread_y)),
                .origin_s = f->origin_s,
        };
        return true;
}

double line_at(const struct line *l, int64_t at_s) {
        return l->level + l->slope_per_s * (double)(at_s - l->origin_s);
}

bool series_line(const struct series_view *s, int64_t from_s, int64_t to_s, struct line *ret) {
        struct fit f = {0};
        for (size_t i = series_from(s, from_s); i < s->n_samples && s->samples[i].at_s < to_s; i++)
                fit_add(&f, s->samples[i].at_s, s->samples[i].value);
        return fit_line(&f, ret);
}

double series_recent(const struct window *w, const struct series_view *s, int64_t span_s, double q, size_t min_n) {
        int64_t until_s = s ? series_until_s(w, s) : 0;
        return s ? series_quantile(s, until_s - span_s, until_s, q, min_n) : NAN;
}

struct rise series_rise(const struct series_view *s, int64_t from_s, int64_t to_s, size_t n, double q) {
        struct rise r = {.first = NAN, .last = NAN};
        struct fit fit = {0};
        double parts[RISE_MAX], least = INFINITY, most = -INFINITY;
        if (n < 2 || n > RISE_MAX)
                return r;
        int64_t part_s = (to_s - from_s) / (int64_t)n;
        for (size_t i = 0; i < n; i++) {
                int64_t at_s = from_s + (int64_t)i * part_s;
                parts[i] = series_quantile(s, at_s, at_s + part_s, q, 1);
                if (isnan(parts[i]))
                        return r;
                least = fmin(least, parts[i]);
                most = fmax(most, parts[i]);
                fit_add(&fit, at_s + part_s / 2, parts[i]);
        }
        for (size_t i = 1; i < n; i++)
                r.n_steps += parts[i] > parts[i - 1] + (most - least) / 100;
        r.first = parts[0];
        r.last = parts[n - 1];
        r.is_known = fit_line(&fit, &r.line);
        return r;
}

/* Hoare's selection: values[k] is then the one that sorting would put there. */
static void select_nth(double *values, size_t n, size_t k) {
        size_t low = 0, high = n - 1;
        while (low < high) {
                double pivot = values[low + (high - low) / 2];
                size_t i = low, j = high;
                for (;;) {
                        while (values[i] < pivot)
                                i++;
                        while (values[j] > pivot)
                                j--;
                        if (i >= j)
                                break;
                        double swapped = values[i];
                        values[i++] = values[j];
                        values[j--] = swapped;
                }
                if (k <= j)
                        high = j;
                else
                        low = j + 1;
        }
}

static double least_of(const double *values, size_t n) {
        double least = values[0];
        for (size_t i = 1; i < n; i++)
                least = fmin(least, values[i]);
        return least;
}

double quantile(double *values, size_t n, double q) {
        if (n == 0)
                return NAN;
        size_t k = (size_t)(q * (double)(n - 1));
        if (k == 0)
                return least_of(values, n);
        select_nth(values, n, k);
        return values[k];
}

double series_quantile(const struct series_view *s, int64_t from_s, int64_t to_s, double q, size_t min_n) {
        double values[QUANTILE_MAX];
        size_t first = series_from(s, from_s), end = series_from(s, to_s), n = 0;
        if (end - first < min_n)
                return NAN;
        size_t stride = (end - first) / QUANTILE_MAX + 1;
        for (size_t i = first; i < end; i += stride)
                values[n++] = s->samples[i].value;
        return quantile(values, n, q);
}

struct period {
        size_t n, n_above;
        struct sample peak;
};

static struct period fold_period(const struct series_view *s, int64_t from_s, int64_t to_s, double limit) {
        struct period p = {.peak.value = -INFINITY};
        for (size_t i = series_from(s, from_s); i < s->n_samples && s->samples[i].at_s < to_s; i++) {
                p.n++;
                p.n_above += s->samples[i].value > limit;
                if (s->samples[i].value > p.peak.value)
                        p.peak = s->samples[i];
        }
        return p;
}

struct periods series_periods(const struct window *w, const struct series_view *s, int64_t period_s, size_t n,
                              double limit) {
        struct periods result = {.is_known = n > 0, .is_above = n > 0, .peak.value = -INFINITY, .typical = NAN};
        int64_t end_s = series_until_s(w, s);
        size_t enough = (size_t)(period_s / s->metric->period_s / 2);
        size_t k = 0;
        for (; s->n_samples > 0 && end_s - (int64_t)k * period_s > s->samples[0].at_s; k++) {
                int64_t to_s = end_s - (int64_t)k * period_s;
                struct period p = fold_period(s, to_s - period_s, to_s, limit);
                bool is_known = p.n > 0 && p.n >= enough, is_above = is_known && 2 * p.n_above > p.n;
                if (k < n) {
                        result.is_known = result.is_known && is_known;
                        result.is_above = result.is_above && is_above;
                        if (p.peak.value > result.peak.value)
                                result.peak = p.peak;
                }
                if (!is_above)
                        break;
                result.onset_s = to_s - period_s;
        }
        if (k < n) {
                /* The loop broke off: look at the rest only for what is known. */
                result.is_above = false;
                for (; k < n; k++) {
                        int64_t to_s = end_s - (int64_t)k * period_s;
                        struct period p = fold_period(s, to_s - period_s, to_s, limit);
                        result.is_known = result.is_known && p.n > 0 && p.n >= enough;
                }
        }
        if (result.is_above)
                result.typical = series_quantile(s, end_s - (int64_t)n * period_s, end_s, 0.5, 1);
        return result;
}
