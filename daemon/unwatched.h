/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents of what is watched no more: an application that was deleted or is left out by the configuration, a target that was removed.
 * It is not judged again, so nothing else would ever end them. */
#pragma once

#include "daemon/config.h"
#include "store/store.h"

/* All borrowed. */
struct unwatched {
        struct store *store;
        const struct config *config;
        const char *target; /* whose incidents; NULL: those of targets that are not configured */
        bool (*is_watched)(void *arg, const char *application); /* of the target's applications */
        void *arg;
        int64_t now_s;
};

/* Ends them and tells those who were told of them: how many messages that makes; -errno of the store, -ENOMEM. */
int unwatched_end(const struct unwatched *u);
