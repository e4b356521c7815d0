/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers on NUL-terminated text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Copies as much of `source` as fits, always terminated, never inside a UTF-8 sequence. Returns false when it was cut. */
bool text_copy(char *to, size_t size, const char *source);
/* Cuts to at most `len` bytes, never inside a UTF-8 sequence. */
void text_cut(char *text, size_t len);
/* The same, for a reader: what was cut ends in "...". */
void text_shorten(char *text, size_t len);
/* The largest n <= len that does not end inside a UTF-8 sequence of `text`. */
size_t text_boundary(const char *text, size_t len);
/* Replaces *slot by a copy of `value` (NULL clears it). 0 or -ENOMEM, *slot untouched then. */
int text_replace(char **slot, const char *value);
/* Overwrites memory so that no compiler removes it. */
void text_wipe(void *memory, size_t size);
/* Overwrites a string and frees it; NULL is allowed. */
void text_wipe_free(char *secret);
/* a and b equal, NULL being equal to "" */
bool text_same(const char *a, const char *b);
/* a and b equal, neither being NULL: quick where most are the same literal or differ in their first letter */
static inline bool text_is(const char *a, const char *b) {
        return a == b || (a[0] == b[0] && strcmp(a, b) == 0);
}
/* "" for NULL */
static inline const char *text_or_empty(const char *s) {
        return s ? s : "";
}
/* The candidate nearest to `word` by edit distance when it is near enough to be meant, else NULL. */
const char *text_nearest(const char *word, const char *const *candidates, size_t n_candidates);
