/* SPDX-License-Identifier: Apache-2.0 */
/* What of the things that wait for one notifier is sent next: one event, or several as a digest. Pure: which rows are in a digest is
 * stored before it is sent, so that a retry, after a crash too, is the same message. */
#pragma once

#include "model/delivery.h"

struct parcel_rules {
        enum bundling bundling;
        int64_t digest_applications; /* so many applications at once make a digest; 0: there are none */
        int64_t digest_window_s;     /* what is new waits this long for more */
        int64_t n_in_last_minute;    /* messages; from digest_applications on, what is new waits for more, too: */
        int64_t enough;              /* but not beyond so many applications */
        bool is_limited;             /* the rate is used up: all that waits goes together */
        bool is_failing; /* the receiver is out of order: it is tried with what is there, nothing new is bundled */
        bool spares_new; /* and with nothing that it was not tried with before, while there is such a thing */
};

struct parcel {
        int64_t ids[DIGEST_PARTS_MAX]; /* in the order of what happened */
        size_t n;                      /* 0: nothing is due */
        int64_t due_at_s;              /* then: when to look again, 0 for never */
};

/* `rows`: oldest first. Of one incident an event goes only together with, or after, all earlier ones. */
void parcel_choose(const struct waiting *rows, size_t n, const struct parcel_rules *rules, int64_t now_s,
                   struct parcel *ret);

/* BUNDLE_OPENINGS: what is not the first try of the first event of its incident goes alone. Before parcel_choose. */
void parcel_keep_to_openings(struct waiting *rows, size_t n);

/* From when on one more message may go: at once up to `per_hour` (0: always), then one every hour / per_hour. */
int64_t parcel_rate_s(int64_t per_hour, int64_t n_in_last_hour, int64_t newest_s);
