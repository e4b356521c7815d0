/* SPDX-License-Identifier: Apache-2.0 */
/* A stack trace as a chain of exceptions, the root first, whichever way it was printed: "Caused by:" (root last), "Wrapped by:" (root
 * first), a Python traceback in the message. */
#pragma once

#include "util/buf.h"

enum { TRACE_SECTIONS_MAX = 24 };

/* One exception of the chain; spans point into the text. */
struct trace_section {
        struct span exception_class; /* "java.lang.NullPointerException"; Python's "KeyError"; empty when unreadable */
        struct span message;         /* without the class; may have several lines */
        struct span user_frame;      /* the first frame that is no framework's, "com.acme.Parse.map"; empty when none */
        struct span connector_frame; /* the first frame of a connector or format */
        struct span file, function;  /* Python: where it was raised */
        size_t n_frames;
};

struct trace {
        struct span text; /* all of it, for what is to be found anywhere in it */
        struct trace_section sections[TRACE_SECTIONS_MAX];
        size_t n_sections;
        struct buf scratch; /* a text that had to be unfolded first */
};

/* Looks for a trace in the text. The spans live as long as `text` and the trace; trace_done frees. False when there is none: no
 * exception is named. 0, 1 when none is there, or -ENOMEM. */
int trace_parse(struct span text, struct trace *ret);
void trace_done(struct trace *t);

/* Whether the text names an exception class at its start ("java.io.IOException: ..."); *ret_len is the class' length. */
bool trace_is_class(struct span text, size_t *ret_len);
/* A class' name without its package. */
struct span trace_simple_name(struct span exception_class);

enum frame_kind { FRAME_USER, FRAME_CONNECTOR, FRAME_FRAMEWORK };
/* By the declared table of packages; `frame` is "package.Class.method". */
enum frame_kind frame_kind(struct span frame);

SCOPED_DEFINE_VALUE(struct trace, trace_done)
