/* SPDX-License-Identifier: Apache-2.0 */
/* CloudWatch bills by metrics requested, not by requests or points; what is worth saving is requests (50 a second) and points that
 * nobody asked for (180,000 a second, counted on the span asked for). So queries with the same period and nearly the same span share
 * a request, which asks for the union of their spans. */
#include "collectors/metric_plan.h"

#include <errno.h>

#include "util/list.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, NEARLY_S = 15 * MINUTE_S };

/* CloudWatch answers a StartTime older than this with no data and no error. */
static int64_t kept_s(int period_s) {
        if (period_s < MINUTE_S)
                return 3 * HOUR_S;
        if (period_s < 5 * MINUTE_S)
                return 15 * DAY_S;
        return period_s < HOUR_S ? 63 * DAY_S : 455 * DAY_S;
}

/* With room for queueing, retries and pages: the age is judged when the request arrives. */
static int64_t oldest_s(int period_s, int64_t now_s) {
        int64_t at_s = now_s - kept_s(period_s) + (period_s < MINUTE_S ? 5 : 30) * MINUTE_S;
        int64_t beyond_s = at_s % period_s;
        return beyond_s > 0 ? at_s + period_s - beyond_s : at_s;
}

static bool is_sound(const struct metric_query *q) {
        if (!q->metric || !q->application || q->metric->period_s < 1 || q->metric->divisor < 1)
                return false;
        int period_s = q->metric->period_s;
        return q->from_s > 0 && q->from_s <= q->to_s && q->from_s % period_s == 0 && q->to_s % period_s == 0;
}

static int compare(const void *left, const void *right) {
        const struct planned_query *a = left, *b = right;
        bool is_gone_a = a->from_s >= a->query->to_s, is_gone_b = b->from_s >= b->query->to_s;
        if (is_gone_a != is_gone_b)
                return is_gone_a ? 1 : -1;
        if (a->query->metric->period_s != b->query->metric->period_s)
                return a->query->metric->period_s < b->query->metric->period_s ? -1 : 1;
        if (a->from_s != b->from_s)
                return a->from_s < b->from_s ? -1 : 1;
        if (a->query->to_s != b->query->to_s)
                return a->query->to_s < b->query->to_s ? -1 : 1;
        return a->query < b->query ? -1 : a->query > b->query;
}

/* Whether one more query of [from_s, to_s) fits beside those that are there, the shortest of which is `shortest_s`. */
static bool fits(const struct metric_request *r, int period_s, int64_t to_s, int64_t shortest_s) {
        int64_t span_s = (to_s > r->to_s ? to_s : r->to_s) - r->from_s;
        int64_t allowed_s = 2 * shortest_s > NEARLY_S ? 2 * shortest_s : NEARLY_S;
        if (r->n == METRIC_QUERIES_MAX || span_s > allowed_s)
                return false;
        return span_s / period_s <= METRIC_DATAPOINTS_MAX / (int64_t)(r->n + 1);
}

static int split(struct metric_plan *p) {
        struct metric_request *r = NULL;
        int period_s = 0;
        int64_t shortest_s = 0;
        for (size_t i = 0; i < p->n_items; i++) {
                const struct metric_query *q = p->items[i].query;
                int64_t span_s = q->to_s - p->items[i].from_s;
                int64_t shorter_s = span_s < shortest_s ? span_s : shortest_s;
                if (!r || q->metric->period_s != period_s || !fits(r, period_s, q->to_s, shorter_s)) {
                        r = LIST_ADD(p->requests, p->n_requests, p->requests_size);
                        if (!r)
                                return -ENOMEM;
                        *r = (struct metric_request){.first = i, .from_s = p->items[i].from_s, .to_s = q->to_s};
                        period_s = q->metric->period_s;
                        shorter_s = span_s;
                }
                shortest_s = shorter_s;
                r->n++;
                if (q->to_s > r->to_s)
                        r->to_s = q->to_s;
        }
        return 0;
}

int metric_plan_make(const struct metric_query *queries, size_t n, int64_t now_s, struct metric_plan *ret) {
        SCOPED(metric_plan_done) struct metric_plan plan = {.items = calloc(n ? n : 1, sizeof *plan.items)};
        size_t n_all = 0;
        if (!plan.items)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                if (!is_sound(&queries[i]))
                        return -EINVAL;
                if (queries[i].from_s == queries[i].to_s)
                        continue;
                int64_t from_s = queries[i].from_s, kept_from_s = oldest_s(queries[i].metric->period_s, now_s);
                if (from_s < kept_from_s)
                        from_s = kept_from_s;
                plan.n_gone += from_s >= queries[i].to_s;
                plan.items[n_all++] = (struct planned_query){&queries[i], from_s};
        }
        qsort(plan.items, n_all, sizeof *plan.items, compare);
        plan.n_items = n_all - plan.n_gone;
        int r = split(&plan);
        if (r < 0)
                return r;
        *ret = plan;
        plan = (struct metric_plan){0};
        return 0;
}

void metric_plan_done(struct metric_plan *p) {
        free(p->items);
        free(p->requests);
        *p = (struct metric_plan){0};
}
