/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of one series over a span, with what a chart of them needs: unit, threshold, operations, incidents. The head is made when
 * the call begins, the points come from a cursor. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "rpc/method.h"
#include "rpc/points.h"
#include "util/text.h"

enum {
        PIECE = 1024,
        SPAN_STANDARD_S = 3 * 3600,
        POINTS_MAX = 14 * 1440, /* an automatic step keeps minutes up to 14 days */
        HEAD_MAX_BYTES = 4 << 20,
        INCIDENTS_MAX = 500,
        DIMENSIONS_MAX_BYTES = 16 << 10,
};

enum { APP, METRIC, STAT, DIM, SINCE, UNTIL, STEP, FOLD, TARGET, FORMAT };
static const struct rpc_param params[] = {
        [APP] = {"app", RPC_KIND_TEXT, true},
        [METRIC] = {"metric", RPC_KIND_TEXT, true},
        [STAT] = {"stat", RPC_KIND_TEXT, false},
        [DIM] = {"dim", RPC_KIND_DIMENSIONS, false},
        [SINCE] = {"since", RPC_KIND_INSTANT, false},
        [UNTIL] = {"until", RPC_KIND_INSTANT, false},
        [STEP] = {"step", RPC_KIND_DURATION, false},
        [FOLD] = {"fold", RPC_KIND_TEXT, false},
        [TARGET] = {"target", RPC_KIND_TEXT, false},
        [FORMAT] = {"format", RPC_KIND_FORMAT, false},
        {0},
};

struct history {
        char *target;
        struct series_rows series;
        const struct series_row *row; /* the one that was asked for */
        const struct metric *metric;  /* NULL: not in the catalogue */
        int64_t from_s, to_s, period_s, step_s;
        struct buf head;
        struct store_cursor *cursor;
        struct points points;
};

static void history_free(void *state) {
        struct history *h = state;
        free(h->target);
        series_rows_done(&h->series);
        buf_done(&h->head);
        if (h->cursor)
                store_cursor_free(h->cursor);
        free(h);
}

static int no_metric(struct rpc_question *q, const struct history *h) {
        const char *metric = q->values[METRIC].text, *application = q->values[APP].text, *names[256];
        char hint[128];
        size_t n = 0;
        for (size_t i = 0; i < h->series.n_rows && n < ELEMENTS(names); i++)
                names[n++] = h->series.rows[i].metric;
        rpc_hint(metric, names, n, hint);
        return rpc_fail(q, RPC_ERROR_NOT_FOUND, "%.60s has no stored metric %.60s%s", application, metric,
                        hint[0] ? hint : ": `flinkwatchctl metrics --app NAME` lists them");
}

/* The metric is there, but not with that statistic or those dimensions: names one that is. */
static int no_series(struct rpc_question *q, const struct series_row *other) {
        SCOPED(buf_done) struct buf text = BUF_INIT(150);
        struct span rest = span_of(other->dimensions);
        buf_printf(&text, "--stat %s", other->statistic);
        while (rest.data && rest.len > 0) {
                struct span pair = span_split(&rest, '\x1f');
                buf_printf(&text, " --dim '%.*s'", (int)pair.len, pair.data);
        }
        return rpc_fail(q, RPC_ERROR_NOT_FOUND, "%.60s is stored otherwise: try %s%s", other->metric, buf_str(&text),
                        other->dimensions[0] ? "" : " without --dim");
}

/* CloudWatch's dimension Application is in all of a series' dimensions; here it is the application itself. */
static int wanted_dimensions(const struct rpc_question *q, struct buf *to) {
        struct span rest = span_of(text_or_empty(q->values[DIM].text)), application = span_of(q->values[APP].text);
        while (rest.data && rest.len > 0) {
                struct span pair = span_split(&rest, '\x1f'), value = pair, name = span_split(&value, '=');
                if (span_is(name, "Application") && value.data && span_equals(value, application))
                        continue;
                if (to->len > 0)
                        buf_put_char(to, '\x1f');
                buf_put_span(to, pair);
        }
        return to->failed;
}

static int find_series(struct rpc_question *q, struct history *h) {
        const char *metric = q->values[METRIC].text, *statistic = q->values[STAT].text;
        SCOPED(buf_done) struct buf wanted = BUF_INIT(DIMENSIONS_MAX_BYTES);
        int r = wanted_dimensions(q, &wanted);
        if (r < 0)
                return r;
        const char *dimensions = buf_str(&wanted);
        const struct metric *standard = metric_find(metric, NULL);
        const struct series_row *other = NULL, *chosen = NULL;
        for (size_t i = 0; i < h->series.n_rows; i++) {
                const struct series_row *row = &h->series.rows[i];
                if (strcmp(row->metric, metric) != 0)
                        continue;
                other = other ? other : row;
                if (!text_same(row->dimensions, dimensions) || (statistic && strcmp(row->statistic, statistic) != 0))
                        continue;
                if (!chosen || (standard && strcmp(row->statistic, standard->statistic) == 0))
                        chosen = row;
        }
        if (!chosen)
                return other ? no_series(q, other) : no_metric(q, h);
        h->row = chosen;
        h->metric = metric_find(chosen->metric, chosen->statistic);
        h->metric = h->metric ? h->metric : standard;
        h->period_s = h->metric ? h->metric->period_s : 60;
        return 0;
}

static int64_t automatic_step(int64_t span_s, int64_t period_s) {
        static const int64_t steps_s[] = {60, 300, 900, 3600, 6 * 3600, 86400};
        for (size_t i = 0; i < ELEMENTS(steps_s); i++)
                if (steps_s[i] >= period_s && span_s / steps_s[i] <= POINTS_MAX)
                        return steps_s[i];
        return 86400;
}

static int choose_span(struct rpc_question *q, struct history *h) {
        h->to_s = q->values[UNTIL].is_given ? q->values[UNTIL].number : q->now_s;
        h->from_s = q->values[SINCE].is_given ? q->values[SINCE].number : h->to_s - SPAN_STANDARD_S;
        if (h->from_s >= h->to_s)
                return rpc_fail(q, RPC_ERROR_PARAMS, "since must be before until");
        if (h->from_s < 0)
                h->from_s = 0;
        h->step_s = q->values[STEP].is_given ? q->values[STEP].number
                                             : automatic_step(h->to_s - h->from_s, h->period_s);
        if (h->step_s < h->period_s)
                h->step_s = h->period_s;
        return 0;
}

/* A threshold that an incident of that span named for this metric: the newest; NaN when none did. */
static double threshold_of(const struct history *h, const struct incident_rows *incidents) {
        for (size_t i = 0; i < incidents->n_rows; i++) {
                const struct finding *f = &incidents->rows[i].finding;
                for (size_t k = 0; k < f->n_evidence; k++)
                        if (text_same(f->evidence[k].metric, h->row->metric) &&
                            text_same(f->evidence[k].dimensions, h->row->dimensions) &&
                            isfinite(f->evidence[k].threshold))
                                return f->evidence[k].threshold;
        }
        return NAN;
}

static void write_incidents(struct jsonw *w, const struct history *h, const struct incident_rows *incidents) {
        size_t n = 0;
        jsonw_key(w, "incidents");
        jsonw_array(w);
        for (size_t i = 0; i < incidents->n_rows && n < INCIDENTS_MAX; i++) {
                const struct incident *incident = &incidents->rows[i];
                if (incident->finding.onset_s >= h->to_s)
                        continue;
                n++;
                jsonw_object(w);
                jsonw_member_int(w, "id", incident->id);
                jsonw_member_string(w, "diagnoser", incident->finding.diagnoser);
                jsonw_member_string(w, "severity", severity_name(incident->finding.severity));
                jsonw_member_time(w, "onset_at", incident->finding.onset_s);
                jsonw_member_time(w, "resolved_at", incident->resolved_at_s);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

static void write_head(struct rpc_question *q, struct history *h, const struct incident_rows *incidents,
                       const struct window *window) {
        struct jsonw w = JSONW(&h->head);
        jsonw_object(&w);
        jsonw_member_string(&w, "target", h->target);
        jsonw_member_string(&w, "application", q->values[APP].text);
        jsonw_member_string(&w, "metric", h->row->metric);
        jsonw_member_string(&w, "statistic", h->row->statistic);
        jsonw_key(&w, "dimensions");
        rpc_write_dimensions(&w, h->row->dimensions);
        jsonw_member_string(&w, "unit", h->metric ? metric_unit_name(h->metric->unit) : "");
        jsonw_member_int(&w, "period_s", h->period_s);
        jsonw_member_int(&w, "step_s", h->step_s);
        jsonw_member_time(&w, "from", h->from_s);
        jsonw_member_time(&w, "to", h->to_s);
        jsonw_member_double(&w, "threshold", threshold_of(h, incidents));
        rpc_write_operations(&w, window, h->from_s, h->to_s);
        write_incidents(&w, h, incidents);
        jsonw_key(&w, "points");
        jsonw_array(&w);
}

static int make_head(struct rpc_question *q, struct history *h) {
        SCOPED(incident_rows_done) struct incident_rows incidents = {0};
        SCOPED(window_free) struct window *window = NULL;
        const struct incident_filter filter = {
                .target = h->target, .application = q->values[APP].text, .since_s = h->from_s > 0 ? h->from_s : 1};
        const struct window_spec spec = {.target = h->target,
                                         .application = q->values[APP].text,
                                         .now_s = q->now_s,
                                         .settled_before_s = q->now_s};
        int r = store_list_incidents(q->host->store, &filter, &incidents);
        if (r == 0)
                r = store_read_window(q->host->store, &spec, &window);
        if (r < 0 && r != -ENOENT) /* samples can outlive the application's description */
                return r;
        h->head = BUF_INIT(HEAD_MAX_BYTES);
        write_head(q, h, &incidents, window);
        return h->head.failed;
}

static const struct {
        const char *name;
        enum store_fold fold;
} folds[] = {{"min", STORE_FOLD_MIN}, {"max", STORE_FOLD_MAX},     {"mean", STORE_FOLD_MEAN},
             {"sum", STORE_FOLD_SUM}, {"count", STORE_FOLD_COUNT}, {"last", STORE_FOLD_LAST}};

static int open_cursor(struct rpc_question *q, struct history *h) {
        const char *name = q->values[FOLD].text;
        size_t i = 0;
        while (name && i < ELEMENTS(folds) && strcmp(folds[i].name, name) != 0)
                i++;
        if (i == ELEMENTS(folds))
                return rpc_fail(q, RPC_ERROR_PARAMS, "fold must be min, max, mean, sum, count or last, not %.40s",
                                name);
        int64_t fold_s = h->step_s > h->period_s || name ? h->step_s : 0;
        int r = store_samples(q->host->store, h->row->id, h->from_s, h->to_s, fold_s, &h->cursor);
        if (r == 0 && name)
                store_cursor_fold(h->cursor, folds[i].fold);
        return r;
}

static int history_start(struct rpc_question *q, void **ret_state) {
        struct history *h = calloc(1, sizeof *h);
        *ret_state = h;
        if (!h)
                return -ENOMEM;
        int r = rpc_find_target(q, q->values[TARGET].text, q->values[APP].text, &h->target);
        if (r == 0)
                r = store_list_series(q->host->store, h->target, q->values[APP].text, &h->series);
        if (r == 0)
                r = find_series(q, h);
        if (r == 0)
                r = choose_span(q, h);
        if (r == 0)
                r = make_head(q, h);
        return r < 0 ? r : open_cursor(q, h);
}

static int history_step(struct rpc_question *q, void *state, struct jsonw *w) {
        struct history *h = state;
        struct sample samples[PIECE];
        size_t n = 0;
        (void)q;
        if (h->head.len > 0) {
                jsonw_raw(w, buf_span(&h->head));
                buf_done(&h->head);
                return RPC_MORE;
        }
        int r = store_cursor_next(h->cursor, samples, PIECE, &n);
        if (r < 0)
                return r;
        points_write(&h->points, w->out, samples, n);
        if (n > 0)
                return RPC_MORE;
        jsonw_array_end(w);
        jsonw_object_end(w);
        return 0;
}

const struct rpc_method rpc_history = {"history", RPC_READ, params, history_start, history_step, history_free};
