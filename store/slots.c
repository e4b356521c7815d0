/* SPDX-License-Identifier: Apache-2.0 */
#include "store/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 64 };

/* FNV-1a, finished so that the low bits depend on all of the input. */
uint64_t slots_hash(const void *data, size_t len) {
        const unsigned char *bytes = data;
        uint64_t h = 0xcbf29ce484222325;
        for (size_t i = 0; i < len; i++)
                h = (h ^ bytes[i]) * 0x100000001b3;
        h ^= h >> 32;
        h *= 0xd6e8feb86659fd93;
        return h ^ h >> 32;
}

static void insert(struct slots *s, uint32_t hash, uint32_t item) {
        size_t at = hash & (s->size - 1);
        while (s->table[at].item)
                at = (at + 1) & (s->size - 1);
        s->table[at] = (struct slot){hash, item + 1};
        s->n_items++;
}

int slots_reserve(struct slots *s) {
        if (s->n_items + 1 <= s->size / 4 * 3)
                return 0;
        struct slots larger = {.size = s->size ? s->size * 2 : FIRST_SIZE};
        larger.table = calloc(larger.size, sizeof *larger.table);
        if (!larger.table)
                return -ENOMEM;
        for (size_t i = 0; i < s->size; i++)
                if (s->table[i].item)
                        insert(&larger, s->table[i].hash, s->table[i].item - 1);
        free(s->table);
        *s = larger;
        return 0;
}

void slots_add(struct slots *s, uint64_t hash, uint32_t item) {
        insert(s, (uint32_t)hash, item);
}

struct probe slots_probe(const struct slots *s, uint64_t hash) {
        return (struct probe){s, (uint32_t)hash, s->size ? (uint32_t)hash & (s->size - 1) : 0};
}

bool probe_next(struct probe *p, uint32_t *ret_item) {
        const struct slots *s = p->slots;
        while (s->size && s->table[p->at].item) {
                struct slot found = s->table[p->at];
                p->at = (p->at + 1) & (s->size - 1);
                if (found.hash == p->hash) {
                        *ret_item = found.item - 1;
                        return true;
                }
        }
        return false;
}

void slots_done(struct slots *s) {
        free(s->table);
        *s = (struct slots){0};
}
