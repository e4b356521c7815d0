/* SPDX-License-Identifier: Apache-2.0 */
/* What is drawn before it is shown: text in a buffer, with the terminal's abilities. All text goes through foreign_put, so that only
 * styles write escape sequences. */
#pragma once

#include <stdint.h>

#include "util/buf.h"

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_YELLOW, STYLE_GREEN, STYLE_CYAN, STYLE_ALARM };

struct screen {
        struct buf out;
        bool has_colour, is_utf8;
        size_t width; /* columns; 0: no terminal, lines may be as long as they like */
        int64_t now_s;
};

enum { SCREEN_MAX_BYTES = 512 << 20, SCREEN_WIDTH_STANDARD = 80 };

/* For paragraphs and charts, which need a width. */
size_t screen_width(const struct screen *s);
void screen_put(struct screen *s, enum style style, const char *text);
void screen_printf(struct screen *s, enum style style, const char *format, ...) __attribute__((format(printf, 3, 4)));
void screen_blanks(struct screen *s, size_t n);
void screen_line(struct screen *s); /* ends the line */
/* Words broken to the width, each line after `indent` blanks. The text's own line breaks are kept. */
void screen_wrap(struct screen *s, size_t indent, enum style style, const char *text);
/* The same with `head` (at most indent columns) before the first line. */
void screen_item(struct screen *s, const char *head, size_t indent, const char *text);
/* By the words of severity, operation and state: critical is an alarm, warning yellow ... */
enum style style_of(const char *word);
/* utf8 or its plain stand-in */
const char *screen_glyph(const struct screen *s, const char *utf8, const char *plain);
