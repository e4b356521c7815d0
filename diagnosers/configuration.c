/* SPDX-License-Identifier: Apache-2.0 */
/* Audit of DescribeApplication: what will hurt later, and whether what is needed to diagnose this application is switched on. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosers/diagnosers.h"
#include "diagnosers/dimensions.h"
#include "diagnosers/job_plan.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"
#include "util/text.h"

enum { LARGE_STATE, OPERATORS, OPERATORS_CRITICAL, SINKS_PER_KPU, IDLE_FOR };
enum { VERSION_1_20 = 120, VERSION_2_0 = 200, VERSION_2_2 = 202 };

static const struct param params[] = {
        {"large_state", PARAM_BYTES, 10737418240, 1048576, 1099511627776,
         "from this checkpoint size on, more than one slot per KPU is a risk"},
        {"operators", PARAM_COUNT, 100, 1, 100000, "more operators in a job than this are hard to run"},
        {"operators_critical", PARAM_COUNT, 200, 1, 100000, "more operators in each slot than this are a warning"},
        {"sinks_per_kpu", PARAM_COUNT, 4, 1, 1000, "more sink operators on each KPU than this"},
        {"idle_for", PARAM_DURATION, 21600, 3600, 21600,
         "a source's subtask without a record for this long has no shard or partition"},
        {0},
};

static const struct series_need needs[] = {
        {"lastCheckpointSize", NULL, 3600, true},
        {"numRecordsInPerSecond", NULL, 21600, true},
        {0},
};

struct audit {
        const struct window *w;
        const double *settings;
        int64_t since_s;
};

static bool lacks_logging(const struct audit *x) {
        return !x->w->application->log_group;
}
static bool lacks_log_stream(const struct audit *x) {
        return x->w->application->log_group && x->w->application->is_log_missing;
}
static bool has_debug_log(const struct audit *x) {
        return text_same(x->w->application->log_level, "DEBUG");
}
static bool has_warn_log(const struct audit *x) {
        return text_same(x->w->application->log_level, "WARN");
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
/* Only what the job plan names can be known; a connector can go by any name. */
static bool names_kinesis(const struct audit *x) {
        const char *plan = text_or_empty(x->w->application->job_plan);
        return strstr(plan, "Kinesis") || strstr(plan, "kinesis");
}
static bool is_flink_2(const struct audit *x) {
        return flink_version(x->w->application->runtime) >= VERSION_2_2 && !names_kinesis(x);
}
static bool is_flink_2_with_kinesis(const struct audit *x) {
        return flink_version(x->w->application->runtime) >= VERSION_2_2 && names_kinesis(x);
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

#define READ_ONLY_TITLE "read-only root, no IMDS"
#define READ_ONLY_SUMMARY                                                                                                                       \
        "On Flink 2.2 the root file system is read-only outside /tmp and the instance metadata service (IMDS) is blocked: code that unpacks a " \
        "library, writes beside its jar or asks IMDS for its region or keys fails when it first does so."
#define READ_ONLY_ADVICE                                                                                                                         \
        "Write below /tmp only (java.io.tmpdir), take the region from the application's properties and credentials by the SDK's default chain, " \
        "and watch runningTime and numRestarts where alarms still name uptime and fullRestarts."

static const struct check {
        const char *subject;
        bool (*is_wrong)(const struct audit *x);
        const char *title, *summary, *advice;
} checks[] = {
        {"logging", lacks_logging, "No CloudWatch logging option",
         "The application has no CloudWatch logging option: its logs are dropped silently, and no first fault can be found when it fails.",
         "Add one with AddApplicationCloudWatchLoggingOption, to an existing log stream, and let the service role write to it."},
        {"log_stream", lacks_log_stream, "The log stream does not exist",
         "The log group or stream that the application's CloudWatch logging option names does not exist: its logs are dropped silently, and no first "
         "fault can be found when it fails.",
         "Create it (aws logs create-log-group, create-log-stream; flinkwatchctl doctor prints the command), or name one that exists with "
         "AddApplicationCloudWatchLoggingOption."},
        {"log_level_debug", has_debug_log, "Log level DEBUG",
         "LogLevel is DEBUG: the volume costs money and throughput, and buries what matters.",
         "Set LogLevel to INFO (LogLevelUpdate)."},
        {"log_level_error", has_error_log, "Log level ERROR",
         "LogLevel is ERROR: Flink logs task failures, restarts and completed checkpoints at INFO, so the first fault stays hidden.",
         "Set LogLevel to INFO (LogLevelUpdate)."},
        {"log_level_warn", has_warn_log, "Log level WARN",
         "LogLevel is WARN: Flink logs restarts and completed checkpoints at INFO, so the last healthy moment before a fault cannot be found.",
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
        {"flink_2", is_flink_2, "Flink 2.2: " READ_ONLY_TITLE, READ_ONLY_SUMMARY, READ_ONLY_ADVICE},
        {"flink_2", is_flink_2_with_kinesis, "Flink 2.2 with Kinesis: " READ_ONLY_TITLE ", enhanced fan-out",
         READ_ONLY_SUMMARY
         " The job plan names Kinesis: with enhanced fan-out (EFO) a resharding can fail the source (FLINK-37648), and an EFO source beside a "
         "Kinesis sink in one job can deadlock (FLINK-34071), after which it runs without a record in or out.",
         READ_ONLY_ADVICE
         " Compare the Kinesis connector's version with both issues; until it has their fixes, read by polling instead of EFO where the job also "
         "writes to Kinesis, and stop the application with a snapshot before shards are split or merged."},
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

static struct finding *note(const struct audit *x, const char *subject, enum severity severity, struct findings *out) {
        struct finding *f = findings_add(out, "configuration", severity, CONFIDENCE_HIGH, x->since_s);
        finding_subject(out, f, subject);
        char read_from[128];
        snprintf(read_from, sizeof read_from, "in version %" PRId64 " of the application, on %.60s",
                 x->w->application->version_id, x->w->application->runtime);
        finding_evidence_text(out, f, "configuration", subject, 0, read_from);
        return f;
}

static void check_operators(const struct audit *x, size_t n, struct findings *out) {
        if ((double)n <= x->settings[OPERATORS])
                return;
        bool is_critical = (double)n > x->settings[OPERATORS_CRITICAL];
        struct finding *f = note(x, "operators", is_critical ? SEVERITY_WARNING : SEVERITY_INFO, out);
        finding_title(out, f, "%zu operators in one job", n);
        finding_summary(
                out, f,
                "The job plan has at least %zu operators (limit %.0f%s): each slot runs one of each, with its share of buffers, threads and "
                "state, and every checkpoint waits for all of them.",
                n, x->settings[is_critical ? OPERATORS_CRITICAL : OPERATORS], is_critical ? " in a slot" : "");
        finding_advise(
                out, f,
                "Split the job in two along a stream between them, or merge maps and filters that follow one another; ParallelismPerKPU 1 until "
                "then.");
}

/* Each KPU runs a subtask of each sink in each of its slots. */
static size_t sinks_per_kpu(const struct audit *x, size_t n) {
        int64_t per_kpu = x->w->application->parallelism_per_kpu;
        return n * (size_t)(per_kpu > 0 ? per_kpu : 1);
}

static void check_sinks(const struct audit *x, size_t n, struct findings *out) {
        size_t on_each = sinks_per_kpu(x, n);
        if ((double)on_each <= x->settings[SINKS_PER_KPU])
                return;
        struct finding *f = note(x, "sinks", SEVERITY_INFO, out);
        finding_title(out, f, "%zu sink operators on each KPU", on_each);
        finding_summary(
                out, f,
                "The job plan has %zu sinks, and with ParallelismPerKPU %d each KPU runs %zu of them (limit %.0f): their clients, buffers and "
                "connections compete for one core and 3 GB of heap.",
                n, (int)(on_each / n), on_each, x->settings[SINKS_PER_KPU]);
        finding_advise(
                out, f,
                "Write to fewer sinks (one stream or table with a type column), %s, or move some of them to a job of their own.",
                on_each > n ? "lower ParallelismPerKPU to 1" : "give sinks a lower parallelism of their own");
}

/* Whether it has read nothing for that long; -1: not known. */
static int is_idle(const struct window *w, const struct series_view *s, int64_t for_s) {
        int64_t until_s = series_until_s(w, s);
        size_t first = series_from(s, until_s - for_s), n = 0;
        if (!series_is_fresh(w, s))
                return -1;
        for (size_t i = first; i < s->n_samples && s->samples[i].at_s < until_s; i++, n++)
                if (s->samples[i].value > 0)
                        return 0;
        return n >= (size_t)(for_s / 60 / 2) ? 1 : -1;
}

static bool is_of_subtask(const struct series_view *s) {
        return s->dimensions[0] && strcmp(s->metric->name, "numRecordsInPerSecond") == 0 &&
               dimension_value(s->dimensions, "Parallelism").data;
}

/* A subtask that never reads a record while its fellows do has nothing to read from. */
static void check_source(const struct audit *x, const struct plan_node *source, struct findings *out) {
        size_t n = 0, n_idle = 0;
        struct span name = {0};
        for (size_t i = 0; i < x->w->n_series; i++) {
                const struct series_view *s = &x->w->series[i];
                if (!is_of_subtask(s) || !job_plan_is_named(source, dimension_task(s->dimensions)))
                        continue;
                int idle = is_idle(x->w, s, (int64_t)x->settings[IDLE_FOR]);
                n += idle >= 0;
                n_idle += idle > 0;
                name = dimension_task(s->dimensions);
        }
        if (n_idle == 0 || n_idle == n)
                return;
        struct finding *f = note(x, "source_parallelism", SEVERITY_INFO, out);
        finding_title(out, f, "%zu of %zu source subtasks have nothing to read", n_idle, n);
        finding_summary(
                out, f,
                "%zu of the %zu subtasks of `%.*s` have read no record for %s while the others did: the parallelism is above the number of the "
                "source's shards or partitions.",
                n_idle, n, (int)(name.len < 200 ? name.len : 200), name.data, phrase_span(x->settings[IDLE_FOR]).text);
        finding_advise(
                out, f,
                "Give the source a parallelism of %zu of its own (setParallelism) and rebalance() after it, or as many shards or partitions as "
                "subtasks; and withIdleness() on its watermark strategy, or the idle ones hold event time.",
                n - n_idle);
}

static bool is_plan_worth_reading(const struct audit *x) {
        struct plan_size most = job_plan_at_most(x->w->application->job_plan);
        if ((double)most.n_operators > x->settings[OPERATORS] ||
            (double)sinks_per_kpu(x, most.n_sinks) > x->settings[SINKS_PER_KPU])
                return true;
        for (size_t i = 0; i < x->w->n_series; i++)
                if (is_of_subtask(&x->w->series[i]))
                        return true;
        return false;
}

static int check_plan(const struct audit *x, struct findings *out) {
        if (!x->w->application->job_plan || !is_plan_worth_reading(x))
                return 0;
        SCOPED(free) struct job_plan *plan = malloc(sizeof *plan);
        if (!plan)
                return -ENOMEM;
        job_plan_read(x->w->application->job_plan, plan);
        struct plan_size size = job_plan_size(plan);
        check_operators(x, size.n_operators, out);
        check_sinks(x, size.n_sinks, out);
        for (size_t i = 0; i < plan->n_nodes; i++)
                if (plan->nodes[i].n_inputs == 0)
                        check_source(x, &plan->nodes[i], out);
        return 0;
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct application *a = w->application;
        struct audit x = {w, settings, w->now_s};
        if (!a->runtime || flink_version(a->runtime) == 0)
                return 0;
        if (a->version_created_at_s > 0)
                x.since_s = a->version_created_at_s;
        else if (a->updated_at_s > 0)
                x.since_s = a->updated_at_s;
        for (size_t i = 0; i < ELEMENTS(checks); i++) {
                if (!checks[i].is_wrong(&x))
                        continue;
                struct finding *f = note(&x, checks[i].subject, SEVERITY_INFO, out);
                finding_title(out, f, "%s", checks[i].title);
                finding_summary(out, f, "%s", checks[i].summary);
                finding_advise(out, f, "%s", checks[i].advice);
        }
        int r = check_plan(&x, out);
        return out->failed ? out->failed : r;
}

const struct diagnoser diagnoser_configuration = {
        .name = "configuration",
        .help = "settings that will hurt later, or that keep the application from being diagnosed",
        .params = params,
        .needs = needs,
        .judge = judge,
};
