/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/figures.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "rpc/points.h"

enum {
        FRESH_S = 30 * 60, /* an older value says nothing of now: slower tiers are read each ten intervals */
        HOUR_S = 3600,
        SPARK_POINTS = 30,
        SPARK_STEP_S = 120,
};

enum figure { CHECKPOINT, RESTARTS_1, RESTARTS_2, CPU, HEAP, LAG_MS, LAG_RECORDS, RECORDS_IN, N_FIGURES };
static const struct {
        const char *metric;
        int64_t span_s;
        bool only_newest;
} sources[N_FIGURES] = {
        [CHECKPOINT] = {"lastCheckpointDuration", FRESH_S, true},
        [RESTARTS_1] = {"fullRestarts", HOUR_S + FRESH_S, false},
        [RESTARTS_2] = {"numRestarts", HOUR_S + FRESH_S, false},
        [CPU] = {"containerCPUUtilization", FRESH_S, true},
        [HEAP] = {"heapMemoryUtilization", FRESH_S, true},
        [LAG_MS] = {"millisBehindLatest", FRESH_S, true},
        [LAG_RECORDS] = {"records_lag_max", FRESH_S, true},
        [RECORDS_IN] = {"numRecordsInPerSecond", FRESH_S, true},
};

double figures_increase(const struct sample *samples, size_t n) {
        double sum = n > 0 ? 0 : NAN;
        for (size_t i = 1; i < n; i++) {
                double step = samples[i].value - samples[i - 1].value;
                sum += step >= 0 ? step : samples[i].value;
        }
        return sum;
}

static double newest(const struct window *window, enum figure figure) {
        const struct series_view *s = window_find(window, sources[figure].metric, NULL);
        if (!s || s->n_samples == 0 || s->samples[s->n_samples - 1].at_s < window->now_s - FRESH_S)
                return NAN;
        return s->samples[s->n_samples - 1].value;
}

/* Of the hour that ends with the newest sample, as the diagnoser counts it, from the sample before that hour on; what is old is no news. */
static double restarts(const struct window *window) {
        static const enum figure counters[] = {RESTARTS_2, RESTARTS_1};
        for (size_t i = 0; i < ELEMENTS(counters); i++) {
                const struct series_view *s = window_find(window, sources[counters[i]].metric, NULL);
                int64_t to_s = window->now_s - FRESH_S;
                if (s && s->n_samples > 0 && s->samples[s->n_samples - 1].at_s > to_s)
                        to_s = s->samples[s->n_samples - 1].at_s;
                size_t from = s ? series_from(s, to_s - HOUR_S + 1) : 0;
                if (!s || from == s->n_samples)
                        continue;
                from -= from > 0;
                return figures_increase(s->samples + from, s->n_samples - from);
        }
        return NAN;
}

/* -1 means "not reported yet". */
static double lag(const struct window *window, enum figure figure) {
        double value = newest(window, figure);
        return value >= 0 ? value : NAN;
}

static void write_number(struct jsonw *w, double value) {
        char text[32];
        if (isfinite(value))
                jsonw_raw(w, (struct span){text, points_number(value, text)});
        else
                jsonw_null(w);
}

static void write_figure(struct jsonw *w, const char *name, double value) {
        jsonw_key(w, name);
        write_number(w, value);
}

static void write_figures(const struct application *a, const struct window *window, struct jsonw *w) {
        double interval_ms = a->is_checkpointing && a->checkpoint_interval_ms > 0 ? (double)a->checkpoint_interval_ms
                                                                                  : NAN;
        jsonw_key(w, "figures");
        jsonw_object(w);
        write_figure(w, "checkpoint_ratio", round(newest(window, CHECKPOINT) / interval_ms * 1e4) / 1e4);
        write_figure(w, "restarts_1h", restarts(window));
        write_figure(w, "cpu_pct", newest(window, CPU));
        write_figure(w, "heap_pct", newest(window, HEAP));
        write_figure(w, "lag_ms", lag(window, LAG_MS));
        write_figure(w, "lag_records", lag(window, LAG_RECORDS));
        write_figure(w, "records_in_per_s", newest(window, RECORDS_IN));
        jsonw_object_end(w);
}

/* The metric that the worst incident is about, else the throughput. */
static const struct metric *telling_metric(const struct incident *worst) {
        for (size_t i = 0; worst && i < worst->finding.n_evidence; i++) {
                const struct evidence *e = &worst->finding.evidence[i];
                const struct metric *m = e->metric && !e->dimensions ? metric_find(e->metric, e->statistic) : NULL;
                if (m && strcmp(e->kind, "metric") == 0)
                        return m;
        }
        return metric_find(sources[RECORDS_IN].metric, NULL);
}

/* The largest value of each step up to now; null where there is none. */
static void write_spark(const struct window *window, const struct metric *metric, struct jsonw *w) {
        const struct series_view *s = window_find(window, metric->name, metric->statistic);
        int64_t from_s = window->now_s - SPARK_POINTS * SPARK_STEP_S;
        size_t i = s ? series_from(s, from_s) : 0;
        jsonw_member_string(w, "spark_metric", metric->name);
        jsonw_key(w, "spark");
        jsonw_array(w);
        for (int k = 0; k < SPARK_POINTS; k++) {
                double value = NAN;
                for (; s && i < s->n_samples && s->samples[i].at_s < from_s + (k + 1) * SPARK_STEP_S; i++)
                        value = fmax(value, s->samples[i].value);
                write_number(w, value);
        }
        jsonw_array_end(w);
}

int figures_write(struct rpc_question *q, const struct application *a, const struct incident *worst, struct jsonw *w) {
        SCOPED(window_free) struct window *window = NULL;
        const struct metric *telling = telling_metric(worst);
        int64_t telling_span_s = SPARK_POINTS * SPARK_STEP_S;
        struct window_need needs[N_FIGURES + 1];
        size_t n = 0;
        for (size_t i = 0; i < N_FIGURES; i++) {
                const struct metric *m = metric_find(sources[i].metric, NULL);
                if (m == telling && sources[i].span_s > telling_span_s)
                        telling_span_s = sources[i].span_s;
                if (m && m != telling)
                        needs[n++] = (struct window_need){m, sources[i].span_s, sources[i].only_newest};
        }
        needs[n++] = (struct window_need){.metric = telling, .span_s = telling_span_s};
        const struct window_spec spec = {.target = a->target,
                                         .application = a->name,
                                         .now_s = q->now_s,
                                         .settled_before_s = q->now_s,
                                         .only_samples = true,
                                         .needs = needs,
                                         .n_needs = n};
        int r = store_read_window(q->host->store, &spec, &window);
        if (r < 0)
                return r;
        write_figures(a, window, w);
        write_spark(window, telling, w);
        return 0;
}
