/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration that is being read. Private to config_file.c, which reads lines, and config_finish.c, which looks at the whole. */
#pragma once

#include <stdio.h>

#include "daemon/config.h"

/* What a notifier said before its type was known. */
struct pending_key {
        int line;
        size_t notifier;
        char *name, *value;
};

struct reader {
        const char *path;
        FILE *file;
        int line;
        struct config *config;
        struct config_faults *faults;
        int section;                        /* enum section_id, -1: none or unknown */
        size_t index;                       /* of the named section */
        bool is_header;                     /* the current line opened a section */
        bool had_section;                   /* any header so far */
        bool expects_key;                   /* the current line has a `=` and no key came of it yet */
        int *target_lines, *notifier_lines; /* where each began */
        int *type_lines;                    /* where each notifier says its type; where it began while it has not */
        size_t n_target_lines, target_lines_size, n_notifier_lines, notifier_lines_size, n_type_lines, type_lines_size;
        struct pending_key *pending;
        size_t n_pending, pending_size;
        int failed;
};

/* Adds "FILE:LINE: message". */
void reader_fault(struct reader *r, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* After the last line: what is missing, what does not fit together. Failures are in r->failed and r->faults. */
void reader_finish(struct reader *r);
/* The same when only how findings are judged is wanted: targets and notifiers are left as they are. */
void reader_finish_judging(struct reader *r);
