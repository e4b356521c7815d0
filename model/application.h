/* SPDX-License-Identifier: Apache-2.0 */
/* What the MSF control plane says of one application: its facts, its operations, its snapshots. Strings are owned, NULL when absent;
 * values that a later service invents are kept as they came. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/scope.h"
#include "util/span.h"

struct application {
        char *target, *name, *arn;
        char *status;  /* RUNNING READY STARTING ... */
        char *runtime; /* FLINK-1_20 */
        int64_t version_id;
        int64_t created_at_s, updated_at_s, version_created_at_s; /* 0: not said */
        int64_t version_updated_from, version_rolled_back_from, version_rolled_back_to;
        bool is_checkpointing;
        int64_t checkpoint_interval_ms, checkpoint_min_pause_ms; /* MSF's defaults resolved: 60 000 and 5 000 */
        char *checkpoint_configuration;                          /* DEFAULT or CUSTOM */
        char *metrics_level, *log_level;
        int64_t parallelism, parallelism_per_kpu, current_parallelism;
        bool is_autoscaling, has_snapshots, has_rollback, is_in_vpc;
        char *restore_type, *restore_snapshot;   /* ApplicationRestoreType, SnapshotName */
        char *log_group, *log_stream;            /* split from LogStreamARN; NULL: no logging option */
        bool is_log_missing;                     /* when it was last looked for, that group or stream did not exist */
        char *maintenance_from, *maintenance_to; /* "HH:MM" UTC */
        char *job_plan;                          /* JobPlanDescription: JSON text */
        int64_t seen_at_s;                       /* when it was read */
};

struct operation {
        char *target, *application, *id;
        char *kind;                       /* UpdateApplication, StopApplication, AutoScale ...: `Operation` */
        char *status;                     /* IN_PROGRESS CANCELLED SUCCESSFUL FAILED */
        int64_t started_at_s, ended_at_s; /* 0: still running */
        int64_t version_from, version_to; /* 0: not said */
        char *failure;                    /* ErrorInfo.ErrorString */
        char *rollback_id;
};

struct snapshot {
        char *target, *application, *name, *status;
        int64_t version_id, created_at_s;
        char *runtime;
};

/* Table of the members, for code that stores, writes or compares them all. */
enum field_kind { FIELD_TEXT, FIELD_INT64, FIELD_BOOL };
struct field {
        const char *name; /* snake_case: column and JSON name */
        enum field_kind kind;
        size_t offset;
};
extern const struct field application_fields[]; /* ends with name == NULL; target and name come first */
extern const struct field operation_fields[];
extern const struct field snapshot_fields[];

char **field_text(const struct field *f, void *record);
int64_t field_int(const struct field *f, const void *record);
void field_set_int(const struct field *f, void *record, int64_t value);

/* Frees the texts of a record and zeroes them, by its table. */
void fields_done(const struct field *table, void *record);
/* Deep copy; 0 or -ENOMEM (*to is then empty). */
int fields_dup(const struct field *table, const void *from, void *to, size_t size);

void application_done(struct application *a);
void operation_done(struct operation *o);
void snapshot_done(struct snapshot *s);

/* Of its ARN; empty when that is not known. Borrowed from the application. */
struct span application_region(const struct application *a);
/* max(interval, duration + min_pause): how often a checkpoint can complete at best. */
int64_t application_checkpoint_cadence_ms(const struct application *a, int64_t duration_ms);
bool application_is_running(
        const struct application *a); /* status RUNNING or AUTOSCALING, UPDATING ...: has a job; READY has none */

SCOPED_DEFINE_VALUE(struct application, application_done)
SCOPED_DEFINE_VALUE(struct operation, operation_done)
SCOPED_DEFINE_VALUE(struct snapshot, snapshot_done)
