/* SPDX-License-Identifier: Apache-2.0 */
/* A notifier that fails is an incident of flinkwatch itself, told by the others. */
#pragma once

#include "daemon/config.h"
#include "store/store.h"

/* Whose incidents these are: no target of the configuration. */
extern const char notifier_watch_target[];

/* Judges all notifiers. 1: somebody is to be told of something, 0: nobody; -errno of the store, -ENOMEM. */
int notifier_watch(struct store *s, const struct config *config, int64_t now_s);
