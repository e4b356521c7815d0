/* SPDX-License-Identifier: Apache-2.0 */
/* The local socket: many clients, none of which can hold up the loop or each other. */
#pragma once

#include "daemon/loop.h"
#include "rpc/rpc.h"

struct server;

/* Binds `path` (a stale socket is replaced; one that answers is not: -EADDRINUSE) with mode 0660 for `group` (NULL: 0600). */
int server_new(struct loop *l, const struct rpc_host *host, const char *path, const char *group, struct server **ret,
               struct err *reterr);
/* Closes every connection and removes the socket. */
void server_free(struct server *s);
