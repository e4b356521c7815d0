/* SPDX-License-Identifier: Apache-2.0 */
/* Notices that the wall clock was set back: what is due next was noted by the old one, hours ahead maybe. */
#pragma once

#include "daemon/loop.h"

struct clock_watch {
        struct loop *loop;
        struct timer timer;
        int64_t ahead_ms; /* of the monotonic clock, when it was looked at last */
        void *arg;
        void (*set_back)(void *arg, int64_t by_s);
};

/* Calls set_back once for each step back by more than a few seconds, from the loop. */
void clock_watch_start(struct clock_watch *w, struct loop *l, void (*set_back)(void *arg, int64_t by_s), void *arg);
void clock_watch_stop(struct clock_watch *w);
