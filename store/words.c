/* SPDX-License-Identifier: Apache-2.0 */
#include "store/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/list.h"

void words_done(struct words *w) {
        for (size_t i = 0; i < w->n_texts; i++)
                free(w->texts[i]);
        free(w->texts);
        slots_done(&w->slots);
        *w = (struct words){0};
}

uint32_t words_find(const struct words *w, const char *text) {
        struct probe p = slots_probe(&w->slots, slots_hash(text, strlen(text)));
        uint32_t item;
        while (probe_next(&p, &item))
                if (strcmp(w->texts[item], text) == 0)
                        return item;
        return WORD_NONE;
}

int words_add(struct words *w, const char *text, uint32_t *ret) {
        uint32_t known = words_find(w, text);
        if (known != WORD_NONE) {
                *ret = known;
                return 0;
        }
        char *copy = strdup(text);
        if (!copy || slots_reserve(&w->slots) < 0) {
                free(copy);
                return -ENOMEM;
        }
        char **slot = LIST_ADD(w->texts, w->n_texts, w->texts_size);
        if (!slot) {
                free(copy);
                return -ENOMEM;
        }
        *slot = copy;
        *ret = (uint32_t)(w->n_texts - 1);
        slots_add(&w->slots, slots_hash(text, strlen(text)), *ret);
        return 0;
}

int words_keep(struct words *w, const char *text, const char **ret) {
        uint32_t word;
        *ret = NULL;
        if (!text)
                return 0;
        int r = words_add(w, text, &word);
        if (r == 0)
                *ret = w->texts[word];
        return r;
}
