/* SPDX-License-Identifier: Apache-2.0 */
/* Rates that AWS counts by account and region, whoever asks: a turn each TURN_MS, first come first served. Each of several who ask one
 * question after the other gets the same share. */
#pragma once

#include "daemon/loop.h"
#include "util/scope.h"

struct quotas; /* all of a process */
struct quota;

/* Somebody who waits. `resume` is called once, from the loop; it may wait again. Zeroed: waits for nothing. */
struct quota_turn {
        struct quota_turn *next, *previous;
        struct quota *quota; /* NULL: not waiting */
        void *arg;
        void (*resume)(void *arg);
};

struct quotas *quotas_new(struct loop *l); /* NULL: out of memory */
void quotas_free(struct quotas *q);        /* nobody may wait any more */
/* The one of that name ("logs 111122223333 eu-west-1"), made when it is new, with a turn each turn_ms. NULL: out of memory. */
struct quota *quotas_find(struct quotas *q, const char *name, int64_t turn_ms);
/* Calls turn->resume when it is its turn; never from here. */
void quota_wait(struct quota *q, struct quota_turn *turn);
void quota_unwait(struct quota_turn *turn);

SCOPED_DEFINE(struct quotas, quotas_free)
