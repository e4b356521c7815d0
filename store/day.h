/* SPDX-License-Identifier: Apache-2.0 */
/* The pack of one day of 32 series: their values by slot, and what several of them have in common once. */
#pragma once

#include "store/pack.h"

struct day_item {
        struct buf about, values; /* as chunk_write gives them; empty: no samples */
};

struct day_pack {
        struct day_item items[PACK_SERIES];
};

void day_pack_done(struct day_pack *d);
/* The chunk of a slot of a packed day: 0, 1 when there is none, -EUCLEAN. */
int day_find(struct span pack, uint32_t slot, struct span *about, struct span *values);
/* Takes from an older pack what is not in *d; what is damaged there is left out and counted. 0 or -ENOMEM. */
int day_keep(struct day_pack *d, struct span older, int64_t *n_damaged);
/* Appends. 0 or -ENOMEM. */
int day_write(const struct day_pack *d, struct buf *to);

SCOPED_DEFINE_VALUE(struct day_pack, day_pack_done)
