/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a local socket, and what they may do. The kernel says it with each connection; the databases of users and
 * groups, which may lie beyond a network, are asked once, at the start. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "util/err.h"
#include "util/scope.h"

enum { PEER_NAME_MAX = 64 };

struct peers;

/* group: whose members may change things; NULL: only root and the daemon's own user. -ENOENT: there is no such group. */
int peers_new(const char *group, struct peers **ret, struct err *reterr);
void peers_free(struct peers *p);
bool peers_has_group(const struct peers *p, gid_t *ret);
/* The name of the user ("uid 1234" when it was not known at the start and is not in /etc/passwd), and whether they may change things.
 * Asks nobody but the kernel and that file. */
bool peers_identify(struct peers *p, int fd, char name[PEER_NAME_MAX]);

SCOPED_DEFINE(struct peers, peers_free)
