/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the store small and says when it cannot: folding, packing and retention, in slices between everything else. */
#pragma once

#include "daemon/loop.h"
#include "store/store.h"

struct upkeep_host {
        struct loop *loop;
        struct store *store;
        int64_t retention_s;
        void *arg;
        /* SQLite found the file damaged: the store is to be opened anew. */
        void (*damaged)(void *arg);
};

struct upkeep {
        struct upkeep_host host;
        struct timer timer;
        int64_t n_unreadable; /* that were spoken of */
        bool is_failing;
};

/* The first slice comes at once. */
void upkeep_start(struct upkeep *u, const struct upkeep_host *host);
void upkeep_stop(struct upkeep *u);
/* All that is due, without giving way to anything: for a process that is about to end. */
void upkeep_finish(struct upkeep *u, const struct upkeep_host *host);
