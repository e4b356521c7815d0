/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents that were over before their logs could be read, as in the past of a first start: which of them to look into, and their cause
 * once it is known. Nobody is told; whoever sees the same fault again is told that it was there before. */
#pragma once

#include "model/finding.h"
#include "store/store.h"

struct hindsight {
        const char *target, *application;
        int64_t since_s, now_s; /* older incidents are left as they are */
};

struct hindsight_result {
        struct want want; /* the oldest episode whose log is to be read, when there is one */
        int64_t over_s;   /* the end of that episode */
        int64_t again_s;  /* when there may be something to do, when there is nothing now; INT64_MAX: no more */
        bool has_news;    /* something is known now of a later episode */
};

/* Puts the explanations that there are on their incidents. 1: there is an episode whose log is to be read; 0: there is none; -errno. */
int hindsight_look(struct store *s, const struct hindsight *h, struct hindsight_result *ret);
