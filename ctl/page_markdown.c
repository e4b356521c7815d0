/* SPDX-License-Identifier: Apache-2.0 */
/* Markdown for a wiki or a ticket. Pictures do not travel there, so the charts are drawn in letters. */
#include <string.h>

#include "ctl/foreign.h"
#include "ctl/page.h"
#include "ctl/words.h"

enum { CHART_COLUMNS = 96, FENCE_MIN = 3, CHART_MAX_BYTES = 1 << 20 };

static void put_time(struct buf *out, int64_t at_s) {
        char local[WORDS_MAX];
        words_local_exact(at_s, local);
        buf_put_str(out, local);
}

static void begin(struct buf *out, const struct page_head *head) {
        markup_within(out, "# ", markup_markdown, head->application, ": ");
        markup_markdown(out, head->title);
        markup_within(out, "\n\n**", markup_markdown, head->severity, "**, ");
        markup_markdown(out, head->state);
        markup_within(out, ", ", markup_markdown, head->kind, "\n\n");
        markup_markdown_rich(out, head->lead);
        buf_put_str(out, "\n\n");
}

static void facts(struct buf *out, const struct page_fact *list, size_t n) {
        for (size_t i = 0; i < n; i++) {
                buf_printf(out, "- **%s:** ", list[i].label);
                markup_markdown_rich(out, list[i].text);
                buf_put_char(out, '\n');
        }
        buf_put_char(out, '\n');
}

static void contents(struct buf *out, const struct page_link *links, size_t n) {
        (void)out;
        (void)links;
        (void)n;
}

static void section(struct buf *out, const struct page_link *link) {
        buf_printf(out, "## %s\n\n", link->title);
}

static void section_end(struct buf *out) {
        (void)out;
}

static void text(struct buf *out, const char *words) {
        markup_markdown_rich(out, words);
        buf_put_str(out, "\n\n");
}

static void list(struct buf *out, const char *const *items, size_t n, bool is_ordered) {
        for (size_t i = 0; i < n; i++) {
                if (is_ordered)
                        buf_printf(out, "%zu. ", i + 1);
                else
                        buf_put_str(out, "- ");
                markup_markdown_rich(out, items[i]);
                buf_put_char(out, '\n');
        }
        buf_put_char(out, '\n');
}

static void table(struct buf *out, const struct page_table *t) {
        for (size_t i = 0; i < t->n_columns; i++)
                buf_printf(out, "| %s ", t->titles[i]);
        buf_put_str(out, "|\n");
        for (size_t i = 0; i < t->n_columns; i++)
                buf_put_str(out, t->right & 1u << i ? "|---:" : "|---");
        buf_put_str(out, "|\n");
        for (size_t row = 0; row < t->n_rows; row++) {
                for (size_t i = 0; i < t->n_columns; i++) {
                        const char *cell = t->cells[row * t->n_columns + i];
                        buf_put_str(out, "| ");
                        markup_markdown_rich(out, cell ? cell : "");
                        buf_put_char(out, ' ');
                }
                buf_put_str(out, "|\n");
        }
        buf_put_char(out, '\n');
}

static void moments(struct buf *out, const struct page_moment *all, size_t n) {
        buf_put_str(out, "| Time | What | |\n|---|---|---|\n");
        for (size_t i = 0; i < n; i++) {
                buf_put_str(out, "| ");
                put_time(out, all[i].at_s);
                markup_within(out, " | ", markup_markdown, all[i].name, " | ");
                markup_markdown_rich(out, all[i].text);
                buf_put_str(out, " |\n");
        }
        buf_put_char(out, '\n');
}

/* A fence longer than any run of backticks in what it holds. */
static void put_fence(struct buf *out, const char *held) {
        size_t longest = 0, run = 0;
        for (const char *p = held; *p; p++) {
                run = *p == '`' ? run + 1 : 0;
                longest = run > longest ? run : longest;
        }
        for (size_t i = 0; i < (longest < FENCE_MIN ? FENCE_MIN : longest + 1); i++)
                buf_put_char(out, '`');
}

static void fenced(struct buf *out, const char *held) {
        put_fence(out, held);
        buf_put_str(out, "text\n");
        buf_put_str(out, held);
        buf_put_char(out, '\n');
        put_fence(out, held);
        buf_put_str(out, "\n\n");
}

static void put_plain(struct buf *out, const char *line) {
        foreign_put(out, line, true);
}

static void log_lines(struct buf *out, int64_t at_s, const char *words) {
        SCOPED(buf_done) struct buf held = BUF_INIT(CHART_MAX_BYTES);
        if (at_s > 0) {
                put_time(&held, at_s);
                buf_put_char(&held, '\n');
        }
        markup_lines(&held, put_plain, words);
        fenced(out, buf_str(&held));
}

static void put_chart(struct buf *out, const struct page_chart *page) {
        struct screen s = {
                .out = BUF_INIT(CHART_MAX_BYTES), .is_utf8 = true, .width = CHART_COLUMNS, .now_s = page->chart.to_s};
        struct chart chart = page->chart;
        struct chart_mark marks[32];
        for (size_t i = 0; i < page->n_operations && chart.n_marks + 3 < ELEMENTS(marks); i++)
                marks[chart.n_marks++] = (struct chart_mark){page->operations[i].from_s, page->operations[i].symbol,
                                                             STYLE_PLAIN};
        if (page->fault_s > 0)
                marks[chart.n_marks++] = (struct chart_mark){page->fault_s, '!', STYLE_PLAIN};
        marks[chart.n_marks++] = (struct chart_mark){page->onset_s, '^', STYLE_PLAIN};
        chart.marks = marks;
        chart_draw(&chart, &s);
        while (s.out.len > 0 && s.out.data[s.out.len - 1] == '\n')
                s.out.data[--s.out.len] = '\0';
        markup_within(out, "### ", markup_markdown, page->title, "\n\n");
        markup_markdown(out, page->detail);
        buf_put_str(out, "\n\n");
        fenced(out, buf_str(&s.out));
        buf_done(&s.out);
}

static void charts(struct buf *out, const struct page_chart *all, size_t n) {
        buf_put_str(out, "`^` is the onset, `!` the first fault.\n\n");
        for (size_t i = 0; i < n; i++)
                put_chart(out, &all[i]);
}

static void link_to(struct buf *out, const char *url, const char *words) {
        buf_put_char(out, '[');
        markup_markdown(out, words);
        buf_printf(out, "](<%s>)\n\n", url);
}

static void fill(struct buf *out, const char *prompt) {
        markup_within(out, "*", markup_markdown, prompt, "*\n\n");
}

static void end(struct buf *out, const char *foot) {
        markup_within(out, "---\n\n", markup_markdown, foot, "\n");
}

const struct page_writer page_markdown = {begin,   facts, contents,  section, section_end, text, list,
                                          moments, table, log_lines, charts,  link_to,     fill, end};
