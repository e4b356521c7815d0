/* SPDX-License-Identifier: Apache-2.0 */
/* What a method of the socket is: a row with its parameters, who may call it, and functions that answer piece by piece. */
#pragma once

#include "rpc/rpc.h"

struct cJSON;

enum rpc_error {
        RPC_ERROR_PARSE = -32700,
        RPC_ERROR_REQUEST = -32600,
        RPC_ERROR_METHOD = -32601,
        RPC_ERROR_PARAMS = -32602,
        RPC_ERROR_INTERNAL = -32603,
        RPC_ERROR_FAILED = -32000,    /* the request was right and could not be done */
        RPC_ERROR_ACCESS = -32001,    /* the caller may not */
        RPC_ERROR_NOT_FOUND = -32002, /* no such application, incident, series */
};

enum rpc_kind {
        RPC_KIND_TEXT,
        RPC_KIND_ID,         /* whole number from 1 */
        RPC_KIND_FLAG,       /* true or false */
        RPC_KIND_DURATION,   /* "2h", or seconds: at least 1 s */
        RPC_KIND_INSTANT,    /* RFC 3339, or a duration: that long ago */
        RPC_KIND_DIMENSIONS, /* ["Task=x"], "Task=x" or {"Task": "x"} */
        RPC_KIND_FORMAT,     /* "json": the client draws its other formats itself */
};

enum { RPC_PARAMS_MAX = 12 };

/* Tables end with a row whose name is NULL. */
struct rpc_param {
        const char *name;
        enum rpc_kind kind;
        bool is_required;
};

struct rpc_value {
        bool is_given;
        const char *text; /* TEXT, DIMENSIONS (as in struct series_key); NULL when not given */
        int64_t number;   /* ID, FLAG, DURATION in seconds, INSTANT */
};

/* One request being answered. */
struct rpc_question {
        const struct rpc_host *host;
        int64_t now_s;
        struct rpc_value values[RPC_PARAMS_MAX]; /* in the order of the method's table */
        struct buf dimensions;                   /* what a DIMENSIONS value points into */
        const char *caller;                      /* who asks, for the record; NULL: not known */
        void (*wake)(void *waiter);              /* what a method that waits has called */
        void *waiter;
        int error_code; /* enum rpc_error; 0: none */
        struct err error;
};

struct rpc_method {
        const char *name;
        enum rpc_access access;
        const struct rpc_param *params;
        /* Looks everything up that can fail. 0, or negative: with rpc_fail's error, else the store's. */
        int (*start)(struct rpc_question *q, void **ret_state);
        /* Writes the next piece of the result: RPC_MORE, RPC_WAIT (until q->wake(q->waiter)), 0 when the result is complete, -errno when it cannot be. */
        int (*step)(struct rpc_question *q, void *state, struct jsonw *w);
        void (*free)(void *state); /* NULL: free() */
};

extern const struct rpc_method rpc_status, rpc_apps, rpc_incidents, rpc_show, rpc_history, rpc_metrics, rpc_poll,
        rpc_reload, rpc_ack, rpc_silence, rpc_silences, rpc_unsilence, rpc_backtest, rpc_events, rpc_report,
        rpc_explain, rpc_doctor, rpc_iam_policy, rpc_cost;
extern const struct rpc_method *const rpc_methods[];
extern const size_t rpc_n_methods;

/* Notes the error for the client and returns -EINVAL. */
int rpc_fail(struct rpc_question *q, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* ": did you mean NAME?" or "" */
const char *rpc_hint(const char *word, const char *const *candidates, size_t n, char to[128]);

/* Checks `params` (NULL: none) against the table and fills q->values. 0 or as rpc_fail. */
int rpc_read_params(struct rpc_question *q, const struct rpc_param *table, const struct cJSON *params);

/* The target that has the application: `target` when it is given and right. Owned. 0, or as rpc_fail when there is none or more than
 * one, or -errno. */
int rpc_find_target(struct rpc_question *q, const char *target, const char *application, char **ret_target);
/* 0 when the target is known or NULL, else as rpc_fail or -errno. */
int rpc_check_target(struct rpc_question *q, const char *target);

/* KPUs that the application runs on, without the one for orchestration; 0 when stopped or not known. */
int64_t rpc_kpus(const struct application *a);
/* {"Task": "x"} */
void rpc_write_dimensions(struct jsonw *w, const char *dimensions);
/* "operations": [...], those that touch [from_s, to_s); window NULL: none are known. */
void rpc_write_operations(struct jsonw *w, const struct window *window, int64_t from_s, int64_t to_s);

/* An incident with what happened to it. Zeroed before, rpc_incident_done after, also when it fails. */
struct rpc_incident {
        struct incident_rows found;
        const struct incident *incident;
        struct timeline_rows timeline;
};
int rpc_load_incident(struct rpc_question *q, int64_t id, struct rpc_incident *ret);
void rpc_incident_done(struct rpc_incident *i);
/* Writes the promised object with its "timeline" and leaves it open for further members. 0 or -errno. */
int rpc_open_incident(struct jsonw *w, const struct rpc_incident *i);
