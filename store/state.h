/* SPDX-License-Identifier: Apache-2.0 */
/* How far each series was read, and its first and last sample: a row for 1,024 series, written when they are folded. The journal has
 * what came after. */
#pragma once

#include "store/inner.h"

enum { STATE_SERIES = 1024 };

/* Within a transaction. */
int state_save(struct store *s, size_t block);
int state_load(struct store *s);
