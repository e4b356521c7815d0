/* SPDX-License-Identifier: Apache-2.0 */
/* Event time that stands still, or falls further and further behind the clock, while records arrive: windows do not close. And event time
 * that runs ahead of the records: those that come late are dropped for good. */
#include <math.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { STALLED, BEHIND, LATE, LATE_FOR };
enum { LOOK_BACK_S = 86400, OPEN_WITHIN_S = 1200, PARTS = 6, BEFORE_S = 3600, BEFORE_MIN = 30, AHEAD_S = 600 };

static const struct param params[] = {
        {"stalled", PARAM_DURATION, 1200, 300, 86400, "a watermark that has not moved for this long"},
        {"behind", PARAM_DURATION, 1800, 60, 30 * 86400,
         "or one that is further behind the clock than usual by this, and drifts"},
        {"late", PARAM_COUNT, 100, 1, 1e9,
         "so many records dropped as late within late_for, beyond three times what is usual"},
        {"late_for", PARAM_DURATION, 1800, 600, 21600,
         "span in which they are counted; one burst in it is not a finding"},
        {0},
};

static const struct series_need needs[] = {
        {"currentOutputWatermark", NULL, LOOK_BACK_S, true},
        {"currentInputWatermark", NULL, 7200, true},
        {"numRecordsInPerSecond", NULL, 3600, true},
        {"millisBehindLatest", NULL, 3600, true},
        {"numLateRecordsDropped", NULL, LOOK_BACK_S, true},
        {"fullRestarts", NULL, 7200, true},
        {"numRestarts", NULL, 7200, true},
        {"uptime", NULL, 7200, true},
        {"runningTime", NULL, 7200, true},
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
        double at_first_s;                      /* so was what it is now, when it was new */
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
        const struct prior *prior = window_prior(w, "watermark_stall", NULL);
        size_t i = s->n_samples - 1;
        while (i > 0 && s->samples[i - 1].value == s->samples[s->n_samples - 1].value)
                i--;
        /* What is usual was before this began. */
        int64_t usual_until_s = until_s - 3 * 3600;
        if (prior && prior->onset_s < usual_until_s)
                usual_until_s = prior->onset_s;
        return (struct course){
                .still_since_s = s->samples[i].at_s,
                .now_s = behind_s(s->samples[s->n_samples - 1]),
                .at_first_s = behind_s(s->samples[i]),
                .half_hour_ago_s = behind_quantile(s, until_s - 2400, until_s - 1500),
                .usual_s = behind_quantile(s, until_s - LOOK_BACK_S, usual_until_s),
        };
}

/* It was ahead of the clock when it came, though not of habit, as producers are that write local time. */
static bool is_ahead(const struct course *c) {
        return c->at_first_s < -AHEAD_S && (isnan(c->usual_s) || c->at_first_s < c->usual_s - AHEAD_S);
}

static void advise_on_future(struct findings *out, struct finding *f) {
        finding_advise(
                out, f,
                "Look for the record whose timestamp lies in the future: one is enough. Let the timestamp assigner bound what it believes to "
                "the clock plus a few minutes, and send the rest aside.");
        finding_advise(
                out, f,
                "Then start the job from a snapshot before this began: the watermark never goes back, and until the clock has caught up with it "
                "whatever arrives is late.");
}

static void advise_on_stall(struct findings *out, struct finding *f) {
        finding_advise(
                out, f,
                "Give the watermark strategy withIdleness(): one shard or partition without records holds the watermark of the whole job.");
        finding_advise(
                out, f,
                "If no partition is idle: look for records with timestamps far in the past, and bound out-of-orderness in the strategy.");
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
                out, f, "%s is %s %s the clock%s%s%s, and %s, while records arrive: %s", s->metric->name,
                phrase_span(fabs(c->now_s)).text, c->now_s < 0 ? "ahead of" : "behind",
                isnan(c->usual_s) ? "" : ", usually ", isnan(c->usual_s) ? "" : phrase_span(fabs(c->usual_s)).text,
                isnan(c->usual_s) ? ""
                : c->usual_s < 0  ? " ahead"
                                  : " behind",
                is_still ? "has not moved" : "falls further behind",
                is_ahead(c) ? "a record from the future carried it there, and those of today are dropped as late."
                            : "windows do not close and event-time timers do not fire.");
        if (is_ahead(c))
                advise_on_future(out, f);
        else
                advise_on_stall(out, f);
        finding_evidence_sample(out, f, s, s->samples[s->n_samples - 1],
                                ((double)s->samples[s->n_samples - 1].at_s - limit_s) * 1000);
}

/* Records dropped as late within late_for, now and as is usual (NaN: not known). */
struct late {
        bool is_known;
        double lost, usual;
};

static bool never_falls(const struct series_view *s, int64_t from_s, int64_t to_s) {
        for (size_t i = series_from(s, from_s) + 1; i < s->n_samples && s->samples[i].at_s < to_s; i++)
                if (s->samples[i].value < s->samples[i - 1].value)
                        return false;
        return true;
}

/* The metric is a count that only climbs, or a number of its own for each minute: both are seen in the field. A count that rests loses nothing,
 * and one burst is no course. */
static struct late look_at_late(const struct window *w, const struct series_view *s, int64_t for_s) {
        int64_t until_s = series_until_s(w, s), from_s = until_s - for_s, before_s = from_s - BEFORE_S;
        const struct prior *prior = window_prior(w, "watermark_stall", "late_records");
        if (prior && prior->onset_s < before_s)
                before_s = prior->onset_s;
        int64_t since_s = until_s - LOOK_BACK_S > s->samples[0].at_s ? until_s - LOOK_BACK_S : s->samples[0].at_s;
        struct rise r = series_rise(s, from_s, until_s, PARTS, 0.5);
        struct late x = {.is_known = r.is_known, .usual = series_quantile(s, since_s, before_s, 0.9, BEFORE_MIN)};
        double minutes = (double)for_s / 60;
        if (never_falls(s, from_s, until_s)) {
                x.lost = r.n_steps >= PARTS / 2 ? counter_increase(s, from_s, until_s, 600) : 0;
                if (!isnan(x.usual))
                        x.usual = counter_increase(s, since_s, before_s, 600) * (double)for_s /
                                  (double)(before_s - since_s);
        } else {
                bool is_steady = series_quantile(s, from_s, until_s, 0.25, (size_t)minutes / 2) > 0;
                x.lost = is_steady ? minutes * series_quantile(s, from_s, until_s, 0.5, 1) : 0;
                x.usual *= minutes;
        }
        return x;
}

static void report_late(const struct window *w, const struct series_view *s, const struct late *x, int64_t for_s,
                        struct findings *out) {
        bool is_new = !isnan(x->usual);
        struct finding *f = findings_add(out, "watermark_stall", is_new ? SEVERITY_WARNING : SEVERITY_INFO,
                                         is_new ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW, series_until_s(w, s) - for_s);
        finding_subject(out, f, "late_records");
        finding_title(out, f, "%s late records dropped in %s", phrase_count(x->lost).text,
                      phrase_span((double)for_s).text);
        finding_summary(
                out, f,
                "By numLateRecordsDropped about %s records were dropped in the last %s%s%s%s: they came after the watermark had passed their "
                "window, and are missing in what the job puts out.",
                phrase_count(x->lost).text, phrase_span((double)for_s).text, is_new ? " (usually " : "",
                is_new ? phrase_count(x->usual).text : "", is_new ? ")" : "");
        finding_advise(
                out, f,
                "Keep late records: sideOutputLateData() on the window puts them where they can be added later, allowedLateness() lets the "
                "window still take them.");
        finding_advise(
                out, f,
                "Then let the watermark wait (forBoundedOutOfOrderness) for as long as the slowest producer is late; a source partition far "
                "behind the others wants withWatermarkAlignment().");
        finding_evidence_sample(out, f, s, s->samples[s->n_samples - 1], NAN);
}

/* A number that does not move, as that of the many who drop nothing, is a count at rest. */
static bool is_at_rest(const struct series_view *s, int64_t from_s) {
        for (size_t i = series_from(s, from_s) + 1; i < s->n_samples; i++)
                if (s->samples[i].value != s->samples[i - 1].value)
                        return false;
        return true;
}

/* Not after a restart or a change: partitions then catch up at different speeds. */
static void look_for_late(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *s = window_find(w, "numLateRecordsDropped", NULL);
        int64_t for_s = (int64_t)settings[LATE_FOR];
        if (!series_is_fresh(w, s) || s->n_samples == 0 || application_is_changing(w->application))
                return;
        int64_t until_s = series_until_s(w, s);
        if (is_at_rest(s, until_s - for_s))
                return;
        bool is_open = window_prior(w, "watermark_stall", "late_records");
        if (!is_open && (job_is_catching_up(w, until_s) || job_is_catching_up(w, until_s - for_s)))
                return;
        struct late x = look_at_late(w, s, for_s);
        double usual = isnan(x.usual) ? 0 : x.usual;
        if (x.is_known && x.lost >= (is_open ? 1.5 : 3) * usual + settings[LATE] * (is_open ? 0.5 : 1))
                report_late(w, s, &x, for_s, out);
}

/* What is put out; of a job whose last operator emits no watermark, what it receives. NULL: neither is known. */
static const struct series_view *pick_watermark(const struct window *w) {
        static const char *const names[] = {"currentOutputWatermark", "currentInputWatermark"};
        for (size_t i = 0; i < ELEMENTS(names); i++) {
                const struct series_view *s = window_find(w, names[i], NULL);
                const struct sample *last = s ? series_last(w, s, 600) : NULL;
                if (last && is_watermark(last->value))
                        return s;
        }
        return NULL;
}

/* 0, or JUDGE_BLIND when nobody can tell. */
static int look_for_stall(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *s = pick_watermark(w), *in = window_find(w, "numRecordsInPerSecond", NULL);
        if (!s)
                return JUDGE_BLIND;
        if (s->has_older && s->samples[0].at_s > w->now_s - LOOK_BACK_S)
                findings_want_samples(out, s->metric->name, w->now_s - LOOK_BACK_S, s->samples[0].at_s);
        /* Did records arrive while it stood? The two are read at different times: look at the watermark's. */
        int64_t until_s = series_until_s(w, s);
        if (!window_prior(w, "watermark_stall", NULL) && w->now_s - until_s > OPEN_WITHIN_S)
                return JUDGE_BLIND; /* a cause may have come and gone since */
        double rate = series_is_fresh(w, in) ? series_quantile(in, until_s - 1200, until_s, 0.2, 3) : NAN;
        if (!(rate > 0)) /* without records it is right that it stands; without the rate nobody can tell */
                return isnan(rate) ? JUDGE_BLIND : 0;
        struct course c = look(w, s);
        double still_s = (double)(series_until_s(w, s) - c.still_since_s),
               usual_s = isnan(c.usual_s) ? 0 : fmax(c.usual_s, 0);
        bool is_still = still_s >= settings[STALLED];
        bool is_kept = window_prior(w, "watermark_stall", NULL) && c.now_s > usual_s + settings[BEHIND] / 2 &&
                       c.now_s >= c.half_hour_ago_s - 60;
        bool is_drifting = c.now_s > usual_s + settings[BEHIND] && c.now_s > c.half_hour_ago_s + 300;
        if (is_still || is_drifting || is_kept)
                report(w, s, &c, is_still, usual_s + settings[BEHIND], out);
        return 0;
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        if (!application_is_running(w->application))
                return 0;
        size_t n = out->n_items;
        int r = look_for_stall(w, settings, out);
        if (out->n_items == n) /* an event time that stands drops nothing */
                look_for_late(w, settings, out);
        return out->failed ? out->failed : r;
}

const struct diagnoser diagnoser_watermark_stall = {
        .name = "watermark_stall",
        .help = "event time stands still or drifts while records arrive, or records are dropped as late",
        .params = params,
        .needs = needs,
        .judge = judge,
};
