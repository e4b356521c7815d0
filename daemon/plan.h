/* SPDX-License-Identifier: Apache-2.0 */
/* Which applications of a target are watched, which of their series there are, and which are to be asked for now. Sends nothing. */
#pragma once

#include "collectors/collectors.h"
#include "store/store.h"

struct watched_series {
        int64_t id;
        const struct metric *metric;
        int64_t read_until_s; /* settled up to here; 0: never read */
        int64_t asked_at_s;
};

struct watched {
        char *name, *arn;
        enum metric_level level;
        int flink_version;
        bool is_running;                     /* has a job: a stopped application costs nothing */
        bool is_suspicious;                  /* something is wrong: asked for whole at each interval */
        bool is_new;                         /* not judged yet by this process */
        int64_t described_at_s, listed_at_s; /* facts; operations and snapshots */
        int64_t judged_until_s;
        int64_t retry_at_s; /* facts could not be read: not before */
        struct watched_series *series;
        size_t n_series, series_size;
};

struct plan {
        const char *target; /* borrowed */
        struct watched *applications;
        size_t n_applications, applications_size;
};

struct plan_times {
        int64_t now_s, interval_s, settle_s, backfill_s;
};

void plan_done(struct plan *p);
struct watched *plan_find(struct plan *p, const char *name);
/* Adds and forgets so that exactly the names that match `globs` are watched. *ret_added, *ret_removed may be NULL. 0 or -ENOMEM. */
int plan_set_names(struct plan *p, char *const *names, size_t n, const char *globs, size_t *ret_added,
                   size_t *ret_removed);
/* Takes over newly read facts and finds the series that this runtime and metrics level publish. 0 or -errno. */
int plan_describe(struct plan *p, struct store *store, const struct application *facts);
/* After a poll: how far each series has been read. 0 or -errno. */
int plan_refresh(struct plan *p, struct store *store);

/* Queries that are due up to and including `tier`; an application that was never read is asked for its whole backfill. Marks them as asked.
 * *ret (the caller frees) borrows names from the plan. 0 or -ENOMEM. */
int plan_due(struct plan *p, const struct plan_times *t, enum metric_tier tier, struct metric_query **ret,
             size_t *ret_n);
/* They were not answered: due again. */
void plan_not_asked(struct plan *p, const struct metric_query *queries, size_t n);
/* Whether some sentinel has never been read, i.e. there is a backfill to do. */
bool plan_is_new(const struct plan *p);
