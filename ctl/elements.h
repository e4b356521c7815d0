/* SPDX-License-Identifier: Apache-2.0 */
/* The elements of an answer's array while the answer is still coming. */
#pragma once

#include <stdbool.h>

#include "util/span.h"

/* Zeroed at the beginning. */
struct elements {
        size_t at, start; /* how far it was read; where the element began */
        unsigned depth;
        bool is_in_string, is_escaped, is_array;
};

/* `text` is all of the answer that is there: it grows from call to call. True: *ret is the next object or array in the array that is the
 * "result"; false: there is none yet. */
bool elements_next(struct elements *e, struct span text, struct span *ret);
