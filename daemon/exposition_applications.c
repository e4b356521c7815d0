/* SPDX-License-Identifier: Apache-2.0 */
/* The applications: first their newest samples are gathered, a few at a time, then written family by family, as the formats want them. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/exposition_inner.h"
#include "daemon/loop.h"
#include "rpc/method.h"
#include "util/text.h"

enum {
        FRESH_S = 30 * 60, /* an older value says nothing of now */
        GATHER_PIECE = 8,
        WRITE_PIECE = 256,
};

/* From CloudWatch's units to those that Prometheus wants: seconds, bytes, ratios. */
static const struct sample_family {
        struct family family;
        const char *metric;
        double factor;
} sample_families[] = {
        {{"flinkwatch_application_last_checkpoint_duration_seconds", FAMILY_GAUGE, "seconds",
          "How long the newest checkpoint took."},
         "lastCheckpointDuration",
         1e-3},
        {{"flinkwatch_application_last_checkpoint_size_bytes", FAMILY_GAUGE, "bytes",
          "The size of the newest checkpoint."},
         "lastCheckpointSize",
         1},
        {{"flinkwatch_application_failed_checkpoints", FAMILY_COUNTER, NULL,
          "Checkpoints that failed since the job began."},
         "numberOfFailedCheckpoints",
         1},
        {{"flinkwatch_application_full_restarts", FAMILY_COUNTER, NULL,
          "Restarts of the job since it began, up to Flink 2.1."},
         "fullRestarts",
         1},
        {{"flinkwatch_application_restarts", FAMILY_COUNTER, NULL,
          "Restarts of the job since it began, from Flink 2.2 on."},
         "numRestarts",
         1},
        {{"flinkwatch_application_uptime_seconds", FAMILY_GAUGE, "seconds",
          "Time that the job has run without a restart."},
         "uptime",
         1e-3},
        {{"flinkwatch_application_downtime_seconds", FAMILY_GAUGE, "seconds",
          "Time since the job failed, 0 while it runs."},
         "downtime",
         1e-3},
        {{"flinkwatch_application_container_cpu_utilization_ratio", FAMILY_GAUGE, "ratio",
          "CPU of the containers in use."},
         "containerCPUUtilization",
         1e-2},
        {{"flinkwatch_application_container_memory_utilization_ratio", FAMILY_GAUGE, "ratio",
          "Memory of the containers in use."},
         "containerMemoryUtilization",
         1e-2},
        {{"flinkwatch_application_heap_memory_utilization_ratio", FAMILY_GAUGE, "ratio",
          "Heap of the task managers in use."},
         "heapMemoryUtilization",
         1e-2},
        {{"flinkwatch_application_records_in_per_second", FAMILY_GAUGE, NULL, "Records read, over all operators."},
         "numRecordsInPerSecond",
         1},
        {{"flinkwatch_application_source_lag_seconds", FAMILY_GAUGE, "seconds",
          "How far a Kinesis source is behind its newest record."},
         "millisBehindLatest",
         1e-3},
        {{"flinkwatch_application_source_lag_records", FAMILY_GAUGE, "records",
          "How many records a Kafka source is behind."},
         "records_lag_max",
         1},
};
enum { N_FAMILIES = ELEMENTS(sample_families) };

struct exposition_values {
        size_t n;
        struct values {
                double of[N_FAMILIES]; /* NaN: none that is fresh */
                int64_t newest_at_s;
        } rows[]; /* by application */
};

void exposition_values_free(struct exposition_values *v) {
        free(v);
}

static int gather_one(struct exposition *x, const struct application *a, struct values *values) {
        SCOPED(series_rows_done) struct series_rows series = {0};
        int64_t now_s = loop_now_s(x->host.loop);
        for (size_t i = 0; i < N_FAMILIES; i++)
                values->of[i] = NAN;
        int r = store_list_series(x->host.store, a->target, a->name, &series);
        for (size_t k = 0; r >= 0 && k < series.n_rows; k++) {
                const struct series_row *row = &series.rows[k];
                struct sample newest;
                for (size_t i = 0; r >= 0 && i < N_FAMILIES && !row->dimensions[0]; i++) {
                        if (strcmp(sample_families[i].metric, row->metric) != 0)
                                continue;
                        r = store_newest(x->host.store, row->id, &newest);
                        if (r != 0 || newest.at_s < now_s - FRESH_S)
                                continue;
                        if (newest.at_s > values->newest_at_s)
                                values->newest_at_s = newest.at_s;
                        if (newest.value >= 0) /* -1: not reported yet */
                                values->of[i] = newest.value * sample_families[i].factor;
                }
        }
        return r < 0 ? r : 0;
}

int exposition_gather(struct exposition *x, struct buf *out) {
        size_t n = x->applications.n_rows;
        (void)out;
        if (!x->values) {
                x->values = calloc(1, sizeof *x->values + n * sizeof x->values->rows[0]);
                if (!x->values)
                        return -ENOMEM;
                x->values->n = n;
        }
        for (size_t i = 0; i < GATHER_PIECE && x->next < n; i++, x->next++) {
                int r = gather_one(x, &x->applications.rows[x->next], &x->values->rows[x->next]);
                if (r < 0)
                        return r;
        }
        return x->next < n;
}

static const struct family application_info = {"flinkwatch_application_info", FAMILY_GAUGE, NULL,
                                               "An application and what it runs as."};
static const struct family application_kpus = {
        "flinkwatch_application_kpus", FAMILY_GAUGE, NULL,
        "Kinesis Processing Units that it runs on, without the one for orchestration."};
static const struct family newest_sample = {"flinkwatch_application_newest_sample_timestamp_seconds", FAMILY_GAUGE,
                                            "seconds", "When the newest of the samples here was taken by CloudWatch."};

static void put_info(struct exposition *x, struct buf *out, size_t i) {
        const struct application *a = &x->applications.rows[i];
        FAMILY_SAMPLE(out, &application_info, 1, {"target", a->target}, {"application", a->name}, {"status", a->status},
                      {"runtime", a->runtime});
}

static void put_kpus(struct exposition *x, struct buf *out, size_t i) {
        const struct application *a = &x->applications.rows[i];
        int64_t kpus = rpc_kpus(a);
        if (kpus > 0)
                FAMILY_SAMPLE(out, &application_kpus, (double)kpus, {"target", a->target}, {"application", a->name});
}

static void put_newest(struct exposition *x, struct buf *out, size_t i) {
        const struct application *a = &x->applications.rows[i];
        if (x->values->rows[i].newest_at_s > 0)
                FAMILY_SAMPLE(out, &newest_sample, (double)x->values->rows[i].newest_at_s, {"target", a->target},
                              {"application", a->name});
}

static const struct {
        const struct family *family;
        void (*put)(struct exposition *x, struct buf *out, size_t i);
} fact_families[] = {
        {&application_info, put_info},
        {&application_kpus, put_kpus},
        {&newest_sample, put_newest},
};

static void put_sample(struct exposition *x, struct buf *out, size_t family, size_t i) {
        const struct application *a = &x->applications.rows[i];
        double value = x->values->rows[i].of[family];
        if (isfinite(value))
                FAMILY_SAMPLE(out, &sample_families[family].family, value, {"target", a->target},
                              {"application", a->name});
}

int exposition_samples(struct exposition *x, struct buf *out) {
        size_t n = x->applications.n_rows, f = x->next_family, n_facts = ELEMENTS(fact_families);
        if (x->next == 0)
                family_head(out, f < n_facts ? fact_families[f].family : &sample_families[f - n_facts].family,
                            x->is_openmetrics);
        for (size_t i = 0; i < WRITE_PIECE && x->next < n; i++, x->next++)
                if (f < n_facts)
                        fact_families[f].put(x, out, x->next);
                else
                        put_sample(x, out, f - n_facts, x->next);
        if (x->next < n)
                return 1;
        x->next = 0;
        return ++x->next_family < n_facts + N_FAMILIES;
}

static const struct family incidents_open = {"flinkwatch_incidents_open", FAMILY_GAUGE, NULL,
                                             "Open incidents of a target, quiet ones apart."};
static const struct family incident_onset = {"flinkwatch_incident_onset_timestamp_seconds", FAMILY_GAUGE, "seconds",
                                             "When what an open incident is about began."};

static void put_counts(struct exposition *x, struct buf *out, const struct target_states *targets,
                       const struct incident_rows *open) {
        family_head(out, &incidents_open, x->is_openmetrics);
        for (size_t t = 0; t < targets->n_rows; t++)
                for (int severity = SEVERITY_INFO; severity <= SEVERITY_CRITICAL; severity++)
                        for (int quiet = 0; quiet < 2; quiet++) {
                                size_t n = 0;
                                for (size_t i = 0; i < open->n_rows; i++)
                                        n += text_same(open->rows[i].target, targets->rows[t].name) &&
                                             (int)open->rows[i].finding.severity == severity &&
                                             open->rows[i].is_quiet == (quiet == 1);
                                FAMILY_SAMPLE(out, &incidents_open, (double)n, {"target", targets->rows[t].name},
                                              {"severity", severity_name((enum severity)severity)},
                                              {"quiet", quiet ? "true" : "false"});
                        }
}

int exposition_incidents(struct exposition *x, struct buf *out) {
        SCOPED(incident_rows_done) struct incident_rows open = {0};
        SCOPED(target_states_done) struct target_states targets = {0};
        const struct incident_filter filter = {.only_open = true, .only_heads = true};
        int r = store_list_incidents(x->host.store, &filter, &open);
        if (r == 0)
                r = store_list_targets(x->host.store, &targets);
        if (r < 0)
                return r;
        put_counts(x, out, &targets, &open);
        family_head(out, &incident_onset, x->is_openmetrics);
        for (size_t i = 0; i < open.n_rows; i++) {
                const struct incident *incident = &open.rows[i];
                char id[32];
                snprintf(id, sizeof id, "%lld", (long long)incident->id);
                FAMILY_SAMPLE(out, &incident_onset, (double)incident->finding.onset_s, {"target", incident->target},
                              {"application", incident->application}, {"diagnoser", incident->finding.diagnoser},
                              {"subject", incident->finding.subject},
                              {"severity", severity_name(incident->finding.severity)},
                              {"state", incident_state_name(incident->state)}, {"incident", id});
        }
        return 0;
}
