/* SPDX-License-Identifier: Apache-2.0 */
/* Where the ticks of a chart's axes lie: at values and times that people count in. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ctl/words.h"

/* So that about four ticks fit the range, as "90 s", "2 GiB". */
double axis_value_tick(double range, const char *unit);
void axis_value_label(double value, const char *unit, double range, char to[WORDS_MAX]);
/* The least step that makes at most so many. */
int64_t axis_time_tick(int64_t span_s, double n_ticks);
/* The first tick at or after at_s, on whole local hours and days. */
int64_t axis_first_time(int64_t at_s, int64_t tick_s);
