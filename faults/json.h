/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a JSON object, read in place and without trust: text that was cut off gives what is there. */
#pragma once

#include "util/buf.h"

struct json_cursor {
        struct span rest;
};

struct json_member {
        struct span name;
        struct span value; /* a string: what is between the quotes, still escaped; anything else: its text */
        char kind;         /* the value's first character: '"' '{' '[' '-' 't' 'f' 'n' or a digit */
        bool is_cut;       /* the text ended within it */
};

/* False when the text does not begin like an object. */
bool json_open(struct span text, struct json_cursor *ret);
/* The next member; false at the end, or where it is no JSON any more. */
bool json_next(struct json_cursor *c, struct json_member *ret);
/* The value that `text` begins with; what follows it goes to *ret_rest. False when there is none. */
bool json_value(struct span text, struct json_member *ret, struct span *ret_rest);
/* Appends the text of an escaped string, as much as the buffer's cap admits. Lone surrogates and NUL become U+FFFD. */
void json_unescape(struct span escaped, struct buf *to);
