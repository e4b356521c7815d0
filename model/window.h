/* SPDX-License-Identifier: Apache-2.0 */
/* What a diagnoser sees: one application, read-only, at one instant. */
#pragma once

#include "model/sample.h"
#include "model/severity.h"

/* The settled samples of one series, oldest first, one per period; a missing period is missing, never zero. */
struct series_view {
        const struct metric *metric;
        const char *dimensions; /* "" for the application as a whole */
        const struct sample *samples;
        size_t n_samples;
        int64_t read_until_s; /* asked for and settled up to here: beyond it nothing is known */
        bool has_older;       /* samples before the first of these can be had: findings_want_samples */
};

/* What the same diagnoser said before and is still open. */
struct prior {
        const char *diagnoser;
        const char *subject; /* as in struct finding */
        enum severity severity;
        int64_t onset_s, opened_at_s;
};

struct explanation;

struct window {
        int64_t now_s;        /* the judgement's time */
        int64_t from_s, to_s; /* span of the samples: from_s <= at_s < to_s <= now_s */
        const struct application *application;
        const struct operation *operations; /* newest last */
        size_t n_operations;
        const struct snapshot *snapshots;
        size_t n_snapshots;
        const struct series_view *series;
        size_t n_series;
        const struct prior *priors;
        size_t n_priors;
        const struct explanation *explanations; /* of investigations (model/finding.h), oldest first */
        size_t n_explanations;
        void *storage; /* what the pointers above point into: the maker's */
};

/* The application-level series, or NULL when it is not in the window. statistic NULL: the catalogue's first. */
const struct series_view *window_find(const struct window *w, const char *metric, const char *statistic);
/* The prior of that diagnoser and subject (NULL: ""), or NULL. */
const struct prior *window_prior(const struct window *w, const char *diagnoser, const char *subject);
/* Index of the first sample with at_s >= from_s (n_samples when none). */
size_t series_from(const struct series_view *s, int64_t from_s);
/* Whether at_s lies in an operation, or within settling_s after one ended; *ret_operation (may be NULL) is it. */
bool window_in_operation(const struct window *w, int64_t at_s, int64_t settling_s,
                         const struct operation **ret_operation);
