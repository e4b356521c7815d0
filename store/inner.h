/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share: the store's insides. */
#pragma once

#include "store/record.h"
#include "store/series.h"
#include "store/store.h"

struct store {
        struct db db;
        char *path;
        bool is_open;
        char instance[32];
        struct words words;
        struct series_set series;
        struct record application, operation, snapshot; /* facts.c */
        struct record incident, evidence, advice, symptom, suppressed, root_cause; /* incidents.c */
};

/* Sets s->db.error. */
int store_no_memory(struct store *s);

/* Tables of columns. 0 or -ENOMEM. */
int facts_init(struct store *s);
void facts_done(struct store *s);
int incidents_init(struct store *s);
void incidents_done(struct store *s);

/* Within a transaction. */
int facts_put(struct store *s, const struct batch *b);
int usage_add(struct store *s, const char *target, int64_t at_s, int64_t metrics_requested);
int timeline_add(struct store *s, int64_t incident, int64_t at_s, const char *kind, const char *text);
int outbox_add(struct store *s, const struct transition *t, int64_t at_s);

int incident_save(struct store *s, struct incident *i, int64_t copy);
/* The incident (id, copy) with all that belongs to it; 0, or 1 when there is none. */
int incident_load(struct store *s, int64_t id, int64_t copy, struct incident *ret);

/* Reads the series at the start. */
int samples_load(struct store *s);
struct samples {
        struct sample *items;
        size_t n_items, items_size;
};
/* The first `max` samples of [from_s, to_s), appended. */
int samples_read(struct store *s, uint32_t series, int64_t from_s, int64_t to_s, size_t max, struct samples *out);
/* Those that are settled and whose period ended by to_s. */
int samples_read_settled(struct store *s, uint32_t series, int64_t from_s, int64_t to_s, struct samples *out);
/* Times of the oldest and newest sample, 0 when there is none. */
int samples_bounds(struct store *s, uint32_t series, int64_t *ret_first_s, int64_t *ret_last_s);
/* A bounded piece; 1 when there is more. */
int samples_retain(struct store *s, int64_t before_s);
/* Where reading stands after that reading. */
int64_t reading_advances(const struct series *series, const struct reading *reading, int64_t settled_before_s);
