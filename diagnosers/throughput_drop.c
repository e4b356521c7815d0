/* SPDX-License-Identifier: Apache-2.0 */
/* Far fewer records than this application has at this time of the day: against its own history, so that a night is no drop. */
#include <math.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { RATIO, DROP_FOR, MINIMUM };
enum { DAY_S = 86400, DAYS = 7, DAYS_MIN = 2, AROUND_S = 1800, LIFE_S = 1800, DAY_SAMPLES_MIN = 20 };
enum { SPAN_S = (DAYS_MIN + 1) * DAY_S, LOOK_BACK_S = (DAYS + 1) * DAY_S };

static const struct param params[] = {
        {"ratio", PARAM_RATIO, 0.5, 0.01, 0.99, "share of the least usual rate below which it is a drop"},
        {"drop_for", PARAM_DURATION, 1800, 300, 86400, "for this long"},
        {"minimum", PARAM_PER_S, 1, 0, 1e9, "applications that usually have fewer records a second are left alone"},
        {0},
};

/* Of the healthy many two days are looked at; what seems to be a drop has the rest read. */
static const struct series_need needs[] = {
        {"numRecordsInPerSecond", NULL, SPAN_S, false},
        {"millisBehindLatest", NULL, 3600, true},
        {0},
};

struct usual {
        double least; /* of the days' medians at this hour */
        int n_days;
        bool is_cut; /* of days that were looked for there may be more than was read */
};

/* Without sorting: of the healthy many no more is asked. -1 when there are too few samples. */
static int is_median_at_most(const struct series_view *s, int64_t from_s, int64_t to_s, double limit) {
        size_t n = 0, n_at_most = 0;
        for (size_t i = series_from(s, from_s); i < s->n_samples && s->samples[i].at_s < to_s; i++, n++)
                n_at_most += s->samples[i].value <= limit;
        return n < DAY_SAMPLES_MIN ? -1 : n_at_most > (n - 1) / 2;
}

/* Goes on only while the rate would be a drop against each day so far: the healthy many need two days. */
static struct usual look_back(const struct window *w, const struct series_view *s, int64_t for_s, double low) {
        struct usual u = {.least = INFINITY};
        int64_t until_s = series_until_s(w, s), first_s = s->samples[0].at_s;
        for (int d = 1; d <= DAYS && (u.n_days < DAYS_MIN || low < u.least); d++) {
                int64_t to_s = until_s - d * DAY_S;
                int64_t from_s = to_s - for_s - AROUND_S;
                u.is_cut = s->has_older && from_s < first_s;
                int is_no_drop = is_median_at_most(s, from_s, to_s + AROUND_S, low);
                double typical = is_no_drop > 0    ? -INFINITY
                                 : is_no_drop == 0 ? series_quantile(s, from_s, to_s + AROUND_S, 0.5, DAY_SAMPLES_MIN)
                                                   : NAN;
                if (isnan(typical))
                        continue;
                u.least = fmin(u.least, typical);
                u.n_days++;
        }
        return u;
}

/* Start of the run of minutes below the limit; single minutes above do not end it. */
static int64_t find_onset(const struct series_view *s, double limit) {
        int64_t onset_s = 0;
        int n_above = 0;
        for (size_t i = s->n_samples; i-- > 0 && n_above < 3;) {
                n_above = s->samples[i].value >= limit ? n_above + 1 : 0;
                if (n_above == 0)
                        onset_s = s->samples[i].at_s;
        }
        return onset_s;
}

static void report(const struct window *w, const double *settings, const struct series_view *s, const struct usual *u,
                   double now, struct findings *out) {
        double limit = settings[RATIO] * u->least;
        int64_t onset_s = find_onset(s, limit);
        if (onset_s == 0) /* the last minutes are usual again */
                return;
        struct finding *f = findings_add(out, "throughput_drop", SEVERITY_WARNING,
                                         u->n_days >= 4 ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM, onset_s);
        f->is_expected = change_explains(w, onset_s, SETTLING_S, NULL) &&
                         w->to_s - onset_s < LIFE_S + (int64_t)settings[DROP_FOR];
        const struct series_view *lag = window_find(w, "millisBehindLatest", NULL);
        const struct sample *behind = lag ? series_last(w, lag, 900) : NULL;
        bool is_upstream = behind && behind->value >= 0 && behind->value < 60000;
        finding_title(out, f, "%s records/s, usually %s", phrase_count(now).text, phrase_count(u->least).text);
        finding_summary(
                out, f,
                "In the last %s %s records a second came in; at this time of day it was never below %s on the last %d days (limit %.0f %% of "
                "that). Since %s.%s",
                phrase_span(settings[DROP_FOR]).text, phrase_count(now).text, phrase_count(u->least).text, u->n_days,
                100 * settings[RATIO], phrase_time(onset_s).text,
                is_upstream ? " The source is not behind: less is being sent to the stream." : "");
        if (is_upstream)
                finding_advise(
                        out, f,
                        "Ask the producers: IncomingRecords of the stream shows when they began to send less; the application itself keeps up.");
        else
                finding_advise(
                        out, f,
                        "Compare IncomingRecords of the stream with what the application reads: when only the latter fell, the source is throttled "
                        "(ReadProvisionedThroughputExceeded) or lost its shards after a resharding (restart the job once).");
        finding_evidence_sample(out, f, s, s->samples[s->n_samples - 1], limit);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *s = window_find(w, "numRecordsInPerSecond", NULL);
        int64_t for_s = (int64_t)settings[DROP_FOR];
        if (!application_is_running(w->application))
                return 0;
        if (!series_is_fresh(w, s))
                return JUDGE_BLIND;
        int64_t until_s = series_until_s(w, s);
        double now = series_quantile(s, until_s - for_s, until_s, 0.9, (size_t)(for_s / 120));
        if (isnan(now))
                return JUDGE_BLIND;
        double ratio = settings[RATIO] * (window_prior(w, "throughput_drop", NULL) ? 1.2 : 1);
        struct usual u = look_back(w, s, for_s, now / ratio);
        if (u.is_cut)
                findings_want_samples(out, "numRecordsInPerSecond", w->now_s - LOOK_BACK_S, s->samples[0].at_s);
        if (u.n_days < DAYS_MIN)
                return JUDGE_BLIND;
        if (u.least >= settings[MINIMUM] && now < ratio * u.least)
                report(w, settings, s, &u, now, out);
        return out->failed;
}

const struct diagnoser diagnoser_throughput_drop = {
        .name = "throughput_drop",
        .help = "far fewer records than usual at this time of day",
        .params = params,
        .needs = needs,
        .judge = judge,
};
