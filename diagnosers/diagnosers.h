/* SPDX-License-Identifier: Apache-2.0 */
/* Pure judges: samples and facts in, findings out. A new one is one file, a line in each of the two tables, and its scenarios. */
#pragma once

#include "model/finding.h"
#include "model/param.h"

enum { JUDGE_BLIND = 1 };

/* What the window must hold, so that the store reads no more than is needed. */
struct series_need {
        const char *metric;    /* NULL ends the table */
        const char *statistic; /* NULL: the catalogue's */
        int64_t span_s;        /* back from now */
        bool is_optional;
};

struct diagnoser {
        const char *name;           /* as in the configuration and in incident.diagnoser */
        const char *help;           /* one line */
        const struct param *params; /* settings are passed in this order */
        const struct series_need *needs;
        /* Time is w->now_s; no I/O, no log, no static state. 0, JUDGE_BLIND when a need is missing (absence of findings then means
         * nothing), -ENOMEM. */
        int (*judge)(const struct window *w, const double *settings, struct findings *out);
};

extern const struct diagnoser diagnoser_checkpoint_duration;
extern const struct diagnoser diagnoser_checkpoint_failure;
extern const struct diagnoser diagnoser_checkpoint_hung;
extern const struct diagnoser diagnoser_state_growth;
extern const struct diagnoser diagnoser_backpressure;
extern const struct diagnoser diagnoser_restart_loop;
extern const struct diagnoser diagnoser_downtime;
extern const struct diagnoser diagnoser_job_stalled;
extern const struct diagnoser diagnoser_stuck_transition;
extern const struct diagnoser diagnoser_operation_failed;
extern const struct diagnoser diagnoser_source_lag;
extern const struct diagnoser diagnoser_memory_pressure;
extern const struct diagnoser diagnoser_gc_pressure;
extern const struct diagnoser diagnoser_cpu_saturation;
extern const struct diagnoser diagnoser_overprovisioned;
extern const struct diagnoser diagnoser_throughput_drop;
extern const struct diagnoser diagnoser_watermark_stall;
extern const struct diagnoser diagnoser_data_skew;
extern const struct diagnoser diagnoser_snapshot;
extern const struct diagnoser diagnoser_telemetry_gap;
extern const struct diagnoser diagnoser_configuration;

extern const struct diagnoser *const diagnosers[]; /* NULL-ended */
const struct diagnoser *diagnoser_find(const char *name);
/* The longest span that any diagnoser needs of that row of the catalogue, 0 when none does. */
int64_t diagnosers_span_s(const struct metric *m);
