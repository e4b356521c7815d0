/* SPDX-License-Identifier: Apache-2.0 */
/* State that grows day after day, apart from its daily cycle: compares whole days, so that a busy afternoon is no growth. */
#include <math.h>

#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { GROWTH, MINIMUM, DISK_WITHIN };
enum { DAY_S = 86400, DAYS = 3, SAMPLES_MIN = 200 };

static const struct param params[] = {
        {"growth_per_day", PARAM_RATIO, 0.2, 0.01, 100, "share by which the state must grow, two days in a row"},
        {"minimum", PARAM_BYTES, 1073741824, 1048576, 1099511627776, "smaller states may grow"},
        {"disk_within", PARAM_DURATION, 7 * DAY_S, 3600, 90 * DAY_S,
         "a warning when running storage is full within this time"},
        {0},
};

static const struct series_need needs[] = {{"lastCheckpointSize", NULL, DAYS *DAY_S, false}, {0}};

/* The newest day last. False when a day has too few samples. */
static bool measure(const struct series_view *s, int64_t until_s, double floors[DAYS], double middles[DAYS]) {
        for (int d = 0; d < DAYS; d++) {
                int64_t from_s = until_s - (int64_t)(DAYS - d) * DAY_S;
                floors[d] = series_quantile(s, from_s, from_s + DAY_S, 0.05, SAMPLES_MIN);
                middles[d] = series_quantile(s, from_s, from_s + DAY_S, 0.5, SAMPLES_MIN);
                if (isnan(floors[d]) || floors[d] <= 0)
                        return false;
        }
        return true;
}

static bool grows(const double *v, double share) {
        return v[1] >= v[0] * (1 + share) && v[2] >= v[1] * (1 + share);
}

static void report(const struct window *w, const double *settings, const struct series_view *s, const double *middles,
                   struct findings *out) {
        double now = s->samples[s->n_samples - 1].value, per_day = middles[2] - middles[1],
               share = per_day / middles[1];
        double capacity = (double)application_kpus(w->application) * 50 * 1073741824.0;
        double full_s = capacity > 0 ? (capacity - now) / per_day * DAY_S : INFINITY;
        bool is_urgent = full_s < settings[DISK_WITHIN];
        struct finding *f = findings_add(out, "state_growth", is_urgent ? SEVERITY_WARNING : SEVERITY_INFO,
                                         CONFIDENCE_MEDIUM, series_until_s(w, s) - (DAYS - 1) * DAY_S);
        finding_title(out, f, "State grows by %.0f %% a day", 100 * share);
        finding_summary(
                out, f,
                "The size of a checkpoint rose day over day, from %s to %s to %s in the middle of each day, at every hour of it. "
                "It doubles in about %s%s%s.",
                phrase_bytes(middles[0]).text, phrase_bytes(middles[1]).text, phrase_bytes(middles[2]).text,
                phrase_span(log(2) / log1p(share) * DAY_S).text,
                isfinite(full_s) ? " and fills the running storage in about " : "",
                isfinite(full_s) ? phrase_span(fmax(full_s, 0)).text : "");
        finding_advise(
                out, f,
                "Give every keyed state a TTL (StateTtlConfig with cleanupInRocksdbCompactFilter): state without one keeps each key "
                "that was ever seen.");
        finding_advise(
                out, f,
                "Bound what windows and joins keep: an interval join or a session window without an upper bound grows with the "
                "number of its keys.");
        finding_evidence_sample(out, f, s, s->samples[s->n_samples - 1], NAN);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *s = window_find(w, "lastCheckpointSize", NULL);
        double floors[DAYS], middles[DAYS];
        if (!application_is_running(w->application) || !w->application->is_checkpointing)
                return 0;
        if (!series_is_fresh(w, s) || s->n_samples == 0)
                return JUDGE_BLIND;
        if (s->samples[s->n_samples - 1].value < settings[MINIMUM])
                return out->failed;
        if (!measure(s, series_until_s(w, s), floors, middles))
                return JUDGE_BLIND;
        if (grows(floors, settings[GROWTH]) && grows(middles, settings[GROWTH]))
                report(w, settings, s, middles, out);
        return out->failed;
}

const struct diagnoser diagnoser_state_growth = {
        .name = "state_growth",
        .help = "the state grows day after day",
        .params = params,
        .needs = needs,
        .judge = judge,
};
