/* SPDX-License-Identifier: Apache-2.0 */
/* When a message is given up. A page a day late helps nobody, but a machine that slept for that day has not tried yet: the receiver gets an
 * hour of its being awake. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct patience {
        int64_t ahead_ms; /* of the monotonic clock, which stands still in sleep, when it was looked at last */
        int64_t awake_since_ms;
};

void patience_begin(struct patience *p, int64_t now_ms, int64_t monotonic_ms);
/* To be asked at each failure: whether a message of that age is not to be tried again. */
bool patience_is_over(struct patience *p, int64_t created_at_s, int64_t now_ms, int64_t monotonic_ms);
