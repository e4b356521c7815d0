/* SPDX-License-Identifier: Apache-2.0 */
/* KPUs that are paid for and not used. Only advice: never on a job that restarts, is being changed, lags or holds back. */
#include <math.h>
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { CPU, HEAP, IDLE_FOR };
enum { IDLE_MS = 500, DAY_S = 86400 };

static const struct param params[] = {
        {"cpu", PARAM_PCT, 30, 1, 100, "CPU below this all the time"},
        {"heap", PARAM_PCT, 40, 1, 100, "heap below this most of the time"},
        {"idle_for", PARAM_DURATION, 3600, 1800, 6 * 3600, "for this long"},
        {0},
};

static const struct series_need needs[] = {
        {"containerCPUUtilization", NULL, DAY_S + 3600, false},
        {"heapMemoryUtilization", NULL, 6 * 3600, false},
        {"millisBehindLatest", NULL, 3600, true},
        {"records_lag_max", NULL, 3600, true},
        {"backPressuredTimeMsPerSecond", NULL, 3600, true},
        {"idleTimeMsPerSecond", NULL, 3600, true},
        {"uptime", NULL, 3600, true},
        {"runningTime", NULL, 3600, true},
        {0},
};

/* What of lag and backpressure can be seen: what cannot is not claimed to be absent. */
static const char *describe_sight(const struct window *w, enum confidence *ret) {
        const struct series_view *ms = window_find(w, "millisBehindLatest", NULL),
                                 *records = window_find(w, "records_lag_max", NULL);
        bool sees_lag = series_recent(w, ms, 3600, 0, 1) >= 0 || series_recent(w, records, 3600, 0, 1) >= 0;
        bool sees_waiting = false;
        for (size_t i = 0; i < w->n_series; i++)
                sees_waiting = sees_waiting ||
                               (strcmp(w->series[i].metric->name, "backPressuredTimeMsPerSecond") == 0 &&
                                !isnan(series_recent(w, &w->series[i], 3600, 1, 1)));
        *ret = sees_waiting ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
        if (sees_waiting)
                return sees_lag ? "without lag or backpressure" : "without backpressure; the lag is not known";
        return sees_lag ? "without lag; backpressure cannot be seen at this metrics level"
                        : "the lag is not known, and backpressure cannot be seen at this metrics level";
}

/* Whether something speaks against taking KPUs away. */
static bool is_guarded(const struct window *w) {
        for (size_t i = 0; i < w->n_series; i++) {
                const struct series_view *s = &w->series[i];
                const char *name = s->metric->name;
                double most = 0;
                if (strcmp(name, "backPressuredTimeMsPerSecond") == 0)
                        most = series_recent(w, s, 3600, 1, 1) / 100;
                else if (strcmp(name, "millisBehindLatest") == 0)
                        most = series_recent(w, s, 3600, 1, 1) / 60000;
                else if (strcmp(name, "records_lag_max") == 0)
                        most = series_recent(w, s, 3600, 1, 1) / 10000;
                /* An operator that waits for something outside uses no CPU, and needs its parallelism. */
                bool is_occupied = strcmp(name, "idleTimeMsPerSecond") == 0 &&
                                   series_recent(w, s, 3600, 0.5, 5) < IDLE_MS;
                if (most > 1 || is_occupied)
                        return true;
        }
        const char *const uptimes[] = {"uptime", "runningTime"};
        for (size_t i = 0; i < 2; i++) {
                const struct series_view *s = window_find(w, uptimes[i], NULL);
                const struct sample *last = s ? series_last(w, s, 600) : NULL;
                if (last && last->value < 3600e3)
                        return true;
        }
        return job_is_catching_up(w, w->to_s);
}

/* The CPUs at the day's peak, spikes of less than ten minutes left out: what is idle now must bear that too. */
static double busiest_of_day(const struct window *w, const struct series_view *cpu) {
        int64_t until_s = series_until_s(w, cpu);
        return series_quantile(cpu, until_s - DAY_S, until_s, 1 - 600.0 / DAY_S, 1);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *cpu = window_find(w, "containerCPUUtilization", NULL),
                                 *heap = window_find(w, "heapMemoryUtilization", NULL);
        int64_t kpus = application_kpus(w->application), for_s = (int64_t)settings[IDLE_FOR];
        if (!application_is_running(w->application) || application_is_changing(w->application))
                return 0;
        if (!series_is_fresh(w, cpu) || !series_is_fresh(w, heap))
                return JUDGE_BLIND;
        int64_t until_s = series_until_s(w, cpu);
        size_t enough = (size_t)(for_s / 60 * 3 / 4);
        double most = series_quantile(cpu, until_s - for_s, until_s, 0.98, enough),
               used = series_quantile(heap, until_s - for_s, until_s, 0.9, enough);
        if (isnan(most) || isnan(used))
                return JUDGE_BLIND;
        if (kpus < 2 || most >= settings[CPU] || used >= settings[HEAP] || is_guarded(w))
                return out->failed;
        double peak = fmax(most, busiest_of_day(w, cpu));
        int64_t fewer = (int64_t)ceil((double)kpus * fmax(peak, 5) / 60);
        if (fewer >= kpus)
                return out->failed;
        enum confidence confidence;
        const char *sight = describe_sight(w, &confidence);
        struct finding *f = findings_add(out, "overprovisioned", SEVERITY_INFO, confidence, until_s - for_s);
        finding_title(out, f, "%d KPUs where %d would do", (int)kpus, (int)fewer);
        finding_summary(
                out, f,
                "In the last %s the CPUs were at most at %.0f %% in 98 of 100 minutes (limit %.0f %%) and the heap mostly below %.0f %%, "
                "%s. %d KPU%s would run at about %.0f %% CPU in the busiest minutes of the last day, for $%.0f a month less ($%.0f instead of "
                "$%.0f).",
                phrase_span((double)for_s).text, most, settings[CPU], used, sight, (int)fewer, fewer == 1 ? "" : "s",
                peak * (double)kpus / (double)fewer, kpu_usd_per_month((double)(kpus - fewer)),
                kpu_usd_per_month((double)fewer + 1), kpu_usd_per_month((double)kpus + 1));
        finding_advise(
                out, f,
                "If no day of its week is busier: lower the parallelism to %d in the next planned update. It restarts the job, so "
                "combine it with others.",
                (int)(fewer * (w->application->parallelism_per_kpu > 0 ? w->application->parallelism_per_kpu : 1)));
        finding_evidence_sample(out, f, cpu, cpu->samples[cpu->n_samples - 1], settings[CPU]);
        finding_evidence_sample(out, f, heap, heap->samples[heap->n_samples - 1], settings[HEAP]);
        return out->failed;
}

const struct diagnoser diagnoser_overprovisioned = {
        .name = "overprovisioned",
        .help = "more KPUs than the load needs",
        .params = params,
        .needs = needs,
        .judge = judge,
};
