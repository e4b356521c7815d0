/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/joiner.h"

#include <errno.h>

#include "faults/trace.h"

void joiner_done(struct joiner *j) {
        buf_done(&j->pending);
        buf_done(&j->other);
}

static struct span skip_indent(struct span s) {
        while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
                s.data++;
                s.len--;
        }
        return s;
}

/* A line that belongs to the one before it. */
static bool is_continuation(struct span line, bool is_after_text) {
        static const struct span marks[] = {{"at ", 3},           {"... ", 4},          {"Caused by: ", 11},
                                            {"Suppressed: ", 12}, {"Wrapped by: ", 12}, {"[CIRCULAR REF", 13}};
        struct span s = skip_indent(line);
        size_t len;
        if (s.len == 0 || s.data[0] == '{')
                return false;
        if (s.len < line.len)
                return true;
        for (size_t i = 0; i < ELEMENTS(marks); i++)
                if (span_starts(s, marks[i]))
                        return true;
        return is_after_text && (trace_is_class(s, &len) || span_starts(s, SPAN("Traceback (most recent")));
}

static struct span without_break(struct span s) {
        while (s.len > 0 && (s.data[s.len - 1] == '\n' || s.data[s.len - 1] == '\r'))
                s.len--;
        return s;
}

static void release(struct joiner *j, struct joined *ret) {
        ret->lines[ret->n] = buf_span(&j->pending);
        ret->at_ms[ret->n++] = j->at_ms;
        j->is_open = false;
}

static void append(struct joiner *j, struct span line, bool has_break) {
        size_t room = JOINER_MAX_BYTES - j->pending.len;
        if (has_break && room > 0) {
                buf_put_char(&j->pending, '\n');
                room--;
        }
        buf_put(&j->pending, line.data, line.len < room ? line.len : room);
}

int joiner_add(struct joiner *j, int64_t at_ms, struct span line, struct joined *ret) {
        line = without_break(line);
        ret->n = 0;
        struct span start = skip_indent(line);
        bool is_json = start.len > 0 && start.data[0] == '{', is_whole = is_json && line.data[line.len - 1] == '}';
        if (j->is_open && j->is_cut && !is_json) {
                append(j, line, false);
                j->is_cut = line.len == 0 || line.data[line.len - 1] != '}';
                return j->pending.failed ? -ENOMEM : 0;
        }
        if (j->is_open && !j->is_cut && is_continuation(line, true)) {
                append(j, line, true);
                return j->pending.failed ? -ENOMEM : 0;
        }
        if (j->is_open)
                release(j, ret);
        if (is_whole || line.len == 0) {
                ret->lines[ret->n] = line;
                ret->at_ms[ret->n++] = at_ms;
                return 0;
        }
        if (ret->n > 0) {
                /* The pending text is handed out: the new line waits in the other buffer. */
                struct buf swap = j->pending;
                j->pending = j->other;
                j->other = swap;
        }
        j->pending.cap = JOINER_MAX_BYTES;
        buf_clear(&j->pending);
        append(j, line, false);
        j->at_ms = at_ms;
        j->is_open = true;
        j->is_cut = is_json;
        return j->pending.failed ? -ENOMEM : 0;
}

void joiner_end(struct joiner *j, struct joined *ret) {
        ret->n = 0;
        if (j->is_open)
                release(j, ret);
}
