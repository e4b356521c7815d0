/* SPDX-License-Identifier: Apache-2.0 */
/* A record is a control byte and what it announces, in the order of the bits' names below; or a count of how often the record before
 * it, which announced nothing, is repeated. */
#include "store/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
        VALUE_SAME = 0,
        VALUE_STEP = 1,  /* zigzag varint: units of 10^-scale more than the value before */
        VALUE_UNITS = 2, /* a new scale, zigzag varint: units */
        VALUE_BITS = 3,  /* XOR with the bits before: a byte (low zero bytes << 4 | bytes), the bytes */
        VALUE_MASK = 3,
        TIME_STEP = 4,  /* varint: seconds since the one before; else as many as last time */
        SEEN_SAME = 8,  /* first seen when the one before was; else as long after its time as that */
        SEEN_STEP = 16, /* zigzag varint */
        SETTLED = 32,
        ANNOUNCING = VALUE_MASK | TIME_STEP | SEEN_STEP,
        CONTROLS = 64,
        REPEAT = 128, /* | repeats - 1 */
        NO_CONTROL = 64,
        RECORD_MAX = 1 + 2 * VARINT_MAX + 2 + VARINT_MAX,
        LEN_MAX = 1 << 30,
};

void stream_done(struct stream *s) {
        free(s->bytes);
        *s = (struct stream){0};
}

static int reserve(struct stream *s, size_t more) {
        if (s->size - s->len >= more)
                return 0;
        /* Small steps: there is one for each series. */
        uint32_t size = (s->len + (uint32_t)more + s->len / 4 + 15) & ~15u;
        uint8_t *moved = size < LEN_MAX ? realloc(s->bytes, size) : NULL;
        if (!moved)
                return -ENOMEM;
        s->bytes = moved;
        s->size = size;
        return 0;
}

static uint64_t bits_of(double value) {
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        return bits;
}

static size_t write_bits(uint8_t *to, uint64_t changed) {
        unsigned low = (unsigned)__builtin_ctzll(changed) / 8, high = (unsigned)__builtin_clzll(changed) / 8,
                 n = 8 - low - high;
        to[0] = (uint8_t)(low << 4 | n);
        for (unsigned i = 0; i < n; i++)
                to[1 + i] = (uint8_t)(changed >> 8 * (low + i));
        return 1 + n;
}

/* How the value is announced; its bytes go to `to`. */
static uint8_t write_value(struct stream *s, double value, uint8_t *to, size_t *n) {
        int64_t units, before;
        if (s->len > 0 && bits_of(value) == bits_of(s->value))
                return VALUE_SAME;
        if (s->len > 0 && to_units(value, s->scale, &units) && to_units(s->value, s->scale, &before)) {
                *n += write_varint(to + *n, zigzag(units - before));
                return VALUE_STEP;
        }
        for (unsigned scale = s->scale; scale <= SCALE_MAX; scale++)
                if (to_units(value, scale, &units)) {
                        s->scale = (uint8_t)scale;
                        to[(*n)++] = (uint8_t)scale;
                        *n += write_varint(to + *n, zigzag(units));
                        return VALUE_UNITS;
                }
        /* The two differ, or it is the first one, which differs from 0 since 0 is a whole number of units. */
        uint64_t changed = bits_of(value) ^ bits_of(s->value);
        if (changed == 0)
                return VALUE_SAME;
        *n += write_bits(to + *n, changed);
        return VALUE_BITS;
}

static uint8_t write_seen(const struct stream *s, const struct entry *e, uint32_t delta_s, uint8_t *to, size_t *n) {
        if (s->len > 0 && e->first_seen_s == s->first_seen_s + delta_s)
                return 0;
        if (s->len > 0 && e->first_seen_s == s->first_seen_s)
                return SEEN_SAME;
        *n += write_varint(to + *n, zigzag((int64_t)e->first_seen_s - s->first_seen_s));
        return SEEN_STEP;
}

static void write_record(struct stream *s, uint8_t control, const uint8_t *announced, size_t n) {
        bool is_repeat = s->len > 0 && control == s->control && !(control & ANNOUNCING);
        if (is_repeat && s->is_repeating && s->bytes[s->len - 1] < 0xff) {
                s->bytes[s->len - 1]++;
                return;
        }
        s->is_repeating = is_repeat;
        s->control = control;
        s->bytes[s->len++] = is_repeat ? REPEAT : control;
        memcpy(s->bytes + s->len, announced, n);
        s->len += (uint32_t)n;
}

int stream_append(struct stream *s, const struct entry *e) {
        uint8_t announced[RECORD_MAX], control = e->is_settled ? SETTLED : 0;
        size_t n = 0;
        uint32_t delta_s = e->at_s - s->at_s;
        if (reserve(s, RECORD_MAX) < 0)
                return -ENOMEM;
        if (s->len == 0)
                s->first_at_s = e->at_s;
        if (s->len == 0 || delta_s != s->delta_s) {
                control |= TIME_STEP;
                n += write_varint(announced, delta_s);
        }
        control |= write_seen(s, e, delta_s, announced, &n);
        control |= write_value(s, e->value, announced, &n);
        write_record(s, control, announced, n);
        s->at_s = e->at_s;
        s->first_seen_s = e->first_seen_s;
        s->delta_s = delta_s;
        s->value = e->value;
        return 0;
}

struct stream_reader stream_read(const void *bytes, size_t len) {
        return (struct stream_reader){.in = reader_of(bytes, len), .control = NO_CONTROL};
}

static double read_value(struct stream_reader *r, uint8_t how) {
        int64_t before, units = 0;
        if (how == VALUE_SAME)
                return r->entry.value;
        if (how == VALUE_STEP) {
                int64_t step = unzigzag(read_varint(&r->in));
                if (!to_units(r->entry.value, r->scale, &before) || __builtin_add_overflow(before, step, &units))
                        r->in.failed = true;
                return r->in.failed ? 0 : from_units(units, r->scale);
        }
        if (how == VALUE_UNITS) {
                r->scale = read_byte(&r->in);
                if (r->scale > SCALE_MAX)
                        r->in.failed = true;
                units = unzigzag(read_varint(&r->in));
                return r->in.failed ? 0 : from_units(units, r->scale);
        }
        uint8_t shape = read_byte(&r->in), low = shape >> 4, n = shape & 15;
        const uint8_t *at = low + n <= 8 ? read_bytes(&r->in, n) : NULL;
        if (!at) {
                r->in.failed = true;
                return 0;
        }
        uint64_t bits = bits_of(r->entry.value);
        for (unsigned i = 0; i < n; i++)
                bits ^= (uint64_t)at[i] << 8 * (low + i);
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
}

static void read_record(struct stream_reader *r, uint8_t control) {
        struct entry *e = &r->entry;
        if (control & TIME_STEP)
                r->delta_s = (uint32_t)read_varint_upto(&r->in, UINT32_MAX);
        int64_t at_s = (int64_t)e->at_s + r->delta_s, seen_s = e->first_seen_s;
        if (control & SEEN_STEP)
                seen_s += (int64_t)unzigzag(read_varint_upto(&r->in, (uint64_t)UINT32_MAX * 2 + 1));
        else if (!(control & SEEN_SAME))
                seen_s += r->delta_s;
        e->value = read_value(r, control & VALUE_MASK);
        e->is_settled = control & SETTLED;
        if ((r->delta_s == 0 && r->has_any) || at_s > UINT32_MAX || seen_s < 0 || seen_s > UINT32_MAX ||
            !isfinite(e->value))
                r->in.failed = true;
        e->at_s = (uint32_t)at_s;
        e->first_seen_s = (uint32_t)seen_s;
        r->has_any = true;
}

int stream_next(struct stream_reader *r, struct entry *ret) {
        if (r->repeats > 0) {
                r->repeats--;
        } else {
                if (r->in.failed)
                        return -EUCLEAN;
                if (r->in.at == r->in.end)
                        return 0;
                uint8_t byte = read_byte(&r->in);
                if (byte & REPEAT)
                        r->repeats = byte & ~REPEAT;
                else
                        r->control = byte;
                if (r->control >= CONTROLS || (byte & REPEAT && r->control & ANNOUNCING))
                        r->in.failed = true;
        }
        if (!r->in.failed)
                read_record(r, r->control);
        if (r->in.failed) {
                r->repeats = 0;
                return -EUCLEAN;
        }
        *ret = r->entry;
        return 1;
}

enum { PIECE = 256 };

int stream_overlay(const void *bytes, size_t len, uint32_t from_s, uint32_t to_s, struct entries *e) {
        struct stream_reader r = stream_read(bytes, len);
        struct entry piece[PIECE];
        size_t n = 0;
        int more, failed = 0;
        while ((more = stream_next(&r, &piece[n])) == 1 && piece[n].at_s < to_s) {
                if (piece[n].at_s < from_s)
                        continue;
                if (++n == PIECE) {
                        failed = entries_overlay(e, piece, n);
                        n = 0;
                        if (failed < 0)
                                return failed;
                }
        }
        failed = entries_overlay(e, piece, n);
        return failed < 0 ? failed : more < 0 ? more : 0;
}
