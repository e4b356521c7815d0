/* SPDX-License-Identifier: Apache-2.0 */
/* Completed checkpoints, as two gauges that repeat until the next one show them: bit-identical samples are one checkpoint. */
#pragma once

#include "model/window.h"

struct checkpoint {
        int64_t at_s; /* the first sample that shows it */
        int64_t to_s; /* the last one */
        double duration_ms;
        double size_bytes; /* NaN: not known */
};

/* Walks from the newest to the oldest. */
struct checkpoint_walk {
        const struct series_view *duration, *size; /* size may be NULL */
        size_t left, size_left;
};
struct checkpoint_walk checkpoints_newest_first(const struct window *w);
/* False at the end, and when the window has no lastCheckpointDuration. */
bool checkpoint_next(struct checkpoint_walk *walk, struct checkpoint *ret);

/* How duration and size went over a span: the first quarter's median against the last one's. */
struct checkpoint_course {
        size_t n;                          /* distinct checkpoints */
        double duration_from, duration_to; /* ms; NaN when there are fewer than 6 */
        double size_from, size_to;         /* bytes; NaN when not known */
};
struct checkpoint_course checkpoint_course(const struct window *w, int64_t from_s);
