/* SPDX-License-Identifier: Apache-2.0 */
/* First-fault isolation: from the log lines of a failing job to the exception that started it. Reads no file and no clock, keeps a
 * bounded amount of what it is fed, however long the log. */
#pragma once

#include "model/finding.h"

/* What is known beside the log; zeros and NULL when it is not. */
struct fault_context {
        int64_t onset_s;                /* first increase of the restart counter after a quiet spell */
        int64_t last_healthy_s;         /* by the metrics: the log's own last completed checkpoint goes before it */
        bool was_never_stable;          /* the counter was rising already where the metrics begin */
        int64_t log_from_ms, log_to_ms; /* span that was asked of the log */
        int64_t n_pages;                /* pages read of it */
        bool is_truncated;              /* more lines were there than were read */
        const char
                *blindness; /* why there are no lines, one clause ("the application has no logging option"); borrowed */
        const struct window
                *window; /* metrics around the onset, operations, snapshots, application; borrowed until the report */
};

/* A log line that carried the verdict. */
struct fault_line {
        int64_t at_ms; /* 0: the log did not say */
        char *text;    /* cut, secrets masked */
};

/* All texts are owned; NULL when there is nothing to say. */
struct fault_report {
        struct root_cause *root_cause; /* NULL: no failure in these lines */
        struct symptom *symptoms;
        size_t n_symptoms, symptoms_size;
        char **advice;
        size_t n_advice, advice_size;
        struct fault_line *lines; /* oldest first */
        size_t n_lines, lines_size;
        enum confidence confidence;
        char *reason;         /* why this is the cause, one sentence */
        char *completeness;   /* what was read, what is missing: why not more sure */
        char *deploy;         /* "first fault 4 min after UpdateApplication (version 41 -> 42)" */
        char *recoverability; /* last checkpoint, newest snapshot, whether a rollback can help */
        char *escape;         /* the way out of a loop that keeps itself going, with what it costs */
};

struct fault_analysis;

/* The context is copied, what it points to is not. 0 or -ENOMEM. */
int fault_analysis_new(const struct fault_context *context, struct fault_analysis **ret);
void fault_analysis_free(struct fault_analysis *a);
/* One log event in the order of the log, any bytes; at_ms 0: unknown. 0 or -ENOMEM. */
int fault_analysis_feed(struct fault_analysis *a, int64_t at_ms, struct span message);
/* What is known beside the log, when it is learnt later than fault_analysis_new. */
void fault_analysis_set_context(struct fault_analysis *a, const struct fault_context *context);
/* May be called more than once, and between feeds. 0 or -ENOMEM (*ret is then empty). */
int fault_analysis_report(struct fault_analysis *a, struct fault_report *ret);
void fault_report_done(struct fault_report *r);
/* Moves what a finding has room for: the cause with its sentences, confidence, symptoms, advice, and the lines as evidence. 0 or -ENOMEM. */
int fault_report_move(struct fault_report *r, struct finding *to);

/* Replaces keys, passwords, tokens and signatures by "***". */
void fault_mask_secrets(struct buf *text);

SCOPED_DEFINE(struct fault_analysis, fault_analysis_free)
SCOPED_DEFINE_VALUE(struct fault_report, fault_report_done)
