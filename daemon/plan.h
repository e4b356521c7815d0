/* SPDX-License-Identifier: Apache-2.0 */
/* Which applications of a target are watched, which of their series there are, and which are to be asked for now. Sends nothing. */
#pragma once

#include "collectors/collectors.h"
#include "store/store.h"

enum plan_fact { FACT_APPLICATION, FACT_OPERATIONS, FACT_SNAPSHOTS };
enum { PLAN_FACTS = FACT_SNAPSHOTS + 1 };

struct watched_series {
        int64_t id;
        const struct metric *metric; /* of the catalogue, or the plan's own */
        const char *dimensions;      /* as in struct series_key; owned unless "" */
        bool is_found, is_listed;    /* ListMetrics named it, and did so the last time */
        uint32_t asked_pace_s;       /* the plan's pace_s at asked_at_s */
        int64_t read_until_s;        /* settled up to here; 0: never read */
        int64_t asked_at_s;
        struct sample newest; /* at_s 0: none was ever seen */
};

struct watched {
        char *name, *arn;
        uint32_t hash; /* of its name: its turn among the others */
        char *status;  /* as last described */
        int64_t version_id;
        enum metric_level level;
        int flink_version;
        bool is_running;             /* has a job: a stopped application costs nothing */
        bool is_suspicious;          /* something is wrong: asked for whole at each interval */
        bool is_new;                 /* not judged yet by this process */
        bool has_news;               /* its cause was found, or is not to be waited for: judge it again */
        bool is_calm;                /* when it was last judged nothing was found, nor is open, but remarks */
        bool has_come;               /* facts or metrics, since it was judged, that may change the judgement */
        bool is_changed[PLAN_FACTS]; /* to be read at once */
        int64_t gone_at_s;           /* ListApplications does not name it any more; 0: it does */
        int64_t described_at_s;
        int64_t asked_at_s[PLAN_FACTS];    /* per kind of fact */
        int64_t answered_at_s[PLAN_FACTS]; /* the last asked_at_s that was answered */
        int64_t judged_until_s;
        int64_t judged_at_s;    /* the last time that it was looked at all over */
        int64_t look_back_at_s; /* what was over before its logs were read is to be looked for then; INT64_MAX: no more */
        int64_t restarted_at_s; /* its running time was last seen to fall */
        int64_t retry_at_s;     /* facts could not be read: not before */
        int64_t log_asked_at_s; /* whether its log stream exists; 0: to be asked at once */
        bool is_log_missing;    /* the answer */
        struct watched_series *series;
        size_t n_series, series_size;
        size_t n_needed, n_others, n_left_out, n_said; /* of those that ListMetrics named */
};

struct plan {
        const char *target; /* borrowed */
        struct watched *applications;
        size_t n_applications, applications_size;
        struct plan_place { /* where a series is, by its id */
                uint32_t application, series;
                bool is_set;
        } * places;
        size_t n_places, places_size;
        double pace_s; /* a clock that goes slower by what the slower tiers are stretched: their turns are counted on it */
        int64_t paced_at_s;   /* when it showed that; 0: not begun */
        uint32_t n_turns;     /* into which the applications are divided */
        struct metric **rows; /* of series that the catalogue does not have, or not at that pace */
        size_t n_rows, rows_size;
};

enum plan_scope { PLAN_EARLY /* what shows restarts, where it was never read */, PLAN_ALL };

/* How many times more rarely than planned, so that a budget is kept. 0 is 1: as planned; HUGE_VAL: not at all. */
struct stretch {
        double sentinels, others;
};

struct plan_times {
        int64_t now_s, interval_s, settle_s, backfill_s;
        struct stretch stretch;
        size_t at_most; /* metrics in this round, sentinels first; 0: as many as are due */
};

void plan_done(struct plan *p);
struct watched *plan_find(struct plan *p, const char *name);
/* Adds and forgets so that exactly the names that match `globs` are watched. *ret_added, *ret_removed may be NULL. 0 or -ENOMEM. */
int plan_set_names(struct plan *p, const struct listed_application *names, size_t n, const char *globs,
                   size_t *ret_added, size_t *ret_removed);
/* Whether ListApplications says something else than what was last described. */
bool watched_has_changed(const struct watched *w, const struct listed_application *listed);
/* Something is going on: an operation, a restart a moment ago, an open warning. */
bool watched_is_restless(const struct watched *w, int64_t now_s);
/* Takes over newly read facts and finds the series that this runtime and metrics level publish. 0 or -errno. */
int plan_describe(struct plan *p, struct store *store, const struct application *facts);
/* Series that ListMetrics names, page by page; after the last one those that it names no more are forgotten. 0 or -errno. */
void plan_begin_found(struct plan *p);
int plan_take_found(struct plan *p, struct store *store, const struct batch *page);
int plan_end_found(struct plan *p);
/* For plan_found.c. */
void plan_found_done(struct plan *p);
int plan_add_series(struct plan *p, struct store *store, struct watched *w, const struct metric *m,
                    const char *dimensions, struct watched_series **ret);
int plan_set_places(struct plan *p);
void watched_series_done(struct watched_series *s);

/* After a poll: how far each series has been read. 0 or -errno. */
int plan_refresh(struct plan *p, struct store *store);

/* Queries that are due; an application that was never read is asked for its whole backfill. Marks them as asked. *ret (the caller frees)
 * borrows names from the plan. 0 or -ENOMEM. */
int plan_due(struct plan *p, const struct plan_times *t, enum plan_scope scope, struct metric_query **ret,
             size_t *ret_n);
/* Metrics that are asked for in an hour as things stand, by tier; application NULL: of all. */
void plan_demand(struct plan *p, const struct plan_times *t, const char *application, double ret_per_hour[N_TIERS]);
/* Takes note of new points: which series there are at all, and whose running time fell. */
void plan_note(struct plan *p, const struct batch *b, int64_t now_s);
/* plan_news.c: whether it must be judged in this round. A calm one of which no more has come than that it goes on running is judged when
 * its slower tiers were read, and as often as those at the latest. */
bool watched_is_to_be_judged(const struct watched *w, const struct plan_times *t);
/* It was judged, or need not be. */
void watched_note_judged(struct watched *w, int64_t at_s, bool is_calm);
/* Marks the applications of which something came. */
void plan_note_news(struct plan *p, const struct batch *b);
/* They were not answered: due again. */
void plan_not_asked(struct plan *p, const struct metric_query *queries, size_t n);
/* Whether some application has never been read, i.e. there is a backfill to do. */
bool plan_is_new(const struct plan *p);
