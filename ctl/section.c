/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/section.h"

#include "ctl/words.h"

enum { LABEL = 16, INDENT = 2 };

void section_heading(struct screen *s, const char *text) {
        screen_line(s);
        screen_put(s, STYLE_BOLD, text);
        screen_line(s);
}

void section_line(struct screen *s, const char *label, const char *text) {
        SCOPED(buf_done) struct buf head = BUF_INIT(256);
        if (!text || !text[0])
                return;
        buf_printf(&head, "%*s%s", INDENT, "", label);
        screen_item(s, buf_str(&head), LABEL, text);
}

void section_time(struct screen *s, const char *label, int64_t at_s) {
        SCOPED(buf_done) struct buf text = BUF_INIT(256);
        char local[WORDS_MAX], ago[WORDS_MAX];
        if (at_s == 0)
                return;
        words_local(at_s, s->now_s, local);
        words_ago(at_s, s->now_s, ago);
        buf_printf(&text, "%s (%s)", local, ago);
        section_line(s, label, buf_str(&text));
}
