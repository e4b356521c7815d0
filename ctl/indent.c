/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/indent.h"

enum { BLANKS_A_LEVEL = 2 };

static void break_line(struct buf *to, size_t depth) {
        buf_put_char(to, '\n');
        for (size_t i = 0; i < depth * BLANKS_A_LEVEL; i++)
                buf_put_char(to, ' ');
}

static size_t string_length(struct span rest) {
        size_t i = 1;
        while (i < rest.len && rest.data[i] != '"')
                i += rest.data[i] == '\\' ? 2 : 1;
        return i < rest.len ? i + 1 : rest.len;
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span skip_blanks(struct span rest) {
        while (rest.len > 0 && is_blank(rest.data[0]))
                rest = (struct span){rest.data + 1, rest.len - 1};
        return rest;
}

static void put_mark(struct buf *to, struct span after, size_t *depth) {
        char mark = after.data[-1];
        bool is_empty = skip_blanks(after).len > 0 &&
                        (skip_blanks(after).data[0] == '}' || skip_blanks(after).data[0] == ']');
        bool was_empty = to->len > 0 && (to->data[to->len - 1] == '{' || to->data[to->len - 1] == '[');
        if ((mark == '}' || mark == ']') && *depth > 0) {
                --*depth;
                if (!was_empty)
                        break_line(to, *depth);
        }
        buf_put_char(to, mark);
        if (mark == ':')
                buf_put_char(to, ' ');
        if (mark == '{' || mark == '[')
                ++*depth;
        if (mark == ',' || ((mark == '{' || mark == '[') && !is_empty))
                break_line(to, *depth);
}

void indent_json(struct buf *to, struct span json) {
        size_t depth = 0;
        for (struct span rest = skip_blanks(json); rest.len > 0; rest = skip_blanks(rest)) {
                size_t n = rest.data[0] == '"' ? string_length(rest) : 1;
                struct span after = {rest.data + n, rest.len - n};
                if (n == 1 && strchr("{}[],:", rest.data[0]))
                        put_mark(to, after, &depth);
                else
                        buf_put(to, rest.data, n);
                rest = after;
        }
}
