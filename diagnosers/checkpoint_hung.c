/* SPDX-License-Identifier: Apache-2.0 */
/* A checkpoint that neither completes nor fails: MSF's timeout is an hour, and until then the two gauges stand still at the last good
 * values, below every threshold. Bit-identical for much longer than the cadence, on a job that runs under load, tells. */
#include <math.h>

#include "diagnosers/changes.h"
#include "diagnosers/checkpoints.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/pressure.h"
#include "diagnosers/statistics.h"

enum { CADENCES, MINIMUM };
enum { TIMEOUT_S = 3600, HISTORY_S = 86400, HISTORY_MIN = 5, HABIT_MAX = 2 };

static const struct param params[] = {
        {"cadences", PARAM_RATIO, 5, 2, 1000,
         "times the checkpoint cadence, max(interval, duration + pause), without a new checkpoint"},
        {"minimum", PARAM_DURATION, 900, 300, 86400, "and at least this long"},
        {0},
};

static const struct series_need needs[] = {
        {"lastCheckpointDuration", NULL, HISTORY_S, false},
        {"lastCheckpointSize", NULL, HISTORY_S, false},
        {"numberOfFailedCheckpoints", NULL, HISTORY_S, true},
        {"numRecordsInPerSecond", NULL, 7200, true},
        {"millisBehindLatest", NULL, 3600, true},
        {"records_lag_max", NULL, 3600, true},
        {"uptime", NULL, 7200, true},
        {"runningTime", NULL, 7200, true},
        {0},
};

/* Whether the gauges used to move. Where there is next to no state, checkpoints often look like the one before: a standstill of a third of
 * this one, more than twice within the history, is a habit and not a hang. */
static bool used_to_move(struct checkpoint_walk walk, int64_t frozen_since_s, int64_t frozen_s) {
        struct checkpoint c;
        size_t n = 0, n_long = 0;
        for (int64_t later_s = frozen_since_s; checkpoint_next(&walk, &c); later_s = c.at_s) {
                n_long += later_s - c.at_s > frozen_s / 3;
                n++;
        }
        return n >= HISTORY_MIN && n_long <= HABIT_MAX;
}

/* Enough samples all along, or nothing is known of the time between. */
static bool is_watched(const struct window *w, const struct series_view *s, int64_t from_s) {
        int64_t until_s = series_until_s(w, s);
        size_t n = series_from(s, until_s) - series_from(s, from_s);
        return (int64_t)n * 60 >= (until_s - from_s) * 2 / 3;
}

/* Records a second since, NaN when they were not seen: then nobody can tell a hang from an idle source. */
static double load_since(const struct window *w, int64_t from_s) {
        const struct series_view *in = window_find(w, "numRecordsInPerSecond", NULL);
        return series_is_fresh(w, in) ? series_quantile(in, from_s, series_until_s(w, in), 0.5, 3) : NAN;
}

/* A job that restarted since has another story. */
static bool ran_through(const struct window *w, int64_t frozen_s) {
        const struct series_view *uptime = window_find(w, "uptime", NULL);
        if (!uptime || uptime->n_samples == 0)
                uptime = window_find(w, "runningTime", NULL);
        const struct sample *last = uptime ? series_last(w, uptime, 600) : NULL;
        return !last || last->value / 1000 >= (double)frozen_s - 120;
}

/* A hung checkpoint fails once, at its timeout of an hour: those that fail more often do not hang. */
static bool fails_by_itself(const struct window *w, int64_t from_s, int64_t frozen_s) {
        const struct series_view *failed = window_find(w, "numberOfFailedCheckpoints", NULL);
        if (!series_is_fresh(w, failed))
                return false;
        return counter_increase(failed, from_s, series_until_s(w, failed), 600) > (double)(frozen_s / TIMEOUT_S + 1);
}

static void report(const struct window *w, const struct checkpoint *c, int64_t frozen_s, double limit_s,
                   const struct checkpoint_walk *walk, struct findings *out) {
        struct finding *f = findings_add(out, "checkpoint_hung", SEVERITY_WARNING, CONFIDENCE_MEDIUM, c->at_s + 60);
        int64_t timeout_s = c->at_s + w->application->checkpoint_interval_ms / 1000 + TIMEOUT_S;
        const char *what =
                timeout_s > w->now_s
                        ? "so one checkpoint hangs. It fails by itself at about"
                        : "so one checkpoint hangs after the other. The first was to fail by itself at about";
        f->is_expected = change_explains(w, w->to_s, SETTLING_S, NULL);
        finding_title(out, f, "No checkpoint completed for %s", phrase_span((double)frozen_s).text);
        finding_summary(
                out, f,
                "lastCheckpointDuration (%s) and lastCheckpointSize (%s) have not changed by a bit since %s, %s: a checkpoint "
                "should complete every %s. The job runs and reads records, %s %s, an hour after it began; until one completes, all that is "
                "processed is at risk of being processed again.",
                phrase_ms(c->duration_ms).text, phrase_bytes(c->size_bytes).text, phrase_time(c->at_s).text,
                phrase_span((double)frozen_s).text,
                phrase_span((double)application_checkpoint_cadence_ms(w->application, (int64_t)c->duration_ms) / 1000)
                        .text,
                what, phrase_time(timeout_s).text);
        finding_advise(
                out, f,
                "Look for the subtask that does not acknowledge: in the Flink dashboard, Checkpoints, the one in progress; an "
                "operator that blocks in a call to an outside system holds its barrier.");
        finding_advise(
                out, f,
                "Give asynchronous and blocking calls a timeout well below the checkpoint interval, and check that S3 answers from "
                "the application's VPC (NAT or gateway endpoint).");
        finding_advise(
                out, f,
                "Do not stop the application with a snapshot meanwhile: the snapshot would hang behind the same barrier.");
        finding_evidence_sample(out, f, walk->duration, (struct sample){c->to_s, c->duration_ms}, limit_s * 1000);
        finding_evidence_sample(out, f, walk->size, (struct sample){c->to_s, c->size_bytes}, NAN);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct application *a = w->application;
        if (!application_is_running(a) || !a->is_checkpointing)
                return 0;
        struct checkpoint_walk walk = checkpoints_newest_first(w);
        if (!series_is_fresh(w, walk.duration) || !series_is_fresh(w, walk.size) || a->checkpoint_interval_ms <= 0)
                return JUDGE_BLIND;
        struct checkpoint c;
        int64_t until_s = series_until_s(w, walk.duration);
        if (!series_last(w, walk.duration, 600) || !checkpoint_next(&walk, &c) || isnan(c.size_bytes))
                return JUDGE_BLIND;
        double cadence_s = (double)application_checkpoint_cadence_ms(a, (int64_t)c.duration_ms) / 1000;
        double limit_s = fmax(settings[CADENCES] * cadence_s, settings[MINIMUM]);
        int64_t frozen_s = until_s - c.at_s;
        double load = load_since(w, c.at_s);
        if ((double)frozen_s > limit_s && isnan(load))
                return JUDGE_BLIND;
        if ((double)frozen_s <= limit_s || !is_watched(w, walk.duration, c.at_s) || load <= 0 ||
            !ran_through(w, frozen_s) || fails_by_itself(w, c.at_s, frozen_s))
                return out->failed;
        /* With a lag that rises, backpressure is about to be inferred: it holds the barriers. */
        bool has_cause_soon = frozen_s < PRESSURE_DECIDES_S + 600 && !window_prior(w, "checkpoint_hung", NULL) &&
                              lag_is_building(w);
        if (!has_cause_soon && used_to_move(walk, c.at_s, frozen_s))
                report(w, &c, frozen_s, limit_s, &walk, out);
        return out->failed;
}

const struct diagnoser diagnoser_checkpoint_hung = {
        .name = "checkpoint_hung",
        .help = "a checkpoint neither completes nor fails: the gauges stand still while the job runs",
        .params = params,
        .needs = needs,
        .judge = judge,
};
