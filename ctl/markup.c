/* SPDX-License-Identifier: Apache-2.0 */
/* Text of others within markup. What could change how it is read (controls, direction marks) goes first, then markup is escaped. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/foreign.h"
#include "ctl/page.h"
#include "util/list.h"

enum { KEPT_MAX_BYTES = 1 << 20 };

static void put_html(struct buf *out, const char *text, size_t len) {
        static const char *const entities[128] = {
                ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
        for (size_t i = 0; i < len; i++) {
                unsigned char c = (unsigned char)text[i];
                if (c < 128 && entities[c])
                        buf_put_str(out, entities[c]);
                else
                        buf_put_char(out, text[i]);
        }
}

/* Within a word an underscore is one. */
static bool is_within_word(const char *text, size_t i, size_t len) {
        return i > 0 && i + 1 < len && isalnum((unsigned char)text[i - 1]) && isalnum((unsigned char)text[i + 1]);
}

/* Brackets are escaped, so that parentheses behind them make no link; `@` would call somebody in many a tracker. */
static void put_markdown(struct buf *out, const char *text, size_t len) {
        static const char *const written[128] = {
                ['\\'] = "\\\\", ['`'] = "\\`", ['*'] = "\\*", ['['] = "\\[",  [']'] = "\\]",   ['|'] = "\\|",
                ['~'] = "\\~",   ['$'] = "\\$", ['_'] = "\\_", ['<'] = "&lt;", ['&'] = "&amp;", ['@'] = "&#64;",
        };
        for (size_t i = 0; i < len; i++) {
                unsigned char c = (unsigned char)text[i];
                if (c < 128 && written[c] && !(c == '_' && is_within_word(text, i, len)))
                        buf_put_str(out, written[c]);
                else
                        buf_put_char(out, text[i]);
        }
}

void markup_html(struct buf *out, const char *text) {
        SCOPED(buf_done) struct buf clean = BUF_INIT(PAGE_MAX_BYTES);
        foreign_put(&clean, text, true);
        put_html(out, buf_str(&clean), clean.len);
}

/* At a line's start a few more characters mean something: lists, rules, numbers. Answers how much it has written. */
static size_t put_markdown_start(struct buf *out, const char *s) {
        size_t digits = strspn(s, "0123456789");
        if (s[0] && strchr("-=:#>+", s[0])) {
                buf_printf(out, "\\%c", s[0]);
                return 1;
        }
        if (digits == 0 || (s[digits] != '.' && s[digits] != ')'))
                return 0;
        buf_put(out, s, digits);
        buf_printf(out, "\\%c", s[digits]);
        return digits + 1;
}

void markup_markdown(struct buf *out, const char *text) {
        SCOPED(buf_done) struct buf clean = BUF_INIT(PAGE_MAX_BYTES);
        foreign_put(&clean, text, true);
        size_t n = put_markdown_start(out, buf_str(&clean));
        put_markdown(out, buf_str(&clean) + n, clean.len - n);
}

void markup_code(struct buf *out, const char *text) {
        SCOPED(buf_done) struct buf clean = BUF_INIT(PAGE_MAX_BYTES);
        foreign_put(&clean, text, true);
        buf_put_char(out, '`');
        for (size_t i = 0; i < clean.len; i++)
                if (clean.data[i] == '|')
                        buf_put_str(out, "\\|");
                else
                        buf_put_char(out, clean.data[i] == '`' ? '\'' : clean.data[i]);
        buf_put_char(out, '`');
}

/* What an address may consist of: no quotes, brackets or backticks. */
static size_t address_length(const char *s) {
        if (strncmp(s, "https://", 8) != 0)
                return 0;
        size_t n = 8;
        while (isalnum((unsigned char)s[n]) || (s[n] && strchr("-._~:/?#@!$&+,;=%", s[n])))
                n++;
        while (n > 8 && strchr(".,;:!?", s[n - 1]))
                n--;
        return n > 8 ? n : 0;
}

typedef void (*put_text)(struct buf *out, const char *text, size_t len);

static void put_code_html(struct buf *out, const char *text, size_t len) {
        buf_put_str(out, "<code>");
        put_html(out, text, len);
        buf_put_str(out, "</code>");
}

static void put_code_markdown(struct buf *out, const char *text, size_t len) {
        SCOPED(buf_done) struct buf copy = BUF_INIT(PAGE_MAX_BYTES);
        buf_put(&copy, text, len);
        markup_code(out, buf_str(&copy));
}

static void put_address_html(struct buf *out, const char *text, size_t len) {
        buf_put_str(out, "<a href=\"");
        put_html(out, text, len);
        buf_put_str(out, "\" rel=\"noreferrer\">");
        put_html(out, text, len);
        buf_put_str(out, "</a>");
}

static void put_address_markdown(struct buf *out, const char *text, size_t len) {
        buf_put_char(out, '<');
        buf_put(out, text, len);
        buf_put_char(out, '>');
}

static void put_rich(struct buf *out, const char *s, put_text plain, put_text code, put_text address) {
        const char *from = s;
        while (*s) {
                const char *close = *s == '`' ? strchr(s + 1, '`') : NULL;
                size_t length = address_length(s);
                if (!close && !length) {
                        s++;
                        continue;
                }
                plain(out, from, (size_t)(s - from));
                if (close)
                        code(out, s + 1, (size_t)(close - s - 1));
                else
                        address(out, s, length);
                s = from = close ? close + 1 : s + length;
        }
        plain(out, from, (size_t)(s - from));
}

void markup_html_rich(struct buf *out, const char *text) {
        SCOPED(buf_done) struct buf clean = BUF_INIT(PAGE_MAX_BYTES);
        foreign_put(&clean, text, true);
        put_rich(out, buf_str(&clean), put_html, put_code_html, put_address_html);
}

void markup_markdown_rich(struct buf *out, const char *text) {
        SCOPED(buf_done) struct buf clean = BUF_INIT(PAGE_MAX_BYTES);
        foreign_put(&clean, text, true);
        size_t n = put_markdown_start(out, buf_str(&clean));
        put_rich(out, buf_str(&clean) + n, put_markdown, put_code_markdown, put_address_markdown);
}

void markup_within(struct buf *out, const char *before, markup_writer *put, const char *text, const char *after) {
        buf_put_str(out, before);
        put(out, text);
        buf_put_str(out, after);
}

void markup_lines(struct buf *out, markup_writer *put, const char *text) {
        struct span rest = span_of(text);
        while (rest.data) {
                struct span line = span_split(&rest, '\n');
                SCOPED(free) char *copy = span_dup(line);
                put(out, copy);
                if (rest.data)
                        buf_put_char(out, '\n');
        }
}

const char *page_keep(struct page_texts *t, const char *format, ...) {
        SCOPED(buf_done) struct buf text = BUF_INIT(KEPT_MAX_BYTES);
        va_list args;
        va_start(args, format);
        buf_vprintf(&text, format, args);
        va_end(args);
        char **slot = LIST_ADD(t->items, t->n, t->size);
        if (!slot || !(*slot = strdup(buf_str(&text))))
                return "";
        return *slot;
}

void page_texts_done(struct page_texts *t) {
        for (size_t i = 0; i < t->n; i++)
                free(t->items[i]);
        free(t->items);
        *t = (struct page_texts){0};
}
