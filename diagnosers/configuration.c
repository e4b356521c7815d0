/* SPDX-License-Identifier: Apache-2.0 */
/* Audit of DescribeApplication: what will hurt later, and whether what is needed to diagnose this application is switched on. */
#include <errno.h>
#include <string.h>

#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"
#include "util/text.h"

enum { LARGE_STATE };
enum { VERSION_1_20 = 120, VERSION_2_0 = 200, VERSION_2_2 = 202 };

static const struct param params[] = {
        {"large_state", PARAM_BYTES, 10737418240, 1048576, 1099511627776,
         "from this checkpoint size on, more than one slot per KPU is a risk"},
        {0},
};

static const struct series_need needs[] = {{"lastCheckpointSize", NULL, 3600, true}, {0}};

struct audit {
        const struct window *w;
        const double *settings;
};

static bool lacks_logging(const struct audit *x) {
        return !x->w->application->log_group;
}
static bool has_debug_log(const struct audit *x) {
        return text_same(x->w->application->log_level, "DEBUG");
}
static bool has_error_log(const struct audit *x) {
        return text_same(x->w->application->log_level, "ERROR");
}
static bool lacks_checkpoints(const struct audit *x) {
        return !x->w->application->is_checkpointing;
}
static bool lacks_snapshots(const struct audit *x) {
        return !x->w->application->has_snapshots;
}
static bool lacks_rollback(const struct audit *x) {
        return !x->w->application->has_rollback;
}
static bool is_runtime_old(const struct audit *x) {
        int version = flink_version(x->w->application->runtime);
        return version > 0 && (version < VERSION_1_20 || (version >= VERSION_2_0 && version < VERSION_2_2));
}
static bool lacks_task_metrics(const struct audit *x) {
        return metric_level_parse(x->w->application->metrics_level) == LEVEL_APPLICATION;
}
static bool has_costly_metrics(const struct audit *x) {
        const struct application *a = x->w->application;
        int64_t parallelism = a->current_parallelism > a->parallelism ? a->current_parallelism : a->parallelism;
        return text_same(a->metrics_level, "PARALLELISM") && parallelism > 64;
}
static bool is_dense(const struct audit *x) {
        const struct series_view *size = window_find(x->w, "lastCheckpointSize", NULL);
        const struct sample *last = size ? series_last(x->w, size, 1800) : NULL;
        return x->w->application->parallelism_per_kpu > 1 && last && last->value >= x->settings[LARGE_STATE];
}

static const struct check {
        const char *subject;
        bool (*is_wrong)(const struct audit *x);
        const char *title, *summary, *advice;
} checks[] = {
        {"logging", lacks_logging, "No CloudWatch logging option",
         "The application has no CloudWatch logging option: its logs are dropped silently, and no first fault can be found when it fails.",
         "Add one with AddApplicationCloudWatchLoggingOption, to an existing log stream, and let the service role write to it."},
        {"log_level_debug", has_debug_log, "Log level DEBUG",
         "LogLevel is DEBUG: the volume costs money and throughput, and buries what matters.",
         "Set LogLevel to INFO (LogLevelUpdate)."},
        {"log_level_error", has_error_log, "Log level ERROR",
         "LogLevel is ERROR: Flink logs task failures, restarts and completed checkpoints at INFO, so the first fault stays hidden.",
         "Set LogLevel to INFO (LogLevelUpdate)."},
        {"checkpointing", lacks_checkpoints, "Checkpointing is off",
         "Checkpointing is disabled: every failure starts the job without the state it had.",
         "Enable it (CheckpointConfigurationUpdate with CheckpointingEnabledUpdate true), with the default interval of 60 s to begin with."},
        {"snapshots", lacks_snapshots, "Snapshots are off",
         "Snapshots are disabled: each update and each stop loses the state.",
         "Enable them (ApplicationSnapshotConfigurationUpdate with SnapshotsEnabledUpdate true)."},
        {"rollback", lacks_rollback, "System rollback is off",
         "System rollback is disabled: a version that cannot start stays until somebody rolls it back.",
         "Enable it (ApplicationSystemRollbackConfigurationUpdate with RollbackEnabledUpdate true)."},
        {"runtime", is_runtime_old, "Runtime past support",
         "The runtime is out of support: only Flink 1.20 and 2.2 are current.",
         "Plan the upgrade to FLINK-1_20, or to FLINK-2_2: there the root file system is read-only outside /tmp, IMDS is blocked, and metric names differ."},
        {"metrics_level", lacks_task_metrics, "Metrics level APPLICATION",
         "MetricsLevel is APPLICATION: backpressure, busy time and skew are not published, so their diagnosers are blind and infer from lag, "
         "throughput and checkpoints only.",
         "Set MetricsLevelUpdate to TASK, or OPERATOR for operators by name; the further custom metrics are billed by CloudWatch."},
        {"metrics_cost", has_costly_metrics, "Metrics level PARALLELISM above parallelism 64",
         "MetricsLevel is PARALLELISM with a parallelism above 64: each subtask publishes its own metrics, which is billed by CloudWatch.",
         "Set MetricsLevelUpdate to OPERATOR, and PARALLELISM only while looking for skew."},
        {"slots_per_kpu", is_dense, "Several slots per KPU with a large state",
         "ParallelismPerKPU is above 1 while checkpoints are large: the slots of a KPU share 3 GB of heap and one disk.",
         "Set ParallelismPerKPU to 1 in the next planned update; it needs more KPUs for the same parallelism."},
};

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct application *a = w->application;
        struct audit x = {w, settings};
        if (!a->runtime || flink_version(a->runtime) == 0)
                return 0;
        int64_t since_s = a->version_created_at_s > 0 ? a->version_created_at_s
                          : a->updated_at_s > 0       ? a->updated_at_s
                                                      : w->now_s;
        for (size_t i = 0; i < ELEMENTS(checks); i++) {
                if (!checks[i].is_wrong(&x))
                        continue;
                struct finding *f = findings_add(out, "configuration", SEVERITY_INFO, CONFIDENCE_HIGH, since_s);
                f->subject = strdup(checks[i].subject);
                if (!f->subject)
                        out->failed = -ENOMEM;
                finding_title(out, f, "%s", checks[i].title);
                finding_summary(out, f, "%s", checks[i].summary);
                finding_advise(out, f, "%s", checks[i].advice);
                finding_evidence_text(out, f, "configuration", checks[i].subject, 0, a->runtime);
        }
        return out->failed;
}

const struct diagnoser diagnoser_configuration = {
        .name = "configuration",
        .help = "settings that will hurt later, or that keep the application from being diagnosed",
        .params = params,
        .needs = needs,
        .judge = judge,
};
