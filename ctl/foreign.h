/* SPDX-License-Identifier: Apache-2.0 */
/* Text that others wrote (names, messages, log lines), made fit for a terminal: nothing in it can move the cursor, colour, ring,
 * or turn the reading direction. And how many columns it takes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* One line: line breaks and tabs become a blank, other controls and what is no UTF-8 become U+FFFD ("?" without UTF-8). */
void foreign_put(struct buf *to, const char *text, bool is_utf8);
/* The same in JSON text: DEL, C1 controls and direction marks become \uXXXX; everything else stays. */
void foreign_put_json(struct buf *to, struct span json);
/* Columns of text that has been through foreign_put. */
size_t foreign_columns(const char *text);
/* Bytes of the longest start of `text` that takes at most `columns`. */
size_t foreign_fit(const char *text, size_t columns);
