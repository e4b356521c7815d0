/* SPDX-License-Identifier: Apache-2.0 */
/* Old-generation collection that takes a share of the wall clock, or takes more and more of it: the sign of a leak. */
#include <math.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { WARNING_PCT, CRITICAL_PCT, PERIODS, PERIOD };
enum { TREND_S = 6 * 3600, STEP_S = 1800 };

static const struct param params[] = {
        {"warning_pct", PARAM_PCT, 10, 0.1, 100, "share of the wall clock spent in old-generation collection"},
        {"critical_pct", PARAM_PCT, 50, 0.1, 100, "from this share on the job does next to nothing else"},
        {"periods", PARAM_COUNT, 3, 1, 60, "periods in a row"},
        {"period", PARAM_DURATION, 300, 60, 3600, "length of a period; most of its samples must be above"},
        {0},
};

static const struct series_need needs[] = {
        {"oldGenerationGCTime", NULL, TREND_S, false},
        {"oldGenerationGCCount", NULL, TREND_S, true},
        {"heapMemoryUtilization", NULL, 3600, true},
        {0},
};

static double to_ms(double pct) {
        return pct / 100 * 60000;
}

/* Seconds until the share, if it goes on rising, takes all of the time; INFINITY when it does not rise. */
static double all_in_s(const struct window *w, const struct series_view *s) {
        int64_t until_s = series_until_s(w, s);
        struct rise r = series_rise(s, until_s - TREND_S, until_s, TREND_S / STEP_S, 0.5);
        if (!r.is_known || r.n_steps < TREND_S / STEP_S * 3 / 4 || r.line.slope_per_s <= 0 || r.line.correlation < 0.9)
                return INFINITY;
        return fmax(0, (to_ms(100) - line_at(&r.line, until_s)) / r.line.slope_per_s);
}

static void report(const struct window *w, const struct series_view *s, const struct periods *p, bool is_critical,
                   double limit_ms, struct findings *out) {
        struct finding *f = findings_add(out, "gc_pressure", is_critical ? SEVERITY_CRITICAL : SEVERITY_WARNING,
                                         CONFIDENCE_HIGH, p->onset_s);
        const struct series_view *heap = window_find(w, "heapMemoryUtilization", NULL),
                                 *count = window_find(w, "oldGenerationGCCount", NULL);
        double used = series_recent(w, heap, 900, 0.5, 3), all_s = all_in_s(w, s),
               a_minute = series_recent(w, count, 900, 0.5, 3);
        f->is_expected = change_explains(w, p->onset_s, SETTLING_S, NULL) && series_until_s(w, s) - p->onset_s < 1800;
        char ahead[200] = "", with[64] = "", often[96] = "";
        if (all_s < 7 * 86400)
                snprintf(ahead, sizeof ahead,
                         " It rises steadily, as with a leak: at this pace it takes all of the time in about %s.",
                         phrase_span(all_s).text);
        if (!isnan(used))
                snprintf(with, sizeof with, " The heap is at %.0f %%.", used);
        if (a_minute >= 1)
                snprintf(often, sizeof often, ", in %s collections a minute", phrase_count(a_minute).text);
        finding_title(out, f, "Collection takes %.0f %% of the time", 100 * p->typical / 60000);
        finding_summary(
                out, f, "Old-generation collection takes %.0f %% of the wall clock (limit %.0f %%), since %s%s.%s%s",
                100 * p->typical / 60000, 100 * limit_ms / 60000, phrase_time(p->onset_s).text, often, with, ahead);
        finding_advise(
                out, f,
                "Find what fills the heap: a heap dump of one TaskManager while the collection runs; usual suspects are state on the heap "
                "backend, unbounded collections in operator fields, and records that are buffered before a slow sink.");
        if (w->application->parallelism_per_kpu > 1)
                finding_advise(
                        out, f,
                        "Lower ParallelismPerKPU from %d to 1 meanwhile: each slot gets the whole heap of a KPU.",
                        (int)w->application->parallelism_per_kpu);
        else
                finding_advise(
                        out, f,
                        "Raise the parallelism by half meanwhile (about $%.0f a month more): each TaskManager then holds less.",
                        kpu_usd_per_month((double)(application_kpus(w->application) + 1) / 2));
        finding_evidence_sample(out, f, s, p->peak, limit_ms);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *s = window_find(w, "oldGenerationGCTime", NULL);
        if (!application_is_running(w->application))
                return 0;
        if (!series_is_fresh(w, s))
                return JUDGE_BLIND;
        size_t n = (size_t)settings[PERIODS];
        int64_t period_s = (int64_t)settings[PERIOD];
        /* Once open, it stays, and stays as severe, until the share is well below the limit; it gets worse at the limit alone. */
        const struct prior *prior = window_prior(w, "gc_pressure", NULL);
        double slack = prior ? 0.7 : 1, slack_critical = prior && prior->severity == SEVERITY_CRITICAL ? 0.7 : 1;
        struct periods mild = series_periods(w, s, period_s, n, slack * to_ms(settings[WARNING_PCT]));
        if (mild.is_above) {
                bool is_critical =
                        series_periods(w, s, period_s, n, slack_critical * to_ms(settings[CRITICAL_PCT])).is_above;
                report(w, s, &mild, is_critical, to_ms(settings[is_critical ? CRITICAL_PCT : WARNING_PCT]), out);
        }
        if (out->failed)
                return out->failed;
        return mild.is_known ? 0 : JUDGE_BLIND;
}

const struct diagnoser diagnoser_gc_pressure = {
        .name = "gc_pressure",
        .help = "old-generation collection takes too much of the time",
        .params = params,
        .needs = needs,
        .judge = judge,
};
