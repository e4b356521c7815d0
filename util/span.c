/* SPDX-License-Identifier: Apache-2.0 */
#include "util/span.h"

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s) {
        while (s.len > 0 && is_blank(s.data[0])) {
                s.data++;
                s.len--;
        }
        while (s.len > 0 && is_blank(s.data[s.len - 1]))
                s.len--;
        return s;
}

struct span span_split(struct span *rest, char separator) {
        const char *end = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
        struct span part = *rest;
        if (!end) {
                *rest = (struct span){0};
                return part;
        }
        part.len = (size_t)(end - rest->data);
        rest->data = end + 1;
        rest->len -= part.len + 1;
        return part;
}

ptrdiff_t span_find(struct span s, struct span needle) {
        if (needle.len == 0)
                return 0;
        const char *at = s.len >= needle.len ? memmem(s.data, s.len, needle.data, needle.len) : NULL;
        return at ? at - s.data : -1;
}

char *span_dup(struct span s) {
        char *copy = malloc(s.len + 1);
        if (!copy)
                return NULL;
        if (s.len > 0)
                memcpy(copy, s.data, s.len);
        copy[s.len] = '\0';
        return copy;
}
