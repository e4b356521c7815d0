/* SPDX-License-Identifier: Apache-2.0 */
/* A day of one series, packed: the form in which samples are kept for good. Reading survives any bytes. */
#pragma once

#include "store/entry.h"
#include "store/zip.h"

enum { CHUNK_MAX = 86400 }; /* samples: one a second for a day */

/* Two parts, because all series of an application are read by the same polls: `about` says when samples are, when each was first seen
 * and which are not settled, and is often the same for many series; `values` has the rest. Appended to. 0 or -ENOMEM. */
int chunk_write(struct zip *z, const struct entry *entries, size_t n, struct buf *about, struct buf *values);
/* Appends those of [from_s, to_s), which must lie after what is in *e. 0, -ENOMEM, -EUCLEAN. */
int chunk_read(struct zip *z, struct span about, struct span values, uint32_t from_s, uint32_t to_s, struct entries *e);
