/* SPDX-License-Identifier: Apache-2.0 */
/* A document in parts, for more than one form: the report says what is in it, a writer how it looks. All text is plain, may hold
 * anything and is escaped by the writer; `code` in backticks and addresses in it are shown as such. */
#pragma once

#include "ctl/chart.h"
#include "util/buf.h"

enum { PAGE_MAX_BYTES = 64 << 20, PAGE_TIME_MAX = 64 };

struct page_head {
        const char *title, *application, *severity, *state, *lead;
        const char *kind; /* under the title: which diagnoser, how sure */
};

struct page_fact {
        const char *label, *text;
};

enum moment_kind { MOMENT_FAULT, MOMENT_HEALTHY, MOMENT_INCIDENT, MOMENT_OPERATION, MOMENT_DELIVERY, MOMENT_ACTION };

struct page_moment {
        int64_t at_s;
        enum moment_kind kind;
        const char *name;
        const char *text;
};

struct page_table {
        const char *const *titles;
        size_t n_columns, n_rows;
        const char *const *cells; /* row by row; NULL or "": nothing */
        unsigned right;           /* bit of a column: aligned right */
};

struct page_span {
        int64_t from_s, to_s;
        char symbol;
};

struct page_chart {
        const char *title, *detail; /* the metric; its statistic and dimensions */
        struct chart chart;
        int64_t onset_s, end_s; /* the incident; end 0: open */
        int64_t fault_s;        /* the first fault, 0: not known */
        const struct page_span *operations;
        size_t n_operations;
};

struct page_link {
        const char *id, *title;
};

struct page_writer {
        void (*begin)(struct buf *out, const struct page_head *head);
        void (*facts)(struct buf *out, const struct page_fact *facts, size_t n);
        void (*contents)(struct buf *out, const struct page_link *links, size_t n);
        void (*section)(struct buf *out, const struct page_link *link);
        void (*section_end)(struct buf *out);
        void (*text)(struct buf *out, const char *text);
        void (*list)(struct buf *out, const char *const *items, size_t n, bool is_ordered);
        void (*moments)(struct buf *out, const struct page_moment *moments, size_t n);
        void (*table)(struct buf *out, const struct page_table *table);
        void (*log)(struct buf *out, int64_t at_s, const char *text);
        void (*charts)(struct buf *out, const struct page_chart *charts, size_t n);
        void (*link)(struct buf *out, const char *url, const char *text);
        void (*fill)(struct buf *out, const char *prompt); /* room for what a person adds */
        void (*end)(struct buf *out, const char *foot);
};

extern const struct page_writer page_html, page_markdown;

/* Plain text as HTML, as Markdown: nothing in it is markup any more. */
void markup_html(struct buf *out, const char *text);
void markup_html_rich(struct buf *out, const char *text);
void markup_markdown(struct buf *out, const char *text);
void markup_markdown_rich(struct buf *out, const char *text);
/* One of these between two pieces of markup. */
typedef void markup_writer(struct buf *out, const char *text);
void markup_within(struct buf *out, const char *before, markup_writer *put, const char *text, const char *after);
/* Line by line, as a stack trace is read. */
void markup_lines(struct buf *out, markup_writer *put, const char *text);
/* What is between backticks within a line of Markdown. */
void markup_code(struct buf *out, const char *text);

/* One chart as an <svg> element. */
void svg_chart(struct buf *out, const struct page_chart *chart);
extern const char page_style[];

/* Plain text to be kept until the page is done. */
struct page_texts {
        char **items;
        size_t n, size;
};
/* Borrowed; "" when out of memory. Formats. */
const char *page_keep(struct page_texts *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_texts_done(struct page_texts *t);

SCOPED_DEFINE_VALUE(struct page_texts, page_texts_done)
