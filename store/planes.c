/* SPDX-License-Identifier: Apache-2.0 */
#include "store/planes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How a plane is kept. */
enum { PLANE_RAW, PLANE_SAME, PLANE_ZIPPED };

enum { SHORT = 32 }; /* zstd makes nothing smaller that is this short */

static bool is_same(const uint8_t *plane, size_t n) {
        return n == 0 || memcmp(plane, plane + 1, n - 1) == 0;
}

static int write_plane(struct zip *z, enum zip_effort effort, const uint8_t *plane, size_t n, struct buf *to) {
        if (is_same(plane, n)) {
                buf_put_char(to, PLANE_SAME);
                buf_put(to, plane, n > 0);
                return to->failed;
        }
        SCOPED(buf_done) struct buf zipped = BUF_INIT(ZIP_MAX);
        int r = n > SHORT ? zip_pack(z, effort, plane, n, &zipped) : -ENODATA;
        if (r == 0) {
                buf_put_char(to, PLANE_ZIPPED);
                put_varint(to, zipped.len);
                buf_put_span(to, buf_span(&zipped));
        } else if (r == -ENODATA) {
                buf_put_char(to, PLANE_RAW);
                buf_put(to, plane, n);
        }
        return r == 0 || r == -ENODATA ? to->failed : r;
}

int planes_write(struct zip *z, enum zip_effort effort, const uint64_t *numbers, size_t n, struct buf *to) {
        uint64_t all = 0;
        for (size_t i = 0; i < n; i++)
                all |= numbers[i];
        unsigned width = all ? 8 - (unsigned)__builtin_clzll(all) / 8 : 0;
        SCOPED(free) uint8_t *plane = malloc(n + 1);
        if (!plane)
                return -ENOMEM;
        buf_put_char(to, (char)width);
        int r = to->failed;
        for (unsigned p = 0; p < width && r == 0; p++) {
                for (size_t i = 0; i < n; i++)
                        plane[i] = (uint8_t)(numbers[i] >> 8 * p);
                r = write_plane(z, effort, plane, n, to);
        }
        return r;
}

static int read_plane(struct zip *z, struct reader *in, uint8_t *plane, size_t n) {
        uint8_t how = read_byte(in);
        if (how == PLANE_SAME) {
                memset(plane, read_byte(in), n);
        } else if (how == PLANE_RAW) {
                const uint8_t *at = read_bytes(in, n);
                if (at && n > 0)
                        memcpy(plane, at, n);
        } else if (how == PLANE_ZIPPED) {
                size_t len = (size_t)read_varint_upto(in, reader_left(in));
                const uint8_t *at = read_bytes(in, len);
                if (at)
                        return zip_unpack(z, at, len, plane, n);
        } else {
                in->failed = true;
        }
        return in->failed ? -EUCLEAN : 0;
}

int planes_read(struct zip *z, struct reader *in, uint64_t *numbers, size_t n) {
        unsigned width = read_byte(in);
        if (width > 8 || in->failed)
                return -EUCLEAN;
        SCOPED(free) uint8_t *plane = malloc(n + 1);
        if (!plane)
                return -ENOMEM;
        memset(numbers, 0, n * sizeof *numbers);
        int r = 0;
        for (unsigned p = 0; p < width && r == 0; p++) {
                r = read_plane(z, in, plane, n);
                for (size_t i = 0; i < n && r == 0; i++)
                        numbers[i] |= (uint64_t)plane[i] << 8 * p;
        }
        return r;
}

/* Its length * 2 (+ 1 and the packed length, when packed), the bytes. */
int bytes_write(struct zip *z, enum zip_effort effort, struct span bytes, struct buf *to) {
        SCOPED(buf_done) struct buf zipped = BUF_INIT(ZIP_MAX);
        int r = bytes.len > SHORT ? zip_pack(z, effort, bytes.data, bytes.len, &zipped) : -ENODATA;
        if (r < 0 && r != -ENODATA)
                return r;
        put_varint(to, bytes.len * 2 + (r == 0));
        if (r == 0)
                put_varint(to, zipped.len);
        buf_put_span(to, r == 0 ? buf_span(&zipped) : bytes);
        return to->failed;
}

int bytes_read(struct zip *z, struct reader *in, struct buf *to) {
        uint64_t head = read_varint_upto(in, (uint64_t)to->cap * 2 + 1);
        size_t size = (size_t)(head >> 1), len = head & 1 ? (size_t)read_varint_upto(in, reader_left(in)) : size;
        const uint8_t *bytes = read_bytes(in, len);
        char *room = bytes ? buf_reserve(to, size) : NULL;
        if (!room)
                return bytes ? to->failed : -EUCLEAN;
        int r = 0;
        if (head & 1)
                r = zip_unpack(z, bytes, len, room, size);
        else if (size > 0)
                memcpy(room, bytes, size);
        if (r == 0)
                to->len = size;
        return r;
}
