/* SPDX-License-Identifier: Apache-2.0 */
/* What the analysis keeps while it reads; for its own files. */
#pragma once

#include "faults/episode.h"
#include "faults/faults.h"
#include "faults/joiner.h"

struct fault_analysis {
        struct fault_context context;
        struct joiner joiner;
        struct record_scratch scratch;
        struct episode before, now;     /* the failures before the last healthy spell, and since */
        struct fault declined, expired; /* the first failed checkpoints since one completed; n 0: none */
        struct buf python;              /* PythonDriver's lines: a traceback in the making */
        int64_t python_at_ms;
        int64_t checkpoint_ms, running_ms; /* last completed checkpoint, last transition to RUNNING; 0: not seen */
        bool has_checkpoint, has_running;  /* seen, with or without a time */
        struct fault hint;                 /* the newest error that failed nothing as far as is seen; n 0: none */
        struct fault first_error;          /* the first of them since the last healthy moment; n 0: none */
        int64_t n_routine;                 /* lines of level INFO: without any, the log holds errors alone */
        bool has_healed;                   /* a checkpoint has completed since the last failure */
        int64_t pause_ms;                  /* the last pause of a JVM that the log tells of; 0: none */
        char pause[200];
        int64_t first_ms, last_ms;        /* of the log's lines */
        int64_t widest_gap_ms, gap_at_ms; /* the longest silence in them */
        int64_t n_lines;
};

/* The episode whose cause is reported, with what came before when that belongs to it; NULL: healthy. 0 or -ENOMEM. */
int analysis_episode(struct fault_analysis *a, const struct episode **ret);

/* Parts of the report that come from the context; each sets texts of *r. 0 or -ENOMEM. */
int report_pivot(const struct fault_analysis *a, int64_t fault_s, const struct fault *cause, struct root_cause *to);
int report_deploy(const struct fault_context *c, int64_t fault_s, struct fault_report *r);
int report_recoverability(const struct fault_context *c, const struct fault_analysis *a, const char *category,
                          struct fault_report *r);
int report_completeness(const struct fault_analysis *a, const struct episode *e, const struct fault *cause,
                        struct fault_report *r);
