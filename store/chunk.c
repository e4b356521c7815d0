/* SPDX-License-Identifier: Apache-2.0 */
/* Times, first sights and settled flags hardly ever differ from what is expected of them: kept as a list of surprises. Then the
 * values. */
#include "store/chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/values.h"

/* What is expected of first_seen_s: as late after its time as the one before (a poll for each sample), or at the same poll. */
enum { SEEN_AS_LATE, SEEN_TOGETHER };

enum { FORMAT = 1, ABOUT_MAX = 4 << 20 };

/* (how many came as expected, how far the next one was off)*, after the number of such pairs. */
static void put_surprises(struct buf *to, const int64_t *off, size_t n) {
        size_t n_surprises = 0, expected = 0;
        for (size_t i = 0; i < n; i++)
                n_surprises += off[i] != 0;
        put_varint(to, n_surprises);
        for (size_t i = 0; i < n; i++) {
                if (off[i] == 0) {
                        expected++;
                        continue;
                }
                put_varint(to, expected);
                put_varint(to, zigzag(off[i]));
                expected = 0;
        }
}

static void read_surprises(struct reader *in, int64_t *off, size_t n) {
        memset(off, 0, n * sizeof *off);
        uint64_t n_surprises = read_varint_upto(in, n);
        for (size_t at = 0; n_surprises > 0; n_surprises--) {
                uint64_t expected = read_varint_upto(in, n);
                at += (size_t)expected;
                if (in->failed || at >= n) {
                        in->failed = true;
                        return;
                }
                off[at++] = unzigzag(read_varint(in));
        }
}

static void put_times(struct buf *to, const struct entry *e, size_t n, int64_t *off) {
        int64_t step_s = n > 1 ? (int64_t)e[1].at_s - e[0].at_s : 0;
        put_varint(to, e[0].at_s);
        put_varint(to, (uint64_t)step_s);
        for (size_t i = 1; i < n; i++) {
                int64_t actual_s = (int64_t)e[i].at_s - e[i - 1].at_s;
                off[i - 1] = actual_s - step_s;
                step_s = actual_s;
        }
        put_surprises(to, off, n - 1);
}

static size_t find_seen_surprises(const struct entry *e, size_t n, int how, int64_t *off) {
        size_t n_surprises = 0;
        for (size_t i = 1; i < n; i++) {
                int64_t step_s = how == SEEN_AS_LATE ? (int64_t)e[i].at_s - e[i - 1].at_s : 0;
                off[i - 1] = (int64_t)e[i].first_seen_s - e[i - 1].first_seen_s - step_s;
                n_surprises += off[i - 1] != 0;
        }
        return n_surprises;
}

static void put_seen(struct buf *to, const struct entry *e, size_t n, int64_t *off) {
        size_t as_late = find_seen_surprises(e, n, SEEN_AS_LATE, off),
               together = find_seen_surprises(e, n, SEEN_TOGETHER, off);
        int how = as_late <= together ? SEEN_AS_LATE : SEEN_TOGETHER;
        put_varint(to, (uint64_t)how);
        put_varint(to, zigzag((int64_t)e[0].first_seen_s - e[0].at_s));
        find_seen_surprises(e, n, how, off);
        put_surprises(to, off, n - 1);
}

static void put_settled(struct buf *to, const struct entry *e, size_t n, int64_t *off) {
        bool before = true;
        for (size_t i = 0; i < n; i++) {
                off[i] = (int64_t)e[i].is_settled - before;
                before = e[i].is_settled;
        }
        put_surprises(to, off, n);
}

static int write_about(struct zip *z, const struct entry *e, size_t n, struct buf *to) {
        SCOPED(buf_done) struct buf about = BUF_INIT(ABOUT_MAX);
        SCOPED(free) int64_t *off = calloc(n, sizeof *off);
        if (!off)
                return -ENOMEM;
        put_times(&about, e, n, off);
        put_seen(&about, e, n, off);
        put_settled(&about, e, n, off);
        if (about.failed)
                return -ENOMEM;
        buf_put_char(to, FORMAT);
        put_varint(to, n);
        return bytes_write(z, ZIP_SMALL, buf_span(&about), to);
}

int chunk_write(struct zip *z, const struct entry *entries, size_t n, struct buf *about, struct buf *values) {
        if (n == 0 || n > CHUNK_MAX)
                return -EINVAL;
        SCOPED(free) double *column = calloc(n, sizeof *column);
        if (!column)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                column[i] = entries[i].value;
        int r = write_about(z, entries, n, about);
        return r < 0 ? r : values_write(z, ZIP_SMALL, column, n, values);
}

static void read_times(struct reader *in, struct entry *e, size_t n, int64_t *off) {
        int64_t at_s = (int64_t)read_varint_upto(in, UINT32_MAX), step_s = (int64_t)read_varint_upto(in, UINT32_MAX);
        read_surprises(in, off, n - 1);
        for (size_t i = 0; i < n && !in->failed; i++) {
                if (i > 0 &&
                    (__builtin_add_overflow(step_s, off[i - 1], &step_s) || step_s <= 0 || step_s > UINT32_MAX))
                        in->failed = true;
                else if (i > 0)
                        at_s += step_s;
                if (at_s > UINT32_MAX)
                        in->failed = true;
                e[i].at_s = (uint32_t)at_s;
        }
}

static void read_seen(struct reader *in, struct entry *e, size_t n, int64_t *off) {
        uint64_t how = read_varint_upto(in, SEEN_TOGETHER);
        int64_t seen_s, late_s = unzigzag(read_varint(in));
        read_surprises(in, off, n - 1);
        for (size_t i = 0; i < n && !in->failed; i++) {
                int64_t from_s = i == 0 ? e[0].at_s : e[i - 1].first_seen_s;
                if (i > 0)
                        from_s += how == SEEN_AS_LATE ? (int64_t)e[i].at_s - e[i - 1].at_s : 0;
                if (__builtin_add_overflow(from_s, i == 0 ? late_s : off[i - 1], &seen_s) || seen_s < 0 ||
                    seen_s > UINT32_MAX)
                        in->failed = true;
                else
                        e[i].first_seen_s = (uint32_t)seen_s;
        }
}

static void read_settled(struct reader *in, struct entry *e, size_t n, int64_t *off) {
        bool is_settled = true;
        read_surprises(in, off, n);
        for (size_t i = 0; i < n; i++) {
                is_settled = is_settled != (off[i] != 0);
                e[i].is_settled = is_settled;
        }
}

static int read_about(struct zip *z, struct reader *in, struct entry *e, size_t n) {
        SCOPED(buf_done) struct buf bytes = BUF_INIT(ABOUT_MAX);
        SCOPED(free) int64_t *off = calloc(n, sizeof *off);
        if (!off)
                return -ENOMEM;
        int r = bytes_read(z, in, &bytes);
        if (r < 0)
                return r;
        struct reader about = reader_of(bytes.data, bytes.len);
        read_times(&about, e, n, off);
        read_seen(&about, e, n, off);
        read_settled(&about, e, n, off);
        return about.failed || about.at != about.end ? -EUCLEAN : 0;
}

static int add_range(const struct entry *all, const double *values, size_t n, struct entries *e) {
        struct entry *moved = reallocarray(e->items, e->n_items + n, sizeof *moved);
        if (!moved)
                return -ENOMEM;
        e->items = moved;
        e->items_size = e->n_items + n;
        for (size_t i = 0; i < n; i++) {
                moved[e->n_items] = all[i];
                moved[e->n_items++].value = values[i];
        }
        return 0;
}

int chunk_read(struct zip *z, struct span about, struct span values, uint32_t from_s, uint32_t to_s,
               struct entries *e) {
        struct reader in = reader_of(about.data, about.len), in_values = reader_of(values.data, values.len);
        uint8_t format = read_byte(&in);
        size_t n = (size_t)read_varint_upto(&in, CHUNK_MAX);
        if (format != FORMAT || in.failed || n == 0)
                return -EUCLEAN;
        SCOPED(free) struct entry *all = calloc(n, sizeof *all);
        SCOPED(free) double *column = calloc(n, sizeof *column);
        if (!all || !column)
                return -ENOMEM;
        int r = read_about(z, &in, all, n);
        if (r == 0)
                r = values_read(z, &in_values, column, n);
        if (r < 0)
                return r;
        struct entries whole = {all, n, n};
        size_t first = entries_from(&whole, from_s), end = entries_from(&whole, to_s);
        return end > first ? add_range(all + first, column + first, end - first, e) : 0;
}
