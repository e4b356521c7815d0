/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte string with a mandatory cap. Errors stick: append as much as you like and look at `failed` (0, -ENOMEM, -EMSGSIZE)
 * once at the end. `data` is NUL-terminated whenever it is not NULL. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "util/scope.h"
#include "util/span.h"

struct buf {
        char *data;
        size_t len;
        size_t size; /* allocated */
        size_t cap;  /* most that len may become */
        int failed;
};

#define BUF_INIT(cap_bytes) ((struct buf){.cap = (cap_bytes)})

void buf_init(struct buf *b, size_t cap_bytes);
/* Frees; the buffer can be used again with the same cap. */
void buf_done(struct buf *b);
/* Frees after overwriting the content. */
void buf_wipe(struct buf *b);
/* Empties, keeps the memory, clears `failed`. */
void buf_clear(struct buf *b);

void buf_put(struct buf *b, const void *data, size_t len);
void buf_put_span(struct buf *b, struct span s);
void buf_put_str(struct buf *b, const char *s);
void buf_put_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args);
/* Makes room for `len` more bytes and returns where to write them (then add to b->len yourself), NULL when it failed. */
char *buf_reserve(struct buf *b, size_t len);
/* Drops the first n bytes. */
void buf_consume(struct buf *b, size_t n);

/* The text, "" when empty; valid until the next change. */
const char *buf_str(const struct buf *b);
struct span buf_span(const struct buf *b);
/* The text for the caller to free (never NULL unless it failed or memory is out); the buffer is empty afterwards. */
char *buf_steal(struct buf *b);

SCOPED_DEFINE_VALUE(struct buf, buf_done)
SCOPED_DEFINE_VALUE(struct buf, buf_wipe)
