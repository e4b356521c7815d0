/* SPDX-License-Identifier: Apache-2.0 */
/* Puts events into the order of their times, within a window of bounded size: files give one stream after the other, or the newest first. */
#pragma once

#include <stdint.h>

#include "util/span.h"

enum { SORTER_MAX_BYTES = 4 << 20, SORTER_MAX_EVENTS = 16384 };

struct sorted_event {
        int64_t at_ms;
        uint64_t number; /* events of one time stay in their order */
        bool has_time;
        size_t len;
        char *text; /* owned by the sorter */
};

struct sorter {
        struct sorted_event *heap;
        size_t n, size, n_bytes;
        uint64_t next_number;
        int64_t last_at_ms; /* stands in for events without a time */
};

/* Takes a copy. 0 or -ENOMEM. */
int sorter_add(struct sorter *s, int64_t at_ms, struct span text);
/* The earliest event when the window is full, or when there are no more to come (`is_end`); it is the caller's to free. */
bool sorter_next(struct sorter *s, bool is_end, struct sorted_event *ret);
void sorter_done(struct sorter *s);
