/* SPDX-License-Identifier: Apache-2.0 */
/* All series, in memory: what each is called, how far it has been read, and its newest samples. Ids are 1, 2, 3 ... */
#pragma once

#include "model/sample.h"
#include "store/slots.h"
#include "store/stream.h"
#include "store/words.h"

/* As many as a poll usually reads again because they were not settled yet. */
enum { RECENT = 4 };

struct series {
        uint32_t target, application, metric, statistic, dimensions; /* words */
        uint32_t next;                                               /* of the same application: id, 0 at the end */
        int32_t period_s;
        int16_t metric_row;               /* in model/metric.h's table; -1: a metric that is not in it */
        uint8_t n_recent, recent_settled; /* a bit each: it was settled when it was put */
        int64_t read_until_s;
        uint32_t first_at_s, last_at_s; /* of all samples ever; 0 and 0: none */
        uint32_t recent_at_s[RECENT];   /* the newest, oldest first: to see that a point is known */
        double recent_values[RECENT];
        struct stream head; /* what is not folded yet */
};

/* The series of one application, in the order of their ids. */
struct series_group {
        uint32_t target, application; /* words */
        uint32_t first, last;         /* ids */
};

struct series_set {
        struct series *items; /* id - 1 is the index */
        size_t n_items, items_size;
        struct series_group *groups;
        size_t n_groups, groups_size;
        struct slots by_key, by_application;
        size_t n_stored; /* the first so many have their rows */
};

void series_set_done(struct series_set *set);
/* NULL when there is none. */
struct series *series_get(const struct series_set *set, int64_t id);
/* Finds or makes; 0 or -ENOMEM. */
int series_add(struct series_set *set, struct words *words, const struct series_key *key, uint32_t *ret_id);
/* NULL when the application has none. */
const struct series_group *series_group_find(const struct series_set *set, const struct words *words,
                                             const char *target, const char *application);
