/* SPDX-License-Identifier: Apache-2.0 */
/* A view of bytes that somebody else owns; not NUL-terminated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
        const char *data;
        size_t len;
};

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

static inline struct span span_of(const char *s) {
        return (struct span){s, s ? strlen(s) : 0};
}

static inline bool span_equals(struct span a, struct span b) {
        return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool span_is(struct span a, const char *s) {
        return span_equals(a, span_of(s));
}

static inline bool span_starts(struct span a, struct span prefix) {
        return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

/* Without leading and trailing blanks, tabs, CR and LF. */
struct span span_trim(struct span s);

/* Cuts the part before the first `separator` off `rest` and returns it; the whole rest when there is none (rest is then empty
 * with data == NULL, so a loop runs while rest.data). */
struct span span_split(struct span *rest, char separator);

/* Where `needle` first starts in `s`, or -1. */
ptrdiff_t span_find(struct span s, struct span needle);

/* A NUL-terminated copy for the caller to free; NULL when out of memory. */
char *span_dup(struct span s);
