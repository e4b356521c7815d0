/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/elements.h"

enum { DEPTH_ARRAY = 2, DEPTH_ELEMENT = 3 };

/* Whether the character belongs to a string, its quotes included. */
static bool skip_string(struct elements *e, char c) {
        if (!e->is_in_string) {
                e->is_in_string = c == '"';
                return e->is_in_string;
        }
        if (e->is_escaped)
                e->is_escaped = false;
        else if (c == '\\')
                e->is_escaped = true;
        else
                e->is_in_string = c != '"';
        return true;
}

static void go_down(struct elements *e, char c) {
        e->depth++;
        if (e->depth == DEPTH_ARRAY)
                e->is_array = c == '[';
        if (e->depth == DEPTH_ELEMENT)
                e->start = e->at;
}

bool elements_next(struct elements *e, struct span text, struct span *ret) {
        while (e->at < text.len) {
                char c = text.data[e->at];
                bool is_text = skip_string(e, c), is_end = !is_text && (c == '}' || c == ']');
                if (!is_text && (c == '{' || c == '['))
                        go_down(e, c);
                e->at++;
                if (!is_end || e->depth == 0)
                        continue;
                e->depth--;
                if (e->depth == DEPTH_ARRAY && e->is_array) {
                        *ret = (struct span){text.data + e->start, e->at - e->start};
                        return true;
                }
        }
        return false;
}
