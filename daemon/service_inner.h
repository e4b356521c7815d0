/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the service share: service.c (its life) and service_actions.c (what clients of the socket have it do). */
#pragma once

#include "aws/environment.h"
#include "daemon/clock_watch.h"
#include "daemon/courier.h"
#include "daemon/exchange.h"
#include "daemon/exposition_server.h"
#include "daemon/loop.h"
#include "daemon/poller.h"
#include "daemon/server.h"
#include "daemon/service.h"
#include "daemon/spending.h"
#include "daemon/upkeep.h"

struct service {
        const struct service_options *options;
        struct config *config;
        struct aws_environment environment;
        struct loop *loop;
        struct store *store;
        struct wire *wire;
        struct exchange *exchange;
        struct quotas *quotas;
        struct courier *courier;
        struct poller **pollers;
        size_t n_pollers;
        struct spending spending;
        struct server *server;
        struct exposition_server *exposition; /* NULL: not asked for */
        struct vitals vitals;
        struct rpc_host rpc;
        struct rpc_actions actions;
        const char *diagnoser_names[64]; /* NULL-ended */
        struct upkeep upkeep;
        struct clock_watch clock;
        struct timer reload;
        int passed_fd; /* the socket that the service manager opened, -1: none */
        int lock_fd;
        size_t n_works;
        size_t n_unfinished; /* targets of a --oneshot whose round is not over */
        bool is_draining, has_failed_target;
        bool is_idle;          /* its work could neither go on nor begin anew */
        bool is_store_new;     /* in place of a damaged one */
        bool is_store_damaged; /* found while it was in use */
};

/* As SIGHUP does: soon, not from inside a callback of what it replaces. */
void service_ask_reload(void *service);
/* What clients may have it do; borrows the service. */
struct rpc_actions service_actions(struct service *s);
