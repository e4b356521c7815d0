/* SPDX-License-Identifier: Apache-2.0 */
#include "store/entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/list.h"

void entries_done(struct entries *e) {
        free(e->items);
        *e = (struct entries){0};
}

int entries_add(struct entries *e, const struct entry *added) {
        struct entry *slot = LIST_ADD(e->items, e->n_items, e->items_size);
        if (!slot)
                return -ENOMEM;
        *slot = *added;
        return 0;
}

size_t entries_from(const struct entries *e, uint32_t from_s) {
        size_t low = 0, high = e->n_items;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (e->items[middle].at_s < from_s)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static int reserve(struct entries *e, size_t more) {
        size_t needed = e->n_items + more;
        if (needed <= e->items_size)
                return 0;
        size_t larger = needed > e->items_size * 2 ? needed : e->items_size * 2;
        struct entry *moved = reallocarray(e->items, larger, sizeof *moved);
        if (!moved)
                return -ENOMEM;
        e->items = moved;
        e->items_size = larger;
        return 0;
}

static struct entry combine(const struct entry *older, const struct entry *newer) {
        struct entry both = *newer;
        if (older->first_seen_s < both.first_seen_s)
                both.first_seen_s = older->first_seen_s;
        both.is_settled = both.is_settled || older->is_settled;
        return both;
}

/* How many instants the two have in common. */
static size_t count_common(const struct entry *a, size_t n_a, const struct entry *b, size_t n_b) {
        size_t common = 0;
        for (size_t i = 0, k = 0; i < n_a && k < n_b;) {
                if (a[i].at_s < b[k].at_s) {
                        i++;
                } else if (a[i].at_s > b[k].at_s) {
                        k++;
                } else {
                        common++;
                        i++;
                        k++;
                }
        }
        return common;
}

int entries_overlay(struct entries *e, const struct entry *newer, size_t n_newer) {
        if (n_newer == 0)
                return 0;
        if (reserve(e, n_newer) < 0)
                return -ENOMEM;
        size_t start = entries_from(e, newer[0].at_s), n_tail = e->n_items - start;
        size_t to = e->n_items + n_newer - count_common(e->items + start, n_tail, newer, n_newer);
        size_t i = e->n_items, k = n_newer;
        e->n_items = to;
        /* From the end backwards, so that nothing is overwritten before it was read. */
        while (k > 0) {
                if (i > start && e->items[i - 1].at_s > newer[k - 1].at_s) {
                        e->items[--to] = e->items[--i];
                } else if (i > start && e->items[i - 1].at_s == newer[k - 1].at_s) {
                        struct entry both = combine(&e->items[--i], &newer[--k]);
                        e->items[--to] = both;
                } else {
                        e->items[--to] = newer[--k];
                }
        }
        return 0;
}
