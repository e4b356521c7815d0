/* SPDX-License-Identifier: Apache-2.0 */
/* A run of failures without a healthy spell between them: what began it, and what followed. Of bounded size, however long it lasts. */
#pragma once

#include "faults/fault.h"

enum { EPISODE_FAULTS_MAX = 12, EPISODE_NOTES_MAX = 12 };

/* What was seen with it, by kind. */
struct note {
        const char *key, *relation; /* static text: a rule's name and reason */
        enum fault_role role;
        char *text; /* the first of its kind */
        uint64_t print;
        int64_t at_ms; /* of the first */
        size_t n;
};

struct episode {
        struct fault faults[EPISODE_FAULTS_MAX]; /* of the first burst: before the first restart was done */
        size_t n_faults;
        struct fault later; /* the first cause of a later burst; n 0: none */
        struct note notes[EPISODE_NOTES_MAX];
        size_t n_notes;
        int64_t first_ms, last_ms;
        int64_t healthy_ms;  /* last checkpoint before it, else last transition to RUNNING; 0: not seen */
        bool has_checkpoint; /* healthy_ms is that of a checkpoint */
        bool is_from_start;  /* nothing healthy was seen before it */
        unsigned burst;
        bool burst_is_over; /* the job ran again since the last failure */
        bool was_restarted; /* job or tasks ran again since the first one */
        size_t n_failures;
};

/* Takes the fault. */
void episode_add_take(struct episode *e, struct fault *f);
/* Notes what is no cause; `text` is copied. 0 or -ENOMEM. */
int episode_note(struct episode *e, const char *key, const char *relation, enum fault_role role, struct span text,
                 uint64_t print, int64_t at_ms);
/* The job runs again after a restart. */
void episode_run(struct episode *e);
/* What began it; NULL when there is no failure. */
const struct fault *episode_cause(const struct episode *e);
/* Whether only lines speak that alone mean no failure. */
bool episode_is_soft(const struct episode *e);
/* `more` came after `e` and belongs to it: kept as counts and notes. Takes it. */
void episode_merge_take(struct episode *e, struct episode *more);
void episode_done(struct episode *e);
