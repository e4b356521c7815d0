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

int64_t diagnosers_span_s(const char *metric, const char *statistic) {
        const struct metric *row = metric_find(metric, statistic);
        int64_t longest_s = 0;
        for (size_t i = 0; row && diagnosers[i]; i++)
                for (const struct series_need *n = diagnosers[i]->needs; n && n->metric; n++)
                        if (metric_find(n->metric, n->statistic) == row && n->span_s > longest_s)
                                longest_s = n->span_s;
        return longest_s;
}
