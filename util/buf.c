/* SPDX-License-Identifier: Apache-2.0 */
#include "util/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

void buf_init(struct buf *b, size_t cap_bytes) {
        *b = BUF_INIT(cap_bytes);
}

void buf_done(struct buf *b) {
        free(b->data);
        *b = BUF_INIT(b->cap);
}

void buf_wipe(struct buf *b) {
        if (b->data)
                text_wipe(b->data, b->size);
        buf_done(b);
}

void buf_clear(struct buf *b) {
        b->len = 0;
        b->failed = 0;
        if (b->data)
                b->data[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t len) {
        if (b->failed)
                return NULL;
        if (len > b->cap || b->len > b->cap - len) {
                b->failed = -EMSGSIZE;
                return NULL;
        }
        size_t needed = b->len + len + 1;
        if (needed > b->size) {
                size_t size = b->size * 2 > needed ? b->size * 2 : needed;
                if (size < 64)
                        size = 64;
                char *data = realloc(b->data, size);
                if (!data) {
                        b->failed = -ENOMEM;
                        return NULL;
                }
                b->data = data;
                b->size = size;
        }
        return b->data + b->len;
}

void buf_put(struct buf *b, const void *data, size_t len) {
        char *to = buf_reserve(b, len);
        if (!to)
                return;
        if (len > 0)
                memcpy(to, data, len);
        b->len += len;
        b->data[b->len] = '\0';
}

void buf_put_span(struct buf *b, struct span s) {
        buf_put(b, s.data, s.len);
}

void buf_put_str(struct buf *b, const char *s) {
        buf_put(b, s, strlen(s));
}

void buf_put_char(struct buf *b, char c) {
        buf_put(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *format, va_list args) {
        char small[256];
        va_list again;
        va_copy(again, args);
        int n = vsnprintf(small, sizeof small, format, args);
        if (n >= 0 && (size_t)n < sizeof small) {
                buf_put(b, small, (size_t)n);
        } else if (n > 0) {
                char *to = buf_reserve(b, (size_t)n);
                if (to) {
                        vsnprintf(to, (size_t)n + 1, format, again);
                        b->len += (size_t)n;
                }
        }
        va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...) {
        va_list args;
        va_start(args, format);
        buf_vprintf(b, format, args);
        va_end(args);
}

void buf_consume(struct buf *b, size_t n) {
        if (n == 0)
                return;
        memmove(b->data, b->data + n, b->len - n);
        b->len -= n;
        b->data[b->len] = '\0';
}

const char *buf_str(const struct buf *b) {
        return b->data ? b->data : "";
}

struct span buf_span(const struct buf *b) {
        return (struct span){buf_str(b), b->len};
}

char *buf_steal(struct buf *b) {
        if (b->failed)
                return NULL;
        char *data = b->data ? TAKE(b->data) : calloc(1, 1);
        buf_done(b);
        return data;
}
