/* SPDX-License-Identifier: Apache-2.0 */
/* A chart of one metric in a terminal: columns of blocks (or of '#') over a time axis, a value axis with units, a threshold line,
 * marks for what happened. */
#pragma once

#include "ctl/screen.h"

struct cJSON;

struct chart_point {
        int64_t at_s;
        double value;
};

struct chart_points {
        struct chart_point *items;
        size_t n, size;
};

/* Of an array of pairs of time and value; what is no such pair is left out. */
void chart_points_read(const struct cJSON *pairs, struct chart_points *ret);
void chart_points_done(struct chart_points *p);

struct chart_mark {
        int64_t at_s;
        char symbol; /* under the time axis */
        enum style style;
};

struct chart {
        const char *unit; /* as in the JSON */
        int64_t from_s, to_s;
        int64_t step_s; /* one point for so long, at multiples of it */
        const struct chart_point *points;
        size_t n_points;
        bool is_minimum;  /* of values in one column the smallest is drawn, else the largest */
        double threshold; /* NaN: none */
        const struct chart_mark *marks;
        size_t n_marks;
};

/* Columns that are left for the values on such a screen. */
size_t chart_columns(const struct screen *s);
void chart_draw(const struct chart *c, struct screen *s);

SCOPED_DEFINE_VALUE(struct chart_points, chart_points_done)
