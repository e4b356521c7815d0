/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/patience.h"

enum {
        DAY_S = 86400,
        WEEK_S = 7 * DAY_S, /* whoever looks in once an hour only, as --oneshot does, has tried by then */
        HOUR_MS = 3600 * 1000,
        SLEEP_MS = 5 * 60 * 1000, /* more than clocks drift apart between two looks */
};

void patience_begin(struct patience *p, int64_t now_ms, int64_t monotonic_ms) {
        *p = (struct patience){now_ms - monotonic_ms, monotonic_ms};
}

bool patience_is_over(struct patience *p, int64_t created_at_s, int64_t now_ms, int64_t monotonic_ms) {
        int64_t age_s = now_ms / 1000 - created_at_s;
        if (now_ms - monotonic_ms - p->ahead_ms >= SLEEP_MS)
                p->awake_since_ms = monotonic_ms;
        p->ahead_ms = now_ms - monotonic_ms;
        return age_s >= WEEK_S || (age_s >= DAY_S && monotonic_ms - p->awake_since_ms >= HOUR_MS);
}
