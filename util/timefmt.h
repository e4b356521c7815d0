/* SPDX-License-Identifier: Apache-2.0 */
/* Instants as text and back. Instants are int64_t seconds since 1970 UTC; no function here reads a clock or the locale. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/span.h"

enum { TIME_TEXT_MAX = 64 };

/* "2026-01-02T03:04:05Z" */
void time_rfc3339(int64_t at_s, char to[TIME_TEXT_MAX]);
/* "20260102T030405Z", the form that request signing uses */
void time_compact(int64_t at_s, char to[TIME_TEXT_MAX]);
/* "3 h 20 min", "2 d 4 h", "45 s": two units at most, for people. */
void time_span_text(int64_t span_s, char to[TIME_TEXT_MAX]);

/* RFC 3339 with Z or offset and optional fraction (dropped). 0 or -EINVAL. */
int time_parse_rfc3339(struct span s, int64_t *ret_at_s);
/* HTTP's "Fri, 02 Jan 2026 03:04:05 GMT". 0 or -EINVAL. */
int time_parse_http(struct span s, int64_t *ret_at_s);
