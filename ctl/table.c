/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/table.h"

#include <string.h>

#include "ctl/foreign.h"
#include "util/list.h"

enum { COLUMNS_MAX = 16, GAP = 2, CUT_LEAST = 4, CELL_MAX_BYTES = 8 << 10 };

struct cell {
        char *text;
        enum style style;
};

struct table {
        const struct column *columns;
        size_t n_columns;
        struct cell *cells;
        size_t n_cells, cells_size;
};

struct table *table_new(const struct column *columns, size_t n_columns) {
        struct table *t = n_columns <= COLUMNS_MAX ? calloc(1, sizeof *t) : NULL;
        if (t)
                *t = (struct table){.columns = columns, .n_columns = n_columns};
        return t;
}

void table_free(struct table *t) {
        if (!t)
                return;
        for (size_t i = 0; i < t->n_cells; i++)
                free(t->cells[i].text);
        free(t->cells);
        free(t);
}

static void add_cell(struct table *t, enum style style, const char *text) {
        struct cell *cell = t ? LIST_ADD(t->cells, t->n_cells, t->cells_size) : NULL;
        if (!cell)
                return;
        cell->text = strdup(text);
        cell->style = style;
}

void table_cell(struct table *t, enum style style, const char *text) {
        bool has_text = text && text[0];
        add_cell(t, has_text ? style : STYLE_DIM, has_text ? text : "-");
}

void table_printf(struct table *t, enum style style, const char *format, ...) {
        SCOPED(buf_done) struct buf text = BUF_INIT(CELL_MAX_BYTES);
        va_list args;
        va_start(args, format);
        buf_vprintf(&text, format, args);
        va_end(args);
        table_cell(t, style, buf_str(&text));
}

void table_empty(struct table *t) {
        add_cell(t, STYLE_PLAIN, "");
}

/* Cells as they will be shown, so that their columns can be counted. */
static void clean_cells(struct table *t, bool is_utf8) {
        for (size_t i = 0; i < t->n_cells; i++) {
                struct buf clean = BUF_INIT(CELL_MAX_BYTES * 4);
                foreign_put(&clean, t->cells[i].text, is_utf8);
                free(t->cells[i].text);
                t->cells[i].text = buf_steal(&clean);
        }
}

struct layout {
        size_t widths[COLUMNS_MAX];
        bool is_shown[COLUMNS_MAX];
};

static void measure(const struct table *t, struct layout *l) {
        for (size_t c = 0; c < t->n_columns; c++) {
                l->widths[c] = foreign_columns(t->columns[c].title);
                l->is_shown[c] = true;
        }
        for (size_t i = 0; i < t->n_cells; i++) {
                size_t width = t->cells[i].text ? foreign_columns(t->cells[i].text) : 0;
                if (width > l->widths[i % t->n_columns])
                        l->widths[i % t->n_columns] = width;
        }
}

/* With each column as narrow as it may become, or as it is. */
static size_t total(const struct table *t, const struct layout *l, bool is_least) {
        size_t sum = 0;
        for (size_t c = 0; c < t->n_columns; c++) {
                size_t min = t->columns[c].min, width = l->widths[c];
                if (l->is_shown[c])
                        sum += (is_least && min && min < width ? min : width) + (sum > 0 ? GAP : 0);
        }
        return sum;
}

static bool drop_one(const struct table *t, struct layout *l) {
        size_t worst = t->n_columns;
        for (size_t c = 0; c < t->n_columns; c++)
                if (l->is_shown[c] && t->columns[c].drop > 0 &&
                    (worst == t->n_columns || t->columns[c].drop > t->columns[worst].drop))
                        worst = c;
        if (worst < t->n_columns)
                l->is_shown[worst] = false;
        return worst < t->n_columns;
}

/* Takes a column from the widest cell that may be cut, down to its min or, `is_desperate`, to almost nothing. */
static bool narrow_one(const struct table *t, struct layout *l, bool is_desperate) {
        size_t widest = t->n_columns;
        for (size_t c = 0; c < t->n_columns; c++)
                if (l->is_shown[c] && t->columns[c].min &&
                    l->widths[c] > (is_desperate ? CUT_LEAST : t->columns[c].min) &&
                    (widest == t->n_columns || l->widths[c] > l->widths[widest]))
                        widest = c;
        if (widest < t->n_columns)
                l->widths[widest]--;
        return widest < t->n_columns;
}

static void fit(const struct table *t, struct layout *l, size_t width) {
        while (width && total(t, l, true) > width && drop_one(t, l))
                ;
        while (width && total(t, l, false) > width && narrow_one(t, l, false))
                ;
        while (width && total(t, l, false) > width && narrow_one(t, l, true))
                ;
}

static void draw_cell(struct screen *s, const struct column *column, size_t width, const struct cell *cell) {
        const char *text = cell->text ? cell->text : "", *dots = screen_glyph(s, "\u2026", "..");
        size_t columns = foreign_columns(text);
        if (columns <= width) {
                screen_blanks(s, column->is_right ? width - columns : 0);
                screen_put(s, cell->style, text);
                screen_blanks(s, column->is_right ? 0 : width - columns);
                return;
        }
        SCOPED(free) char *cut = strndup(text, foreign_fit(text, width - foreign_columns(dots)));
        screen_printf(s, cell->style, "%s%s", cut ? cut : "", dots);
        columns = foreign_columns(cut ? cut : "") + foreign_columns(dots);
        screen_blanks(s, columns < width ? width - columns : 0);
}

static void draw_row(struct screen *s, const struct table *t, const struct layout *l, const struct cell *cells) {
        bool is_first = true;
        for (size_t c = 0; c < t->n_columns; c++) {
                if (!l->is_shown[c])
                        continue;
                screen_blanks(s, is_first ? 0 : GAP);
                is_first = false;
                draw_cell(s, &t->columns[c], l->widths[c], &cells[c]);
        }
        screen_line(s);
}

void table_draw(struct table *t, struct screen *s) {
        struct layout layout;
        struct cell titles[COLUMNS_MAX];
        if (!t)
                return;
        clean_cells(t, s->is_utf8);
        measure(t, &layout);
        fit(t, &layout, s->width);
        for (size_t c = 0; c < t->n_columns; c++)
                titles[c] = (struct cell){(char *)t->columns[c].title, STYLE_BOLD};
        draw_row(s, t, &layout, titles);
        for (size_t i = 0; i + t->n_columns <= t->n_cells; i += t->n_columns)
                draw_row(s, t, &layout, t->cells + i);
}
