/* SPDX-License-Identifier: Apache-2.0 */
/* One file of HTML that needs nothing else: no script, no font, no picture from elsewhere, and it says so to the browser. */
#include <string.h>

#include "ctl/page.h"
#include "ctl/words.h"
#include "util/timefmt.h"

enum { WORD_MAX = 22, CELL_MAX = 60 };

static void put_element(struct buf *out, const char *name, const char *text) {
        buf_printf(out, "<%s>", name);
        markup_html_rich(out, text);
        buf_printf(out, "</%s>", name);
}

/* Local for the reader, UTC for machines and on hovering. */
static void put_time(struct buf *out, int64_t at_s) {
        char local[WORDS_MAX], utc[TIME_TEXT_MAX];
        words_local_exact(at_s, local);
        time_rfc3339(at_s, utc);
        buf_printf(out, "<time datetime=\"%s\" title=\"%s\">%s</time>", utc, utc, local);
}

static void begin(struct buf *out, const struct page_head *head) {
        buf_put_str(
                out,
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
                "<meta name=\"referrer\" content=\"no-referrer\">\n");
        markup_within(out, "<title>", markup_html, head->application, ": ");
        markup_html(out, head->title);
        buf_printf(out, "</title>\n<style>%s</style></head>\n<body><main>\n<header class=\"", page_style);
        markup_html(out, head->severity);
        markup_within(out, "\"><span class=\"badge ", markup_html, head->severity, "\">");
        markup_html(out, head->severity);
        markup_within(out, "</span><span class=\"badge ", markup_html, head->state, "\">");
        markup_html(out, head->state);
        markup_within(out, "</span>\n<h1>", markup_html, head->application, ": ");
        markup_html(out, head->title);
        markup_within(out, "</h1>\n<p class=\"soft\">", markup_html, head->kind, "</p></header>\n<p class=\"lead\">");
        markup_html_rich(out, head->lead);
        buf_put_str(out, "</p>\n");
}

/* A cell of the narrow form would break it: a sentence, or a word as long as a class with its package. */
static bool needs_width(const char *text) {
        size_t longest = 0, n = 0;
        for (const char *word = text; *word; word += n + (word[n] == ' ')) {
                n = strcspn(word, " ");
                longest = n > longest ? n : longest;
        }
        return longest > WORD_MAX || strlen(text) > CELL_MAX;
}

static void facts(struct buf *out, const struct page_fact *list, size_t n) {
        bool is_long = false;
        for (size_t i = 0; i < n; i++)
                is_long = is_long || needs_width(list[i].text);
        buf_put_str(out, is_long ? "<dl class=\"wide\">" : "<dl>");
        for (size_t i = 0; i < n; i++) {
                buf_put_str(out, "<div>");
                put_element(out, "dt", list[i].label);
                put_element(out, "dd", list[i].text);
                buf_put_str(out, "</div>");
        }
        buf_put_str(out, "</dl>\n");
}

static void contents(struct buf *out, const struct page_link *links, size_t n) {
        buf_put_str(out, "<nav>");
        for (size_t i = 0; i < n; i++)
                buf_printf(out, "<a href=\"#%s\">%s</a>", links[i].id, links[i].title);
        buf_put_str(out, "</nav>\n");
}

static void section(struct buf *out, const struct page_link *link) {
        buf_printf(out, "<section id=\"%s\"><h2>%s</h2>\n", link->id, link->title);
}

static void section_end(struct buf *out) {
        buf_put_str(out, "</section>\n");
}

static void text(struct buf *out, const char *words) {
        put_element(out, "p", words);
        buf_put_char(out, '\n');
}

static void list(struct buf *out, const char *const *items, size_t n, bool is_ordered) {
        buf_put_str(out, is_ordered ? "<ol>" : "<ul>");
        for (size_t i = 0; i < n; i++)
                put_element(out, "li", items[i]);
        buf_put_str(out, is_ordered ? "</ol>\n" : "</ul>\n");
}

static void moments(struct buf *out, const struct page_moment *all, size_t n) {
        static const char *const kinds[] = {
                [MOMENT_FAULT] = "fault",         [MOMENT_HEALTHY] = "healthy",   [MOMENT_INCIDENT] = "incident",
                [MOMENT_OPERATION] = "operation", [MOMENT_DELIVERY] = "delivery", [MOMENT_ACTION] = "action",
        };
        buf_put_str(out, "<ol class=\"moments\">");
        for (size_t i = 0; i < n; i++) {
                buf_printf(out, "<li class=\"%s\">", kinds[all[i].kind]);
                put_time(out, all[i].at_s);
                markup_within(out, "<span><strong>", markup_html, all[i].name, "</strong> ");
                markup_html_rich(out, all[i].text);
                buf_put_str(out, "</span></li>\n");
        }
        buf_put_str(out, "</ol>\n");
}

static void table(struct buf *out, const struct page_table *t) {
        buf_put_str(out, "<div class=\"scroll\"><table><thead><tr>");
        for (size_t i = 0; i < t->n_columns; i++)
                buf_printf(out, "<th%s>%s</th>", t->right & 1u << i ? " class=\"n\"" : "", t->titles[i]);
        buf_put_str(out, "</tr></thead><tbody>\n");
        for (size_t row = 0; row < t->n_rows; row++) {
                buf_put_str(out, "<tr>");
                for (size_t i = 0; i < t->n_columns; i++) {
                        const char *cell = t->cells[row * t->n_columns + i];
                        buf_printf(out, "<td%s>", t->right & 1u << i ? " class=\"n\"" : "");
                        markup_html_rich(out, cell ? cell : "");
                        buf_put_str(out, "</td>");
                }
                buf_put_str(out, "</tr>\n");
        }
        buf_put_str(out, "</tbody></table></div>\n");
}

static void log_lines(struct buf *out, int64_t at_s, const char *words) {
        buf_put_str(out, "<pre>");
        if (at_s > 0) {
                put_time(out, at_s);
                buf_put_char(out, '\n');
        }
        markup_lines(out, markup_html, words);
        buf_put_str(out, "</pre>\n");
}

static void charts(struct buf *out, const struct page_chart *all, size_t n) {
        buf_put_str(
                out,
                "<p class=\"soft\">Shaded: the incident. Letters: operations, listed below.</p>\n<div class=\"charts\">\n");
        for (size_t i = 0; i < n; i++) {
                markup_within(out, "<figure><figcaption>", markup_html, all[i].title, "<small>");
                markup_html(out, all[i].detail);
                buf_put_str(out, "</small></figcaption>\n");
                svg_chart(out, &all[i]);
                buf_put_str(out, "</figure>\n");
        }
        buf_put_str(out, "</div>\n");
}

static void link_to(struct buf *out, const char *url, const char *words) {
        markup_within(out, "<p><a rel=\"noreferrer\" href=\"", markup_html, url, "\">");
        markup_html(out, words);
        buf_put_str(out, "</a></p>\n");
}

static void fill(struct buf *out, const char *prompt) {
        markup_within(out, "<div class=\"fill\">", markup_html, prompt, "</div>\n");
}

static void end(struct buf *out, const char *foot) {
        markup_within(out, "<footer>", markup_html, foot, "</footer>\n</main></body></html>\n");
}

const struct page_writer page_html = {begin,   facts, contents,  section, section_end, text, list,
                                      moments, table, log_lines, charts,  link_to,     fill, end};
