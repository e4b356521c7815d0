/* SPDX-License-Identifier: Apache-2.0 */
/* Empties the outbox: a carrier for each notifier, again and again until the receiver has it. */
#pragma once

#include "daemon/config.h"
#include "daemon/exchange.h"
#include "daemon/vitals.h"
#include "store/store.h"

struct courier;

struct courier_host {
        struct loop *loop;
        struct exchange *exchange;
        struct store *store;
        const struct config *config;
        struct vitals *vitals; /* may be NULL */
        void *arg;
        void (*idle)(void *arg); /* nothing is under way and nothing is due now */
};

/* Everything is borrowed. 0 or -ENOMEM. */
int courier_new(const struct courier_host *host, struct courier **ret);
void courier_free(struct courier *c);
/* Something may be due. */
void courier_wake(struct courier *c);
/* Something was put into the outbox, and more may follow at once. */
void courier_told(struct courier *c);

SCOPED_DEFINE(struct courier, courier_free)
