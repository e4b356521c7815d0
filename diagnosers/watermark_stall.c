/* SPDX-License-Identifier: Apache-2.0 */
/* Event time that stands still, or falls further and further behind the clock, while records arrive: windows do not close. */
#include <math.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { STALLED, BEHIND };
enum { LOOK_BACK_S = 86400, OPEN_WITHIN_S = 1200 };

static const struct param params[] = {
        {"stalled", PARAM_DURATION, 1200, 300, 86400, "a watermark that has not moved for this long"},
        {"behind", PARAM_DURATION, 1800, 60, 30 * 86400,
         "or one that is further behind the clock than usual by this, and drifts"},
        {0},
};

static const struct series_need needs[] = {
        {"currentOutputWatermark", NULL, LOOK_BACK_S, false},
        {"numRecordsInPerSecond", NULL, 3600, true},
        {"millisBehindLatest", NULL, 3600, true},
        {0},
};

/* Long.MIN_VALUE until the first event, and Long.MAX_VALUE at the end of a bounded source, are no watermarks. */
static bool is_watermark(double ms) {
        return ms > 9.4e11 && ms < 4.2e12;
}

static double behind_s(struct sample s) {
        return (double)(s.at_s + 60) - s.value / 1000;
}

struct course {
        int64_t still_since_s;
        double now_s, half_hour_ago_s, usual_s; /* behind the clock; NaN: unknown */
};

static double behind_quantile(const struct series_view *s, int64_t from_s, int64_t to_s) {
        double values[64];
        size_t n = 0, first = series_from(s, from_s), end = series_from(s, to_s), stride = (end - first) / 64 + 1;
        for (size_t i = first; i < end; i += stride)
                if (is_watermark(s->samples[i].value))
                        values[n++] = behind_s(s->samples[i]);
        return n < 3 ? NAN : quantile(values, n, 0.5);
}

static struct course look(const struct window *w, const struct series_view *s) {
        int64_t until_s = series_until_s(w, s);
        size_t i = s->n_samples - 1;
        while (i > 0 && s->samples[i - 1].value == s->samples[s->n_samples - 1].value)
                i--;
        return (struct course){
                .still_since_s = s->samples[i].at_s,
                .now_s = behind_s(s->samples[s->n_samples - 1]),
                .half_hour_ago_s = behind_quantile(s, until_s - 2400, until_s - 1500),
                .usual_s = behind_quantile(s, until_s - LOOK_BACK_S, until_s - 3 * 3600),
        };
}

static void report(const struct window *w, const struct series_view *s, const struct course *c, bool is_still,
                   double limit_s, struct findings *out) {
        int64_t onset_s = is_still ? c->still_since_s : series_until_s(w, s) - 1800;
        struct finding *f = findings_add(out, "watermark_stall", SEVERITY_WARNING,
                                         isnan(c->usual_s) ? CONFIDENCE_MEDIUM : CONFIDENCE_HIGH, onset_s);
        f->is_expected = change_explains(w, onset_s, SETTLING_S, NULL) && w->to_s - onset_s < 2400;
        finding_title(out, f, is_still ? "Event time stands still for %s" : "Event time %s behind and drifting",
                      phrase_span(is_still ? (double)(series_until_s(w, s) - onset_s) : c->now_s).text);
        finding_summary(
                out, f,
                "currentOutputWatermark is %s behind the clock%s%s, and %s, while records arrive: windows do not close and event-time "
                "timers do not fire.",
                phrase_span(c->now_s).text, isnan(c->usual_s) ? "" : ", usually ",
                isnan(c->usual_s) ? "" : phrase_span(fmax(c->usual_s, 0)).text,
                is_still ? "has not moved" : "falls further behind");
        finding_advise(
                out, f,
                "Give the watermark strategy withIdleness(): one shard or partition without records holds the watermark of the whole job.");
        finding_advise(
                out, f,
                "If no partition is idle: look for records with timestamps far in the past, and bound out-of-orderness in the strategy.");
        finding_evidence_sample(out, f, s, s->samples[s->n_samples - 1],
                                ((double)s->samples[s->n_samples - 1].at_s - limit_s) * 1000);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *s = window_find(w, "currentOutputWatermark", NULL),
                                 *in = window_find(w, "numRecordsInPerSecond", NULL);
        if (!application_is_running(w->application))
                return 0;
        const struct sample *last = s ? series_last(w, s, 600) : NULL;
        if (!last || !is_watermark(last->value))
                return JUDGE_BLIND;
        /* Did records arrive while it stood? The two are read at different times: look at the watermark's. */
        int64_t until_s = series_until_s(w, s);
        if (!window_prior(w, "watermark_stall", NULL) && w->now_s - until_s > OPEN_WITHIN_S)
                return JUDGE_BLIND; /* a cause may have come and gone since */
        double rate = series_is_fresh(w, in) ? series_quantile(in, until_s - 1200, until_s, 0.2, 3) : NAN;
        if (!(rate > 0)) /* without records it is right that it stands; without the rate nobody can tell */
                return isnan(rate) ? JUDGE_BLIND : out->failed;
        struct course c = look(w, s);
        double still_s = (double)(series_until_s(w, s) - c.still_since_s),
               usual_s = isnan(c.usual_s) ? 0 : fmax(c.usual_s, 0);
        bool is_still = still_s >= settings[STALLED];
        bool is_kept = window_prior(w, "watermark_stall", NULL) && c.now_s > usual_s + settings[BEHIND] / 2 &&
                       c.now_s >= c.half_hour_ago_s - 60;
        bool is_drifting = c.now_s > usual_s + settings[BEHIND] && c.now_s > c.half_hour_ago_s + 300;
        if (is_still || is_drifting || is_kept)
                report(w, s, &c, is_still, usual_s + settings[BEHIND], out);
        return out->failed;
}

const struct diagnoser diagnoser_watermark_stall = {
        .name = "watermark_stall",
        .help = "event time stands still or drifts while records arrive",
        .params = params,
        .needs = needs,
        .judge = judge,
};
