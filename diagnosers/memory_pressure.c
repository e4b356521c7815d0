/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and disk that run out: heap, container memory and running storage over their limits, threads that leak. The heap's floor after
 * collections tells when it will be full. */
#include <math.h>
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { HEAP_WARNING, HEAP_CRITICAL, CONTAINER, DISK, PERIODS, PERIOD, THREADS };
enum { TREND_S = 6 * 3600, FLOOR_STEP_S = 1800, DAY_S = 86400, KEEP_S = 3600 };

static const struct param params[] = {
        {"heap_warning", PARAM_PCT, 80, 1, 100, "heap above this"},
        {"heap_critical", PARAM_PCT, 90, 1, 100, "heap above this: an OutOfMemoryError is near"},
        {"container", PARAM_PCT, 85, 1, 100, "container memory above this"},
        {"disk", PARAM_PCT, 80, 1, 100, "running storage above this"},
        {"periods", PARAM_COUNT, 3, 1, 60, "periods in a row"},
        {"period", PARAM_DURATION, 300, 60, 3600, "length of a period; most of its samples must be above"},
        {"threads", PARAM_RATIO, 1.5, 1.05, 100, "threads that grew to this multiple within a day leak"},
        {0},
};

static const struct series_need needs[] = {
        {"heapMemoryUtilization", NULL, TREND_S, false},
        {"containerMemoryUtilization", NULL, TREND_S, true},
        {"containerDiskUtilization", NULL, TREND_S, true},
        {"threadsCount", NULL, DAY_S, true},
        {0},
};

/* Seconds until the q-th part of each half hour reaches `level`; INFINITY when it does not rise. */
static double full_in_s(const struct window *w, const struct series_view *s, double q, double level) {
        int64_t until_s = series_until_s(w, s);
        struct rise r = series_rise(s, until_s - TREND_S, until_s, TREND_S / FLOOR_STEP_S, q);
        if (!r.is_known || r.n_steps < TREND_S / FLOOR_STEP_S * 3 / 4 || r.line.slope_per_s <= 0 ||
            r.line.correlation < 0.9)
                return INFINITY;
        return fmax(0, (level - line_at(&r.line, until_s)) / r.line.slope_per_s);
}

/* A heap is full and collected by turns: one that was told of is over only when most of an hour was below. A deploy begins anew. */
static bool is_kept(const struct window *w, const struct series_view *heap, const struct prior *prior, double limit,
                    struct periods *ret) {
        int64_t until_s = series_until_s(w, heap), from_s = until_s - KEEP_S;
        if (!prior || change_explains(w, until_s, KEEP_S / 2, NULL))
                return false;
        double typical = series_quantile(heap, from_s, until_s, 0.75, KEEP_S / 120);
        if (!(typical > limit))
                return false;
        *ret = (struct periods){.is_known = true, .is_above = true, .onset_s = prior->onset_s, .typical = typical};
        for (size_t i = series_from(heap, from_s); i < heap->n_samples; i++)
                if (heap->samples[i].value > ret->peak.value)
                        ret->peak = heap->samples[i];
        return true;
}

static void advise_memory(const struct window *w, bool is_heap, struct findings *out, struct finding *f) {
        const struct application *a = w->application;
        int64_t kpus = application_kpus(a),
                parallelism = a->current_parallelism > 0 ? a->current_parallelism : a->parallelism;
        if (a->parallelism_per_kpu > 1)
                finding_advise(
                        out, f,
                        "Lower ParallelismPerKPU from %d to 1: each slot then has the 3 GB of heap of a whole KPU; with the parallelism of %d "
                        "that is %d KPUs instead of %d, about $%.0f a month more.",
                        (int)a->parallelism_per_kpu, (int)parallelism, (int)parallelism, (int)kpus,
                        kpu_usd_per_month((double)(parallelism - kpus)));
        else if (kpus > 0)
                finding_advise(
                        out, f,
                        "Raise the parallelism from %d to %d: with one slot a KPU, each slot then holds a smaller share of the state (about "
                        "$%.0f a month more).",
                        (int)parallelism, (int)(parallelism + (parallelism + 1) / 2),
                        kpu_usd_per_month((double)((parallelism + 1) / 2)));
        if (is_heap)
                finding_advise(
                        out, f,
                        "Keep state in RocksDB and out of the heap: large windows or caches in operator fields, static collections and big "
                        "broadcast state live on it.");
        else
                finding_advise(
                        out, f,
                        "Native memory is the rest of the container's: bound RocksDB's memory (managed memory) and close native clients and "
                        "their buffers in close().");
}

static void report(const struct window *w, const struct series_view *s, const struct periods *p, double limit,
                   enum severity severity, struct findings *out) {
        bool is_heap = strcmp(s->metric->name, "heapMemoryUtilization") == 0;
        struct finding *f = findings_add(out, "memory_pressure", severity, CONFIDENCE_HIGH, p->onset_s);
        f->is_expected = change_explains(w, p->onset_s, SETTLING_S, NULL) && series_until_s(w, s) - p->onset_s < 1800;
        double full_s = full_in_s(w, s, 0.1, 95);
        bool has_forecast = full_s < 7 * DAY_S;
        char ahead[128] = "";
        if (has_forecast)
                snprintf(ahead, sizeof ahead, " Its floor rises: at this pace it is full in about %s.",
                         phrase_span(full_s).text);
        finding_title(out, f, "%s at %.0f %%%s%s", is_heap ? "Heap" : "Container memory", p->typical,
                      has_forecast ? ", full in about " : "", has_forecast ? phrase_span(full_s).text : "");
        finding_summary(out, f, "%s is at %.0f %% (limit %.0f %%), %.0f %% at its highest, above the limit since %s.%s",
                        s->metric->name, p->typical, limit, p->peak.value, phrase_time(p->onset_s).text, ahead);
        advise_memory(w, is_heap, out, f);
        finding_evidence_sample(out, f, s, p->peak, limit);
}

static void report_disk(const struct window *w, const struct series_view *s, const struct periods *p, double limit,
                        struct findings *out) {
        struct finding *f = findings_add(out, "memory_pressure", SEVERITY_WARNING, CONFIDENCE_HIGH, p->onset_s);
        double full_s = full_in_s(w, s, 0.5, 100);
        finding_subject(out, f, "disk");
        finding_title(out, f, "Running storage at %.0f %%", p->typical);
        finding_summary(out, f, "containerDiskUtilization is at %.0f %% (limit %.0f %%) since %s%s%s.", p->typical,
                        limit, phrase_time(p->onset_s).text, full_s < 14 * DAY_S ? "; full in about " : "",
                        full_s < 14 * DAY_S ? phrase_span(full_s).text : "");
        finding_advise(
                out, f,
                "Each KPU brings 50 GB of running storage: raise the parallelism, or cut the state with a TTL; RocksDB needs room for "
                "compactions beyond the state's own size.");
        finding_evidence_sample(out, f, s, p->peak, limit);
}

/* Threads that only ever become more: by the medians of four quarters of a day. */
static void look_at_threads(const struct window *w, double ratio, struct findings *out) {
        const struct series_view *s = window_find(w, "threadsCount", NULL);
        double quarter[4];
        if (!series_is_fresh(w, s) || s->n_samples == 0)
                return;
        int64_t until_s = series_until_s(w, s);
        double now = series_quantile(s, until_s - 1800, until_s, 0.5, 5);
        if (!(now - series_quantile(s, until_s - DAY_S, until_s - DAY_S + 1800, 0.5, 5) >= 50))
                return;
        for (int i = 0; i < 4; i++) {
                int64_t from_s = until_s - DAY_S + i * DAY_S / 4;
                quarter[i] = series_quantile(s, from_s, from_s + DAY_S / 4, 0.5, 60);
                if (isnan(quarter[i]) || (i > 0 && quarter[i] <= quarter[i - 1]))
                        return;
        }
        if (!(now >= ratio * quarter[0]) || now - quarter[0] < 50)
                return;
        struct finding *f = findings_add(out, "memory_pressure", SEVERITY_WARNING, CONFIDENCE_MEDIUM,
                                         until_s - DAY_S > s->samples[0].at_s ? until_s - DAY_S : s->samples[0].at_s);
        finding_subject(out, f, "threads");
        finding_title(out, f, "Threads leak: %.0f, %.0f a day ago", now, quarter[0]);
        finding_summary(
                out, f,
                "threadsCount rose in each quarter of the last day, from %.0f to %.0f: threads are started and never ended, until the "
                "container can start no more.",
                quarter[0], now);
        finding_advise(
                out, f,
                "Create clients and executors in open(), once, and shut them down in close(): a client per record or per restart that is "
                "never closed leaks its threads.");
        finding_evidence_sample(out, f, s, s->samples[s->n_samples - 1], ratio * quarter[0]);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *heap = window_find(w, "heapMemoryUtilization", NULL);
        const struct series_view *container = window_find(w, "containerMemoryUtilization", NULL);
        const struct series_view *disk = window_find(w, "containerDiskUtilization", NULL);
        int64_t period_s = (int64_t)settings[PERIOD];
        size_t n = (size_t)settings[PERIODS];
        if (!application_is_running(w->application))
                return 0;
        if (!series_is_fresh(w, heap))
                return JUDGE_BLIND;
        /* Once open, it stays until the heap is a little below the limit. */
        const struct prior *prior = window_prior(w, "memory_pressure", NULL);
        double slack = prior ? 3 : 0;
        struct periods mild = series_periods(w, heap, period_s, n, settings[HEAP_WARNING] - slack);
        double critical = settings[HEAP_CRITICAL] - (prior && prior->severity == SEVERITY_CRITICAL ? 3 : 0);
        bool is_critical = mild.is_above && series_periods(w, heap, period_s, n, critical).is_above;
        bool is_above = mild.is_above;
        if (!is_critical && is_kept(w, heap, prior, settings[HEAP_WARNING] - slack, &mild)) {
                is_above = true;
                is_critical = prior->severity == SEVERITY_CRITICAL && mild.typical > critical;
        }
        if (is_critical)
                report(w, heap, &mild, settings[HEAP_CRITICAL], SEVERITY_CRITICAL, out);
        else if (is_above)
                report(w, heap, &mild, settings[HEAP_WARNING], SEVERITY_WARNING, out);
        else if (series_is_fresh(w, container)) {
                struct periods p = series_periods(w, container, period_s, n, settings[CONTAINER] - slack);
                if (p.is_above)
                        report(w, container, &p, settings[CONTAINER], SEVERITY_WARNING, out);
        }
        if (series_is_fresh(w, disk)) {
                struct periods p = series_periods(w, disk, period_s, n, settings[DISK]);
                if (p.is_above)
                        report_disk(w, disk, &p, settings[DISK], out);
        }
        look_at_threads(w, settings[THREADS], out);
        if (out->failed)
                return out->failed;
        return mild.is_known ? 0 : JUDGE_BLIND;
}

const struct diagnoser diagnoser_memory_pressure = {
        .name = "memory_pressure",
        .help = "heap, container memory, running storage or threads run out",
        .params = params,
        .needs = needs,
        .judge = judge,
};
