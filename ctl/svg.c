/* SPDX-License-Identifier: Apache-2.0 */
/* A chart as SVG within HTML: colours are the page's (classes), so that it follows the reader's light or dark and prints on white. Drawn
 * at the size of a phone and let grow: its letters stay readable there. */
#include <math.h>
#include <string.h>

#include "ctl/axis.h"
#include "ctl/page.h"

enum { WIDTH = 480, HEIGHT = 236, LEFT = 72, RIGHT = 10, TOP = 26, BOTTOM = 26, TICKS_X = 5, LABEL_DX = 5 };

struct plot {
        struct buf *out;
        const struct page_chart *page;
        const struct chart *chart;
        double low, high, tick;
};

static double x_of(const struct plot *p, int64_t at_s) {
        double part = (double)(at_s - p->chart->from_s) / (double)(p->chart->to_s - p->chart->from_s);
        return LEFT + fmin(fmax(part, 0), 1) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct plot *p, double value) {
        double part = (value - p->low) / (p->high - p->low);
        return HEIGHT - BOTTOM - fmin(fmax(part, 0), 1) * (HEIGHT - TOP - BOTTOM);
}

/* From zero unless the values are far from it; the threshold is in sight unless it is far above. */
static void scale(struct plot *p) {
        const struct chart *c = p->chart;
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < c->n_points; i++) {
                low = fmin(low, c->points[i].value);
                high = fmax(high, c->points[i].value);
        }
        if (!isfinite(low) || !isfinite(high))
                low = high = 0;
        if (isfinite(c->threshold) && c->threshold <= 4 * high) {
                high = fmax(high, c->threshold);
                low = fmin(low, c->threshold);
        }
        if (low >= 0 && (low <= high * 0.75 || low == high) && strcmp(c->unit, "epoch ms") != 0)
                low = 0;
        if (high <= low)
                high = low + 1;
        p->tick = axis_value_tick(high - low, c->unit);
        p->low = floor(low / p->tick + 1e-9) * p->tick;
        p->high = ceil(high / p->tick - 1e-9) * p->tick;
        if (!isfinite(p->low) || !isfinite(p->high) || p->high <= p->low || !(p->tick > 0)) {
                p->low = 0;
                p->high = p->tick = 1;
        }
}

static void put_text(struct plot *p, double x, double y, const char *kind, const char *text) {
        buf_printf(p->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", kind, x, y);
        markup_html(p->out, text);
        buf_put_str(p->out, "</text>");
}

static void put_line(struct plot *p, const char *kind, double x1, double y1, double x2, double y2) {
        buf_printf(p->out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", kind, x1, y1, x2,
                   y2);
}

static void draw_axes(struct plot *p) {
        char label[WORDS_MAX];
        int n = (int)((p->high - p->low) / p->tick + 0.5);
        for (int i = 0; i <= n && n < 50; i++) {
                double value = p->low + i * p->tick, y = y_of(p, value);
                axis_value_label(fabs(value) < p->tick / 1e6 ? 0 : value, p->chart->unit, p->high - p->low, label);
                put_line(p, i == 0 ? "base" : "grid", LEFT, y, WIDTH - RIGHT, y);
                put_text(p, LEFT - 6, y + 4, "y", label);
        }
        const struct chart *c = p->chart;
        int64_t tick_s = axis_time_tick(c->to_s - c->from_s, TICKS_X);
        for (int64_t at_s = axis_first_time(c->from_s, tick_s); at_s < c->to_s; at_s += tick_s) {
                double x = x_of(p, at_s);
                words_clock(at_s, tick_s < 86400, label);
                put_line(p, "base", x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 4);
                if (x < WIDTH - RIGHT - 12 && x > LEFT + 4)
                        put_text(p, x, HEIGHT - BOTTOM + 17, "x", label);
        }
}

static void draw_band(struct plot *p, const char *kind, int64_t from_s, int64_t to_s) {
        double x1 = x_of(p, from_s), x2 = x_of(p, to_s);
        if (to_s < p->chart->from_s || from_s > p->chart->to_s)
                return;
        buf_printf(p->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>", kind, x1, TOP,
                   fmax(x2 - x1, 1.5), HEIGHT - TOP - BOTTOM);
}

static bool follows(const struct chart *c, size_t i) {
        return i > 0 && c->points[i].at_s - c->points[i - 1].at_s <= c->step_s * 3 / 2;
}

/* One path per run of points without a hole: a minute without a value is a gap, not zero. */
static void draw_values(struct plot *p) {
        const struct chart *c = p->chart;
        double base = HEIGHT - BOTTOM;
        for (size_t from = 0, end; from < c->n_points; from = end) {
                for (end = from + 1; end < c->n_points && follows(c, end);)
                        end++;
                for (int pass = p->low == 0 && end - from > 1 ? 0 : 1; pass < 2; pass++) {
                        buf_printf(p->out, "<path class=\"%s\" d=\"", pass == 0 ? "area" : "line");
                        for (size_t i = from; i < end; i++)
                                buf_printf(p->out, "%c%.1f %.1f", i == from ? 'M' : 'L', x_of(p, c->points[i].at_s),
                                           y_of(p, c->points[i].value));
                        if (pass == 0)
                                buf_printf(p->out, "V%.1fH%.1fZ", base, x_of(p, c->points[from].at_s));
                        else if (end - from == 1)
                                buf_put_str(p->out, "h1.5");
                        buf_put_str(p->out, "\"/>");
                }
        }
}

/* The label stands on the side of the line that has room. */
static void draw_moment(struct plot *p, const char *kind, int64_t at_s, const char *label, double y) {
        double x = x_of(p, at_s);
        bool is_left = x > WIDTH * 0.7;
        if (at_s < p->chart->from_s || at_s > p->chart->to_s)
                return;
        char name[32];
        put_line(p, kind, x, TOP - 4, x, HEIGHT - BOTTOM);
        snprintf(name, sizeof name, "%s-label%s", kind, is_left ? " left" : "");
        put_text(p, is_left ? x - LABEL_DX : x + LABEL_DX, y, name, label);
}

static void draw_operations(struct plot *p) {
        for (size_t i = 0; i < p->page->n_operations; i++) {
                const struct page_span *o = &p->page->operations[i];
                double x = x_of(p, o->from_s);
                if (o->from_s < p->chart->from_s || o->from_s >= p->chart->to_s)
                        continue;
                buf_printf(p->out, "<circle class=\"flag\" cx=\"%.1f\" cy=\"%d\" r=\"8\"/>", x, TOP - 14);
                put_line(p, "operation", x, TOP - 6, x, HEIGHT - BOTTOM);
                put_text(p, x, TOP - 10, "flag-label", (char[]){o->symbol, '\0'});
        }
}

static void draw_threshold(struct plot *p) {
        SCOPED(buf_done) struct buf text = BUF_INIT(256);
        char value[WORDS_MAX];
        double threshold = p->chart->threshold, y = y_of(p, threshold);
        if (!isfinite(threshold) || threshold > p->high || threshold < p->low)
                return;
        words_value(threshold, p->chart->unit, value);
        buf_printf(&text, "threshold %s", value);
        put_line(p, "threshold", LEFT, y, WIDTH - RIGHT, y);
        put_text(p, WIDTH - RIGHT - LABEL_DX, y - 5 < TOP + 6 ? y + 14 : y - 5, "threshold-label", buf_str(&text));
}

void svg_chart(struct buf *out, const struct page_chart *page) {
        struct plot p = {.out = out, .page = page, .chart = &page->chart};
        scale(&p);
        buf_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Chart of ", WIDTH, HEIGHT);
        markup_html(out, page->title);
        buf_put_str(out, "\">");
        draw_band(&p, "span", page->onset_s, page->end_s ? page->end_s : page->chart.to_s);
        for (size_t i = 0; i < page->n_operations; i++)
                draw_band(&p, "operation-span", page->operations[i].from_s, page->operations[i].to_s);
        draw_axes(&p);
        draw_values(&p);
        draw_threshold(&p);
        draw_operations(&p);
        /* One line for both when they are too near to be told apart. */
        bool is_apart = page->fault_s > 0 && fabs(x_of(&p, page->fault_s) - x_of(&p, page->onset_s)) > 3;
        if (page->fault_s > 0)
                draw_moment(&p, "fault", page->fault_s, "first fault", TOP + 8);
        if (page->fault_s == 0 || is_apart)
                draw_moment(&p, "onset", page->onset_s, "onset", TOP + 22);
        if (page->end_s > 0)
                draw_moment(&p, "resolved", page->end_s, "resolved", TOP + 36);
        buf_put_str(out, "</svg>");
}
