/* SPDX-License-Identifier: Apache-2.0 */
/* Serves one notifier: one message at a time, what waits in the outbox first, then signs of life. */
#pragma once

#include "daemon/config.h"
#include "daemon/exchange.h"
#include "daemon/vitals.h"
#include "store/store.h"

struct carrier;

struct carrier_host {
        struct loop *loop;
        struct exchange *exchange;
        struct store *store;
        struct vitals *vitals; /* may be NULL */
        void *arg;
        void (*rested)(void *arg); /* nothing is under way and nothing is due now */
};

/* Everything is borrowed. 0 or -errno. */
int carrier_new(const struct carrier_host *host, const struct config_notifier *notifier, struct carrier **ret);
void carrier_free(struct carrier *c);
/* Something may be due: it looks at once. */
void carrier_wake(struct carrier *c);
/* Something was put into the outbox: it looks when what happened together is there. */
void carrier_told(struct carrier *c);
/* A message is under way, or it is about to look, or an answer waits for the store (for half a minute: then it is not waited for). */
bool carrier_is_busy(const struct carrier *c);

SCOPED_DEFINE(struct carrier, carrier_free)
