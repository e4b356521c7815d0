/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's own health, what is open, and the newest samples of each application, as text for Prometheus. Written a piece at a time. */
#pragma once

#include "daemon/exchange.h"
#include "daemon/server.h"
#include "daemon/vitals.h"
#include "store/store.h"

struct exposition_host {
        struct loop *loop;
        struct store *store;
        const struct exchange *exchange;
        const struct vitals *vitals;
        const struct server *server;
        const char *version;
        int64_t started_at_s;
        void *arg;
        bool (*is_watched)(void *arg, const char *target, const char *application); /* as rpc_actions has it */
};

enum exposition_format { EXPOSITION_TEXT, EXPOSITION_OPENMETRICS };

struct exposition;

/* Everything is borrowed. 0 or -errno. */
int exposition_new(const struct exposition_host *host, enum exposition_format format, struct exposition **ret);
void exposition_free(struct exposition *x);
/* Appends the next piece: 1 when there is more, 0 when that was all, -errno. Takes a few milliseconds at most. */
int exposition_step(struct exposition *x, struct buf *out);
const char *exposition_content_type(enum exposition_format format);

SCOPED_DEFINE(struct exposition, exposition_free)
