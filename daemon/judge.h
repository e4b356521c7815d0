/* SPDX-License-Identifier: Apache-2.0 */
/* From stored samples to incidents: reads a window, asks the diagnosers, lets incidents live, stores what changed. The same code judges
 * live, after a gap, and a backfilled history, always in time order. */
#pragma once

#include "daemon/config.h"
#include "incidents/incidents.h"
#include "store/store.h"

enum judge_set {
        JUDGE_ALL,
        JUDGE_EARLY, /* only those that need nothing but what is read first, while the rest is still being backfilled */
        JUDGE_THE_REST, /* the others in the past, all of them now */
};

struct judge_job {
        struct store *store;
        const struct config *config;
        const char *target, *application, *application_arn;
        int64_t from_s; /* judged before: continue from here; 0: only now */
        int64_t now_s;
        enum judge_set set;
        bool is_quiet; /* nobody is to be told, whatever it is */
        /* What these settings would have opened: begins without incidents and silences, stores nothing, tells nobody. */
        bool is_rehearsal;
        /* Called at now_s for each WANT_LOGS: true while the answer is under way and a page had better wait for it. NULL: nobody reads logs. */
        bool (*investigate)(void *arg, const char *application, const struct want *want);
        void *arg;
};

struct judge_result {
        size_t n_findings; /* at the last instant, */
        size_t n_told;     /* deliveries made */
        size_t n_wanted;   /* and logs that were asked for then */
        /* A page waits for its cause: nothing of now_s was stored. Judge again when there is an answer. */
        bool is_held;
        int64_t judged_until_s; /* the last instant that was stored; 0: none */
        bool is_suspicious; /* some finding at the last instant is a warning or more: a remark may stand for months */
        bool is_calm;       /* nothing was found then, nor is open, but remarks, each of them found again */
};

struct judge;

/* Reads what the job needs; the job and what it points to are borrowed until judge_free. 0 or -errno (store). */
int judge_new(const struct judge_job *job, struct judge **ret);
/* Judges one instant, oldest first: 1 while there are more, 0 after the last one, -errno. */
int judge_step(struct judge *j);
const struct judge_result *judge_result(const struct judge *j);
/* Those known, and those opened meanwhile; borrowed until the next step. */
const struct incident_rows *judge_incidents(const struct judge *j);
void judge_free(struct judge *j);

SCOPED_DEFINE(struct judge, judge_free)
