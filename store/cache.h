/* SPDX-License-Identifier: Apache-2.0 */
/* The packs that were read last: the series of one application share them. */
#pragma once

#include "store/db.h"
#include "store/zip.h"
#include "util/span.h"

enum cache_table { CACHE_RUN, CACHE_DAY, CACHE_ROLLUP };

enum { CACHE_PACKS = 96, CACHE_BYTES = 4 << 20 };

struct cache {
        struct cached {
                enum cache_table table;
                int64_t key;
                char *data; /* NULL: there is no such row */
                size_t len;
                uint64_t used; /* 0: free */
        } packs[CACHE_PACKS];
        size_t bytes;
        uint64_t clock;
};

/* The pack of that key, unpacked, valid until the next call: 0, 1 when there is none, -errno. */
int cache_read(struct cache *c, struct db *db, struct zip *z, enum cache_table table, int64_t key, struct span *ret);
/* After packs were written. */
void cache_clear(struct cache *c);
