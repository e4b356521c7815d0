/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as lines of text with units, and as a small chart. Private to this folder. */
#pragma once

#include "model/finding.h"

enum { FIGURE_LINES_MAX = 8 };

/* "61.2 s" "1.4 GiB" "87.5 %" "1234 1/s"; "" when it is not a number. */
void figure_value(enum metric_unit unit, double value, char to[48]);
/* "03:04 UTC"; with the day when that is another than `now_s`'s: "1 Jan 23:59 UTC". */
void figure_time(int64_t at_s, int64_t now_s, char to[48]);
/* "1 Jan", UTC */
void figure_day(int64_t at_s, char to[48]);
/* A line for each series (its newest point, the threshold and, from three points on, a chart) and each text; "and N more" at last. */
void figures_put(struct buf *to, const struct finding *f, int64_t now_s);
