/* SPDX-License-Identifier: Apache-2.0 */
/* A source that falls behind: over its limit and not catching up, or rising for half an hour. Forecasts when the stream's retention is
 * reached and records are lost. */
#include <math.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { LIMIT, RISING, RETENTION, LOSS_WITHIN, RECORDS };
enum {
        LOOK_BACK_S = 86400,
        CATCH_UP_S = 1800,
        PARTS = 6,
        TURN_PARTS = 3,
        TURN_WITHIN_S = 6 * 3600,
        LOSS_SAID_S = 14 * 86400
};

static const struct param params[] = {
        {"limit", PARAM_DURATION, 60, 1, 7 * 86400,
         "a source further behind than this is not healthy (millisBehindLatest)"},
        {"rising", PARAM_DURATION, 1800, 300, 86400, "over the limit for this long and not falling makes a finding"},
        {"retention", PARAM_DURATION, 86400, 3600, 365 * 86400,
         "how long the stream keeps records: what is older is lost"},
        {"loss_within", PARAM_DURATION, 6 * 3600, 600, 7 * 86400,
         "critical when records will be lost within this time"},
        {"records", PARAM_COUNT, 10000, 1, 1e12,
         "a Kafka source further behind than so many records is not healthy (records_lag_max)"},
        {0},
};

static const struct series_need needs[] = {
        {"millisBehindLatest", NULL, LOOK_BACK_S, true},
        {"records_lag_max", NULL, LOOK_BACK_S, true},
        {"numRecordsInPerSecond", NULL, 7200, true},
        {"containerCPUUtilization", NULL, 3600, true},
        {0},
};

struct lag {
        const struct series_view *series;
        double limit, now, slope_per_s; /* in the series' unit; slope 0: not rising */
        int64_t onset_s;
        bool is_known;  /* enough of the time was seen, and the connector reported */
        bool is_behind; /* a finding */
};

static int64_t find_onset(const struct series_view *s, double limit) {
        size_t i = s->n_samples;
        while (i > 0 && s->samples[i - 1].value > limit)
                i--;
        return i < s->n_samples ? s->samples[i].at_s : 0;
}

/* Past its peak, and at the pace of the last minutes at its limit within hours. */
static bool has_turned(const struct series_view *s, int64_t until_s, double limit, double rising_s) {
        int64_t from_s = until_s - (int64_t)rising_s / 3;
        struct rise r = series_rise(s, from_s, until_s, TURN_PARTS, 0.5);
        return r.is_known && r.line.slope_per_s < 0 && r.line.correlation > 0.9 && r.last < 0.98 * r.first &&
               (r.last - limit) / -r.line.slope_per_s < TURN_WITHIN_S;
}

static struct lag look(const struct window *w, const struct series_view *s, double limit, double rising_s) {
        struct lag x = {.series = s, .limit = limit};
        int64_t until_s = series_until_s(w, s), from_s = until_s - (int64_t)rising_s;
        struct rise r = series_rise(s, from_s, until_s, PARTS, 0.5);
        double least = series_quantile(s, from_s, until_s, 0, (size_t)(rising_s / 60 / 2));
        /* -1 is the connector's "not reported yet" */
        if (!r.is_known || isnan(least) || least < 0)
                return x;
        x.is_known = true;
        x.now = r.last;
        x.onset_s = find_onset(s, limit);
        bool is_falling = r.line.slope_per_s < 0 && r.last < 0.95 * r.first;
        bool is_rising = r.n_steps == PARTS - 1 && r.last > limit && r.last > r.first + limit;
        if (r.n_steps >= PARTS - 2 && r.line.slope_per_s > 0)
                x.slope_per_s = r.line.slope_per_s;
        if (!window_prior(w, "source_lag", NULL))
                is_falling = is_falling || has_turned(s, until_s, limit, rising_s);
        x.is_behind = (least > limit && !is_falling) || is_rising;
        return x;
}

static double loss_in_s(const struct lag *x, const double *settings) {
        double left_ms = settings[RETENTION] * 1000 - x->now;
        if (left_ms <= 0)
                return 0;
        double loss_s = x->slope_per_s > 0 ? left_ms / x->slope_per_s : INFINITY;
        return loss_s < LOSS_SAID_S ? loss_s : INFINITY;
}

static void advise(const struct window *w, double loss_s, struct findings *out, struct finding *f) {
        const struct series_view *cpu = window_find(w, "containerCPUUtilization", NULL);
        double busy = series_recent(w, cpu, 1800, 0.5, 5);
        int64_t kpus = application_kpus(w->application);
        if (isfinite(loss_s))
                finding_advise(
                        out, f,
                        "Lengthen the stream's retention now (IncreaseStreamRetentionPeriod, to 168 h): it costs little, takes effect at "
                        "once and buys the time for the rest.");
        if (isnan(busy))
                finding_advise(
                        out, f,
                        "Compare the CPUs first, whose load is not known here: only when they are busy do more KPUs help, not with a slow "
                        "sink, an outside call or a skewed key.");
        else if (busy < 50)
                finding_advise(
                        out, f,
                        "More KPUs will not help: the CPUs are at %.0f %% while the source waits, so a slow sink, an outside call or a "
                        "skewed key is the bottleneck. Raise the sink's batch size or its concurrency.",
                        busy);
        else if (kpus > 0)
                finding_advise(
                        out, f,
                        "Raise the parallelism from %d to %d KPUs in one update (about $%.0f a month more while it lasts); no further than the "
                        "number of shards or partitions.%s",
                        (int)kpus, (int)kpus * 2, kpu_usd_per_month((double)kpus), kpu_quota_note(kpus * 2));
        finding_advise(
                out, f,
                "Read ReadProvisionedThroughputExceeded and GetRecords.Latency of the stream: when they rise with the lag, give the "
                "application its own throughput (enhanced fan-out) or split shards.");
}

static void report(const struct window *w, const struct lag *x, const double *settings, struct findings *out) {
        bool is_time = x->series->metric->unit == UNIT_MS;
        double loss_s = is_time ? loss_in_s(x, settings) : INFINITY;
        bool is_critical = loss_s <= settings[LOSS_WITHIN];
        struct finding *f = findings_add(out, "source_lag", is_critical ? SEVERITY_CRITICAL : SEVERITY_WARNING,
                                         CONFIDENCE_HIGH, x->onset_s);
        const struct operation *change = NULL;
        bool is_recent = x->onset_s > 0 && w->to_s - x->onset_s < CATCH_UP_S + 600;
        f->is_expected = !is_critical && is_recent && change_explains(w, x->onset_s, CATCH_UP_S, &change);
        struct phrase now = is_time ? phrase_ms(x->now) : phrase_count(x->now);
        char pace[160] = "it does not catch up", loss[240] = "";
        if (x->slope_per_s > 0)
                snprintf(pace, sizeof pace, "it falls behind by another %s each hour",
                         is_time ? phrase_ms(x->slope_per_s * 3600).text : phrase_count(x->slope_per_s * 3600).text);
        if (isfinite(loss_s))
                snprintf(loss, sizeof loss,
                         " At this pace records are lost in about %s, when the lag reaches the retention of %s.",
                         phrase_span(loss_s).text, phrase_span(settings[RETENTION]).text);
        finding_title(out, f, "Source %s%s behind%s%s", now.text, is_time ? "" : " records",
                      isfinite(loss_s) ? ", data loss in about " : "",
                      isfinite(loss_s) ? phrase_span(loss_s).text : "");
        finding_summary(out, f, "The source is %s%s behind (limit %s) and %s. Over the limit since %s.%s", now.text,
                        is_time ? "" : " records", is_time ? phrase_ms(x->limit).text : phrase_count(x->limit).text,
                        pace, phrase_time(x->onset_s).text, loss);
        if (!f->is_expected)
                advise(w, loss_s, out, f);
        finding_evidence_sample(out, f, x->series, x->series->samples[x->series->n_samples - 1], x->limit);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *ms = window_find(w, "millisBehindLatest", NULL),
                                 *records = window_find(w, "records_lag_max", NULL);
        bool has_ms = ms && series_last(w, ms, 900), has_records = records && series_last(w, records, 900);
        if (!application_is_running(w->application))
                return 0;
        if (!has_ms && !has_records)
                return JUDGE_BLIND;
        struct lag x = {0};
        if (has_ms)
                x = look(w, ms, settings[LIMIT] * 1000, settings[RISING]);
        bool is_known = x.is_known;
        if (!x.is_behind && has_records)
                x = look(w, records, settings[RECORDS], settings[RISING]);
        if (x.is_behind)
                report(w, &x, settings, out);
        if (out->failed)
                return out->failed;
        return is_known || x.is_known ? 0 : JUDGE_BLIND;
}

const struct diagnoser diagnoser_source_lag = {
        .name = "source_lag",
        .help = "the source falls behind",
        .params = params,
        .needs = needs,
        .judge = judge,
};
