/* SPDX-License-Identifier: Apache-2.0 */
/* Drives a scenario through the diagnosers and the incidents under a virtual clock, as the daemon does cycle by cycle. */
#pragma once

#include "tests/unit/diagnosers/scenario.h"

struct page {
        char *diagnoser, *subject;
        int64_t at_s; /* relative to the scenario's start, as are the others */
        enum incident_event event;
};

struct timeline_options {
        int64_t every_s;      /* 0: the scenario's */
        bool restarts;        /* forget everything but what is stored between two judgements */
        bool has_late_points; /* some points arrive up to ten minutes late */
        bool reads_by_tier;   /* only sentinels are read each minute, the others as rarely as the daemon does */
        bool cuts_to_needs;   /* the window holds no more than diagnosers_span_s says */
};

struct timeline {
        struct incident *incidents; /* all there ever were */
        size_t n_incidents, incidents_size;
        struct page *pages; /* events that somebody was told of */
        size_t n_pages, pages_size;
        char *blind[NAMES_MAX]; /* diagnosers that were blind at the last judgement */
        size_t n_blind;
        int64_t n_judgements;
};

void timeline_run(const struct scenario *s, const struct timeline_options *options, struct timeline *ret);
void timeline_done(struct timeline *t);
/* Pages that call somebody: an incident opened. */
size_t timeline_calls(const struct timeline *t);
