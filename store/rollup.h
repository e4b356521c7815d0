/* SPDX-License-Identifier: Apache-2.0 */
/* Hours of a series, folded: what long ranges are drawn from. Five minutes are folded while they are read: kept, their five numbers for
 * every five samples would take nearly the room of the samples themselves, and reading them would be no faster (both measured by
 * tests/bench/store). */
#pragma once

#include "store/entry.h"
#include "store/zip.h"

enum { HOUR_S = 3600, DAY_S = 86400, ROLLUP_DAYS = 8, ROLLUP_HOURS = 24 * ROLLUP_DAYS };

struct hour {
        uint32_t at_s; /* a multiple of HOUR_S */
        uint32_t n_samples;
        double min, max, sum, last;
};

struct hours {
        struct hour *items;
        size_t n_items, items_size;
};

void hours_done(struct hours *h);
/* Appends. 0 or -ENOMEM. */
int hours_fold(struct hours *h, const struct entry *entries, size_t n);
/* Replaces the hours of the day that begins at day_s by `day`, which has no others. 0 or -ENOMEM. */
int hours_replace_day(struct hours *h, uint32_t day_s, const struct hours *day);
/* At most ROLLUP_HOURS; appended to `to`. 0 or -ENOMEM. */
int hours_write(struct zip *z, const struct hours *h, struct buf *to);
/* Appends to *h. 0, -ENOMEM, -EUCLEAN. */
int hours_read(struct zip *z, struct span bytes, struct hours *h);

SCOPED_DEFINE_VALUE(struct hours, hours_done)
