/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a log a first fault is looked for, in which order: close to the onset first, then wider, in the end at what is newest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was found in a span, from nothing to what needs no further reading. */
enum found {
        FOUND_NOTHING,
        FOUND_SUSTAINER, /* what keeps the loop going, not what started it */
        FOUND_SYMPTOM,
        FOUND_AT_EDGE, /* a cause where the span begins: an earlier one may lie before it */
        FOUND_CAUSE,
};

struct log_search {
        int64_t onset_s, from_s, to_s, now_s; /* of the episode; the span to begin with */
        int step;                             /* of log_search_next: -1 before the first */
        bool is_fixed;                        /* no other span than the given one */
        bool is_wordy; /* a span was cut for its size: from now on only lines that speak of failures are asked for */
};

struct log_span {
        int64_t from_ms, to_ms; /* [from_ms, to_ms) */
        const char *filter;     /* pattern, NULL: all lines */
};

/* The next span after one in which `found` was the best so far; false when there is nothing more to be read. */
bool log_search_next(struct log_search *s, enum found found, bool was_cut, struct log_span *ret);
