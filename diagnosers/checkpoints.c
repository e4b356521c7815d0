/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosers/checkpoints.h"

#include <math.h>

#include "diagnosers/statistics.h"

enum { QUARTER_MAX = 128, COURSE_MIN = 6 };

struct checkpoint_walk checkpoints_newest_first(const struct window *w) {
        struct checkpoint_walk walk = {
                .duration = window_find(w, "lastCheckpointDuration", NULL),
                .size = window_find(w, "lastCheckpointSize", NULL),
        };
        walk.left = walk.duration ? walk.duration->n_samples : 0;
        walk.size_left = walk.size ? walk.size->n_samples : 0;
        return walk;
}

/* The size in that minute; the walk's second hand only ever moves back. */
static double size_at(struct checkpoint_walk *walk, int64_t at_s) {
        while (walk->size_left > 0 && walk->size->samples[walk->size_left - 1].at_s > at_s)
                walk->size_left--;
        if (walk->size_left == 0 || walk->size->samples[walk->size_left - 1].at_s != at_s)
                return NAN;
        double size = walk->size->samples[walk->size_left - 1].value;
        return size < 0 ? NAN : size;
}

static bool is_same(double a, double b) {
        return isnan(a) || isnan(b) || a == b;
}

bool checkpoint_next(struct checkpoint_walk *walk, struct checkpoint *ret) {
        bool is_begun = false;
        for (; walk->left > 0; walk->left--) {
                struct sample s = walk->duration->samples[walk->left - 1];
                if (s.value < 0) /* -1: no checkpoint yet */
                        continue;
                double size = size_at(walk, s.at_s);
                if (is_begun && (s.value != ret->duration_ms || !is_same(size, ret->size_bytes)))
                        break;
                if (!is_begun)
                        *ret = (struct checkpoint){.to_s = s.at_s, .duration_ms = s.value, .size_bytes = size};
                is_begun = true;
                ret->at_s = s.at_s;
                if (isnan(ret->size_bytes))
                        ret->size_bytes = size;
        }
        return is_begun;
}

/* Medians of the checkpoints of [from_s, to_s); NaN when there are none. */
static void medians(const struct window *w, int64_t from_s, int64_t to_s, double *ret_duration, double *ret_size) {
        double durations[QUARTER_MAX], sizes[QUARTER_MAX];
        size_t n = 0, n_sizes = 0;
        struct checkpoint c;
        for (struct checkpoint_walk walk = checkpoints_newest_first(w);
             n < QUARTER_MAX && checkpoint_next(&walk, &c);) {
                if (c.at_s < from_s)
                        break;
                if (c.at_s >= to_s)
                        continue;
                durations[n++] = c.duration_ms;
                if (!isnan(c.size_bytes))
                        sizes[n_sizes++] = c.size_bytes;
        }
        *ret_duration = quantile(durations, n, 0.5);
        *ret_size = quantile(sizes, n_sizes, 0.5);
}

struct checkpoint_course checkpoint_course(const struct window *w, int64_t from_s) {
        struct checkpoint_course course = {.duration_from = NAN, .duration_to = NAN, .size_from = NAN, .size_to = NAN};
        struct checkpoint c, newest = {0};
        int64_t oldest_s = 0;
        for (struct checkpoint_walk walk = checkpoints_newest_first(w); checkpoint_next(&walk, &c) && c.at_s >= from_s;
             oldest_s = c.at_s)
                if (course.n++ == 0)
                        newest = c;
        if (course.n < COURSE_MIN)
                return course;
        int64_t quarter_s = (newest.at_s - oldest_s) / 4;
        medians(w, oldest_s, oldest_s + quarter_s + 1, &course.duration_from, &course.size_from);
        medians(w, newest.at_s - quarter_s, newest.at_s + 1, &course.duration_to, &course.size_to);
        return course;
}
