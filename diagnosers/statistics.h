/* SPDX-License-Identifier: Apache-2.0 */
/* What diagnosers share on samples: increases of counters, straight lines, quantiles. Nothing here takes a gap for a zero. */
#pragma once

#include "model/window.h"

/* The instant up to which the series is known: read, settled and inside the window. */
int64_t series_until_s(const struct window *w, const struct series_view *s);
/* Whether it was read lately enough for its tier to say something about now. NULL: no. */
bool series_is_fresh(const struct window *w, const struct series_view *s);
/* The newest sample when it is at most max_age_s older than the series' end, else NULL. */
const struct sample *series_last(const struct window *w, const struct series_view *s, int64_t max_age_s);

/* Increase from sample i - 1 to i of a cumulative counter: a drop is a reset and counts the new value; 0 for the first sample, whose
 * past is unknown. */
double counter_step(const struct series_view *s, size_t i);
/* 1 when the gauge of running time fell from sample i - 1 to i, else 0; -1 and gaps are never a fall. */
double uptime_step(const struct series_view *s, size_t i);
/* Sum of steps at samples in [from_s, to_s); steps over a gap of more than max_gap_s happened at an unknown time and are left out. */
double counter_increase(const struct series_view *s, int64_t from_s, int64_t to_s, int64_t max_gap_s);

/* A straight line by least squares, from running sums; times are relative to the first point so that sums keep their digits. */
struct fit {
        size_t n;
        int64_t origin_s;
        double sum_x, sum_y, sum_xx, sum_xy, sum_yy;
};
struct line {
        double slope_per_s;
        double level;       /* at origin_s */
        double correlation; /* 0 to 1: how much of a line it is; 0 for a flat one */
        int64_t origin_s;
};
void fit_add(struct fit *f, int64_t at_s, double y);
/* False with fewer than 3 points or no spread in time. */
bool fit_line(const struct fit *f, struct line *ret);
double line_at(const struct line *l, int64_t at_s);
/* Line through the samples of [from_s, to_s). */
bool series_line(const struct series_view *s, int64_t from_s, int64_t to_s, struct line *ret);

/* Reorders `values`; q in [0, 1], the lower of two neighbours. NaN when n is 0. */
double quantile(double *values, size_t n, double q);
/* Of the samples in [from_s, to_s), evenly thinned when there are many. NaN when there are fewer than min_n. */
double series_quantile(const struct series_view *s, int64_t from_s, int64_t to_s, double q, size_t min_n);

/* The same over the last span_s that were read of it; NULL: NaN. Series are read at different times: each has its own now. */
double series_recent(const struct window *w, const struct series_view *s, int64_t span_s, double q, size_t min_n);

/* How steadily it rises: medians of n (at most 32) equal parts of [from_s, to_s). */
struct rise {
        bool is_known;      /* each part holds samples */
        size_t n_steps;     /* parts above the one before, by more than a hundredth of the whole range */
        double first, last; /* medians of the first and the last part */
        struct line line;   /* through all parts */
};
struct rise series_rise(const struct series_view *s, int64_t from_s, int64_t to_s, size_t n, double q);

/* Periods of period_s that end at the series' end ("above 80 in 3 of 3 five-minute periods"). A period is above when more than half of
 * its samples are: one peak a period, such as a collected heap has, is not. */
struct periods {
        bool is_known;      /* each of the n periods holds at least half of its samples */
        bool is_above;      /* known, and each of them is above */
        int64_t onset_s;    /* start of the unbroken run of periods above that ends now */
        struct sample peak; /* the highest sample of the n periods */
        double typical;     /* their median; NaN when not above */
};
struct periods series_periods(const struct window *w, const struct series_view *s, int64_t period_s, size_t n,
                              double limit);
