/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC 2.0, one message a line: reads a request, answers from the store. Knows no socket; the daemon's server feeds it. */
#pragma once

#include "store/store.h"

enum { RPC_REQUEST_MAX = 1 << 20, RPC_MORE = 1 };

enum rpc_access { RPC_READ, RPC_CHANGE };

/* What the daemon does for a method; `arg` is its own. Each returns 0 or -errno with the reason. */
struct rpc_actions {
        void *arg;
        int (*poll)(void *arg, const char *target, struct err *reterr); /* NULL: all */
        int (*reload)(void *arg, struct err *reterr);
};

/* What every call may look at; borrowed while calls live. */
struct rpc_host {
        struct store *store;
        const struct rpc_actions *actions;
        const char *version;
        int64_t started_at_s, interval_s;
        int64_t pid;
};

struct rpc_call;

/* Begins the answer to one line (without its newline). Never fails but for -ENOMEM: a bad request becomes an error answer. */
int rpc_start(const struct rpc_host *host, struct span line, enum rpc_access access, int64_t now_s, struct rpc_call **ret);
/* Appends a piece of the answer (newline-ended when complete). RPC_MORE: call again when there is room; 0: done; -errno: the connection
 * cannot be answered. One call takes at most a few milliseconds. */
int rpc_step(struct rpc_call *call, struct buf *out);
void rpc_free(struct rpc_call *call);
/* The error line for input that is no request: too long, or not JSON. */
void rpc_refuse(struct buf *out, int code, const char *message);

SCOPED_DEFINE(struct rpc_call, rpc_free)
