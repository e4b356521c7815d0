/* SPDX-License-Identifier: Apache-2.0 */
/* Writes `["2026-01-02T03:04:05Z",61.5]` by the hundred thousand: a month of minutes should not cost what it costs through strftime
 * and printf. */
#pragma once

#include "model/sample.h"
#include "util/buf.h"

/* Zeroed before the first piece. */
struct points {
        bool needs_comma;
        int64_t day; /* whose date `date` holds, in days since 1970 */
        char date[12];
};

/* Appends the samples, comma-separated; the brackets around them all are the caller's. */
void points_write(struct points *p, struct buf *out, const struct sample *samples, size_t n);
/* The shortest text that reads back as the same double: as number_format, and faster on the values that metrics have. */
size_t points_number(double value, char to[32]);
