/* SPDX-License-Identifier: Apache-2.0 */
/* The rounds of one target: which applications there are, their facts, their metrics, then judgement. A slow or failing target holds up
 * nobody else. */
#pragma once

#include "daemon/config.h"
#include "daemon/exchange.h"
#include "daemon/quota.h"
#include "daemon/vitals.h"
#include "rpc/rpc.h"
#include "store/store.h"

struct poller;
struct spending;

struct poller_host {
        struct loop *loop;
        struct exchange *exchange;
        struct store *store;
        struct quotas *quotas;
        const struct config *config;
        struct spending *spending;
        struct vitals *vitals; /* may be NULL */
        void *arg;
        void (*told)(void *arg);                    /* deliveries are waiting in the store */
        void (*finished)(void *arg, bool was_read); /* a round is over; false: nothing of the target could be read */
};

/* Everything is borrowed. 0 or -errno of the store, with the reason. */
int poller_new(const struct poller_host *host, const struct config_target *target, struct poller **ret,
               struct err *reterr);
/* Cancels what is under way. */
void poller_free(struct poller *p);
const char *poller_name(const struct poller *p);
/* Whether the application is one of its own; for a while also one that AWS does not list any more. */
bool poller_watches(struct poller *p, const char *application);
/* As rpc_actions.progress. */
int poller_progress(const struct poller *p, struct rpc_progress *ret);
/* Metrics that it asks for in an hour as things stand, budget apart, by tier; application NULL: of all. */
void poller_demand(struct poller *p, const char *application, double ret_per_hour[N_TIERS]);
/* Runs a round now, then one at each interval. While one runs the next is skipped. */
void poller_start(struct poller *p);
/* A single round. */
void poller_once(struct poller *p);

SCOPED_DEFINE(struct poller, poller_free)
