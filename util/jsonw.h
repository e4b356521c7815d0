/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON into a buf: commas, escaping and numbers are right by construction. Invalid UTF-8 becomes U+FFFD. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

struct jsonw {
        struct buf *out;
        bool needs_comma;
};

#define JSONW(buffer) ((struct jsonw){.out = (buffer)})

void jsonw_object(struct jsonw *w);
void jsonw_object_end(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_array_end(struct jsonw *w);
void jsonw_key(struct jsonw *w, const char *key);

/* NULL writes null */
void jsonw_string(struct jsonw *w, const char *value);
void jsonw_span(struct jsonw *w, struct span value);
void jsonw_int(struct jsonw *w, int64_t value);
/* NaN and infinities write null */
void jsonw_double(struct jsonw *w, double value);
void jsonw_bool(struct jsonw *w, bool value);
void jsonw_null(struct jsonw *w);
/* RFC 3339 UTC; 0 or less writes null */
void jsonw_time(struct jsonw *w, int64_t at_s);
/* JSON text that is already right */
void jsonw_raw(struct jsonw *w, struct span json);

/* key and value in one */
void jsonw_member_string(struct jsonw *w, const char *key, const char *value);
void jsonw_member_int(struct jsonw *w, const char *key, int64_t value);
void jsonw_member_double(struct jsonw *w, const char *key, double value);
void jsonw_member_bool(struct jsonw *w, const char *key, bool value);
void jsonw_member_time(struct jsonw *w, const char *key, int64_t at_s);
