/* SPDX-License-Identifier: Apache-2.0 */
#include "util/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t text_boundary(const char *text, size_t len) {
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
                len--;
        return len;
}

void text_cut(char *text, size_t len) {
        if (strlen(text) > len)
                text[text_boundary(text, len)] = '\0';
}

void text_shorten(char *text, size_t len) {
        static const char mark[] = "...";
        if (strlen(text) <= len)
                return;
        text_cut(text, len < sizeof mark - 1 ? 0 : len - (sizeof mark - 1));
        if (len >= sizeof mark - 1)
                memcpy(text + strlen(text), mark, sizeof mark);
}

bool text_copy(char *to, size_t size, const char *source) {
        size_t len = strlen(source);
        bool fits = len < size;
        size_t n = fits ? len : text_boundary(source, size - 1);
        memcpy(to, source, n);
        to[n] = '\0';
        return fits;
}

int text_replace(char **slot, const char *value) {
        char *copy = NULL;
        if (value && !(copy = strdup(value)))
                return -ENOMEM;
        free(*slot);
        *slot = copy;
        return 0;
}

void text_wipe(void *memory, size_t size) {
        explicit_bzero(memory, size);
}

void text_wipe_free(char *secret) {
        if (!secret)
                return;
        text_wipe(secret, strlen(secret));
        free(secret);
}

bool text_same(const char *a, const char *b) {
        return strcmp(text_or_empty(a), text_or_empty(b)) == 0;
}

enum { NEAREST_MAX = 64 };

static size_t distance(const char *a, const char *b) {
        size_t n = strlen(b), row[NEAREST_MAX + 1];
        for (size_t j = 0; j <= n; j++)
                row[j] = j;
        for (size_t i = 1; a[i - 1]; i++) {
                size_t diagonal = row[0];
                row[0] = i;
                for (size_t j = 1; j <= n; j++) {
                        size_t best = diagonal + (a[i - 1] != b[j - 1]);
                        diagonal = row[j];
                        if (row[j] + 1 < best)
                                best = row[j] + 1;
                        if (row[j - 1] + 1 < best)
                                best = row[j - 1] + 1;
                        row[j] = best;
                }
        }
        return row[n];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t n_candidates) {
        const char *nearest = NULL;
        size_t len = strlen(word), best = len / 3 + 2;
        if (len > NEAREST_MAX)
                return NULL;
        for (size_t i = 0; i < n_candidates; i++) {
                if (strlen(candidates[i]) > NEAREST_MAX)
                        continue;
                size_t d = distance(word, candidates[i]);
                if (d < best && d < strlen(candidates[i])) {
                        best = d;
                        nearest = candidates[i];
                }
        }
        return nearest;
}
