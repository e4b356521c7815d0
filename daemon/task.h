/* SPDX-License-Identifier: Apache-2.0 */
/* One run of one collector: its answers go into the store as they come. */
#pragma once

#include "collectors/collectors.h"
#include "daemon/client.h"
#include "store/store.h"

struct task;

/* `seen` may look at each batch after it was stored (borrowed). `done` is called once, from the loop: 0 or -errno as exchange.h has it, or the
 * store's. What the job points to is borrowed until then. */
struct task_job {
        const struct collector *collector;
        struct collect_job collect;
        struct quota *quota; /* as in exchange.h */
        bool is_aside;       /* asked for out of turn: how far the series were read stays as it is */
        void *arg;
        void (*seen)(void *arg, const struct batch *b);
        void (*asks_again)(
                void *arg); /* NULL, or called before each request but the first; repeated attempts do not count */
        void (*done)(void *arg, int result, const struct err *err);
};

int task_start(struct exchange *x, struct client *client, struct store *store, const struct task_job *job,
               struct task **ret);
/* Without calling back; NULL is allowed. */
void task_cancel(struct task *t);
