/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that live as long as the store: each is kept once, and has a small number. Names of diagnosers that are read back, the parts
 * of series keys. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "store/slots.h"

struct words {
        char **texts;
        size_t n_texts, texts_size;
        struct slots slots;
};

enum { WORD_NONE = UINT32_MAX };

void words_done(struct words *w);
/* The number of a text; 0 or -ENOMEM. */
int words_add(struct words *w, const char *text, uint32_t *ret);
/* WORD_NONE when it was never added. */
uint32_t words_find(const struct words *w, const char *text);
/* The kept copy, NULL for NULL. 0 or -ENOMEM. */
int words_keep(struct words *w, const char *text, const char **ret);
