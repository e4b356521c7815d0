/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/query.h"

#include <inttypes.h>
#include <stdio.h>

#include "aws/percent.h"
#include "util/timefmt.h"

void query_begin(struct buf *body, const char *action, const char *version) {
        buf_put_str(body, "Action=");
        percent_encode(body, span_of(action));
        query_add(body, "Version", version);
}

void query_add_span(struct buf *body, const char *name, struct span value) {
        buf_put_char(body, '&');
        percent_encode(body, span_of(name));
        buf_put_char(body, '=');
        percent_encode(body, value);
}

void query_add(struct buf *body, const char *name, const char *value) {
        if (value)
                query_add_span(body, name, span_of(value));
}

void query_add_int(struct buf *body, const char *name, int64_t value) {
        char text[32];
        snprintf(text, sizeof text, "%" PRId64, value);
        query_add(body, name, text);
}

void query_add_time(struct buf *body, const char *name, int64_t at_s) {
        char text[TIME_TEXT_MAX];
        time_rfc3339(at_s, text);
        query_add(body, name, text);
}
