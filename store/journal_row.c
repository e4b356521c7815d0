/* SPDX-License-Identifier: Apache-2.0 */
#include "store/journal_row.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/planes.h"

enum { FORMAT = 1 };

void journal_row_done(struct journal_row *row) {
        free(row->changes);
        free(row->advances);
        *row = (struct journal_row){0};
}

/* Steps between neighbours: nearly all alike, whatever the numbers are. */
static int write_steps(struct zip *z, const uint32_t *first, size_t stride, size_t n, struct buf *to) {
        SCOPED(free) uint64_t *steps = calloc(n + 1, sizeof *steps);
        if (!steps)
                return -ENOMEM;
        int64_t before = 0;
        for (size_t i = 0; i < n; i++) {
                int64_t number = first[i * stride];
                steps[i] = zigzag(number - before);
                before = number;
        }
        return planes_write(z, ZIP_FAST, steps, n, to);
}

static int read_steps(struct zip *z, struct reader *in, uint32_t *first, size_t stride, size_t n) {
        SCOPED(free) uint64_t *steps = calloc(n + 1, sizeof *steps);
        if (!steps)
                return -ENOMEM;
        int r = planes_read(z, in, steps, n);
        int64_t number = 0;
        for (size_t i = 0; i < n && r == 0; i++) {
                if (__builtin_add_overflow(number, unzigzag(steps[i]), &number) || number < 0 || number > UINT32_MAX)
                        return -EUCLEAN;
                first[i * stride] = (uint32_t)number;
        }
        return r;
}

enum {
        CHANGE_STRIDE = sizeof(struct change) / sizeof(uint32_t),
        ADVANCE_STRIDE = sizeof(struct advance) / sizeof(uint32_t)
};

/* Neighbours are different metrics: columns of bits would be noise. Decimals are kept as units: the scale of each in one column, the
 * units as varints. */
enum { NO_SCALE = SCALE_MAX + 1, VALUES_MAX = JOURNAL_CHANGES_MAX * VARINT_MAX };

static uint64_t scale_of(double value, int64_t *units) {
        unsigned scale = 0;
        while (scale <= SCALE_MAX && !to_units(value, scale, units))
                scale++;
        return scale;
}

static int write_values(struct zip *z, const struct journal_row *row, struct buf *to) {
        SCOPED(free) uint64_t *scales = calloc(row->n_changes + 1, sizeof *scales);
        SCOPED(buf_done) struct buf numbers = BUF_INIT(VALUES_MAX);
        if (!scales)
                return -ENOMEM;
        for (size_t i = 0; i < row->n_changes; i++) {
                int64_t units;
                scales[i] = scale_of(row->changes[i].value, &units);
                if (scales[i] == NO_SCALE)
                        buf_put(&numbers, &row->changes[i].value, sizeof(double));
                else
                        put_varint(&numbers, zigzag(units));
        }
        int r = numbers.failed;
        if (r == 0)
                r = planes_write(z, ZIP_FAST, scales, row->n_changes, to);
        if (r == 0)
                r = bytes_write(z, ZIP_FAST, buf_span(&numbers), to);
        return r;
}

static int read_values(struct zip *z, struct reader *in, struct journal_row *row) {
        SCOPED(free) uint64_t *scales = calloc(row->n_changes + 1, sizeof *scales);
        SCOPED(buf_done) struct buf bytes = BUF_INIT(VALUES_MAX);
        if (!scales)
                return -ENOMEM;
        int r = planes_read(z, in, scales, row->n_changes);
        if (r == 0)
                r = bytes_read(z, in, &bytes);
        struct reader numbers = reader_of(buf_str(&bytes), bytes.len);
        for (size_t i = 0; i < row->n_changes && r == 0; i++) {
                double *value = &row->changes[i].value;
                const uint8_t *bits = scales[i] == NO_SCALE ? read_bytes(&numbers, sizeof *value) : NULL;
                if (bits)
                        memcpy(value, bits, sizeof *value);
                else if (scales[i] <= SCALE_MAX)
                        *value = from_units(unzigzag(read_varint(&numbers)), (unsigned)scales[i]);
                else
                        return -EUCLEAN;
                if (numbers.failed || !isfinite(*value))
                        return -EUCLEAN;
        }
        return r;
}

int journal_write(struct zip *z, const struct journal_row *row, struct buf *to) {
        buf_put_char(to, FORMAT);
        put_varint(to, zigzag(row->collected_at_s));
        put_varint(to, zigzag(row->settled_before_s));
        put_varint(to, row->n_advances);
        put_varint(to, row->n_changes);
        int r = 0;
        if (row->n_advances > 0)
                r = write_steps(z, &row->advances[0].series, ADVANCE_STRIDE, row->n_advances, to);
        if (r == 0 && row->n_advances > 0)
                r = write_steps(z, &row->advances[0].until_s, ADVANCE_STRIDE, row->n_advances, to);
        if (r == 0 && row->n_changes > 0)
                r = write_steps(z, &row->changes[0].series, CHANGE_STRIDE, row->n_changes, to);
        if (r == 0 && row->n_changes > 0)
                r = write_steps(z, &row->changes[0].at_s, CHANGE_STRIDE, row->n_changes, to);
        if (r == 0 && row->n_changes > 0)
                r = write_values(z, row, to);
        return r < 0 ? r : to->failed;
}

int journal_read(struct zip *z, struct span bytes, struct journal_row *row) {
        struct reader in = reader_of(bytes.data, bytes.len);
        SCOPED(journal_row_done) struct journal_row read = {0};
        uint8_t format = read_byte(&in);
        read.collected_at_s = unzigzag(read_varint(&in));
        read.settled_before_s = unzigzag(read_varint(&in));
        read.n_advances = (size_t)read_varint_upto(&in, JOURNAL_ADVANCES_MAX);
        read.n_changes = (size_t)read_varint_upto(&in, JOURNAL_CHANGES_MAX);
        if (format != FORMAT || in.failed)
                return -EUCLEAN;
        read.advances = calloc(read.n_advances + 1, sizeof *read.advances);
        read.changes = calloc(read.n_changes + 1, sizeof *read.changes);
        if (!read.advances || !read.changes)
                return -ENOMEM;
        int r = 0;
        if (read.n_advances > 0)
                r = read_steps(z, &in, &read.advances[0].series, ADVANCE_STRIDE, read.n_advances);
        if (r == 0 && read.n_advances > 0)
                r = read_steps(z, &in, &read.advances[0].until_s, ADVANCE_STRIDE, read.n_advances);
        if (r == 0 && read.n_changes > 0)
                r = read_steps(z, &in, &read.changes[0].series, CHANGE_STRIDE, read.n_changes);
        if (r == 0 && read.n_changes > 0)
                r = read_steps(z, &in, &read.changes[0].at_s, CHANGE_STRIDE, read.n_changes);
        if (r == 0 && read.n_changes > 0)
                r = read_values(z, &in, &read);
        if (r < 0 || in.at != in.end)
                return r < 0 ? r : -EUCLEAN;
        *row = read;
        read = (struct journal_row){0};
        return 0;
}
