/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints that fail, by the increase of numberOfFailedCheckpoints. A single one is the network's; several in half an hour are not. And
 * checkpoints whose data an Iceberg sink does not commit. */
#include <math.h>
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/checkpoints.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/pressure.h"
#include "diagnosers/statistics.h"

enum { FAILURES, WINDOW, COMMITS };
enum { QUIET_S = 3600, GAP_S = 900 };

static const struct param params[] = {
        {"failures", PARAM_COUNT, 3, 1, 1000, "failed checkpoints within the window that make a finding"},
        {"window", PARAM_DURATION, 1800, 300, 86400, "span in which failures are counted"},
        {"commits", PARAM_COUNT, 10, 2, 10000, "checkpoint intervals without a commit of the Iceberg sink"},
        {0},
};

static const struct series_need needs[] = {
        {"numberOfFailedCheckpoints", NULL, 86400, false},
        {"lastCheckpointDuration", NULL, 86400, true},
        {"lastCheckpointSize", NULL, 86400, true},
        {"numRecordsInPerSecond", NULL, 3600, true},
        {"elapsedSecondsSinceLastSuccessfulCommit", NULL, 3600, true},
        {"uptime", NULL, 3600, true},
        {"runningTime", NULL, 3600, true},
        {0},
};

struct failures {
        double unexpected, expected;
        int64_t onset_s, newest_s;
};

/* In the window; the onset is looked for further back, up to a quiet hour. */
static struct failures count_failures(const struct window *w, const struct series_view *s, int64_t from_s) {
        struct failures f = {0};
        for (size_t i = s->n_samples; i-- > 1;) {
                struct sample at = s->samples[i];
                double n = counter_step(s, i);
                if (f.onset_s > 0 ? f.onset_s - at.at_s > QUIET_S : at.at_s < from_s)
                        break;
                if (n <= 0 || at.at_s - s->samples[i - 1].at_s > GAP_S)
                        continue;
                f.onset_s = at.at_s;
                if (f.newest_s == 0)
                        f.newest_s = at.at_s;
                if (at.at_s < from_s)
                        continue;
                if (change_explains(w, at.at_s, SETTLING_S, NULL))
                        f.expected += n;
                else
                        f.unexpected += n;
        }
        return f;
}

static void report(const struct window *w, const double *settings, const struct series_view *s,
                   const struct failures *x, struct findings *out) {
        bool is_expected = x->unexpected == 0;
        double n = x->unexpected + x->expected;
        struct finding *f = findings_add(out, "checkpoint_failure", is_expected ? SEVERITY_INFO : SEVERITY_WARNING,
                                         CONFIDENCE_HIGH, x->onset_s);
        f->is_expected = is_expected;
        struct checkpoint newest;
        struct checkpoint_walk walk = checkpoints_newest_first(w);
        bool has_completed = checkpoint_next(&walk, &newest) && newest.at_s > x->onset_s;
        finding_title(out, f, "%.0f checkpoint%s failed in %s", n, n == 1 ? "" : "s",
                      phrase_span(settings[WINDOW]).text);
        finding_summary(
                out, f, "%.0f checkpoint%s failed in the last %s; the first one in the minute of %s. %s", n,
                n == 1 ? "" : "s", phrase_span(settings[WINDOW]).text, phrase_time(x->onset_s).text,
                has_completed
                        ? "Others completed between, so the job can still recover to a recent state."
                        : "None completed since: a failure now goes back to before that, and CDC sources cannot leave "
                          "their snapshot phase.");
        if (!is_expected) {
                finding_advise(
                        out, f,
                        "Read the reason from the log at %s (`Failed to trigger or complete checkpoint`, `Checkpoint expired`, "
                        "`declined by task`): serialization errors need a code change, S3 AccessDenied the service role or the VPC "
                        "endpoint, an expired one less backpressure. More KPUs mend none of the first two.",
                        phrase_time(x->newest_s).text);
                finding_advise(
                        out, f,
                        "Do not stop or update the application with a snapshot before one checkpoint completes: the snapshot "
                        "would fail like the checkpoints.");
        }
        finding_evidence_sample(out, f, s, s->samples[s->n_samples - 1], NAN);
}

static void report_commits(const struct window *w, const struct series_view *s, struct sample last, double limit_s,
                           struct findings *out) {
        struct finding *f = findings_add(out, "checkpoint_failure", SEVERITY_WARNING, CONFIDENCE_HIGH,
                                         last.at_s - (int64_t)last.value);
        finding_subject(out, f, "commit");
        f->is_expected = change_explains(w, last.at_s - (int64_t)limit_s, SETTLING_S, NULL);
        finding_title(out, f, "No Iceberg commit for %s", phrase_span(last.value).text);
        finding_summary(
                out, f,
                "The Iceberg sink's last successful commit was %s ago (limit %s, ten checkpoint intervals) while records arrive and checkpoints "
                "do not fail: what was written since is in files that no reader of the table sees.",
                phrase_span(last.value).text, phrase_span(limit_s).text);
        finding_advise(
                out, f,
                "Read the committer's lines in the log from %s on: CommitFailedException is another writer or compaction on the same table (retry "
                "settings commit.retry.*), AccessDenied or throttling is the catalog (Glue) or S3.",
                phrase_time(last.at_s - (int64_t)last.value).text);
        finding_advise(
                out, f,
                "Keep the job's state: the uncommitted files are in its checkpoints and are committed after a restart from them; "
                "SKIP_RESTORE_FROM_SNAPSHOT would lose them.");
        finding_evidence_sample(out, f, s, last, limit_s);
}

/* A sink commits with each checkpoint, one without records with each tenth. */
static void look_at_commits(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *in = window_find(w, "numRecordsInPerSecond", NULL);
        double limit_s = settings[COMMITS] * (double)w->application->checkpoint_interval_ms / 1000;
        bool is_open = window_prior(w, "checkpoint_failure", "commit");
        for (size_t i = 0; i < w->n_series; i++) {
                const struct series_view *s = &w->series[i];
                if (strcmp(s->metric->name, "elapsedSecondsSinceLastSuccessfulCommit") != 0 || !series_is_fresh(w, s))
                        continue;
                const struct sample *last = series_last(w, s, 600);
                if (!last || limit_s <= 0 || last->value <= limit_s || !(series_recent(w, in, 1800, 0.2, 3) > 0) ||
                    (!is_open && job_is_catching_up(w, last->at_s)))
                        continue;
                report_commits(w, s, *last, limit_s, out);
                return;
        }
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *s = window_find(w, "numberOfFailedCheckpoints", NULL);
        if (!application_is_running(w->application) || !w->application->is_checkpointing)
                return 0;
        if (!series_is_fresh(w, s))
                return JUDGE_BLIND;
        struct failures x = count_failures(w, s, series_until_s(w, s) - (int64_t)settings[WINDOW]);
        const struct prior *prior = window_prior(w, "checkpoint_failure", NULL);
        bool is_loud = prior && prior->severity > SEVERITY_INFO ? x.unexpected > 0 : x.unexpected >= settings[FAILURES];
        if (!is_loud && x.expected + x.unexpected < settings[FAILURES]) {
                look_at_commits(w, settings, out);
                return out->failed;
        }
        if (!is_loud)
                x.expected += x.unexpected, x.unexpected = 0;
        /* A job that has just restarted may be in a loop, which is about to be seen as one. */
        bool has_cause_soon = job_is_unsettled(w) || pressure_is_building(w);
        if (prior || x.newest_s - x.onset_s > PRESSURE_DECIDES_S || !has_cause_soon)
                report(w, settings, s, &x, out);
        return out->failed;
}

const struct diagnoser diagnoser_checkpoint_failure = {
        .name = "checkpoint_failure",
        .help = "checkpoints fail",
        .params = params,
        .needs = needs,
        .judge = judge,
};
