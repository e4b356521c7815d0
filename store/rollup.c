/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rollup.h"

#include <errno.h>

#include "store/values.h"
#include "util/list.h"

enum { FORMAT = 1, COLUMNS = 4 };

void hours_done(struct hours *h) {
        free(h->items);
        *h = (struct hours){0};
}

/* Of decimals the sum is a decimal, without the dust of adding doubles: it can be kept in few bytes. */
static double sum_of(const struct entry *e, size_t n) {
        for (unsigned scale = 0; scale <= SCALE_MAX; scale++) {
                int64_t units, sum = 0;
                size_t i = 0;
                while (i < n && to_units(e[i].value, scale, &units) && !__builtin_add_overflow(sum, units, &sum))
                        i++;
                if (i == n)
                        return from_units(sum, scale);
        }
        double sum = 0;
        for (size_t i = 0; i < n; i++)
                sum += e[i].value;
        return sum;
}

static struct hour fold(const struct entry *e, size_t n) {
        struct hour h = {
                .at_s = e[0].at_s - e[0].at_s % HOUR_S,
                .n_samples = (uint32_t)n,
                .min = e[0].value,
                .max = e[0].value,
                .sum = sum_of(e, n),
                .last = e[n - 1].value,
        };
        for (size_t i = 1; i < n; i++) {
                h.min = e[i].value < h.min ? e[i].value : h.min;
                h.max = e[i].value > h.max ? e[i].value : h.max;
        }
        /* Doubles near the largest one add up to infinity: as large as can be kept. */
        if (!isfinite(h.sum))
                h.sum = h.sum > 0 ? 1.7976931348623157e308 : -1.7976931348623157e308;
        return h;
}

int hours_fold(struct hours *h, const struct entry *entries, size_t n) {
        for (size_t start = 0, end; start < n; start = end) {
                uint32_t hour = entries[start].at_s / HOUR_S;
                for (end = start; end < n && entries[end].at_s / HOUR_S == hour;)
                        end++;
                struct hour *slot = LIST_ADD(h->items, h->n_items, h->items_size);
                if (!slot)
                        return -ENOMEM;
                *slot = fold(entries + start, end - start);
        }
        return 0;
}

int hours_replace_day(struct hours *h, uint32_t day_s, const struct hours *day) {
        SCOPED(hours_done) struct hours made = {0};
        size_t from = 0;
        while (from < h->n_items && h->items[from].at_s < day_s)
                from++;
        size_t end = from;
        while (end < h->n_items && h->items[end].at_s - day_s < DAY_S)
                end++;
        size_t n_after = h->n_items - end;
        if (!(made.items = calloc(from + day->n_items + n_after + 1, sizeof *made.items)))
                return -ENOMEM;
        made.n_items = made.items_size = from + day->n_items + n_after;
        if (from > 0)
                memcpy(made.items, h->items, from * sizeof *made.items);
        if (day->n_items > 0)
                memcpy(made.items + from, day->items, day->n_items * sizeof *made.items);
        if (n_after > 0)
                memcpy(made.items + from + day->n_items, h->items + end, n_after * sizeof *made.items);
        struct hours old = *h;
        *h = made;
        made = old;
        return 0;
}

static double *column_of(struct hour *h, int column) {
        return column == 0 ? &h->min : column == 1 ? &h->max : column == 2 ? &h->sum : &h->last;
}

/* What is left of a number when the hour's minimum is known. */
static double over_minimum(const struct hour *h, int column, double number) {
        return column == 0 ? number : column == 2 ? number - h->min * h->n_samples : number - h->min;
}

static double with_minimum(const struct hour *h, int column, double rest) {
        return column == 0 ? rest : column == 2 ? rest + h->min * h->n_samples : rest + h->min;
}

enum { NO_SCALE = SCALE_MAX + 1 };

/* All numbers of all hours as units of one scale; NO_SCALE when they are no decimals. Sums of units are exact as doubles. */
static unsigned find_scale(const struct hours *h, struct hour *units) {
        for (unsigned scale = 0; scale <= SCALE_MAX; scale++) {
                size_t n = 0;
                bool fits = true;
                for (; n < h->n_items && fits; n++) {
                        units[n] = h->items[n];
                        for (int column = 0; column < COLUMNS && fits; column++) {
                                int64_t u;
                                double *number = column_of(&units[n], column);
                                fits = to_units(*number, scale, &u) && fabs(*number * 3600) < 1e9;
                                *number = fits ? (double)u : 0;
                        }
                }
                if (fits)
                        return scale;
        }
        return NO_SCALE;
}

int hours_write(struct zip *z, const struct hours *h, struct buf *to) {
        double values[ROLLUP_HOURS];
        struct hour units[ROLLUP_HOURS];
        uint64_t counts[ROLLUP_HOURS], steps[ROLLUP_HOURS];
        if (h->n_items == 0 || h->n_items > ROLLUP_HOURS)
                return -EINVAL;
        for (size_t i = 0; i < h->n_items; i++) {
                counts[i] = h->items[i].n_samples;
                steps[i] = i > 0 ? (h->items[i].at_s - h->items[i - 1].at_s) / HOUR_S : 0;
        }
        buf_put_char(to, FORMAT);
        put_varint(to, h->n_items);
        put_varint(to, h->items[0].at_s / HOUR_S);
        int r = planes_write(z, ZIP_SMALL, steps + 1, h->n_items - 1, to);
        if (r == 0)
                r = planes_write(z, ZIP_SMALL, counts, h->n_items, to);
        unsigned scale = find_scale(h, units);
        buf_put_char(to, (char)scale);
        for (int column = 0; column < COLUMNS && r == 0; column++) {
                for (size_t i = 0; i < h->n_items; i++)
                        values[i] = scale == NO_SCALE ? *column_of(&h->items[i], column)
                                                      : over_minimum(&units[i], column, *column_of(&units[i], column));
                r = values_write(z, ZIP_SMALL, values, h->n_items, to);
        }
        return r;
}

static int read_times(struct zip *z, struct reader *in, struct hour *hours, size_t n) {
        uint64_t steps[ROLLUP_HOURS], counts[ROLLUP_HOURS], at = read_varint_upto(in, UINT32_MAX / HOUR_S);
        int r = planes_read(z, in, steps + 1, n - 1);
        if (r == 0)
                r = planes_read(z, in, counts, n);
        for (size_t i = 0; i < n && r == 0; i++) {
                if (i > 0 &&
                    (steps[i] == 0 || steps[i] > UINT32_MAX / HOUR_S || (at += steps[i]) > UINT32_MAX / HOUR_S))
                        return -EUCLEAN;
                if (counts[i] == 0 || counts[i] > HOUR_S)
                        return -EUCLEAN;
                hours[i].at_s = (uint32_t)at * HOUR_S;
                hours[i].n_samples = (uint32_t)counts[i];
        }
        return r;
}

static int from_scale(struct hour *hours, size_t n, unsigned scale) {
        for (size_t i = 0; i < n; i++)
                for (int column = 0; column < COLUMNS; column++) {
                        double *number = column_of(&hours[i], column);
                        if (!(fabs(*number) < 9007199254740992.0))
                                return -EUCLEAN;
                        *number = from_units((int64_t)*number, scale);
                }
        return 0;
}

int hours_read(struct zip *z, struct span bytes, struct hours *h) {
        struct reader in = reader_of(bytes.data, bytes.len);
        struct hour hours[ROLLUP_HOURS];
        double values[ROLLUP_HOURS];
        uint8_t format = read_byte(&in);
        size_t n = (size_t)read_varint_upto(&in, ROLLUP_HOURS);
        if (format != FORMAT || n == 0)
                return -EUCLEAN;
        int r = read_times(z, &in, hours, n);
        unsigned scale = read_byte(&in);
        for (int column = 0; column < COLUMNS && r == 0; column++) {
                r = scale > NO_SCALE ? -EUCLEAN : values_read(z, &in, values, n);
                for (size_t i = 0; i < n && r == 0; i++)
                        *column_of(&hours[i], column) = scale == NO_SCALE ? values[i]
                                                                          : with_minimum(&hours[i], column, values[i]);
        }
        if (r == 0 && scale != NO_SCALE)
                r = from_scale(hours, n, scale);
        for (size_t i = 0; i < n && r == 0; i++) {
                struct hour *slot = LIST_ADD(h->items, h->n_items, h->items_size);
                if (!slot)
                        return -ENOMEM;
                *slot = hours[i];
        }
        return r < 0 ? r : in.failed ? -EUCLEAN : 0;
}
