/* SPDX-License-Identifier: Apache-2.0 */
/* All that a post-mortem needs of one incident: the incident and its timeline, the application, the operations and other incidents around
 * it, and the samples of the metrics that tell of it. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "rpc/method.h"
#include "rpc/points.h"
#include "util/text.h"

enum { HOUR_S = 3600, DAY_S = 86400, CHARTS_MAX = 8, POINTS_MAX = 360, PIECE = 512, RELATED_MAX = 50 };

static const struct rpc_param params[] = {{"id", RPC_KIND_ID, true}, {"format", RPC_KIND_FORMAT, false}, {0}};

/* Shown beside the metrics of the evidence, where they are stored. */
static const char *const context[] = {
        "numRecordsInPerSecond", "fullRestarts",       "numRestarts",     "lastCheckpointDuration",  "uptime",
        "heapMemoryUtilization", "millisBehindLatest", "records_lag_max", "containerCPUUtilization",
};

struct chart {
        const struct series_row *row;
        double threshold; /* NaN: none */
        bool is_evidence;
};

struct report {
        struct rpc_incident incident;
        struct series_rows series;
        struct chart charts[CHARTS_MAX];
        size_t n_charts, next;
        int64_t from_s, to_s, step_s;
        struct store_cursor *cursor; /* of the chart being written; NULL between two */
        struct points points;
        bool has_begun;
};

static void report_free(void *state) {
        struct report *r = state;
        rpc_incident_done(&r->incident);
        series_rows_done(&r->series);
        if (r->cursor)
                store_cursor_free(r->cursor);
        free(r);
}

/* From well before it began to well after it was over: a chart tells by comparison. */
static void choose_span(struct report *r, int64_t now_s) {
        static const int64_t steps_s[] = {60,     120,        300,        600,       900,  1800,
                                          HOUR_S, 2 * HOUR_S, 6 * HOUR_S, DAY_S / 2, DAY_S};
        const struct incident *i = r->incident.incident;
        const struct root_cause *cause = i->finding.root_cause;
        int64_t from_s = i->finding.onset_s, to_s = i->resolved_at_s > 0 ? i->resolved_at_s : now_s;
        if (cause && cause->first_fault_at_s > 0 && cause->first_fault_at_s < from_s)
                from_s = cause->first_fault_at_s;
        int64_t margin_s = (to_s - from_s) / 4;
        margin_s = margin_s < HOUR_S ? HOUR_S : margin_s > DAY_S ? DAY_S : margin_s;
        r->from_s = from_s > margin_s ? (from_s - margin_s) / 60 * 60 : 1;
        r->to_s = to_s + margin_s < now_s ? to_s + margin_s : now_s;
        if (r->to_s <= r->from_s)
                r->to_s = r->from_s + 60;
        size_t k = 0;
        while (k + 1 < ELEMENTS(steps_s) && (r->to_s - r->from_s) / steps_s[k] > POINTS_MAX)
                k++;
        r->step_s = steps_s[k];
}

static bool has_samples(const struct report *r, const struct series_row *row) {
        return row->last_at_s >= r->from_s && row->first_at_s > 0 && row->first_at_s < r->to_s;
}

/* The thresholds are those of the evidence; the first one said of a series counts. */
static void add_chart(struct report *r, const struct series_row *row, double threshold, bool is_evidence) {
        for (size_t i = 0; i < r->n_charts; i++)
                if (r->charts[i].row == row) {
                        if (!isfinite(r->charts[i].threshold))
                                r->charts[i].threshold = threshold;
                        return;
                }
        if (r->n_charts < CHARTS_MAX && has_samples(r, row))
                r->charts[r->n_charts++] = (struct chart){row, threshold, is_evidence};
}

static void choose_charts(struct report *r) {
        const struct finding *f = &r->incident.incident->finding;
        for (size_t i = 0; i < f->n_evidence; i++)
                for (size_t k = 0; k < r->series.n_rows; k++) {
                        const struct series_row *row = &r->series.rows[k];
                        const struct evidence *e = &f->evidence[i];
                        if (text_same(e->metric, row->metric) && text_same(e->dimensions, row->dimensions) &&
                            (!e->statistic || strcmp(e->statistic, row->statistic) == 0))
                                add_chart(r, row, e->threshold, true);
                }
        for (size_t i = 0; i < ELEMENTS(context); i++)
                for (size_t k = 0; k < r->series.n_rows; k++)
                        if (strcmp(context[i], r->series.rows[k].metric) == 0 && !r->series.rows[k].dimensions[0])
                                add_chart(r, &r->series.rows[k], NAN, false);
}

static int report_start(struct rpc_question *q, void **ret_state) {
        struct report *r = calloc(1, sizeof *r);
        *ret_state = r;
        if (!r)
                return -ENOMEM;
        int result = rpc_load_incident(q, q->values[0].number, &r->incident);
        if (result < 0)
                return result;
        const struct incident *i = r->incident.incident;
        choose_span(r, q->now_s);
        result = store_list_series(q->host->store, i->target, i->application, &r->series);
        if (result == 0)
                choose_charts(r);
        return result;
}

static int write_facts(struct rpc_question *q, const struct incident *i, struct jsonw *w) {
        SCOPED(application_done) struct application a = {0};
        int r = store_application(q->host->store, i->target, i->application, &a);
        if (r < 0)
                return r;
        jsonw_key(w, "facts");
        if (r > 0) {
                jsonw_null(w);
                return 0;
        }
        jsonw_object(w);
        jsonw_member_string(w, "status", a.status);
        jsonw_member_string(w, "runtime", a.runtime);
        jsonw_member_int(w, "version_id", a.version_id);
        jsonw_member_int(w, "parallelism", a.parallelism);
        jsonw_member_int(w, "kpus", rpc_kpus(&a));
        jsonw_member_int(w, "checkpoint_interval_ms", a.is_checkpointing ? a.checkpoint_interval_ms : 0);
        jsonw_member_string(w, "metrics_level", a.metrics_level);
        jsonw_member_string(w, "log_group", a.log_group);
        jsonw_object_end(w);
        return 0;
}

/* Other incidents of the application that were open within the span. */
static int write_related(struct rpc_question *q, const struct report *r, struct jsonw *w) {
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        const struct incident *own = r->incident.incident;
        const struct incident_filter filter = {
                .target = own->target, .application = own->application, .since_s = r->from_s};
        int result = store_list_incidents(q->host->store, &filter, &rows);
        if (result < 0)
                return result;
        jsonw_key(w, "related");
        jsonw_array(w);
        for (size_t i = 0, n = 0; i < rows.n_rows && n < RELATED_MAX; i++) {
                const struct incident *other = &rows.rows[i];
                if (other->id == own->id || other->finding.onset_s >= r->to_s ||
                    !text_same(other->application, own->application))
                        continue;
                n++;
                jsonw_object(w);
                jsonw_member_int(w, "id", other->id);
                jsonw_member_string(w, "diagnoser", other->finding.diagnoser);
                jsonw_member_string(w, "severity", severity_name(other->finding.severity));
                jsonw_member_string(w, "title", other->finding.title);
                jsonw_member_time(w, "onset_at", other->finding.onset_s);
                jsonw_member_time(w, "resolved_at", other->resolved_at_s);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
        return 0;
}

static int write_surroundings(struct rpc_question *q, const struct report *r, struct jsonw *w) {
        SCOPED(window_free) struct window *window = NULL;
        const struct incident *i = r->incident.incident;
        const struct window_spec spec = {
                .target = i->target, .application = i->application, .now_s = q->now_s, .settled_before_s = q->now_s};
        int result = store_read_window(q->host->store, &spec, &window);
        if (result < 0 && result != -ENOENT) /* samples can outlive the application's description */
                return result;
        rpc_write_operations(w, window, r->from_s, r->to_s);
        result = write_facts(q, i, w);
        return result < 0 ? result : write_related(q, r, w);
}

static int write_head(struct rpc_question *q, const struct report *r, struct jsonw *w) {
        int result = rpc_open_incident(w, &r->incident);
        if (result < 0)
                return result;
        jsonw_member_time(w, "generated_at", q->now_s);
        jsonw_member_string(w, "generator", q->host->version);
        jsonw_member_time(w, "from", r->from_s);
        jsonw_member_time(w, "to", r->to_s);
        result = write_surroundings(q, r, w);
        jsonw_key(w, "charts");
        jsonw_array(w);
        return result;
}

static int begin_chart(struct rpc_question *q, struct report *r, struct jsonw *w) {
        const struct chart *c = &r->charts[r->next];
        const struct metric *metric = metric_find(c->row->metric, c->row->statistic);
        int64_t period_s = metric && metric->period_s > 0 ? metric->period_s : 60;
        int64_t step_s = r->step_s > period_s ? r->step_s : period_s;
        jsonw_object(w);
        jsonw_member_string(w, "metric", c->row->metric);
        jsonw_member_string(w, "statistic", c->row->statistic);
        jsonw_key(w, "dimensions");
        rpc_write_dimensions(w, c->row->dimensions);
        jsonw_member_string(w, "unit", metric ? metric_unit_name(metric->unit) : "");
        jsonw_member_int(w, "step_s", step_s);
        jsonw_member_double(w, "threshold", c->threshold);
        jsonw_member_bool(w, "is_evidence", c->is_evidence);
        jsonw_key(w, "points");
        jsonw_array(w);
        r->points = (struct points){0};
        return store_samples(q->host->store, c->row->id, r->from_s, r->to_s, step_s > period_s ? step_s : 0,
                             &r->cursor);
}

static int continue_chart(struct report *r, struct jsonw *w) {
        struct sample samples[PIECE];
        size_t n = 0;
        int result = store_cursor_next(r->cursor, samples, PIECE, &n);
        if (result < 0)
                return result;
        points_write(&r->points, w->out, samples, n);
        if (n > 0)
                return 0;
        jsonw_array_end(w);
        jsonw_object_end(w);
        store_cursor_free(TAKE(r->cursor));
        r->next++;
        return 0;
}

static int report_step(struct rpc_question *q, void *state, struct jsonw *w) {
        struct report *r = state;
        int result;
        if (!r->has_begun) {
                r->has_begun = true;
                result = write_head(q, r, w);
        } else if (r->cursor) {
                result = continue_chart(r, w);
        } else if (r->next < r->n_charts) {
                result = begin_chart(q, r, w);
        } else {
                jsonw_array_end(w);
                jsonw_object_end(w);
                return 0;
        }
        return result < 0 ? result : RPC_MORE;
}

const struct rpc_method rpc_report = {"report", RPC_READ, params, report_start, report_step, report_free};
