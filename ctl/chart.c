/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ctl/axis.h"
#include "ctl/foreign.h"
#include "ctl/words.h"

enum {
        COLUMNS_MAX = 400,
        COLUMNS_MIN = 20,
        LABEL_WIDTH = 10, /* of the value axis */
        ROWS_PER_TICK = 3,
        TICKS_MAX = 6,
        EIGHTHS = 8,
        TIME_LABEL_GAP = 12, /* columns between two times at least */
};

/* What a chart comes to on one screen. */
struct grid {
        size_t n_columns, n_rows;
        int64_t from_s, to_s;       /* what the columns cover */
        double values[COLUMNS_MAX]; /* NaN: nothing known */
        char marks[COLUMNS_MAX];    /* '\0': none */
        enum style mark_styles[COLUMNS_MAX];
        double low, high, tick;
        bool is_filled; /* columns from zero; else only the values' ends */
};

size_t chart_columns(const struct screen *s) {
        size_t width = screen_width(s),
               columns = width > LABEL_WIDTH + 3 + COLUMNS_MIN ? width - LABEL_WIDTH - 3 : COLUMNS_MIN;
        return columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
}

/* Each step gets the same number of columns, so that no column stays empty by rounding; when there are more steps than columns, several
 * share one. */
static void lay_columns(const struct chart *c, struct grid *g, size_t available) {
        int64_t step_s = c->step_s > 0 ? c->step_s : 60;
        g->from_s = c->from_s / step_s * step_s;
        size_t n_steps = (size_t)((c->to_s - g->from_s + step_s - 1) / step_s);
        g->to_s = g->from_s + (int64_t)n_steps * step_s;
        g->n_columns = n_steps > available ? available : available / n_steps * n_steps;
}

static size_t column_of(const struct grid *g, int64_t at_s) {
        double part = (double)(at_s - g->from_s) / (double)(g->to_s - g->from_s);
        size_t column = part > 0 ? (size_t)(part * (double)g->n_columns + 1e-6) : 0;
        return column < g->n_columns ? column : g->n_columns - 1;
}

static void place(const struct chart *c, struct grid *g) {
        int64_t step_s = c->step_s > 0 ? c->step_s : 60;
        for (size_t i = 0; i < g->n_columns; i++)
                g->values[i] = NAN;
        for (size_t i = 0; i < c->n_points; i++) {
                int64_t at_s = c->points[i].at_s;
                if (at_s < g->from_s || at_s >= g->to_s)
                        continue;
                for (size_t k = column_of(g, at_s), end = column_of(g, at_s + step_s - 1); k <= end; k++)
                        g->values[k] = c->is_minimum ? fmin(g->values[k], c->points[i].value)
                                                     : fmax(g->values[k], c->points[i].value);
        }
        for (size_t i = 0; i < c->n_marks; i++) {
                size_t column = column_of(g, c->marks[i].at_s);
                while (column + 1 < g->n_columns && g->marks[column])
                        column++; /* beside the one that is there */
                if (c->marks[i].at_s < g->from_s || c->marks[i].at_s >= g->to_s || g->marks[column])
                        continue;
                g->marks[column] = c->marks[i].symbol;
                g->mark_styles[column] = c->marks[i].style;
        }
}

static void scale(const struct chart *c, struct grid *g) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < g->n_columns; i++) {
                low = fmin(low, isfinite(g->values[i]) ? g->values[i] : low);
                high = fmax(high, isfinite(g->values[i]) ? g->values[i] : high);
        }
        if (isfinite(c->threshold) && (c->threshold <= high * 4 || c->threshold <= high)) {
                high = fmax(high, c->threshold);
                low = fmin(low, c->threshold);
        }
        g->is_filled = low >= 0 && low <= high * 0.75;
        if (g->is_filled || (low == high && low > 0 && strcmp(c->unit, "epoch ms") != 0)) {
                low = 0;
                g->is_filled = true;
        }
        if (high <= low)
                high = low + 1;
        g->tick = axis_value_tick(high - low, c->unit);
        g->low = floor(low / g->tick + 1e-9) * g->tick;
        g->high = ceil(high / g->tick - 1e-9) * g->tick;
        size_t n_ticks = (size_t)((g->high - g->low) / g->tick + 0.5);
        g->n_rows = (n_ticks > 0 && n_ticks <= TICKS_MAX ? n_ticks : TICKS_MAX) * ROWS_PER_TICK;
}

/* The row from below that a value lies in, n_rows when above. */
static size_t row_of(const struct grid *g, double value) {
        double part = (value - g->low) / (g->high - g->low) * (double)g->n_rows;
        return part < 0 ? 0 : part >= (double)g->n_rows ? g->n_rows : (size_t)part;
}

static const char *block(size_t eighths, bool is_utf8) {
        static const char *const blocks[] = {" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                             "\u2585", "\u2586", "\u2587", "\u2588"};
        static const char *const plain[] = {" ", ".", ".", ".", ":", ":", ":", "#", "#"};
        return is_utf8 ? blocks[eighths] : plain[eighths];
}

/* What a value shows in a row; NULL: nothing. */
static const char *mark_of_value(const struct grid *g, double value, size_t row, bool is_utf8) {
        double part = (value - g->low) / (g->high - g->low) * (double)g->n_rows - (double)row;
        if (!isfinite(value) || (!g->is_filled && (part < 0 || part > 1) && !(part > 1 && row == g->n_rows - 1)))
                return NULL;
        if (!g->is_filled)
                return is_utf8 ? "\u2022" : "*";
        if (row == 0 && value <= 0)
                return "_";
        if (part <= 0)
                return NULL;
        size_t eighths = part >= 1 ? EIGHTHS : (size_t)(part * EIGHTHS + 0.5);
        return eighths > 0 ? block(eighths, is_utf8) : row == 0 ? block(1, is_utf8) : NULL;
}

static void draw_row(const struct chart *c, const struct grid *g, struct screen *s, size_t row) {
        bool has_threshold = isfinite(c->threshold) && row == row_of(g, c->threshold);
        for (size_t i = 0; i < g->n_columns; i++) {
                const char *mark = mark_of_value(g, g->values[i], row, s->is_utf8);
                bool is_over = isfinite(c->threshold) && g->values[i] >= c->threshold && !c->is_minimum;
                if (mark)
                        screen_put(s, is_over ? STYLE_RED : STYLE_PLAIN, mark);
                else if (has_threshold)
                        screen_put(s, STYLE_RED, screen_glyph(s, "\u254c", "-"));
                else if (g->marks[i])
                        screen_put(s, g->mark_styles[i], screen_glyph(s, "\u250a", "|"));
                else
                        screen_put(s, STYLE_PLAIN, " ");
        }
}

static void draw_label(struct screen *s, const char *label, const char *edge) {
        size_t columns = foreign_columns(label);
        screen_blanks(s, columns < LABEL_WIDTH ? LABEL_WIDTH - columns : 0);
        screen_put(s, STYLE_DIM, label);
        screen_put(s, STYLE_DIM, edge);
}

static void axis_label(const struct chart *c, const struct grid *g, double value, char to[WORDS_MAX]) {
        axis_value_label(value, c->unit, g->high - g->low, to);
        to[foreign_fit(to, LABEL_WIDTH)] = '\0';
}

static void draw_rows(const struct chart *c, const struct grid *g, struct screen *s) {
        char label[WORDS_MAX];
        axis_label(c, g, g->high, label);
        draw_label(s, label, screen_glyph(s, " \u250c", " +"));
        screen_line(s);
        for (size_t row = g->n_rows; row-- > 0;) {
                bool has_tick = row > 0 && row % ROWS_PER_TICK == 0;
                axis_label(c, g, g->low + (g->high - g->low) * (double)row / (double)g->n_rows, label);
                draw_label(s, has_tick ? label : "",
                           has_tick ? screen_glyph(s, " \u2524", " +") : screen_glyph(s, " \u2502", " |"));
                draw_row(c, g, s, row);
                screen_line(s);
        }
        axis_label(c, g, g->low, label);
        draw_label(s, label, screen_glyph(s, " \u2514", " +"));
}

static void draw_times(const struct grid *g, struct screen *s) {
        char labels[COLUMNS_MAX + 1], label[WORDS_MAX];
        bool has_tick[COLUMNS_MAX] = {0};
        int64_t tick_s = axis_time_tick(g->to_s - g->from_s, (double)g->n_columns / TIME_LABEL_GAP);
        memset(labels, ' ', sizeof labels);
        for (int64_t at_s = axis_first_time(g->from_s, tick_s); at_s < g->to_s; at_s += tick_s) {
                size_t column = column_of(g, at_s);
                words_clock(at_s, tick_s < 86400, label);
                has_tick[column] = true;
                if (column + strlen(label) <= g->n_columns)
                        memcpy(labels + column, label, strlen(label));
        }
        for (size_t i = 0; i < g->n_columns; i++)
                screen_put(s, STYLE_DIM, has_tick[i] ? screen_glyph(s, "\u252c", "+") : screen_glyph(s, "\u2500", "-"));
        screen_line(s);
        size_t end = g->n_columns;
        while (end > 0 && labels[end - 1] == ' ')
                end--;
        labels[end] = '\0';
        screen_blanks(s, LABEL_WIDTH + 2);
        screen_put(s, STYLE_DIM, labels);
        screen_line(s);
}

static void draw_marks(const struct grid *g, struct screen *s) {
        bool has_any = false;
        for (size_t i = 0; i < g->n_columns; i++)
                has_any = has_any || g->marks[i];
        if (!has_any)
                return;
        screen_blanks(s, LABEL_WIDTH + 2);
        for (size_t i = 0; i < g->n_columns; i++)
                screen_put(s, g->mark_styles[i], (char[]){g->marks[i] ? g->marks[i] : ' ', '\0'});
        screen_line(s);
}

void chart_draw(const struct chart *c, struct screen *s) {
        struct grid g = {0};
        lay_columns(c, &g, chart_columns(s));
        place(c, &g);
        scale(c, &g);
        draw_rows(c, &g, s);
        draw_times(&g, s);
        draw_marks(&g, s);
}
