/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share: the store's insides.
 *
 * The way of a sample: store_put writes it to the journal (a packed row for each put) and to the head of its series (memory). Every two
 * hours the heads become a run: one packed row for 32 series. Once a day the runs are packed into days: again a row for 32 series and a
 * day, for good, and the hours are folded into the rollup. Each layer lies over the ones before it: a correction is a sample that comes
 * again in a newer layer. What is in the journal and not in a run is read into the heads at the start.
 *
 * The files, by what they are for:
 *   the database          db schema open record (structs as rows)
 *   samples, in           put head segments journal_row
 *   samples, smaller      fold (heads to runs) pack_days (runs to days) rollup retain
 *   samples, out          layers cursor samples window cache
 *   their forms           stream (head, run) chunk, day (a day) pack (a row for 32 series) values planes bytes zip entry
 *   series                series series_list state load words slots
 *   all else              facts status usage incidents incident_list apply outbox page settle events silences explanations */
#pragma once

#include "store/cache.h"
#include "store/entry.h"
#include "store/journal_row.h"
#include "store/pack.h"
#include "store/record.h"
#include "store/rollup.h"
#include "store/segments.h"
#include "store/series.h"
#include "store/store.h"

/* Heads folded, in the database. */
struct run {
        int64_t id;
        uint32_t from_s, to_s; /* [from_s, to_s) holds all of its samples */
};

/* A head that is being folded. */
struct frozen {
        uint8_t *bytes;
        uint32_t len, first_at_s, last_at_s;
};

struct folding {
        bool is_active;
        struct frozen *items; /* by id - 1 */
        size_t n_items;
        int64_t last_seq; /* of the journal: what is frozen came from it and those before it */
        uint32_t next_part;
        uint32_t from_s, to_s;
        bool has_samples;
};

struct packing; /* pack_days.c */

struct store {
        struct db db;
        char *path;
        bool is_open;
        char instance[32];
        struct words words;
        struct zip zip;
        struct series_set series;
        size_t n_stored_series; /* the first so many have their rows */

        bool needs_replay; /* the heads do not hold what the journal does: memory ran out */
        size_t head_bytes;
        int64_t head_since_s; /* when the oldest part of the heads was put; 0: they are empty */
        struct segments journal;
        int64_t folded_seq; /* up to here the journal is in runs */
        bool has_leftovers; /* of the journal or of packed runs, to be removed */
        struct run *runs;   /* oldest first */
        size_t n_runs, runs_size;
        int64_t next_run;
        struct folding folding;
        struct packing *packing; /* NULL: none under way */
        int64_t packed_day;      /* the last day on which days were packed */
        uint32_t oldest_s;       /* retention: what is older is not there */
        uint32_t latest_s;       /* the newest sample of all series; 0: none */
        struct cache cache;
        int64_t n_unreadable;
        struct store_listener *listeners; /* events.c */

        struct record application, operation, snapshot; /* facts.c */
        struct record application_listed;               /* without what is large */
        int64_t n_decisions;                            /* of people: see store_decisions */

        struct record silence;                                                     /* silences.c */
        struct record incident, evidence, advice, symptom, suppressed, root_cause; /* incidents.c */
};

/* Sets s->db.error. */
int store_no_memory(struct store *s);

/* Tables of columns. 0 or -ENOMEM. */
int facts_init(struct store *s);
void facts_done(struct store *s);
int incidents_init(struct store *s);
void incidents_done(struct store *s);
int silences_init(struct store *s);
void silences_done(struct store *s);

/* Begins to notice what is added to the events. */
void events_init(struct store *s);

/* Within a transaction. */
int explanation_forget(struct store *s, int64_t id);
int facts_put(struct store *s, const struct batch *b);
int usage_add(struct store *s, const char *target, const struct batch *b);
int timeline_add(struct store *s, int64_t incident, int64_t at_s, const char *kind, const char *text);
int outbox_add(struct store *s, const struct transition *t, int64_t at_s);
enum outbox_state { ROW_PENDING, ROW_DELIVERED, ROW_REFUSED };
/* One row, of its incident id and revision only. -ENOENT */
int outbox_load(struct store *s, int64_t id, enum outbox_state state, struct delivery *ret);
/* The digest that begins with ids[0], noted. */
int outbox_take_digest(struct store *s, const int64_t *ids, size_t n, enum durability durability, struct delivery *ret);
void outbox_digest_id(const struct store *s, int64_t first_id, const char *notifier, char to[DELIVERY_ID_MAX]);
int outbox_read(struct store *s, int64_t id, enum outbox_state state, struct delivery *ret);

int incident_save(struct store *s, struct incident *i, int64_t copy);
/* The incident (id, copy) with all that belongs to it; 0, or 1 when there is none. Its head is what is not a list. */
int incident_load_head(struct store *s, int64_t id, int64_t copy, struct incident *ret);
int incident_load(struct store *s, int64_t id, int64_t copy, struct incident *ret);
/* Evidence, advice, symptoms and root cause as rows of incident `id`, copy 0. */
int report_save(struct store *s, struct finding *report, int64_t id);
int report_load(struct store *s, int64_t id, struct finding *report);

/* load.c: reads series, runs and journal at the start. */
int samples_load(struct store *s);
void samples_done(struct store *s);
/* Reads the journal again when that is needed: before anything that looks at heads. */
int samples_ready(struct store *s);
/* Puts what a row of the journal says into the heads. */
int samples_replay(struct store *s, const struct journal_row *row);

/* layers.c: the samples of [from_s, to_s) from all layers, into an empty list. */
int layers_read(struct store *s, uint32_t series, int64_t from_s, int64_t to_s, struct entries *ret);
/* Lays those of a run over *e. */
int layers_read_run(struct store *s, const struct run *run, uint32_t series, uint32_t from_s, uint32_t to_s,
                    struct entries *e);
/* Those of a day's pack that lie in [from_s, to_s), appended. */
int layers_read_day(struct store *s, uint32_t series, uint32_t day, uint32_t from_s, uint32_t to_s, struct entries *e);
/* Whether anything lies over the packs of [from_s, to_s). */
bool layers_cover(const struct store *s, uint32_t series, uint32_t from_s, uint32_t to_s);
/* Counts damage that was found and goes on without what was there: 0. */
int layers_unreadable(struct store *s, const char *what);

/* fold.c, pack_days.c, retain.c: bounded pieces of housekeeping; 1 when there is more to do, 0 when it is done or not due. */
int fold_step(struct store *s, int64_t now_s);
/* The same for a store that nobody maintains: when far too much is in memory. */
int fold_when_overdue(struct store *s);
void fold_cancel(struct store *s);
int pack_days_step(struct store *s, int64_t now_s);
void pack_days_cancel(struct store *s);
int sweep_step(struct store *s);

static inline void note_latest(struct store *s, const struct series *series) {
        if (series->last_at_s > s->latest_s)
                s->latest_s = series->last_at_s;
}

static inline uint32_t part_of(uint32_t series) {
        return (series - 1) / PACK_SERIES;
}

static inline uint32_t slot_of(uint32_t series) {
        return (series - 1) % PACK_SERIES;
}

static inline int64_t pack_key(int64_t number, uint32_t part) {
        return number << 24 | part;
}

static inline bool is_settled(const struct series *series, const struct entry *e) {
        return e->is_settled || (int64_t)e->at_s + series->period_s <= series->read_until_s;
}
