/* SPDX-License-Identifier: Apache-2.0 */
/* CPUs at their limit for long enough that it is no spike, on a job that neither restarts nor is being scaled; below the limit, for longer,
 * a signal that it will want more KPUs before it grows. */
#include <math.h>
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { LIMIT, PERIODS, PERIOD, AUTOSCALING, SCALE_LIMIT, SCALE_AFTER };
enum { LOOK_BACK_S = 6 * 3600, AUTOSCALING_ACTS_PCT = 75, IDLE_MS = 500 };

static const struct param params[] = {
        {"limit", PARAM_PCT, 80, 1, 100, "CPU above this"},
        {"periods", PARAM_COUNT, 3, 2, 60, "periods in a row; less than ten minutes in all would be a spike"},
        {"period", PARAM_DURATION, 300, 300, 3600, "length of a period; most of its samples must be above"},
        {"autoscaling", PARAM_DURATION, 2700, 0, 86400, "with autoscaling on, give it this long to help itself"},
        {"scale_limit", PARAM_PCT, 70, 1, 100, "CPU above this is a signal to scale up, told as a remark"},
        {"scale_after", PARAM_DURATION, 1800, 600, 86400, "when it lasts this long; less would be a spike"},
        {0},
};

static const struct series_need needs[] = {
        {"containerCPUUtilization", NULL, LOOK_BACK_S, true},
        {"cpuUtilization", NULL, LOOK_BACK_S, true},
        {"fullRestarts", NULL, 7200, true},
        {"numRestarts", NULL, 7200, true},
        {"uptime", NULL, 7200, true},
        {"runningTime", NULL, 7200, true},
        {"idleTimeMsPerSecond", NULL, 3600, true},
        {0},
};

/* How much even the least idle operator idles, in ms a second; NaN: not known. Busy CPUs under idle operators do something else. */
static double idle_ms(const struct window *w) {
        double least = NAN;
        for (size_t i = 0; i < w->n_series; i++)
                if (strcmp(w->series[i].metric->name, "idleTimeMsPerSecond") == 0)
                        least = fmin(least, series_recent(w, &w->series[i], 1800, 0.5, 5));
        return least;
}

/* What the KPUs of a combined update cost, no further than the source can be read in parallel. */
static void advise(const struct window *w, struct findings *out, struct finding *f) {
        int64_t kpus = application_kpus(w->application), more = kpus * 2;
        double idle = idle_ms(w);
        if (idle > IDLE_MS)
                finding_advise(
                        out, f,
                        "More KPUs will not help: each operator idles at least %.0f ms of each second while the CPUs are busy, so they are spent "
                        "outside of them, by clients that retry or poll a slow sink or API, or by collection. Batch the calls, or make them "
                        "asynchronous (AsyncDataStream).",
                        idle);
        else if (kpus > 0)
                finding_advise(
                        out, f,
                        "Raise the parallelism from %d to %d KPUs in one combined update: about $%.0f a month more ($%.0f in all); no further "
                        "than the source has shards or partitions.%s",
                        (int)kpus, (int)more, kpu_usd_per_month((double)(more - kpus)),
                        kpu_usd_per_month((double)(more + 1)), kpu_quota_note(more));
        finding_advise(
                out, f,
                "Before that, take a flame graph in the Flink dashboard: Kryo serialization, JSON parsing per record and regular expressions "
                "are the usual spenders, and cheaper to mend.");
}

static void report(const struct window *w, const struct series_view *s, const struct periods *p, double limit,
                   struct findings *out) {
        struct finding *f = findings_add(out, "cpu_saturation", SEVERITY_WARNING, CONFIDENCE_HIGH, p->onset_s);
        finding_title(out, f, "CPU at %.0f %%", p->typical);
        finding_summary(
                out, f, "%s is at %.0f %% (limit %.0f %%), above it since %s.%s", s->metric->name, p->typical, limit,
                phrase_time(p->onset_s).text,
                w->application->is_autoscaling
                        ? " Autoscaling is on and has not helped: it may be at its quota, or the load is in one subtask."
                        : " Autoscaling is off.");
        advise(w, out, f);
        finding_evidence_sample(out, f, s, p->peak, limit);
}

static void report_scale_up(const struct window *w, const struct series_view *s, const struct periods *p,
                            const double *settings, struct findings *out) {
        const struct application *a = w->application;
        struct finding *f = findings_add(out, "cpu_saturation", SEVERITY_INFO, CONFIDENCE_HIGH, p->onset_s);
        finding_subject(out, f, "scale_up");
        finding_title(out, f, "CPU at %.0f %%: time to scale up", p->typical);
        finding_summary(
                out, f,
                "%s is at %.0f %%, above %.0f %% since %s: there is little room for a peak or for catching up after a restart.%s",
                s->metric->name, p->typical, settings[SCALE_LIMIT], phrase_time(p->onset_s).text,
                !a->is_autoscaling                  ? " Autoscaling is off."
                : p->typical > AUTOSCALING_ACTS_PCT ? " Autoscaling is on and has not helped."
                                                    : " Autoscaling is on, but acts only above 75 %.");
        advise(w, out, f);
        finding_evidence_sample(out, f, s, p->peak, settings[SCALE_LIMIT]);
}

/* Neither on a job that catches up after a restart or a change, nor while autoscaling still may act. */
static bool is_guarded(const struct window *w, const struct series_view *s, const struct periods *p,
                       const double *settings) {
        int64_t until_s = series_until_s(w, s);
        bool may_help_itself = w->application->is_autoscaling && (double)(until_s - p->onset_s) < settings[AUTOSCALING];
        return may_help_itself || job_is_catching_up(w, until_s);
}

/* Too long above scale_limit, though not above the limit itself, and all that time at the usual load. */
static void look_for_scale_up(const struct window *w, const struct series_view *s, const double *settings,
                              struct findings *out) {
        double slack = window_prior(w, "cpu_saturation", "scale_up") ? 5 : 0;
        size_t n = (size_t)ceil(settings[SCALE_AFTER] / settings[PERIOD]);
        struct periods p = series_periods(w, s, (int64_t)settings[PERIOD], n, settings[SCALE_LIMIT] - slack);
        int64_t from_s = series_until_s(w, s) - (int64_t)settings[SCALE_AFTER];
        if (p.is_above && !is_guarded(w, s, &p, settings) && !job_is_catching_up(w, from_s))
                report_scale_up(w, s, &p, settings, out);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        static const char *const names[] = {"containerCPUUtilization", "cpuUtilization"};
        if (!application_is_running(w->application) || application_is_changing(w->application))
                return 0;
        double limit = settings[LIMIT] - (window_prior(w, "cpu_saturation", NULL) ? 5 : 0);
        for (size_t i = 0; i < 2; i++) {
                const struct series_view *s = window_find(w, names[i], NULL);
                if (!series_is_fresh(w, s))
                        continue;
                struct periods p = series_periods(w, s, (int64_t)settings[PERIOD], (size_t)settings[PERIODS], limit);
                if (!p.is_known)
                        continue;
                if (!p.is_above)
                        look_for_scale_up(w, s, settings, out);
                else if (!is_guarded(w, s, &p, settings))
                        report(w, s, &p, settings[LIMIT], out);
                return out->failed;
        }
        return JUDGE_BLIND;
}

const struct diagnoser diagnoser_cpu_saturation = {
        .name = "cpu_saturation",
        .help = "the CPUs are at their limit",
        .params = params,
        .needs = needs,
        .judge = judge,
};
