/* SPDX-License-Identifier: Apache-2.0 */
/* Which metric queries go into one GetMetricData request. Private to this folder. */
#pragma once

#include "collectors/collectors.h"

enum {
        METRIC_QUERIES_MAX = 500,      /* of one request */
        METRIC_DATAPOINTS_MAX = 100800 /* of one answer, all pages together */
};

/* A run of `plan.items` that shares StartTime and EndTime. */
struct metric_request {
        size_t first, n;
        int64_t from_s, to_s;
};

struct planned_query {
        const struct metric_query *query;
        int64_t from_s; /* not before what CloudWatch keeps for this period */
};

struct metric_plan {
        struct planned_query *items;
        size_t n_items, n_gone; /* items[n_items..] are those of which nothing is kept any more: n_gone of them */
        struct metric_request *requests;
        size_t n_requests, requests_size;
};

/* 0, -ENOMEM, -EINVAL (a query without a metric, or with a span that is not aligned to the metric's period). Empty spans are left out. */
int metric_plan_make(const struct metric_query *queries, size_t n, int64_t now_s, struct metric_plan *ret);
void metric_plan_done(struct metric_plan *p);

SCOPED_DEFINE_VALUE(struct metric_plan, metric_plan_done)
