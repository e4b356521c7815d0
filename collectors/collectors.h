/* SPDX-License-Identifier: Apache-2.0 */
/* One module per kind of question to AWS: builds requests, parses replies, sends nothing. */
#pragma once

#include "model/sample.h"
#include "util/err.h"
#include "util/http.h"

/* One metric of one application over a span; the span is half-open and aligned to the metric's period. */
struct metric_query {
        int64_t series_id;
        const char *application; /* borrowed while the job runs */
        const struct metric *metric;
        const char *dimensions; /* as in struct series_key */
        int64_t from_s, to_s;
};

/* What is asked; each collector reads what it needs. Everything is borrowed until the collector's state is freed. */
struct collect_job {
        const char *target;
        const char *application;      /* describe, operations, snapshots, logs; series_list: NULL for all */
        struct metric_query *queries; /* metrics */
        size_t n_queries;
        const char *log_group, *log_stream; /* logs; log_streams: log_stream NULL for all of the group */
        int64_t from_ms, to_ms;             /* logs: [from_ms, to_ms) */
        /* operations: from_ms leaves out those that ended before it; 0: the newest page */
        const char *log_filter; /* logs: filter pattern, NULL for all */
        bool wants_job_plan;    /* applications: IncludeAdditionalDetails */
        bool is_log_missing;    /* applications: as last found out, which their description does not say */
        int64_t now_s;
        int64_t settle_s; /* metrics: sets batch.settled_before_s */
};

struct collector {
        const char *name;           /* "metrics": log tag, doctor line */
        const char *const *actions; /* IAM actions, NULL-ended: iam-policy and doctor read them */
        int (*start)(const struct collect_job *job, void **ret_state); /* 0, -ENOMEM, -EINVAL */
        /* reply is NULL on the first call and a 2xx reply afterwards. STEP_SEND, 0 when finished, -EPROTO (reply not understood, with
         * the reason in reterr), -ENOMEM. What is already in `out` stays valid when a later step fails. */
        int (*step)(void *state, const struct http_reply *reply, struct http_request *ret_request, struct batch *out,
                    struct err *reterr);
        void (*free)(void *state);
};

extern const struct collector collector_metrics;      /* GetMetricData */
extern const struct collector collector_applications; /* DescribeApplication of one application */
extern const struct collector collector_discovery;    /* ListApplications: batch.names */
extern const struct collector collector_operations;   /* ListApplicationOperations, then details of those that matter */
extern const struct collector collector_snapshots;    /* ListApplicationSnapshots */
extern const struct collector collector_logs;         /* FilterLogEvents */
extern const struct collector collector_series_list;  /* ListMetrics: batch.series */
extern const struct collector collector_log_streams;  /* DescribeLogStreams: batch.log_streams */
extern const struct collector collector_identity;     /* GetCallerIdentity: batch.identity */

extern const struct collector *const collectors[]; /* all of them, NULL-ended */
