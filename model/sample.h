/* SPDX-License-Identifier: Apache-2.0 */
/* What one poll brought home: points of series, facts, operations, snapshots, log events. First header of the spine. */
#pragma once

#include "model/application.h"
#include "model/metric.h"
#include "util/span.h"

/* What a series is called. `dimensions` are those beyond Application: "Name=Value" sorted by name, joined by U+001F, "" for none;
 * the values are opaque. Borrowed strings. */
struct series_key {
        const char *target, *application, *metric, *statistic, *dimensions;
};

/* One period of a series; at_s is the period's start. */
struct sample {
        int64_t at_s;
        double value; /* finite: NaN never gets this far */
};

struct point {
        int64_t series_id; /* from store_series */
        struct sample sample;
};

/* [from_s, to_s) of a series was asked for and answered in full, with or without points. */
struct reading {
        int64_t series_id;
        int64_t from_s, to_s;
};

struct log_event {
        char *target, *application;
        int64_t at_ms;
        char *message; /* as CloudWatch Logs had it; NUL bytes replaced */
};

/* An application as ListApplications has it. */
struct listed_application {
        char *name, *status; /* status NULL: not said */
        int64_t version_id;  /* 0: not said */
};

/* A series that CloudWatch has, whether it is polled or not; `dimensions` as in struct series_key. */
struct listed_series {
        char *application, *metric, *dimensions;
};

/* Whose keys they are. */
struct identity {
        char *account, *arn;
};

struct batch {
        int64_t collected_at_s;
        int64_t settled_before_s; /* points whose period ended before this are final */
        struct point *points;
        size_t n_points, points_size;
        struct reading *readings;
        size_t n_readings, readings_size;
        struct application *applications;
        size_t n_applications, applications_size;
        struct operation *operations;
        size_t n_operations, operations_size;
        struct snapshot *snapshots;
        size_t n_snapshots, snapshots_size;
        struct log_event *log_events;
        size_t n_log_events, log_events_size;
        struct listed_application *names; /* that ListApplications named */
        size_t n_names, names_size;
        struct listed_series *series; /* that ListMetrics named */
        size_t n_series, series_size;
        char **log_streams; /* that DescribeLogStreams named */
        size_t n_log_streams, log_streams_size;
        struct identity identity;  /* that GetCallerIdentity named; NULL members: not asked */
        const char *target;        /* whose usage it is, borrowed; NULL: that of the first series or application */
        int64_t metrics_requested; /* billed by CloudWatch */
        int64_t metrics_requested_by_tier[N_TIERS];
        char notice[240]; /* what AWS said beside the data ("Messages"); "" when nothing */
};

/* Adders return 0 or -ENOMEM; _take adders own the record also when they fail. */
int batch_add_point(struct batch *b, int64_t series_id, int64_t at_s, double value);
int batch_add_reading(struct batch *b, int64_t series_id, int64_t from_s, int64_t to_s);
int batch_add_application_take(struct batch *b, struct application *a);
int batch_add_operation_take(struct batch *b, struct operation *o);
int batch_add_snapshot_take(struct batch *b, struct snapshot *s);
int batch_add_log_event_take(struct batch *b, struct log_event *e);
/* status may be NULL; the texts are copied. */
int batch_add_name(struct batch *b, struct span name, const char *status, int64_t version_id);
int batch_add_series_take(struct batch *b, struct listed_series *s);
int batch_add_log_stream(struct batch *b, struct span name);
/* What was there is freed; the texts are copied. */
int batch_set_identity(struct batch *b, const char *account, const char *arn);
void listed_application_done(struct listed_application *a);
void listed_series_done(struct listed_series *s);
/* Empties, keeps the arrays. */
void batch_clear(struct batch *b);
void batch_done(struct batch *b);

SCOPED_DEFINE_VALUE(struct batch, batch_done)
SCOPED_DEFINE_VALUE(struct listed_application, listed_application_done)
SCOPED_DEFINE_VALUE(struct listed_series, listed_series_done)
