/* SPDX-License-Identifier: Apache-2.0 */
#include "store/day.h"

#include <errno.h>

#include "store/bytes.h"

void day_pack_done(struct day_pack *d) {
        for (size_t i = 0; i < PACK_SERIES; i++) {
                buf_done(&d->items[i].about);
                buf_done(&d->items[i].values);
        }
}

/* A chunk's values begin with the key of its other part. */
int day_find(struct span pack, uint32_t slot, struct span *about, struct span *values) {
        int r = pack_find(pack, slot, values);
        if (r != 0)
                return r;
        struct reader in = reader_of(values->data, values->len);
        uint32_t key = (uint32_t)read_varint_upto(&in, UINT32_MAX);
        if (in.failed || pack_find(pack, key, about) != 0)
                return -EUCLEAN;
        *values = (struct span){(const char *)in.at, reader_left(&in)};
        return 0;
}

int day_keep(struct day_pack *d, struct span older, int64_t *n_damaged) {
        for (uint32_t slot = 0; slot < PACK_SERIES; slot++) {
                struct day_item *item = &d->items[slot];
                struct span about, values;
                int r = item->values.len > 0 ? 1 : day_find(older, slot, &about, &values);
                if (r < 0)
                        ++*n_damaged;
                if (r != 0)
                        continue;
                buf_put_span(&item->about, about);
                buf_put_span(&item->values, values);
                if (item->about.failed || item->values.failed)
                        return -ENOMEM;
        }
        return 0;
}

/* The slot that has the same `about` first. */
static uint32_t first_alike(const struct day_pack *d, uint32_t slot) {
        uint32_t first = 0;
        while (!span_equals(buf_span(&d->items[first].about), buf_span(&d->items[slot].about)))
                first++;
        return first;
}

int day_write(const struct day_pack *d, struct buf *to) {
        struct pack_item items[2 * PACK_SERIES];
        SCOPED(buf_done) struct buf values = BUF_INIT(PACK_ROW_MAX);
        size_t starts[PACK_SERIES + 1], n = 0, n_values;
        for (uint32_t slot = 0; slot < PACK_SERIES; slot++) {
                if (d->items[slot].values.len == 0)
                        continue;
                starts[n] = values.len;
                items[n++].key = slot;
                put_varint(&values, PACK_SERIES + first_alike(d, slot));
                buf_put_span(&values, buf_span(&d->items[slot].values));
        }
        starts[n] = values.len;
        n_values = n;
        if (values.failed)
                return -ENOMEM;
        for (size_t i = 0; i < n_values; i++)
                items[i].bytes = (struct span){values.data + starts[i], starts[i + 1] - starts[i]};
        for (uint32_t slot = 0; slot < PACK_SERIES; slot++)
                if (d->items[slot].values.len > 0 && first_alike(d, slot) == slot)
                        items[n++] = (struct pack_item){PACK_SERIES + slot, buf_span(&d->items[slot].about)};
        return n > 0 ? pack_write(items, n, to) : 0;
}
