/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics and nothing else, for one or two Prometheus servers: few connections, one request each, short time limits. Whoever is slow
 * loses its connection, and makes nobody wait. */
#pragma once

#include "daemon/exposition.h"

struct exposition_server;

/* `listen` as in the configuration; everything is borrowed. 0 or -errno with the reason. */
int exposition_server_new(const struct exposition_host *host, const char *listen, struct exposition_server **ret,
                          struct err *reterr);
/* NULL is allowed. */
void exposition_server_free(struct exposition_server *s);
