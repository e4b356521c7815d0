/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be seen: metrics that were there yesterday and are missing now while others arrive, or that could not be read. Lowers the
 * confidence of all else. */
#include <math.h>
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { GAP };
enum { HISTORY_S = 86400 };

static const struct param params[] = {
        {"gap", PARAM_DURATION, 1200, 600, 86400, "metrics missing or unread for this long"},
        {0},
};

/* It looks at whatever other diagnosers need. */
static const struct series_need needs[] = {
        {"uptime", NULL, HISTORY_S, true}, {"runningTime", NULL, HISTORY_S, true}, {0}};

/* Published each minute by a running job, so that a gap says something; counters may come only when they are not zero. */
static bool is_steady(const struct series_view *s) {
        return s->metric->level == LEVEL_APPLICATION && !s->metric->is_counter && s->metric->period_s == 60 &&
               s->dimensions[0] == '\0' && s->n_samples > 30;
}

struct gaps {
        size_t n_steady, n_missing, n_unread;
        const struct series_view *first;
        int64_t since_s, unread_since_s;
        bool is_uptime, is_sentinel_unread;
};

static struct gaps find_gaps(const struct window *w, double gap_s) {
        struct gaps g = {0};
        for (size_t i = 0; i < w->n_series; i++) {
                const struct series_view *s = &w->series[i];
                if (!is_steady(s))
                        continue;
                int64_t until_s = series_until_s(w, s), last_s = s->samples[s->n_samples - 1].at_s + 60;
                g.n_steady++;
                /* Only sentinels are read each time; of the others a fresh reading is not due yet. */
                bool is_late = s->metric->tier == TIER_SENTINEL ? (double)(w->to_s - s->read_until_s) > gap_s
                                                                : !series_is_fresh(w, s);
                bool is_unread = s->read_until_s > 0 && is_late;
                g.is_sentinel_unread = g.is_sentinel_unread || (is_late && s->metric->tier == TIER_SENTINEL);
                g.n_unread += is_unread;
                if (is_unread && (g.unread_since_s == 0 || s->read_until_s < g.unread_since_s))
                        g.unread_since_s = s->read_until_s;
                if (is_unread || (double)(until_s - last_s) <= gap_s)
                        continue;
                if (g.n_missing++ == 0 || last_s < g.since_s) {
                        g.first = s;
                        g.since_s = last_s;
                }
                g.is_uptime = g.is_uptime || strcmp(s->metric->name, "uptime") == 0 ||
                              strcmp(s->metric->name, "runningTime") == 0;
        }
        return g;
}

static void report_unread(const struct window *w, const struct gaps *g, struct findings *out) {
        struct finding *f = findings_add(out, "telemetry_gap", SEVERITY_INFO, CONFIDENCE_HIGH, g->unread_since_s);
        finding_title(out, f, "Metrics not read for %s", phrase_span((double)(w->to_s - g->unread_since_s)).text);
        finding_summary(
                out, f,
                "%zu of %zu metrics could not be read since %s: what happened since is unknown, and all else is judged with lower "
                "confidence.",
                g->n_unread, g->n_steady, phrase_time(g->unread_since_s).text);
        finding_advise(
                out, f,
                "Run flinkwatchctl doctor: it names the permission, endpoint or limit that GetMetricData runs into.");
}

static void report_missing(const struct window *w, const struct gaps *g, struct findings *out) {
        struct finding *f = findings_add(out, "telemetry_gap", g->is_uptime ? SEVERITY_WARNING : SEVERITY_INFO,
                                         CONFIDENCE_MEDIUM, g->since_s);
        f->is_expected = change_explains(w, w->to_s, SETTLING_S, NULL);
        finding_title(out, f, "%zu of %zu metrics missing", g->n_missing, g->n_steady);
        finding_summary(
                out, f,
                "%zu of the %zu metrics that the application published before are missing, first %s since %s, while others arrive. "
                "What they would show is unknown, and all else is judged with lower confidence.",
                g->n_missing, g->n_steady, g->first->metric->name, phrase_time(g->since_s).text);
        finding_advise(
                out, f,
                "Compare the application's MonitoringConfiguration with yesterday's: a change of the metrics level or of operator names "
                "ends series; a job whose tasks do not run stops publishing theirs.");
        finding_evidence_sample(out, f, g->first, g->first->samples[g->first->n_samples - 1], NAN);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        if (!application_is_running(w->application) || application_is_changing(w->application))
                return 0;
        struct gaps g = find_gaps(w, settings[GAP]);
        if (g.n_steady == 0)
                return JUDGE_BLIND;
        if (g.is_sentinel_unread || g.n_unread * 2 > g.n_steady)
                report_unread(w, &g, out);
        else if (g.n_missing > 0 && g.n_missing < g.n_steady)
                report_missing(w, &g, out);
        return out->failed;
}

const struct diagnoser diagnoser_telemetry_gap = {
        .name = "telemetry_gap",
        .help = "metrics are missing or could not be read",
        .params = params,
        .needs = needs,
        .judge = judge,
};
