/* SPDX-License-Identifier: Apache-2.0 */
/* How far a service's clock is from ours, from the Date header of its replies. Sign with local time + skew. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/http.h"

struct clock_skew {
        int64_t skew_ms; /* service minus local */
        bool is_known;
};

/* True when the reply said something: not without a readable Date, not from a cache (Age), not when it took over 15 minutes.
 * A reading replaces the one before unconditionally, so that it also heals. */
bool clock_skew_update(struct clock_skew *c, int64_t sent_at_ms, int64_t received_at_ms,
                       const struct http_reply *reply);
int64_t clock_skew_ms(const struct clock_skew *c);
