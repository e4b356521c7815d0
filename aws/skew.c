/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/skew.h"

#include "util/timefmt.h"

enum { TRIP_MAX_MS = 15 * 60 * 1000 };

bool clock_skew_update(struct clock_skew *c, int64_t sent_at_ms, int64_t received_at_ms,
                       const struct http_reply *reply) {
        int64_t date_s, trip_ms = received_at_ms - sent_at_ms;
        if (trip_ms < 0 || trip_ms > TRIP_MAX_MS || http_reply_header(reply, "Age").data)
                return false;
        if (time_parse_http(http_reply_header(reply, "Date"), &date_s) < 0)
                return false;
        c->skew_ms = date_s * 1000 - (sent_at_ms + trip_ms / 2);
        c->is_known = true;
        return true;
}

int64_t clock_skew_ms(const struct clock_skew *c) {
        return c->is_known ? c->skew_ms : 0;
}
