/* SPDX-License-Identifier: Apache-2.0 */
/* A day of a series as it lies on the disk, from any bytes: two for the length of `about`, `about`, `values`. What is read is in order
 * and finite, and comes back the same when it is written. */
#include <math.h>
#include <string.h>

#include "store/chunk.h"
#include "tests/fuzz/fuzz.h"

static void check_order(const struct entries *e) {
        for (size_t i = 0; i < e->n_items; i++) {
                must(isfinite(e->items[i].value));
                must(i == 0 || e->items[i].at_s > e->items[i - 1].at_s);
        }
}

static void check_same(const struct entries *a, const struct entries *b) {
        must(a->n_items == b->n_items);
        for (size_t i = 0; i < a->n_items; i++) {
                const struct entry *x = &a->items[i], *y = &b->items[i];
                must(memcmp(&x->value, &y->value, sizeof x->value) == 0);
                must(x->at_s == y->at_s && x->first_seen_s == y->first_seen_s && x->is_settled == y->is_settled);
        }
}

/* Part of it is that part of the whole. */
static void check_range(struct zip *z, struct span about, struct span values, const struct entries *whole) {
        SCOPED(entries_done) struct entries part = {0};
        uint32_t from_s = whole->items[whole->n_items / 3].at_s, to_s = whole->items[whole->n_items / 2].at_s;
        size_t first = entries_from(whole, from_s), end = entries_from(whole, to_s);
        must(chunk_read(z, about, values, from_s, to_s, &part) == 0);
        struct entries expected = {whole->items + first, end > first ? end - first : 0, 0};
        check_same(&expected, &part);
}

static void check_return(struct zip *z, const struct entries *read) {
        SCOPED(buf_done) struct buf about = BUF_INIT(ZIP_MAX), values = BUF_INIT(ZIP_MAX);
        SCOPED(entries_done) struct entries again = {0};
        must(chunk_write(z, read->items, read->n_items, &about, &values) == 0);
        must(chunk_read(z, buf_span(&about), buf_span(&values), 0, UINT32_MAX, &again) == 0);
        check_same(read, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        if (size < 2)
                return 0;
        size_t about_len = (size_t)data[0] << 8 | data[1];
        if (about_len > size - 2)
                return 0;
        struct zip z = ZIP_INIT;
        SCOPED(entries_done) struct entries read = {0};
        struct span about = {(const char *)data + 2, about_len},
                    values = {(const char *)data + 2 + about_len, size - 2 - about_len};
        if (chunk_read(&z, about, values, 0, UINT32_MAX, &read) == 0 && read.n_items > 0) {
                check_order(&read);
                check_range(&z, about, values, &read);
                check_return(&z, &read);
        }
        zip_done(&z);
        return 0;
}
