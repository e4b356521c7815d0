/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a series that is in memory. */
#pragma once

#include "store/series.h"

/* Whether that sample is one of the newest: 1 with this value, 0 with another one, -1 it is not. */
int head_recalls(const struct series *s, uint32_t at_s, double value);
/* Puts samples (in the order of time) among the newest ones and into the head; *bytes follows what the heads take in memory. 0 or
 * -ENOMEM. */
int head_put(struct series *s, const struct entry *entries, size_t n, size_t *bytes);
