/* SPDX-License-Identifier: Apache-2.0 */
/* The local socket: many clients, none of which can hold up the loop or each other. */
#pragma once

#include "daemon/loop.h"
#include "rpc/rpc.h"

struct server;

struct server_socket {
        int fd;            /* a listening socket from outside, taken over also on failure; -1: bind `path` */
        const char *path;  /* a stale socket there is replaced; one that answers is not: -EADDRINUSE */
        const char *group; /* its members may use the socket, which gets mode 0660; NULL: mode 0600 */
};

int server_new(struct loop *l, const struct rpc_host *host, const struct server_socket *where, struct server **ret,
               struct err *reterr);
/* The group of the socket, as it was found at the start; false: none is set. */
bool server_has_group(const struct server *s, gid_t *ret);
size_t server_connections(const struct server *s);
/* Closes every connection and removes the socket that it bound. */
void server_free(struct server *s);
