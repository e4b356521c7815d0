/* SPDX-License-Identifier: Apache-2.0 */
/* One event of one incident on its way to one notifier. Last header of the spine. */
#pragma once

#include "model/incident.h"

enum { DELIVERY_ID_MAX = 128 };

struct delivery {
        int64_t id;                        /* row of the outbox */
        char delivery_id[DELIVERY_ID_MAX]; /* what receivers see: the same over all retries */
        char *notifier;
        enum incident_event event;
        int64_t created_at_s, next_try_s;
        int64_t attempts;         /* made so far */
        struct incident incident; /* as it was when the event happened */
};

/* How a delivery ended, or did not. */
enum outcome { OUTCOME_DELIVERED, OUTCOME_RETRY, OUTCOME_REFUSED };

/* A configured notifier. `values` are the keys that its type declares, in that order, NULL when not set; secrets among them: never
 * written to a log, the store or an error. */
struct channel {
        char *name;
        const char *type;
        const char *const *keys; /* NULL-ended: the notifier module's table */
        char **values;
};

/* Value of a declared key, NULL when not set. */
const char *channel_value(const struct channel *c, const char *key);
bool channel_has_key(const struct channel *c, const char *key); /* its type takes that key */
void channel_done(struct channel *c);

void delivery_done(struct delivery *d);
/* The promised {"version": 1, "event": ..., "delivery_id": ..., "incident": {...}}. */
void delivery_write(struct jsonw *w, const struct delivery *d);

SCOPED_DEFINE_VALUE(struct delivery, delivery_done)
