/* SPDX-License-Identifier: Apache-2.0 */
#include "incidents/suppression.h"

#include "util/text.h"

/* From which severity of the cause, and up to which of the symptom; whether a worse symptom makes the cause as bad. */
#define ALL SEVERITY_INFO, SEVERITY_CRITICAL, false
#define MILD SEVERITY_INFO, SEVERITY_WARNING, false
#define OF_CRITICAL SEVERITY_CRITICAL, SEVERITY_CRITICAL, false
#define RAISING SEVERITY_INFO, SEVERITY_CRITICAL, true

/* Acyclic, strongest causes first: the first row that holds names the explanation. What a cause explains only up to a
 * warning is worth a page of its own when it is critical. A lag never is: it follows from its cause and goes with it; when it is
 * about to lose data, its cause is. */
const struct suppression suppressions[] = {
        {"restart_loop", "downtime", ALL, "each restart takes the job down"},
        {"restart_loop", "job_stalled", ALL, "a job that restarts over and over does no work between"},
        {"restart_loop", "operation_failed", ALL, "the deploy that failed is the one whose job now loops"},
        {"restart_loop", "stuck_transition", ALL, "the transition waits for a job that does not come up"},
        {"restart_loop", "checkpoint_failure", ALL, "a restart aborts the checkpoint in progress"},
        {"restart_loop", "checkpoint_hung", ALL, "no checkpoint completes between two restarts"},
        {"restart_loop", "checkpoint_duration", ALL, "after a restart checkpoints carry what was missed"},
        {"restart_loop", "source_lag", RAISING, "nothing is read while the job restarts"},
        {"restart_loop", "throughput_drop", ALL, "nothing is read while the job restarts"},
        {"restart_loop", "watermark_stall", ALL, "no event passes while the job restarts"},
        {"restart_loop", "backpressure", ALL, "the job catches up after each restart"},
        {"restart_loop", "cpu_saturation", ALL, "restoring and catching up take all cores"},
        {"restart_loop", "data_skew", ALL, "subtasks come up one after the other"},
        {"restart_loop", "overprovisioned", ALL, "a job that restarts uses little"},
        {"restart_loop", "snapshot", ALL, "a job that restarts cannot take a snapshot"},
        {"restart_loop", "memory_pressure", ALL,
         "what fills the memory is what restarts the job, or comes with its restoring"},
        {"restart_loop", "gc_pressure", ALL, "restoring allocates, and each restart leaves what must be collected"},

        {"stuck_transition", "downtime", ALL, "the job is down while the application changes"},
        {"stuck_transition", "job_stalled", ALL, "the job is down while the application changes"},
        {"stuck_transition", "throughput_drop", ALL, "nothing is read while the application changes"},
        {"stuck_transition", "source_lag", RAISING, "nothing is read while the application changes"},
        {"stuck_transition", "watermark_stall", ALL, "no event passes while the application changes"},
        {"stuck_transition", "checkpoint_hung", ALL, "no checkpoint completes while the application changes"},
        {"stuck_transition", "checkpoint_failure", ALL, "the change aborts checkpoints"},
        {"stuck_transition", "snapshot", ALL, "the change waits for its snapshot"},
        {"stuck_transition", "telemetry_gap", ALL, "a job that is not running publishes nothing"},

        {"downtime", "job_stalled", ALL, "a job that is down does no work"},
        {"downtime", "checkpoint_hung", ALL, "a job that is down takes no checkpoint"},
        {"downtime", "checkpoint_failure", ALL, "going down aborts the checkpoint in progress"},
        {"downtime", "throughput_drop", ALL, "a job that is down reads nothing"},
        {"downtime", "source_lag", RAISING, "a job that is down reads nothing"},
        {"downtime", "watermark_stall", ALL, "no event passes a job that is down"},
        {"downtime", "operation_failed", ALL, "the operation that failed left the job down"},
        {"downtime", "overprovisioned", ALL, "a job that is down uses little"},
        {"downtime", "telemetry_gap", ALL, "a job that is down publishes little"},
        {"downtime", "snapshot", ALL, "a job that is down cannot take a snapshot"},

        {"telemetry_gap", "job_stalled", ALL, "without metrics nobody can tell"},

        {"job_stalled", "checkpoint_hung", ALL, "a dead job completes no checkpoint"},
        {"job_stalled", "checkpoint_failure", ALL, "a dead job completes no checkpoint"},
        {"job_stalled", "throughput_drop", ALL, "a dead job emits nothing"},
        {"job_stalled", "source_lag", RAISING, "a dead job reads nothing"},
        {"job_stalled", "watermark_stall", ALL, "no event passes a dead job"},
        {"job_stalled", "overprovisioned", ALL, "a dead job uses nothing"},
        {"job_stalled", "snapshot", ALL, "a dead job cannot take a snapshot"},

        {"memory_pressure", "gc_pressure", ALL, "a full heap is collected over and over"},
        {"memory_pressure", "checkpoint_duration", ALL, "collections pause the job during checkpoints"},
        {"memory_pressure", "checkpoint_failure", ALL, "collections pause the job beyond the checkpoint's limits"},
        {"memory_pressure", "cpu_saturation", MILD, "collections take the cores"},
        {"memory_pressure", "backpressure", MILD, "collections pause the operators"},
        {"memory_pressure", "source_lag", RAISING, "collections pause the source"},
        {"memory_pressure", "throughput_drop", ALL, "collections pause the job"},
        {"memory_pressure", "watermark_stall", ALL, "collections pause the job"},

        {"gc_pressure", "checkpoint_duration", ALL, "collections pause the job during checkpoints"},
        {"gc_pressure", "checkpoint_failure", ALL, "collections pause the job beyond the checkpoint's limits"},
        {"gc_pressure", "cpu_saturation", MILD, "collections take the cores"},
        {"gc_pressure", "backpressure", MILD, "collections pause the operators"},
        {"gc_pressure", "source_lag", RAISING, "collections pause the source"},
        {"gc_pressure", "throughput_drop", ALL, "collections pause the job"},
        {"gc_pressure", "watermark_stall", ALL, "collections pause the job"},

        {"data_skew", "backpressure", MILD, "one subtask gets most of the records and holds the others up"},
        {"data_skew", "source_lag", RAISING, "one subtask gets most of the records and holds the others up"},
        {"data_skew", "checkpoint_duration", ALL, "barriers wait for the subtask that gets most of the records"},
        {"data_skew", "watermark_stall", ALL, "the slowest subtask holds the watermark"},

        {"backpressure", "checkpoint_duration", ALL, "barriers wait behind the records"},
        {"backpressure", "checkpoint_failure", ALL, "barriers wait behind the records until the timeout"},
        {"backpressure", "checkpoint_hung", ALL, "barriers wait behind the records"},
        {"backpressure", "source_lag", RAISING, "the source may not read faster than the bottleneck"},
        {"backpressure", "watermark_stall", ALL, "watermarks wait behind the records"},
        {"backpressure", "throughput_drop", ALL, "the source may not read faster than the bottleneck"},
        {"backpressure", "cpu_saturation", MILD, "the bottleneck is the operator that is busy"},
        {"backpressure", "snapshot", ALL, "a snapshot's barriers wait behind the records"},

        {"cpu_saturation", "checkpoint_duration", ALL, "checkpoints compete for the cores"},
        {"cpu_saturation", "source_lag", RAISING, "the cores limit what is read"},
        {"cpu_saturation", "throughput_drop", ALL, "the cores limit what is read"},
        {"cpu_saturation", "watermark_stall", ALL, "events wait for the cores"},

        {"checkpoint_hung", "checkpoint_failure", ALL, "the hung checkpoint fails at its timeout of an hour"},
        {"checkpoint_hung", "checkpoint_duration", ALL, "the gauge stays at the last checkpoint"},
        {"checkpoint_hung", "snapshot", ALL, "a snapshot hangs like the checkpoints"},

        {"checkpoint_failure", "checkpoint_duration", ALL, "the checkpoints that complete are the slow ones"},
        {"checkpoint_failure", "snapshot", ALL, "a snapshot fails like the checkpoints"},

        {"checkpoint_duration", "source_lag", OF_CRITICAL,
         "a job that checkpoints back to back has little time to read"},

        {"source_lag", "throughput_drop", ALL, "less is read than arrives"},
        {"source_lag", "watermark_stall", ALL, "event time falls behind with the lag"},

        {"throughput_drop", "watermark_stall", ALL, "without events the watermark stands"},

        {"checkpoint_duration", "state_growth", ALL, "what grows makes the checkpoints slow"},
        {"operation_failed", "snapshot", ALL, "the operation failed over its snapshot"},
        {NULL, NULL, ALL, NULL},
};

const struct suppression *suppression_find(const char *cause, enum severity cause_severity, const char *symptom,
                                           enum severity symptom_severity) {
        for (const struct suppression *s = suppressions; s->cause; s++)
                if (cause_severity >= s->from && symptom_severity <= s->up_to && text_is(s->symptom, symptom) &&
                    text_is(s->cause, cause))
                        return s;
        return NULL;
}
