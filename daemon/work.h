/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to clients that take the daemon a while: begun by name, few at a time, each an rpc_work. */
#pragma once

#include "daemon/config.h"
#include "daemon/exchange.h"
#include "rpc/rpc.h"

struct server;

enum { WORKS_MAX = 4 };

struct work_host {
        struct loop *loop;
        struct exchange *exchange;
        struct store *store;
        struct quotas *quotas;
        const struct config *config; /* copied from where a work needs it later: it may be replaced meanwhile */
        const struct server *server;
        size_t *n_works; /* under way */
};

/* What a work is begun with; target NULL: all. wake(waiter): there is something to write. */
struct work_order {
        const struct work_host *host;
        const char *target, *application;
        int64_t since_s; /* as in struct rpc_order */
        const char *config, *config_path;
        void (*wake)(void *waiter);
        void *waiter;
};

/* As rpc_actions.begin. -ENOENT: there is no such target; -EBUSY: WORKS_MAX are under way. */
int work_begin(const char *name, const struct work_order *order, struct rpc_work **ret, struct err *reterr);
