/* SPDX-License-Identifier: Apache-2.0 */
/* Running but dead: RUNNING, up, and yet no record in or out and no checkpoint completed. An idle source is something else: its job goes on
 * taking checkpoints. */
#include <math.h>

#include "diagnosers/changes.h"
#include "diagnosers/checkpoints.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/first_fault.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"

enum { STALLED_FOR };
enum { HISTORY_S = 86400, LOOP_DECIDES_S = 1800 };

static const struct param params[] = {
        {"stalled_for", PARAM_DURATION, 600, 300, 86400, "no record and no checkpoint for this long"},
        {0},
};

static const struct series_need needs[] = {
        {"numRecordsInPerSecond", NULL, HISTORY_S, false},
        {"numRecordsOutPerSecond", NULL, HISTORY_S, true},
        {"lastCheckpointDuration", NULL, HISTORY_S, true},
        {"lastCheckpointSize", NULL, HISTORY_S, true},
        {"millisBehindLatest", NULL, 7200, true},
        {"fullRestarts", NULL, 3600, true},
        {"numRestarts", NULL, 3600, true},
        {"uptime", NULL, 3600, true},
        {"runningTime", NULL, 3600, true},
        {0},
};

/* Seconds at the end of the series without a record; 0 when the newest sample is above nothing, or old. */
static int64_t silent_s(const struct window *w, const struct series_view *s) {
        if (!series_last(w, s, 300))
                return 0;
        size_t i = s->n_samples;
        while (i > 0 && s->samples[i - 1].value <= 0)
                i--;
        return i == s->n_samples ? 0 : s->samples[s->n_samples - 1].at_s + 60 - s->samples[i].at_s;
}

/* Whether it normally has records: nine minutes of ten before the silence. */
static bool is_usually_busy(const struct series_view *s, int64_t before_s) {
        return series_quantile(s, before_s - HISTORY_S, before_s, 0.1, 60) > 0;
}

static bool is_checkpointing_on(const struct window *w, int64_t for_s) {
        struct checkpoint c;
        struct checkpoint_walk walk = checkpoints_newest_first(w);
        if (!checkpoint_next(&walk, &c))
                return false;
        int64_t cadence_s = application_checkpoint_cadence_ms(w->application, (int64_t)c.duration_ms) / 1000;
        int64_t enough_s = for_s > 3 * cadence_s ? for_s : 3 * cadence_s;
        /* It may have been read less lately than the records. */
        return series_until_s(w, walk.duration) - c.at_s < enough_s;
}

static void advise(const struct window *w, struct findings *out, struct finding *f) {
        finding_advise(
                out, f,
                "Take thread dumps of the TaskManagers in the Flink dashboard before anything else: a task that blocks in a call to an "
                "outside system or a deadlocked EFO source with a Kinesis sink (FLINK-34071) shows there.");
        if (!advise_waiting_for_snapshot(w, out, f))
                finding_advise(
                        out, f,
                        "Then StopApplication with Force, wait for READY, StartApplication: it restores the newest snapshot, so what came after "
                        "it is processed again.");
        finding_advise(
                out, f,
                "Give every blocking client in the job a timeout that throws: MSF restarts a job that fails, not one that waits.");
}

static void report(const struct window *w, const struct series_view *in, int64_t since_s, struct findings *out) {
        bool sees_checkpoints = w->application->is_checkpointing && window_find(w, "lastCheckpointDuration", NULL);
        struct finding *f = findings_add(out, "job_stalled", SEVERITY_CRITICAL,
                                         sees_checkpoints ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM, since_s);
        bool is_looping = job_restarts(w, 600) >= LOOP_RESTARTS && w->to_s - since_s < LOOP_DECIDES_S;
        f->is_expected = is_looping || change_explains(w, w->to_s, SETTLING_S, NULL);
        const struct series_view *lag = window_find(w, "millisBehindLatest", NULL);
        const struct sample *behind = lag ? series_last(w, lag, 600) : NULL;
        finding_title(out, f, "Running but dead for %s", phrase_span((double)(w->to_s - since_s)).text);
        finding_summary(
                out, f,
                "The application is RUNNING, but since %s no record went in or out%s%s%s%s. Before, it had records in nine minutes "
                "of ten.",
                phrase_time(since_s).text, sees_checkpoints ? " and no checkpoint completed" : "",
                behind && behind->value > 60000 ? "; the source is " : "",
                behind && behind->value > 60000 ? phrase_ms(behind->value).text : "",
                behind && behind->value > 60000 ? " behind and waits" : "");
        advise(w, out, f);
        finding_evidence_sample(out, f, in, in->samples[in->n_samples - 1], 0);
        if (behind)
                finding_evidence_sample(out, f, lag, *behind, NAN);
        first_fault_tell(w, first_fault_find(w, "job_stalled", since_s), 300, 300, out, f);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *in = window_find(w, "numRecordsInPerSecond", NULL),
                                 *out_rate = window_find(w, "numRecordsOutPerSecond", NULL);
        if (!application_is_running(w->application))
                return 0;
        if (!series_is_fresh(w, in) || !series_last(w, in, 900))
                return JUDGE_BLIND;
        int64_t silence_s = silent_s(w, in);
        if (series_is_fresh(w, out_rate) && out_rate->n_samples > 0 && silent_s(w, out_rate) < silence_s)
                silence_s = silent_s(w, out_rate);
        if ((double)silence_s < settings[STALLED_FOR])
                return out->failed;
        int64_t since_s = series_until_s(w, in) - silence_s;
        bool is_kept = window_prior(w, "job_stalled", NULL);
        if (!is_kept && !is_usually_busy(in, since_s) && !(out_rate && is_usually_busy(out_rate, since_s)))
                return out->failed;
        if (w->application->is_checkpointing && is_checkpointing_on(w, (int64_t)settings[STALLED_FOR]))
                return out->failed;
        report(w, in, since_s, out);
        return out->failed;
}

const struct diagnoser diagnoser_job_stalled = {
        .name = "job_stalled",
        .help = "the application is RUNNING and its job does nothing",
        .params = params,
        .needs = needs,
        .judge = judge,
};
