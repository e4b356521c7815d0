/* SPDX-License-Identifier: Apache-2.0 */
/* Many small byte strings in one row of the database, each found by a number and guarded by a checksum: a row of its own for each would
 * cost more than what is in it. */
#pragma once

#include <stdint.h>

#include "util/buf.h"

/* Series are packed by neighbours: those of one application have ids in a row. */
enum { PACK_SERIES = 32, PACK_ROW_MAX = 512 << 20 };

struct pack_item {
        uint32_t key;
        struct span bytes;
};

/* Finds flipped bits and swapped pages; not against malice. */
uint32_t pack_check(struct span bytes);
/* Keys grow. 0, -ENOMEM, -EMSGSIZE. */
int pack_write(const struct pack_item *items, size_t n, struct buf *to);
/* 0, 1: it is not there, -EUCLEAN: damaged (this item, or the pack). */
int pack_find(struct span pack, uint32_t key, struct span *ret);
