/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/screen.h"

#include <string.h>

#include "ctl/foreign.h"

enum { LINE_MAX_BYTES = 1 << 20, WIDTH_LEAST = 20 };

static const char *const codes[] = {
        [STYLE_PLAIN] = NULL,      [STYLE_BOLD] = "\033[1m",     [STYLE_DIM] = "\033[2m",
        [STYLE_RED] = "\033[31m",  [STYLE_YELLOW] = "\033[33m",  [STYLE_GREEN] = "\033[32m",
        [STYLE_CYAN] = "\033[36m", [STYLE_ALARM] = "\033[1;31m",
};

size_t screen_width(const struct screen *s) {
        return s->width ? s->width : SCREEN_WIDTH_STANDARD;
}

void screen_put(struct screen *s, enum style style, const char *text) {
        bool is_styled = s->has_colour && codes[style] && text && text[0];
        if (is_styled)
                buf_put_str(&s->out, codes[style]);
        foreign_put(&s->out, text, s->is_utf8);
        if (is_styled)
                buf_put_str(&s->out, "\033[0m");
}

void screen_printf(struct screen *s, enum style style, const char *format, ...) {
        SCOPED(buf_done) struct buf text = BUF_INIT(LINE_MAX_BYTES);
        va_list args;
        va_start(args, format);
        buf_vprintf(&text, format, args);
        va_end(args);
        screen_put(s, style, buf_str(&text));
}

void screen_blanks(struct screen *s, size_t n) {
        while (n-- > 0)
                buf_put_char(&s->out, ' ');
}

void screen_line(struct screen *s) {
        while (s->out.len > 0 && s->out.data[s->out.len - 1] == ' ')
                s->out.len--;
        buf_put_char(&s->out, '\n');
}

/* Bytes of `line` that go on one row: up to the last blank that fits, or as much as fits when no row holds the word behind it. */
static size_t row_length(const char *line, size_t columns) {
        size_t fit = foreign_fit(line, columns);
        if (line[fit] == '\0' || line[fit] == ' ')
                return fit;
        for (size_t i = fit; i > 0; i--)
                if (line[i - 1] == ' ')
                        return foreign_fit(line + i, columns) < strcspn(line + i, " ") ? fit : i;
        return fit > 0 ? fit : 1;
}

static void wrap_line(struct screen *s, size_t indent, enum style style, const char *line) {
        size_t width = screen_width(s), columns = width > indent + WIDTH_LEAST ? width - indent : WIDTH_LEAST;
        do {
                SCOPED(free) char *row = NULL;
                size_t n = row_length(line, columns);
                size_t shown = n;
                while (shown > 0 && line[shown - 1] == ' ')
                        shown--;
                row = strndup(line, shown);
                if (s->out.len == 0 || s->out.data[s->out.len - 1] == '\n')
                        screen_blanks(s, indent);
                screen_put(s, style, row ? row : "");
                screen_line(s);
                for (line += n; *line == ' ';)
                        line++;
        } while (*line);
}

void screen_wrap(struct screen *s, size_t indent, enum style style, const char *text) {
        struct span rest = span_of(text ? text : "");
        while (rest.data) {
                struct span line = span_split(&rest, '\n');
                SCOPED(buf_done) struct buf clean = BUF_INIT(LINE_MAX_BYTES);
                SCOPED(free) char *raw = span_dup(line);
                if (!rest.data && line.len == 0 && text && text[0])
                        return;
                foreign_put(&clean, raw, s->is_utf8);
                wrap_line(s, indent, style, buf_str(&clean));
        }
}

void screen_item(struct screen *s, const char *head, size_t indent, const char *text) {
        size_t columns = foreign_columns(head);
        screen_put(s, STYLE_PLAIN, head);
        screen_blanks(s, columns < indent ? indent - columns : 1);
        screen_wrap(s, indent, STYLE_PLAIN, text);
}

enum style style_of(const char *word) {
        static const struct {
                const char *word;
                enum style style;
        } styles[] = {
                {"critical", STYLE_ALARM},     {"warning", STYLE_YELLOW},    {"info", STYLE_CYAN},
                {"ok", STYLE_GREEN},           {"RUNNING", STYLE_GREEN},     {"READY", STYLE_DIM},
                {"UPDATING", STYLE_CYAN},      {"AUTOSCALING", STYLE_CYAN},  {"STARTING", STYLE_CYAN},
                {"STOPPING", STYLE_CYAN},      {"MAINTENANCE", STYLE_CYAN},  {"ROLLING_BACK", STYLE_YELLOW},
                {"ROLLED_BACK", STYLE_YELLOW}, {"acknowledged", STYLE_CYAN}, {"resolved", STYLE_GREEN},
                {"FAILED", STYLE_RED},         {"failed", STYLE_ALARM},      {"skipped", STYLE_DIM},
        };
        for (size_t i = 0; word && i < ELEMENTS(styles); i++)
                if (strcmp(word, styles[i].word) == 0)
                        return styles[i].style;
        return STYLE_PLAIN;
}

const char *screen_glyph(const struct screen *s, const char *utf8, const char *plain) {
        return s->is_utf8 ? utf8 : plain;
}
