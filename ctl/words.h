/* SPDX-License-Identifier: Apache-2.0 */
/* Times and numbers in words: local time, "3 h ago", "61.2 s", "1.5 GiB". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum { WORDS_MAX = 64 };

/* "24 Nov 03:12", with the year when it is not within half a year of now. 0 or less: "-". */
void words_local(int64_t at_s, int64_t now_s, char to[WORDS_MAX]);
/* "2026-11-24 03:12:05" local */
void words_local_exact(int64_t at_s, char to[WORDS_MAX]);
/* For axes: "03:12", but "24 Nov" at midnight and always when has_time is not set. */
void words_clock(int64_t at_s, bool has_time, char to[WORDS_MAX]);
/* "3 h ago", "in 5 min", "just now"; one unit. 0 or less: "never". */
void words_ago(int64_t at_s, int64_t now_s, char to[WORDS_MAX]);
/* "3 h" */
void words_span(int64_t span_s, char to[WORDS_MAX]);
/* By the unit's name as in the JSON: "ms", "bytes", "%", "1/s", "records", "ms/s", "epoch ms", "". NaN: "-". */
void words_value(double value, const char *unit, char to[WORDS_MAX]);
/* A large number in three or four digits: "12.3 k". */
void words_number(double value, char to[WORDS_MAX]);
/* RFC 3339, a local "2026-11-24 03:12[:05]", "2026-11-24" or "03:12", or a duration before now. 0 or -EINVAL. */
int words_parse_instant(const char *text, int64_t now_s, int64_t *ret_at_s);
/* Thresholds and values of evidence carry no unit: the metric's name tells it, as words_value takes it. */
const char *words_unit_of(const char *metric);
/* What a root cause's role means. */
const char *words_of_role(const char *role);
/* "busyTimeMsPerSecond, Operator=Map, Task=Parse": what a piece of evidence measured; its dimensions are joined with U+001F. */
void words_series(const char *metric, const char *dimensions, struct buf *to);
