/* SPDX-License-Identifier: Apache-2.0 */
/* Weekly spans of time as people write them: "Mon..Fri 03:00-05:00 UTC", "Sat,Sun 22:00-02:00", "02:30-03:00". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"
#include "util/span.h"

struct schedule {
        unsigned days;        /* bit 0: Monday; the day on which a span begins */
        int from_min, to_min; /* minutes of the UTC day; to_min <= from_min: it ends on the next day */
};

/* Days (names of three letters, "A..B", a comma list; none: each day), the span, "UTC" (it is meant when missing). 0 or -EINVAL. */
int schedule_parse(struct span text, struct schedule *ret, struct err *reterr);
bool schedule_contains(const struct schedule *s, int64_t at_s);
