/* SPDX-License-Identifier: Apache-2.0 */
/* CPUs at their limit for long enough that it is no spike, on a job that neither restarts nor is being scaled. */
#include <math.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { LIMIT, PERIODS, PERIOD, AUTOSCALING };
enum { LOOK_BACK_S = 6 * 3600 };

static const struct param params[] = {
        {"limit", PARAM_PCT, 80, 1, 100, "CPU above this"},
        {"periods", PARAM_COUNT, 3, 2, 60, "periods in a row; less than ten minutes in all would be a spike"},
        {"period", PARAM_DURATION, 300, 300, 3600, "length of a period; most of its samples must be above"},
        {"autoscaling", PARAM_DURATION, 2700, 0, 86400, "with autoscaling on, give it this long to help itself"},
        {0},
};

static const struct series_need needs[] = {
        {"containerCPUUtilization", NULL, LOOK_BACK_S, true},
        {"cpuUtilization", NULL, LOOK_BACK_S, true},
        {"fullRestarts", NULL, 3600, true},
        {"numRestarts", NULL, 3600, true},
        {"uptime", NULL, 3600, true},
        {"runningTime", NULL, 3600, true},
        {0},
};

/* A job that restarted within the half hour before is restoring and catching up. */
static bool has_restarted(const struct window *w, int64_t before_s) {
        const char *const counters[] = {"fullRestarts", "numRestarts"}, *const uptimes[] = {"uptime", "runningTime"};
        for (size_t i = 0; i < 2; i++) {
                const struct series_view *s = window_find(w, counters[i], NULL);
                if (s && counter_increase(s, before_s - 1800, before_s, 600) > 0)
                        return true;
                s = window_find(w, uptimes[i], NULL);
                for (size_t k = s ? series_from(s, before_s - 1800) : 0; s && k < s->n_samples; k++)
                        if (uptime_step(s, k) > 0)
                                return true;
        }
        return false;
}

static void report(const struct window *w, const struct series_view *s, const struct periods *p, double limit,
                   struct findings *out) {
        const struct application *a = w->application;
        int64_t kpus = application_kpus(a), more = kpus * 2;
        struct finding *f = findings_add(out, "cpu_saturation", SEVERITY_WARNING, CONFIDENCE_HIGH, p->onset_s);
        finding_title(out, f, "CPU at %.0f %%", p->typical);
        finding_summary(
                out, f, "%s is at %.0f %% (limit %.0f %%), above it since %s.%s", s->metric->name, p->typical, limit,
                phrase_time(p->onset_s).text,
                a->is_autoscaling
                        ? " Autoscaling is on and has not helped: it may be at its quota, or the load is in one subtask."
                        : " Autoscaling is off.");
        if (kpus > 0)
                finding_advise(
                        out, f,
                        "Raise the parallelism from %d to %d KPUs in one combined update: about $%.0f a month more ($%.0f in all); no further "
                        "than the source has shards or partitions.",
                        (int)kpus, (int)more, kpu_usd_per_month((double)(more - kpus)),
                        kpu_usd_per_month((double)(more + 1)));
        finding_advise(
                out, f,
                "Before that, take a flame graph in the Flink dashboard: Kryo serialization, JSON parsing per record and regular expressions "
                "are the usual spenders, and cheaper to mend.");
        finding_evidence_sample(out, f, s, p->peak, limit);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        static const char *const names[] = {"containerCPUUtilization", "cpuUtilization"};
        bool is_known = false;
        if (!application_is_running(w->application) || application_is_changing(w->application))
                return 0;
        double limit = settings[LIMIT] - (window_prior(w, "cpu_saturation", NULL) ? 5 : 0);
        for (size_t i = 0; i < 2 && !is_known; i++) {
                const struct series_view *s = window_find(w, names[i], NULL);
                if (!series_is_fresh(w, s))
                        continue;
                struct periods p = series_periods(w, s, (int64_t)settings[PERIOD], (size_t)settings[PERIODS], limit);
                is_known = is_known || p.is_known;
                int64_t until_s = series_until_s(w, s), lasts_s = until_s - p.onset_s;
                bool may_help_itself = w->application->is_autoscaling && (double)lasts_s < settings[AUTOSCALING];
                bool is_settling = change_explains(w, until_s - 1800, 1800, NULL) ||
                                   change_explains(w, until_s, 1800, NULL);
                if (!p.is_above || may_help_itself || is_settling || has_restarted(w, until_s))
                        continue;
                report(w, s, &p, settings[LIMIT], out);
        }
        if (out->failed)
                return out->failed;
        return is_known ? 0 : JUDGE_BLIND;
}

const struct diagnoser diagnoser_cpu_saturation = {
        .name = "cpu_saturation",
        .help = "the CPUs are at their limit",
        .params = params,
        .needs = needs,
        .judge = judge,
};
