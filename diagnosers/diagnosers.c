/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosers/diagnosers.h"

#include <string.h>

const struct diagnoser *const diagnosers[] = {
        &diagnoser_checkpoint_duration,
        &diagnoser_checkpoint_failure,
        &diagnoser_checkpoint_hung,
        &diagnoser_state_growth,
        &diagnoser_backpressure,
        &diagnoser_restart_loop,
        &diagnoser_downtime,
        &diagnoser_job_stalled,
        &diagnoser_stuck_transition,
        &diagnoser_operation_failed,
        &diagnoser_source_lag,
        &diagnoser_memory_pressure,
        &diagnoser_gc_pressure,
        &diagnoser_cpu_saturation,
        &diagnoser_overprovisioned,
        &diagnoser_throughput_drop,
        &diagnoser_watermark_stall,
        &diagnoser_data_skew,
        &diagnoser_snapshot,
        &diagnoser_telemetry_gap,
        &diagnoser_configuration,
        NULL,
};

const struct diagnoser *diagnoser_find(const char *name) {
        for (size_t i = 0; diagnosers[i]; i++)
                if (strcmp(diagnosers[i]->name, name) == 0)
                        return diagnosers[i];
        return NULL;
}

enum { METRICS_MAX = 64 };

/* In the order of metrics[]. The tables never change: this is worked out once, since each judgement asks for all of it. */
static const int64_t *spans_s(void) {
        static int64_t longest_s[METRICS_MAX];
        static bool is_known;
        for (size_t i = 0; diagnosers[i] && !is_known; i++)
                for (const struct series_need *n = diagnosers[i]->needs; n && n->metric; n++) {
                        const struct metric *row = metric_find(n->metric, n->statistic);
                        if (row && row - metrics < METRICS_MAX && n->span_s > longest_s[row - metrics])
                                longest_s[row - metrics] = n->span_s;
                }
        is_known = true;
        return longest_s;
}

int64_t diagnosers_span_s(const struct metric *m) {
        return m && m - metrics < METRICS_MAX ? spans_s()[m - metrics] : 0;
}
