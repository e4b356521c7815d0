/* SPDX-License-Identifier: Apache-2.0 */
/* What the doctor found, a line a check, in the order in which it was found. */
#pragma once

#include <stddef.h>

#include "util/jsonw.h"

enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_FAILED, VERDICT_SKIPPED };

struct doctor_line {
        enum verdict verdict;
        char *check, *application, *text, *mend; /* application, mend: NULL when there is none */
};

struct doctor_lines {
        struct doctor_line *items;
        size_t n, size;
        int failed; /* -ENOMEM sticks */
};

/* Texts are copied; application and mend may be NULL. */
void doctor_say(struct doctor_lines *lines, enum verdict verdict, const char *check, const char *application,
                const char *mend, const char *format, ...) __attribute__((format(printf, 6, 7)));
void doctor_lines_done(struct doctor_lines *lines);
/* {"target", "notifier", "application", "check", "status", "text", "mend"}; target or notifier is NULL, or both for this machine. */
void doctor_line_write(const struct doctor_line *line, const char *target, const char *notifier, struct jsonw *w);
