/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/trace.h"

#include <errno.h>

#include "faults/json.h"
#include "faults/python.h"

enum { UNFOLDED_MAX = 1 << 20 };

static bool is_name_char(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
               (c & 0x80);
}

static struct span advance(struct span s, size_t n) {
        return (struct span){s.data + n, s.len - n};
}

struct span trace_simple_name(struct span c) {
        for (size_t i = c.len; i-- > 0;)
                if (c.data[i] == '.' || c.data[i] == '$')
                        return advance(c, i + 1);
        return c;
}

static bool ends_like_exception(struct span name) {
        static const struct span endings[] = {
                {"Exception", 9}, {"Error", 5}, {"Throwable", 9}, {"Failure", 7}, {"Fault", 5}};
        for (size_t i = 0; i < ELEMENTS(endings); i++)
                if (name.len >= endings[i].len &&
                    memcmp(name.data + name.len - endings[i].len, endings[i].data, endings[i].len) == 0)
                        return true;
        return false;
}

/* Dotted names with a class at the end, ended by ": ", the line's end or nothing. Names that do not end like an exception's need a
 * package of two parts, as in "scala.MatchError" against "Source: orders". */
bool trace_is_class(struct span text, size_t *ret_len) {
        size_t len = 0, n_dots = 0;
        while (len < text.len && (is_name_char(text.data[len]) || (text.data[len] == '.' && len > 0))) {
                n_dots += text.data[len] == '.';
                len++;
        }
        *ret_len = len;
        if (len == 0 || n_dots == 0 || text.data[len - 1] == '.')
                return false;
        char next = len < text.len ? text.data[len] : '\n';
        if (next != ':' && !(next == ';' && ends_like_exception((struct span){text.data, len})) && next != '\n' &&
            next != '\r' && !(next == ' ' && ends_like_exception((struct span){text.data, len})))
                return false;
        if (next == ':' && len + 1 < text.len && text.data[len + 1] != ' ' && text.data[len + 1] != '\n' &&
            text.data[len + 1] != '\r')
                return false;
        struct span name = trace_simple_name((struct span){text.data, len});
        bool is_class = name.len > 0 && ((name.data[0] >= 'A' && name.data[0] <= 'Z') || (name.data[0] & 0x80));
        if (!is_class)
                return false;
        return ends_like_exception(name) || (n_dots >= 2 && next != ' ');
}

/* Where the first exception's class begins in a line, or -1. */
static ptrdiff_t find_class(struct span line, size_t *ret_len) {
        for (size_t i = 0; i < line.len; i++) {
                bool is_start = i == 0 ||
                                !(is_name_char(line.data[i - 1]) || line.data[i - 1] == '.' || line.data[i - 1] == '/');
                if (!is_start || !is_name_char(line.data[i]))
                        continue;
                if (trace_is_class(advance(line, i), ret_len) &&
                    (i == 0 || ends_like_exception((struct span){line.data + i, *ret_len})))
                        return (ptrdiff_t)i;
                i += *ret_len > 0 ? *ret_len - 1 : 0;
        }
        return -1;
}

/* What stands for another exception and only carries its text. */
static bool is_carrier(struct span exception_class) {
        struct span name = trace_simple_name(exception_class);
        return span_is(name, "SerializedThrowable");
}

static void read_header(struct span line, struct trace_section *s) {
        size_t len;
        if (!trace_is_class(line, &len)) {
                ptrdiff_t at = find_class(line, &len);
                if (at < 0) {
                        s->message = span_trim(line);
                        return;
                }
                line = advance(line, (size_t)at);
        }
        s->exception_class = (struct span){line.data, len};
        line = advance(line, len);
        s->message = span_trim(line.len > 0 && line.data[0] == ':' ? advance(line, 1) : line);
        if (is_carrier(s->exception_class) && trace_is_class(s->message, &len))
                read_header(s->message, s);
}

/* "com.acme.Parse.map(Parse.java:12) ~[job.jar:?]" -> "com.acme.Parse.map"; without "app//" and "java.base/". */
static struct span frame_name(struct span line) {
        const char *bracket = memchr(line.data, '(', line.len);
        struct span name = {line.data, bracket ? (size_t)(bracket - line.data) : line.len};
        const char *slash = name.len > 0 ? memrchr(name.data, '/', name.len) : NULL;
        if (slash)
                name = advance(name, (size_t)(slash + 1 - name.data));
        return span_trim(name);
}

static void add_frame(struct trace_section *s, struct span line) {
        s->n_frames++;
        if (s->user_frame.len > 0)
                return;
        struct span name = frame_name(line);
        enum frame_kind kind = frame_kind(name);
        if (kind == FRAME_USER && memchr(name.data, '.', name.len))
                s->user_frame = name;
        else if (kind == FRAME_CONNECTOR && s->connector_frame.len == 0)
                s->connector_frame = name;
}

enum line_kind { LINE_TEXT, LINE_FRAME, LINE_CAUSED, LINE_WRAPPED, LINE_SUPPRESSED, LINE_IGNORED };

static bool cut_prefix(struct span *s, struct span prefix) {
        if (!span_starts(*s, prefix))
                return false;
        *s = advance(*s, prefix.len);
        return true;
}

/* "at a.b.C.d(E.java:1)"; a message may have lines like " at [Source: (String)...". */
static bool is_frame(struct span line) {
        if (!span_starts(line, SPAN("at ")))
                return false;
        struct span rest = advance(line, 3);
        size_t len = 0;
        bool has_dot = false;
        while (len < rest.len && rest.data[len] != '(' && rest.data[len] != ' ' && rest.data[len] != '[')
                has_dot |= rest.data[len++] == '.';
        return has_dot && (len == rest.len || rest.data[len] == '(');
}

/* Takes the mark off the line. */
static enum line_kind line_kind(struct span *line) {
        if (is_frame(*line)) {
                cut_prefix(line, SPAN("at "));
                return LINE_FRAME;
        }
        if (span_starts(*line, SPAN("... ")) || span_starts(*line, SPAN("[CIRCULAR REFERENCE")))
                return LINE_IGNORED;
        if (cut_prefix(line, SPAN("Caused by: ")))
                return span_starts(*line, SPAN("[CIRCULAR REFERENCE")) ? LINE_IGNORED : LINE_CAUSED;
        if (cut_prefix(line, SPAN("Wrapped by: ")))
                return LINE_WRAPPED;
        if (cut_prefix(line, SPAN("Suppressed: ")))
                return LINE_SUPPRESSED;
        return LINE_TEXT;
}

struct reader {
        struct trace *trace;
        struct trace_section *section; /* NULL: what is suppressed */
        bool is_suppressed, is_root_first;
};

static struct trace_section *add_section(struct reader *r, struct span header) {
        struct trace *t = r->trace;
        /* A chain too long keeps its ends: the last one is the root, or the outermost. */
        size_t at = t->n_sections < TRACE_SECTIONS_MAX ? t->n_sections++ : TRACE_SECTIONS_MAX - 1;
        t->sections[at] = (struct trace_section){0};
        read_header(header, &t->sections[at]);
        return &t->sections[at];
}

static void read_text_line(struct reader *r, struct span line) {
        struct trace_section *s = r->section;
        size_t len;
        if (!s && !r->is_suppressed) {
                r->section = add_section(r, line);
        } else if (s && s->n_frames == 0 && s->exception_class.len == 0 && trace_is_class(line, &len)) {
                read_header(line, s);
        } else if (s && s->n_frames == 0 && s->message.data) {
                s->message.len = (size_t)(line.data + line.len - s->message.data);
        }
}

static void read_line(struct reader *r, struct span line) {
        size_t indent = 0;
        while (indent < line.len && (line.data[indent] == ' ' || line.data[indent] == '\t'))
                indent++;
        struct span rest = span_trim(line);
        switch (line_kind(&rest)) {
        case LINE_FRAME:
                if (r->section)
                        add_frame(r->section, rest);
                break;
        case LINE_SUPPRESSED:
                r->is_suppressed = true;
                r->section = NULL;
                break;
        case LINE_CAUSED:
                if (r->is_suppressed && indent > 0)
                        break;
                r->is_suppressed = false;
                r->section = add_section(r, rest);
                break;
        case LINE_WRAPPED:
                if (r->is_suppressed && indent > 0)
                        break;
                r->is_suppressed = false;
                r->is_root_first = true;
                r->section = add_section(r, rest);
                break;
        case LINE_TEXT:
                if (rest.len > 0)
                        read_text_line(r, rest);
                break;
        case LINE_IGNORED:
                break;
        }
}

static void reverse(struct trace *t) {
        for (size_t i = 0, j = t->n_sections; i + 1 < j; i++) {
                struct trace_section swap = t->sections[i];
                t->sections[i] = t->sections[--j];
                t->sections[j] = swap;
        }
}

/* Classes whose message is often only what their cause says of itself. */
static bool may_quote(struct span exception_class) {
        static const char *const names[] = {"CompletionException",
                                            "ExecutionException",
                                            "RuntimeException",
                                            "Exception",
                                            "IOException",
                                            "FlinkException",
                                            "FlinkRuntimeException",
                                            "UncheckedIOException",
                                            "UndeclaredThrowableException",
                                            "InvocationTargetException",
                                            "UncheckedExecutionException",
                                            "JobExecutionException",
                                            "RemoteTransportException",
                                            "AsynchronousException"};
        struct span name = trace_simple_name(exception_class);
        for (size_t i = 0; i < ELEMENTS(names); i++)
                if (span_is(name, names[i]))
                        return true;
        return false;
}

/* Exceptions that a message quotes ("CompletionException: com.acme.BadRecord: ...") when their own sections are missing. */
static void unfold_quoted(struct trace *t) {
        struct trace_section root = t->sections[0];
        size_t len;
        while (t->n_sections < TRACE_SECTIONS_MAX && may_quote(root.exception_class) &&
               trace_is_class(root.message, &len) && ends_like_exception((struct span){root.message.data, len})) {
                struct trace_section quoted = {0};
                read_header(root.message, &quoted);
                memmove(&t->sections[1], &t->sections[0], t->n_sections * sizeof t->sections[0]);
                t->n_sections++;
                t->sections[0] = quoted;
                root = quoted;
        }
}

/* One line that was several: "\n\tat" still escaped, or breaks that became blanks. */
static void put_unfolded(struct span text, struct buf *to) {
        for (size_t i = 0; i < text.len && to->len + 16 < to->cap; i++) {
                struct span rest = advance(text, i);
                bool is_break = span_starts(rest, SPAN(" at ")) || span_starts(rest, SPAN(" Caused by: ")) ||
                                span_starts(rest, SPAN(" Wrapped by: ")) || span_starts(rest, SPAN(" Suppressed: ")) ||
                                span_starts(rest, SPAN(" ... "));
                if (is_break && span_starts(rest, SPAN(" at "))) {
                        size_t end = 4;
                        while (end < rest.len && (is_name_char(rest.data[end]) || memchr("./<>-@", rest.data[end], 6)))
                                end++;
                        is_break = end < rest.len && end > 4 && rest.data[end] == '(';
                }
                buf_put_char(to, is_break ? '\n' : text.data[i]);
        }
}

static struct span unfolded(struct span text, struct trace *t) {
        if (text.len == 0 || memchr(text.data, '\n', text.len))
                return text;
        t->scratch = BUF_INIT(UNFOLDED_MAX);
        if (span_find(text, SPAN("\\n")) >= 0)
                json_unescape(text, &t->scratch);
        else if (span_find(text, SPAN(" at ")) >= 0)
                put_unfolded(text, &t->scratch);
        else
                return text;
        return buf_span(&t->scratch);
}

int trace_parse(struct span text, struct trace *ret) {
        struct reader r = {.trace = ret};
        *ret = (struct trace){0};
        text = unfolded(text, ret);
        if (ret->scratch.failed == -ENOMEM)
                return -ENOMEM;
        ret->text = text;
        for (struct span rest = text; rest.data;)
                read_line(&r, span_split(&rest, '\n'));
        if (!r.is_root_first)
                reverse(ret);
        bool is_named = false;
        for (size_t i = 0; i < ret->n_sections; i++)
                is_named |= ret->sections[i].exception_class.len > 0;
        if (ret->n_sections > 0)
                unfold_quoted(ret);
        python_unfold(ret);
        return is_named || (ret->n_sections > 0 && ret->sections[0].file.len > 0) ? 0 : 1;
}

void trace_done(struct trace *t) {
        buf_done(&t->scratch);
}
