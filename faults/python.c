/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/python.h"

enum { TRACEBACKS_MAX = 16 };

/* Folders of code that is not the user's. */
static bool is_library(struct span path) {
        static const char *const parts[] = {"site-packages/", "dist-packages/", "/apache_beam/", "/lib/python",
                                            "<frozen",        "/py4j/",         "pyflink.zip"};
        for (size_t i = 0; i < ELEMENTS(parts); i++)
                if (span_find(path, span_of(parts[i])) >= 0)
                        return true;
        return false;
}

/* `File "/opt/job.py", line 12, in parse` */
static bool read_file_line(struct span line, struct span *ret_file, struct span *ret_function) {
        if (!span_starts(line, SPAN("File \"")))
                return false;
        struct span rest = {line.data + 6, line.len - 6};
        *ret_file = span_split(&rest, '"');
        ptrdiff_t in = rest.data ? span_find(rest, SPAN(", in ")) : -1;
        *ret_function = in >= 0 ? span_trim((struct span){rest.data + in + 5, rest.len - (size_t)in - 5})
                                : (struct span){0};
        return true;
}

/* "KeyError: 'id'", "json.decoder.JSONDecodeError: ..."; the line that ends a traceback, at no indentation. */
static bool read_exception(struct span line, struct trace_section *s) {
        size_t len = 0;
        while (len < line.len && line.data[len] != ':' && line.data[len] != ' ')
                len++;
        if (len == 0 || len > 120 || (len < line.len && line.data[len] != ':'))
                return false;
        s->exception_class = (struct span){line.data, len};
        s->message = len < line.len ? span_trim((struct span){line.data + len + 1, line.len - len - 1})
                                    : (struct span){"", 0};
        return true;
}

static bool read_traceback(struct span text, struct trace_section *s) {
        for (struct span rest = text; rest.data;) {
                struct span raw = span_split(&rest, '\n'), line = span_trim(raw), file, function;
                bool is_indented = raw.len > 0 && (raw.data[0] == ' ' || raw.data[0] == '\t');
                if (line.len == 0)
                        continue;
                if (read_file_line(line, &file, &function)) {
                        s->n_frames++;
                        if (s->file.len == 0 || !is_library(file)) {
                                s->file = file;
                                s->function = function;
                        }
                } else if (!is_indented && s->n_frames > 0) {
                        return read_exception(line, s);
                }
        }
        return false;
}

/* The last traceback that ends in an exception, of the last few: each is read to the end of the text when it has none. */
static bool find_last(struct span text, struct trace_section *ret) {
        static const struct span head = {"Traceback (most recent call last):", 34};
        struct span behind[TRACEBACKS_MAX], rest = text;
        size_t n = 0;
        for (ptrdiff_t at; (at = span_find(rest, head)) >= 0; n++) {
                rest = (struct span){rest.data + at + head.len, rest.len - (size_t)at - head.len};
                behind[n % TRACEBACKS_MAX] = rest;
        }
        for (size_t i = n; i-- > 0 && n - i <= TRACEBACKS_MAX;) {
                struct trace_section s = {0};
                if (read_traceback(behind[i % TRACEBACKS_MAX], &s)) {
                        *ret = s;
                        return true;
                }
        }
        return false;
}

void python_unfold(struct trace *t) {
        struct trace_section found;
        if (!find_last(t->text, &found))
                return;
        /* The traceback is the message of one section: that and what wraps it stay, what else was cut from its text goes. */
        size_t keep = t->n_sections < TRACE_SECTIONS_MAX ? t->n_sections : TRACE_SECTIONS_MAX - 1;
        memmove(&t->sections[1], &t->sections[0], keep * sizeof t->sections[0]);
        t->sections[0] = found;
        t->n_sections = keep + 1;
}
