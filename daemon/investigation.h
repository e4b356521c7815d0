/* SPDX-License-Identifier: Apache-2.0 */
/* What started it: reads the application's own log around an onset, asks for metrics that are missing, stores what came of it as an
 * explanation. A few requests, each in its turn of the account's quota; nothing of it holds anybody up. */
#pragma once

#include "daemon/client.h"
#include "daemon/quota.h"
#include "store/store.h"

struct investigation;

struct investigation_host {
        struct loop *loop;
        struct exchange *exchange;
        struct store *store;
        struct quotas *quotas;
        struct client *client; /* of the target */
        const char *tag;       /* "target prod-eu" */
        int64_t settle_s;
        void *arg;
        /* What is being done, for people; NULL: nobody listens. */
        void (*progress)(void *arg, const char *text);
        /* Called once, from the loop: what came of it, as it is stored; NULL: it could not be stored. */
        void (*done)(void *arg, const struct explanation *e);
};

struct inquiry {
        const char *target, *application;
        int64_t onset_s;      /* of the episode */
        int64_t from_s, to_s; /* where to look first */
        int64_t over_s;       /* it was over then: nothing later is read, and less of it; 0: it goes on */
        bool is_fixed;        /* and nowhere else */
        bool is_aside;        /* for who asks, not for the store */
};

/* What host and inquiry point to is borrowed until it is done, the inquiry's texts only for the call. 0 or -ENOMEM. */
int investigation_start(const struct investigation_host *host, const struct inquiry *q, struct investigation **ret);
/* Without calling back; NULL is allowed. */
void investigation_cancel(struct investigation *i);
