/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of cells drawn as columns that fit the screen: first the least wanted columns go, then the widest are cut. */
#pragma once

#include "ctl/screen.h"

struct column {
        const char *title;
        bool is_right; /* aligned right */
        size_t min;    /* may be cut to so many columns; 0: is never cut */
        int drop;      /* goes when the screen is too narrow, highest first; 0: stays */
};

struct table;

/* NULL when out of memory; the others take NULL then. Columns are borrowed. */
struct table *table_new(const struct column *columns, size_t n_columns);
void table_free(struct table *t);
/* Cells fill rows from left to right. NULL or "": "-". */
void table_cell(struct table *t, enum style style, const char *text);
void table_printf(struct table *t, enum style style, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* No cell content at all, not even "-". */
void table_empty(struct table *t);
void table_draw(struct table *t, struct screen *s);

SCOPED_DEFINE(struct table, table_free)
