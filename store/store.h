/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is kept: SQLite behind samples, facts, incidents and the outbox. Errors are -errno (-EIO, -ENOSPC, -EBUSY ...); the
 * reason is in store_error(). Every writing call is one transaction: when it returns 0, a crash or kill -9 cannot undo it. A power cut
 * cannot undo what receivers are told (store_apply with an event, store_settle_delivery: fsync at the commit); it may undo the newest
 * samples and facts, together with store_read_until, so that the next poll reads them again: an fsync a poll would buy nothing. */
#pragma once

#include "model/delivery.h"
#include "model/silence.h"
#include "util/err.h"

struct store;

/* Creates or migrates the database file, mode 0600. One that was not closed in order is checked; a corrupt one is moved aside as
 * PATH.corrupt-N (*ret_moved, when not NULL, says so) and a new one begun. -EPROTO: it was made by a newer version. */
int store_open(const char *path, struct store **ret, bool *ret_moved, struct err *reterr);
void store_free(struct store *s);
/* The last failure's reason, for logs; valid until the next call. */
const char *store_error(const struct store *s);
/* Random text made with the database, part of each delivery id. */
const char *store_instance(const struct store *s);

/* Samples. */
int store_series(struct store *s, const struct series_key *key, int64_t *ret_id); /* finds or makes; cached */
/* All of a batch, which is of one target: upsert, one transaction. -EINVAL, and nothing is stored, when a point has no finite value,
 * an impossible time (before 1970, after 2105) or an id that is not from store_series. */
int store_put(struct store *s, const struct batch *b);
/* How far a series has been read and settled without a hole, a multiple of its period: where the next poll has to begin; 0 when never. */
int store_read_until(struct store *s, int64_t series_id, int64_t *ret_until_s);
/* Cursor over [from_s, to_s), oldest first: up to `max` samples into `into`, *ret_n == 0 at the end. step_s > 0: one sample per step,
 * folded by the series' statistic (Maximum: max, Minimum: min, Sum: sum, else mean). */
struct store_cursor;
enum store_fold { STORE_FOLD_MEAN, STORE_FOLD_MAX, STORE_FOLD_MIN, STORE_FOLD_SUM, STORE_FOLD_COUNT, STORE_FOLD_LAST };
int store_samples(struct store *s, int64_t series_id, int64_t from_s, int64_t to_s, int64_t step_s,
                  struct store_cursor **ret);
int store_cursor_next(struct store_cursor *c, struct sample *into, size_t max, size_t *ret_n);
/* What a step says of its samples instead; before the first store_cursor_next. */
void store_cursor_fold(struct store_cursor *c, enum store_fold fold);
void store_cursor_free(struct store_cursor *c);
/* Newest sample of a series: 0, or 1 when there is none. */
int store_newest(struct store *s, int64_t series_id, struct sample *ret);
/* Whether a stored sample is settled and when it was first seen (tests, `history --json`). */
int store_sample_state(struct store *s, int64_t series_id, int64_t at_s, bool *ret_is_settled,
                       int64_t *ret_first_seen_s);

struct series_row {
        int64_t id;
        char *target, *application, *metric, *statistic, *dimensions;
        int64_t first_at_s, last_at_s; /* 0: no sample */
};
struct series_rows {
        struct series_row *rows;
        size_t n_rows, rows_size;
};
/* target and application NULL: all. */
int store_list_series(struct store *s, const char *target, const char *application, struct series_rows *ret);
void series_rows_done(struct series_rows *r);

/* Facts. */
struct application_rows {
        struct application *rows;
        size_t n_rows, rows_size;
};
/* Without their job plans, which can be many times as large as all else. */
int store_list_applications(struct store *s, const char *target, struct application_rows *ret);
void application_rows_done(struct application_rows *r);
/* 0, or 1 when it is not known; the caller's application_done. */
int store_application(struct store *s, const char *target, const char *name, struct application *ret);

/* What a diagnoser is to see. */
struct window_spec {
        const char *target, *application;
        int64_t now_s;
        int64_t settled_before_s; /* samples whose period ends later are left out */
        bool only_samples;        /* no facts, no priors, no explanations: that takes a question to the database each */
        const struct window_need {
                const struct metric *metric;
                int64_t span_s;
                bool only_newest; /* of the span's samples no more than the last one has to be there */
        } * needs;
        size_t n_needs;
};
/* -ENOENT: nothing is known of the application (but not where only samples are asked for). Free with window_free. */
int store_read_window(struct store *s, const struct window_spec *spec, struct window **ret);
void window_free(struct window *w);

/* What investigations found. Storing one replaces those on the same episode (EXPLANATION_NEAR_S apart). */
int store_put_explanation(struct store *s, struct explanation *v);
struct explanation_rows {
        struct explanation *rows;
        size_t n_rows, rows_size;
};
/* Of episodes that began at from_s or later, oldest onset first. */
int store_list_explanations(struct store *s, const char *target, const char *application, int64_t from_s,
                            struct explanation_rows *ret);
void explanation_rows_done(struct explanation_rows *r);
/* The newest incident that was over before `before_s` and had a cause with this fingerprint, at that application if there is one: 0, or 1
 * when there is none. */
int store_find_fault(struct store *s, const char *fingerprint, const char *target, const char *application,
                     int64_t before_s, struct incident *ret);

/* Incidents and the outbox. */
struct incident_filter {
        const char *target;      /* NULL: any; exact */
        const char *application; /* NULL: any; glob */
        const char *diagnoser;   /* NULL: any */
        int64_t id;              /* 0: any */
        int64_t since_s;         /* open, or resolved at or after this; 0: see only_open */
        bool only_open;
        bool only_heads; /* without evidence, advice, symptoms, cause and what is suppressed: a tenth of the work */
};
struct incident_rows {
        struct incident *rows;
        size_t n_rows, rows_size;
};
int store_list_incidents(struct store *s, const struct incident_filter *f,
                         struct incident_rows *ret); /* newest opened first */
void incident_rows_done(struct incident_rows *r);
/* Likewise their numbers alone: who shows many reads them one by one. */
struct incident_ids {
        int64_t *items;
        size_t n_items, items_size;
};
int store_list_incident_ids(struct store *s, const struct incident_filter *f, struct incident_ids *ret);
void incident_ids_done(struct incident_ids *ids);
/* Incidents, their revisions and one outbox row per notifier, in one transaction. Gives new incidents their ids (written to *t). */
int store_apply(struct store *s, struct transitions *t);

struct timeline_row {
        int64_t at_s;
        char *kind; /* "opened" ... , "delivered", "refused", "acknowledged" */
        char *text; /* "slack oncall, 2nd attempt" */
};
struct timeline_rows {
        struct timeline_row *rows;
        size_t n_rows, rows_size;
};
int store_timeline(struct store *s, int64_t incident_id, struct timeline_rows *ret); /* oldest first */
void timeline_rows_done(struct timeline_rows *r);

/* What happened: operations, changes of incidents, deliveries. */
struct event_row {
        int64_t id; /* grows with each that becomes known */
        int64_t at_s;
        char *target, *application;
        int64_t incident;       /* 0: of an operation */
        enum severity severity; /* of the incident, as it was then */
        char *operation;        /* NULL: of an incident */
        char *name;             /* "began", "ended"; else as in a timeline: "opened", "delivered" ... */
        char *text;
};
struct event_rows {
        struct event_row *rows;
        size_t n_rows, rows_size;
};
/* One page at a time: up to EVENT_PAGE rows are looked at, those that match are appended, and the filter moves on. 1 when there may be more. */
enum { EVENT_PAGE = 128 };
struct event_filter {
        const char *target;      /* NULL: any; exact */
        const char *application; /* NULL: any; glob */
        int64_t since_s;
        bool is_by_time;    /* oldest first, else in the order in which they became known */
        int64_t after_id;   /* those behind this one, */
        int64_t after_at_s; /* and by time, behind (after_at_s, after_id) */
};
int store_next_events(struct store *s, struct event_filter *f, struct event_rows *ret);
void event_rows_done(struct event_rows *r);
/* Told when something has been added that store_next_events will find as soon as the transaction is over: `fn` is called from within it
 * and may not use the store. */
struct store_listener {
        struct store_listener *next, **link;
        void (*fn)(void *arg);
        void *arg;
};
void store_listen(struct store *s, struct store_listener *l);
/* A zeroed one is not listening. */
void store_unlisten(struct store_listener *l);

/* Silences. Adding gives the id; both are noted on the open incidents that they are about. */
struct silence_rows {
        struct silence *rows;
        size_t n_rows, rows_size;
};
int store_add_silence(struct store *s, struct silence *silence);
/* -ENOENT: there is none of that id; -EALREADY: it is over. *ret: as it is then. */
int store_end_silence(struct store *s, int64_t id, int64_t now_s, const char *by, struct silence *ret);
/* Newest first. */
int store_list_silences(struct store *s, int64_t ends_after_s, struct silence_rows *ret);
void silence_rows_done(struct silence_rows *r);
/* Grows with each acknowledgement and each silence: what was read of incidents before is out of date. */
int64_t store_decisions(const struct store *s);

/* What waits for a notifier, oldest first; no more than WAITING_ROWS_MAX of it. */
enum { WAITING_ROWS_MAX = 500 };
struct waiting_rows {
        struct waiting *rows;
        size_t n_rows, rows_size;
};
int store_list_waiting(struct store *s, const char *notifier, struct waiting_rows *ret);
void waiting_rows_done(struct waiting_rows *r);
/* One row as it is to be sent; of several, whose order is kept, the digest, which is noted first: from then on they go together.
 * -ENOENT: one of them is not pending. */
int store_take_delivery(struct store *s, const int64_t *ids, size_t n, struct delivery *ret);
/* For a receiver where each incident has one page from its beginning to its end, opened by its first event alone or by a digest of such.
 * is_told of what is not, or may not be, the first that the notifier hears of its incident. */
int store_mark_told(struct store *s, const char *notifier, struct waiting_rows *rows);
/* As store_take_delivery, but the disk has it first that a row is tried alone, too; and of an event on the page of a digest page_id and
 * parts are filled: the incidents of that page as they are now. */
int store_take_page(struct store *s, const int64_t *ids, size_t n, struct delivery *ret);
/* OUTCOME_RETRY: again at retry_at_s. Settles all of a digest that the row is part of; a refused digest falls apart into rows that go
 * alone. -ENOENT: it is not pending. */
int store_settle_delivery(struct store *s, int64_t outbox_id, enum outcome outcome, int64_t now_s, int64_t retry_at_s,
                          const char *reason);
/* The last that a notifier took of each incident that is open, by incident, from the first after after_incident_id on: a digest of no
 * more than DIGEST_PARTS_MAX; 1 when there is none. */
int store_standing(struct store *s, const char *notifier, int64_t after_incident_id, struct delivery *ret);
/* Messages that a notifier took after `after_s`, and when it took the newest one (0: none). */
int store_sent(struct store *s, const char *notifier, int64_t after_s, int64_t *ret_n, int64_t *ret_newest_s);
/* That it works (error NULL) or does not, learned from something that is in no outbox. */
int store_note_notifier(struct store *s, const char *name, int64_t now_s, const char *error);

/* What `status` says of the daemon, its targets and its notifiers. */
struct target_state {
        char *name, *region;
        int64_t polled_at_s, failed_at_s; /* last success, last failure */
        char *error;                      /* why the newest poll failed; NULL when it did not */
        int64_t metrics_requested; /* since the month began (UTC), counted by store_put; store_put_target ignores it */
};
struct target_states {
        struct target_state *rows;
        size_t n_rows, rows_size;
};
int store_put_target(struct store *s, const struct target_state *t);
int store_list_targets(struct store *s, struct target_states *ret);
void target_states_done(struct target_states *r);

/* What CloudWatch bills by: the metrics that were asked for in a calendar month (UTC). */
struct usage {
        int64_t from_s, to_s; /* the month */
        int64_t metrics_requested;
        int64_t by_tier[N_TIERS]; /* less than metrics_requested in all when some were counted before tiers were */
};
/* Of the month that at_s lies in; target NULL: of all. */
int store_usage(struct store *s, const char *target, int64_t at_s, struct usage *ret);
/* Where the month (UTC) begins that is `months` after the one of at_s. */
int64_t store_month_from(int64_t at_s, int months);

struct notifier_state {
        char *name;
        int64_t delivered_at_s, failed_at_s, pending;
        int64_t failing_since_s; /* first failure after the last success; 0: it works */
        char *error;             /* NULL: it works */
};
struct notifier_states {
        struct notifier_state *rows;
        size_t n_rows, rows_size;
};
int store_list_notifiers(struct store *s, struct notifier_states *ret);
void notifier_states_done(struct notifier_states *r);

/* When the newest sample of all series was; 0: there is none. */
int64_t store_latest_s(const struct store *s);
/* Removes what is older than retention (samples by whole days), a bounded piece a call; 1 when there is more to do. */
int store_retain(struct store *s, int64_t before_s);
/* A bounded piece (a few milliseconds) of folding samples into smaller forms: 1 when there is more to do. To be called until it answers 0,
 * at least every few minutes: what is not folded stays in memory. */
int store_maintain(struct store *s, int64_t now_s);
/* Gives back what only makes the next call quicker: pages, unpacked history, the packer. For when nothing is to be done for a while. */
void store_rest(struct store *s);
/* SQLite has found the file corrupt: nothing can be relied on until it is closed and opened again, which checks it whole. */
bool store_is_damaged(const struct store *s);
/* Pieces of history that were found damaged and left out since the store was opened. */
int64_t store_unreadable(const struct store *s);

SCOPED_DEFINE(struct store, store_free)
SCOPED_DEFINE(struct store_cursor, store_cursor_free)
SCOPED_DEFINE(struct window, window_free)
SCOPED_DEFINE_VALUE(struct series_rows, series_rows_done)
SCOPED_DEFINE_VALUE(struct application_rows, application_rows_done)
SCOPED_DEFINE_VALUE(struct incident_rows, incident_rows_done)
SCOPED_DEFINE_VALUE(struct incident_ids, incident_ids_done)
SCOPED_DEFINE_VALUE(struct silence_rows, silence_rows_done)
SCOPED_DEFINE_VALUE(struct timeline_rows, timeline_rows_done)
SCOPED_DEFINE_VALUE(struct event_rows, event_rows_done)
SCOPED_DEFINE_VALUE(struct explanation_rows, explanation_rows_done)
SCOPED_DEFINE_VALUE(struct waiting_rows, waiting_rows_done)
SCOPED_DEFINE_VALUE(struct target_states, target_states_done)
SCOPED_DEFINE_VALUE(struct notifier_states, notifier_states_done)
