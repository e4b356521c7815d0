/* SPDX-License-Identifier: Apache-2.0 */
/* A hash index over the numbers of somebody's array: the owner compares, the index only proposes. Nothing is ever removed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots {
        struct slot {
                uint32_t hash; /* folded */
                uint32_t item; /* number + 1; 0: empty */
        } * table;
        size_t n_items, size; /* size is a power of two */
};

struct probe {
        const struct slots *slots;
        uint32_t hash;
        size_t at;
};

uint64_t slots_hash(const void *data, size_t len);
/* Makes room for one more; 0 or -ENOMEM. */
int slots_reserve(struct slots *s);
/* After slots_reserve. */
void slots_add(struct slots *s, uint64_t hash, uint32_t item);
struct probe slots_probe(const struct slots *s, uint64_t hash);
/* The next item whose hash fits; false at the end. */
bool probe_next(struct probe *p, uint32_t *ret_item);
void slots_done(struct slots *s);
