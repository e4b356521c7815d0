/* SPDX-License-Identifier: Apache-2.0 */
/* A client acknowledges an incident: what that changes is stored and told at once. */
#pragma once

#include "daemon/config.h"
#include "incidents/incidents.h"
#include "store/store.h"

/* Who is told of what, by the configuration; the names in it are borrowed. For the caller to free. 0 or -ENOMEM. */
int routes_of(const struct config *c, struct route **ret, size_t *ret_n);

/* 0; -ENOENT: there is no such incident; -EALREADY: it is over; -errno of the store; with the reason. */
int acknowledge(struct store *store, const struct config *config, int64_t id, const struct acknowledgement *a,
                struct err *reterr);
