/* SPDX-License-Identifier: Apache-2.0 */
/* One event of one incident, or a digest of several, on its way to one notifier. Last header of the spine. */
#pragma once

#include "model/incident.h"

enum { DELIVERY_ID_MAX = 128 };

struct delivery {
        int64_t id;                        /* row of the outbox */
        char delivery_id[DELIVERY_ID_MAX]; /* what receivers see: the same over all retries */
        char page_id
                [DELIVERY_ID_MAX]; /* delivery_id of the digest that opened the page of this incident; "": its own page */
        char *notifier;
        enum incident_event event;
        int64_t created_at_s, next_try_s;
        int64_t attempts;         /* made so far */
        int64_t sent_at_s;        /* this attempt; 0: not known */
        struct incident incident; /* as it was when the event happened; of a digest, the gravest one */
        struct delivery
                *parts; /* of a digest: what happened, in that order, each with its own delivery_id; owned. Of one event
                                     on a page of several: the incidents of that page as they are now */
        size_t n_parts, parts_size;
        int64_t n_watched; /* applications that are known in all: what a digest's are compared with */
};

/* A row of the outbox that is not settled, without its text. */
struct waiting {
        int64_t id, incident_id;
        int64_t created_at_s, next_try_s;
        uint64_t application; /* equal for equal applications of one target */
        int64_t digest; /* the first row of the digest that it is part of; 0: of none, WAITING_ALONE: never of one */
        bool is_told;   /* the notifier knows of its incident, or may know: see store_mark_told */
};

enum { WAITING_ALONE = -1, DIGEST_PARTS_MAX = 100 };

/* Whether a channel takes several events as one message. BUNDLE_OPENINGS: when many, but only the first event of each incident; what
 * becomes of it is told to the page that this opened. */
enum bundling { BUNDLE_NEVER, BUNDLE_WHEN_MANY, BUNDLE_OPENINGS, BUNDLE_ALWAYS };

/* What is new may wait for more that goes with it. */
bool bundling_gathers(enum bundling b);

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
/* The part of a digest that stands for it: of the open incidents, else of all, the gravest, and of these the first. NULL: no parts. */
const struct delivery *delivery_gravest(const struct delivery *d);
/* The promised {"version": 1, "event": ..., "delivery_id": ..., "incident": {...}}; of a digest with "deliveries", one such object a
 * part; of a heartbeat with "at" and without an incident. */
void delivery_write(struct jsonw *w, const struct delivery *d);

SCOPED_DEFINE_VALUE(struct delivery, delivery_done)
