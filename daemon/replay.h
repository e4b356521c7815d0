/* SPDX-License-Identifier: Apache-2.0 */
/* A window as it stood at an earlier instant: later samples, operations and snapshots are not there yet. */
#pragma once

#include "model/incident.h"

/* Borrows the samples and texts of `whole` and `incidents`. 0 or -ENOMEM. */
int replay_window(const struct window *whole, int64_t at_s, int64_t settle_s, const struct incident *incidents,
                  size_t n_incidents, struct window **ret);
void replay_free(struct window *w);

SCOPED_DEFINE(struct window, replay_free)
