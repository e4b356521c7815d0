/* SPDX-License-Identifier: Apache-2.0 */
#include "store/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The first byte: how the values became whole numbers; the lower SCALE_BITS are the decimals' scale. */
enum {
        AS_BITS = 0,   /* the doubles' bits */
        AS_UNITS = 1,  /* units above the least one */
        AS_STEPS = 2,  /* differences of units */
        AS_STEPS2 = 3, /* differences of differences */
        SCALE_BITS = 3,
};

/* The smallest scale that all values share, and the units; false when they are no decimals. */
static bool find_units(const double *values, size_t n, int64_t *units, unsigned *ret_scale) {
        unsigned scale = 0;
        size_t n_fitting = 0;
        while (n_fitting < n && scale <= SCALE_MAX) {
                for (n_fitting = 0; n_fitting < n && to_units(values[n_fitting], scale, &units[n_fitting]);)
                        n_fitting++;
                if (n_fitting < n)
                        scale++;
        }
        *ret_scale = scale;
        return n_fitting == n;
}

/* Bits that n numbers take at the best, roughly: what chooses between the ways to keep them. */
static uint64_t weigh(const uint64_t *numbers, size_t n) {
        uint64_t bits = 0;
        for (size_t i = 0; i < n; i++)
                bits += numbers[i] ? 64 - (unsigned)__builtin_clzll(numbers[i]) : 0;
        return bits;
}

static uint64_t from_least(const int64_t *units, size_t n, uint64_t *to) {
        int64_t least = units[0];
        for (size_t i = 1; i < n; i++)
                least = units[i] < least ? units[i] : least;
        for (size_t i = 0; i < n; i++)
                to[i] = (uint64_t)(units[i] - least);
        return zigzag(least);
}

/* Differences, as often as `order` says; the first ones against 0. */
static void differences(const int64_t *units, size_t n, unsigned order, uint64_t *to) {
        int64_t before = 0, step_before = 0;
        for (size_t i = 0; i < n; i++) {
                int64_t step = units[i] - before;
                to[i] = zigzag(order == 2 ? step - step_before : step);
                before = units[i];
                step_before = i > 0 ? step : 0;
        }
}

struct columns {
        int64_t *units;
        uint64_t *plain, *steps, *steps2;
};

static void columns_done(struct columns *c) {
        free(c->units);
        free(c->plain);
        free(c->steps);
        free(c->steps2);
}
SCOPED_DEFINE_VALUE(struct columns, columns_done)

static bool columns_make(struct columns *c, size_t n) {
        c->units = calloc(n, sizeof *c->units);
        c->plain = calloc(n, sizeof *c->plain);
        c->steps = calloc(n, sizeof *c->steps);
        c->steps2 = calloc(n, sizeof *c->steps2);
        return c->units && c->plain && c->steps && c->steps2;
}

static int write_units(struct zip *z, enum zip_effort effort, struct columns *c, size_t n, unsigned scale,
                       struct buf *to) {
        uint64_t least = from_least(c->units, n, c->plain);
        differences(c->units, n, 1, c->steps);
        differences(c->units, n, 2, c->steps2);
        uint64_t plain = weigh(c->plain, n), steps = weigh(c->steps + 1, n - 1), steps2 = weigh(c->steps2 + 1, n - 1);
        uint8_t how = AS_UNITS;
        if (steps < plain && steps <= steps2)
                how = AS_STEPS;
        else if (steps2 < plain && steps2 < steps)
                how = AS_STEPS2;
        buf_put_char(to, (char)(how << SCALE_BITS | scale));
        if (how == AS_UNITS) {
                put_varint(to, least);
                return planes_write(z, effort, c->plain, n, to);
        }
        const uint64_t *chosen = how == AS_STEPS ? c->steps : c->steps2;
        put_varint(to, chosen[0]);
        return planes_write(z, effort, chosen + 1, n - 1, to);
}

int values_write(struct zip *z, enum zip_effort effort, const double *values, size_t n, struct buf *to) {
        SCOPED(columns_done) struct columns c = {0};
        unsigned scale;
        if (n == 0)
                return to->failed;
        if (!columns_make(&c, n))
                return -ENOMEM;
        if (find_units(values, n, c.units, &scale))
                return write_units(z, effort, &c, n, scale, to);
        memcpy(c.plain, values, n * sizeof *values);
        buf_put_char(to, AS_BITS << SCALE_BITS);
        return planes_write(z, effort, c.plain, n, to);
}

/* Turns numbers back into units, in place. Unsigned, because junk may overflow. */
static void sum_up(uint64_t *numbers, size_t n, unsigned order) {
        uint64_t units = 0, step = 0;
        for (size_t i = 0; i < n; i++) {
                uint64_t change = (uint64_t)unzigzag(numbers[i]);
                step = order == 2 && i > 1 ? step + change : change;
                units += step;
                numbers[i] = units;
        }
}

static int read_units(struct zip *z, struct reader *in, uint8_t how, uint64_t *numbers, size_t n) {
        uint64_t first = read_varint(in);
        if (how == AS_UNITS) {
                int r = planes_read(z, in, numbers, n);
                for (size_t i = 0; i < n && r == 0; i++)
                        numbers[i] += (uint64_t)unzigzag(first);
                return r;
        }
        numbers[0] = first;
        int r = planes_read(z, in, numbers + 1, n - 1);
        if (r == 0)
                sum_up(numbers, n, how == AS_STEPS ? 1 : 2);
        return r;
}

int values_read(struct zip *z, struct reader *in, double *values, size_t n) {
        if (n == 0)
                return 0;
        uint8_t first = read_byte(in), how = first >> SCALE_BITS;
        unsigned scale = first & ((1 << SCALE_BITS) - 1);
        if (in->failed || how > AS_STEPS2 || scale > SCALE_MAX)
                return -EUCLEAN;
        SCOPED(free) uint64_t *numbers = calloc(n, sizeof *numbers);
        if (!numbers)
                return -ENOMEM;
        int r = how == AS_BITS ? planes_read(z, in, numbers, n) : read_units(z, in, how, numbers, n);
        if (r < 0)
                return r;
        if (how == AS_BITS)
                memcpy(values, numbers, n * sizeof *values);
        else
                for (size_t i = 0; i < n; i++)
                        values[i] = from_units((int64_t)numbers[i], scale);
        for (size_t i = 0; i < n; i++)
                if (!isfinite(values[i]))
                        return -EUCLEAN;
        return in->failed ? -EUCLEAN : 0;
}
