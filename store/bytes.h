/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in few bytes: varints, and decimals as whole units. Reading survives any input. */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

enum { VARINT_MAX = 10, SCALE_MAX = 6 };

static inline uint64_t zigzag(int64_t v) {
        return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t unzigzag(uint64_t v) {
        return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* At most VARINT_MAX bytes; how many. */
static inline size_t write_varint(uint8_t *to, uint64_t v) {
        size_t n = 0;
        while (v >= 0x80) {
                to[n++] = (uint8_t)v | 0x80;
                v >>= 7;
        }
        to[n++] = (uint8_t)v;
        return n;
}

static inline void put_varint(struct buf *to, uint64_t v) {
        uint8_t bytes[VARINT_MAX];
        buf_put(to, bytes, write_varint(bytes, v));
}

struct reader {
        const uint8_t *at, *end;
        bool failed; /* the input ended or made no sense: all that follows reads as 0 */
};

static inline struct reader reader_of(const void *bytes, size_t len) {
        return (struct reader){bytes, (const uint8_t *)bytes + len, false};
}

static inline size_t reader_left(const struct reader *r) {
        return r->failed ? 0 : (size_t)(r->end - r->at);
}

static inline uint8_t read_byte(struct reader *r) {
        if (reader_left(r) == 0) {
                r->failed = true;
                return 0;
        }
        return *r->at++;
}

static inline uint64_t read_varint(struct reader *r) {
        uint64_t v = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
                uint8_t byte = read_byte(r);
                v |= (uint64_t)(byte & 0x7f) << shift;
                if (!(byte & 0x80))
                        return r->failed ? 0 : v;
        }
        r->failed = true;
        return 0;
}

/* A varint that must not exceed max. */
static inline uint64_t read_varint_upto(struct reader *r, uint64_t max) {
        uint64_t v = read_varint(r);
        if (v > max)
                r->failed = true;
        return r->failed ? 0 : v;
}

/* The next len bytes, NULL when there are not so many. */
static inline const uint8_t *read_bytes(struct reader *r, size_t len) {
        if (reader_left(r) < len)
                r->failed = true;
        if (r->failed)
                return NULL;
        const uint8_t *at = r->at;
        r->at += len;
        return at;
}

/* value as a whole number of 10^-scale, when exactly that value comes back from it. */
static inline bool to_units(double value, unsigned scale, int64_t *ret) {
        static const double powers[SCALE_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
        double units = rint(value * powers[scale]);
        if (!(fabs(units) < 9007199254740992.0) || units / powers[scale] != value || (units == 0 && signbit(value)))
                return false;
        *ret = (int64_t)units;
        return true;
}

static inline double from_units(int64_t units, unsigned scale) {
        static const double powers[SCALE_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
        return (double)units / powers[scale];
}
