/* SPDX-License-Identifier: Apache-2.0 */
/* "127.0.0.1:9790" or "[::1]:9790": numbers only, so that nothing has to be looked up. */
#pragma once

#include <sys/socket.h>

#include "util/err.h"

struct listen_address {
        struct sockaddr_storage address;
        socklen_t len;
};

int listen_parse(const char *text, struct listen_address *ret, struct err *reterr);
/* A listening socket that does not block; -errno with the reason. */
int listen_open(const char *text, struct err *reterr);
