/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC 2.0, one message a line: reads a request, answers from the store. Knows no socket; the daemon's server feeds it. */
#pragma once

#include "store/store.h"
#include "util/jsonw.h"

enum { RPC_REQUEST_MAX = 1 << 20, RPC_MORE = 1, RPC_WAIT = 2 };

enum rpc_access { RPC_READ, RPC_CHANGE };

/* Something that takes longer than a call may: the daemon does it meanwhile. */
struct rpc_work {
        /* Writes the elements of the answer's array that are ready: RPC_MORE: call again at once; RPC_WAIT: nothing until the waiter is
         * woken; 0: that was all; -errno: the answer cannot be completed. */
        int (*next)(struct rpc_work *work, struct jsonw *w);
        void (*free)(struct rpc_work *work); /* also cancels */
};

/* What a target, or one of its applications, asks CloudWatch for as things stand. */
struct rpc_forecast {
        double metrics_per_hour[N_TIERS];         /* as planned */
        double stretch_sentinels, stretch_others; /* so many times more rarely, by the budget; HUGE_VAL: not at all */
        double budget_usd;                        /* a month, of all targets; negative: none */
};

/* What a work is begun with. wake(waiter) is called from the loop, never from `begin` and never after free. */
struct rpc_order {
        const char *work;                 /* its name */
        const char *target;               /* NULL: all */
        const char *application;          /* NULL: of no single one */
        int64_t since_s;                  /* how far back; 0: not said */
        const char *config, *config_path; /* the text of a configuration, and what to call it; NULL: none */
        void (*wake)(void *waiter);
        void *waiter;
};

/* The past of a target, while it is read. */
struct rpc_progress {
        int64_t n_series, n_series_read; /* of those, so many have been heard of */
        int64_t n_applications, n_applications_judged;
};

/* What the daemon does for a method; `arg` is its own. Each returns 0 or -errno with the reason. */
struct rpc_actions {
        void *arg;
        int (*poll)(void *arg, const char *target, struct err *reterr); /* NULL: all */
        int (*reload)(void *arg, struct err *reterr);
        /* -ENOENT: there is no such incident. comment may be NULL. */
        int (*acknowledge)(void *arg, int64_t id, const char *by, const char *comment, struct err *reterr);
        /* -EBUSY: too many are under way. */
        int (*begin)(void *arg, const struct rpc_order *order, struct rpc_work **ret, struct err *reterr);
        /* How far the first round of a target is, which reads and judges its past; 1: it is over. NULL: nobody knows. */
        int (*progress)(void *arg, const char *target, struct rpc_progress *ret);
        /* Whether the configuration has that target and, unless NULL, watches that application of it; whether it has that notifier. NULL:
         * nobody knows. */
        bool (*is_watched)(void *arg, const char *target, const char *application);
        bool (*is_told)(void *arg, const char *notifier);
        /* application NULL: all of the target. -ENOENT: no such target is polled. */
        int (*forecast)(void *arg, const char *target, const char *application, struct rpc_forecast *ret);
};

/* What every call may look at; borrowed while calls live. */
struct rpc_host {
        struct store *store;
        const struct rpc_actions *actions;
        const char *version;
        int64_t started_at_s, interval_s;
        int64_t pid;
        const char *const *diagnosers; /* their names, NULL-ended; NULL: not checked */
};

struct rpc_call;

/* Begins the answer to one line (without its newline). Never fails but for -ENOMEM: a bad request becomes an error answer. */
int rpc_start(const struct rpc_host *host, struct span line, enum rpc_access access, int64_t now_s,
              struct rpc_call **ret);
/* Who is told that a call which answered RPC_WAIT has something to say; before the first step. */
void rpc_set_wake(struct rpc_call *call, void (*wake)(void *arg), void *arg);
/* Who asks, for the record; copied. */
void rpc_set_caller(struct rpc_call *call, const char *name);
/* Appends a piece of the answer (newline-ended when complete). RPC_MORE: call again when there is room; RPC_WAIT: when it has woken you;
 * 0: done; -errno: the connection cannot be answered. One call takes at most a few milliseconds. */
int rpc_step(struct rpc_call *call, struct buf *out);
void rpc_free(struct rpc_call *call);
/* The error line for input that is no request: too long, or not JSON. */
void rpc_refuse(struct buf *out, int code, const char *message);

SCOPED_DEFINE(struct rpc_call, rpc_free)
