/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints that take too much of the application's own interval: several distinct ones, where the trend leads, and why. */
#include <math.h>

#include "diagnosers/changes.h"
#include "diagnosers/checkpoints.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "diagnosers/pressure.h"
#include "diagnosers/statistics.h"

enum { WARNING_RATIO, CRITICAL_RATIO, PERIODS, WINDOW };

static const struct param params[] = {
        {"warning_ratio", PARAM_RATIO, 0.5, 0.01, 10,
         "share of the checkpoint interval above which a checkpoint is slow"},
        {"critical_ratio", PARAM_RATIO, 1.0, 0.01, 10, "share of the interval from which checkpoints run back to back"},
        {"periods", PARAM_COUNT, 3, 1, 60, "distinct slow checkpoints in a row that make a finding"},
        {"window", PARAM_DURATION, 6 * 3600, 600, 7 * 86400, "how far back the trend is looked for"},
        {0},
};

static const struct series_need needs[] = {
        {"lastCheckpointDuration", NULL, 86400, false},
        {"lastCheckpointSize", NULL, 86400, true},
        {"heapMemoryUtilization", NULL, 3600, true},
        {"oldGenerationGCTime", NULL, 3600, true},
        {0},
};

/* The newest run of slow checkpoints. */
struct run {
        size_t n_slow, n_critical; /* of the newest `periods` */
        size_t n;                  /* checkpoints looked at, at most `periods` */
        struct checkpoint newest;
        int64_t onset_s;
        int64_t decided_s; /* when the run had become long enough */
        bool is_expected;  /* each of the newest ones lies in an operation */
};

enum cause { CAUSE_UNKNOWN, CAUSE_STATE, CAUSE_FLAT_SIZE };

/* The run goes on over single quick checkpoints: `periods` quick ones in a row end it. */
static void find_onset(const struct window *w, const double *settings, double limit_ms, struct run *run) {
        size_t n_quick = 0, n_slow = 0;
        struct checkpoint c;
        for (struct checkpoint_walk walk = checkpoints_newest_first(w); checkpoint_next(&walk, &c);) {
                if (c.duration_ms <= limit_ms) {
                        if (++n_quick >= (size_t)settings[PERIODS])
                                return;
                        continue;
                }
                n_quick = 0;
                run->onset_s = c.at_s;
                if (++n_slow == (size_t)settings[PERIODS])
                        run->decided_s = run->newest.at_s;
        }
}

static struct run look_at_newest(const struct window *w, const double *settings, double interval_ms) {
        struct run run = {.is_expected = true};
        struct checkpoint c;
        int64_t from_s = w->to_s - (int64_t)settings[WINDOW];
        for (struct checkpoint_walk walk = checkpoints_newest_first(w);
             run.n < (size_t)settings[PERIODS] && checkpoint_next(&walk, &c) && c.to_s >= from_s; run.n++) {
                if (run.n == 0)
                        run.newest = c;
                run.n_slow += c.duration_ms > settings[WARNING_RATIO] * interval_ms;
                run.n_critical += c.duration_ms >= settings[CRITICAL_RATIO] * interval_ms;
                run.is_expected = run.is_expected && change_explains(w, c.at_s, SETTLING_S, NULL);
        }
        find_onset(w, settings, settings[WARNING_RATIO] * interval_ms, &run);
        return run;
}

static bool is_finding(const struct window *w, const double *settings, const struct run *run) {
        if (window_prior(w, "checkpoint_duration", NULL))
                return run->n_slow > 0;
        return run->n_slow > 0 && run->n_slow == (size_t)settings[PERIODS];
}

static bool is_critical(const struct window *w, const double *settings, const struct run *run) {
        const struct prior *prior = window_prior(w, "checkpoint_duration", NULL);
        if (prior && prior->severity == SEVERITY_CRITICAL)
                return run->n_critical > 0;
        return run->n_critical == (size_t)settings[PERIODS];
}

/* Rising size: state growth. Flat size: alignment, storage or collection. */
static enum cause judge_cause(const struct checkpoint_course *c) {
        double duration_rise = c->duration_to / c->duration_from - 1, size_rise = c->size_to / c->size_from - 1;
        if (isnan(duration_rise) || isnan(size_rise) || duration_rise < 0.1)
                return CAUSE_UNKNOWN;
        if (size_rise >= 0.3 * duration_rise && size_rise >= 0.05)
                return CAUSE_STATE;
        return size_rise < 0.1 ? CAUSE_FLAT_SIZE : CAUSE_UNKNOWN;
}

/* Seconds until the trend reaches the interval, negative when there is none that does. */
static double forecast_s(const struct window *w, int64_t from_s, double interval_ms) {
        struct fit fit = {0};
        struct line line;
        struct checkpoint c;
        int64_t newest_s = 0;
        for (struct checkpoint_walk walk = checkpoints_newest_first(w);
             checkpoint_next(&walk, &c) && c.at_s >= from_s;) {
                if (fit.n == 0)
                        newest_s = c.at_s;
                fit_add(&fit, c.at_s, c.duration_ms);
        }
        if (fit.n < 6 || !fit_line(&fit, &line) || line.slope_per_s <= 0 || line.correlation < 0.7)
                return -1;
        double left_ms = interval_ms - line_at(&line, newest_s);
        double left_s = left_ms / line.slope_per_s;
        return left_ms > 0 && left_s <= 14 * 86400 ? left_s : -1;
}

static const char *cause_text(enum cause cause, const struct checkpoint_course *c, char *to, size_t size) {
        to[0] = '\0';
        if (cause == CAUSE_STATE)
                snprintf(to, size, " State grows with it: checkpoint size went from %s to %s.",
                         phrase_bytes(c->size_from).text, phrase_bytes(c->size_to).text);
        else if (cause == CAUSE_FLAT_SIZE)
                snprintf(
                        to, size,
                        " Checkpoint size stayed at %s, so the state is not the reason: barriers wait (backpressure), S3 "
                        "is slow or collections pause the job.",
                        phrase_bytes(c->size_to).text);
        return to;
}

static void advise(const struct window *w, enum cause cause, double duration_ms, struct findings *out,
                   struct finding *f) {
        const struct application *a = w->application;
        double interval_ms = (double)a->checkpoint_interval_ms;
        if (cause == CAUSE_FLAT_SIZE)
                finding_advise(
                        out, f,
                        "Remove the backpressure first (a slow sink, a skewed key or too few KPUs): with a flat checkpoint "
                        "size the time is spent waiting for barriers, not writing state.");
        finding_advise(out, f,
                       "Confirm that incremental checkpoints are on (state.backend.incremental: true, RocksDB): a full "
                       "checkpoint writes the whole state each time.");
        double interval_s = ceil(fmax(2 * duration_ms, 2 * interval_ms) / 60000) * 60;
        finding_advise(
                out, f,
                "Raise the checkpoint interval from %.0f s to %.0f s and the minimum pause to at least %.0f s "
                "(UpdateApplication, CheckpointConfigurationUpdate with ConfigurationType CUSTOM%s): the job then spends less "
                "than half of its time in checkpoints.",
                interval_ms / 1000, interval_s, fmax(5, floor(interval_s / 4)),
                a->checkpoint_configuration && a->checkpoint_configuration[0] == 'D' ? "; it is DEFAULT now" : "");
        int64_t kpus = application_kpus(a);
        if (cause != CAUSE_FLAT_SIZE && kpus > 0)
                finding_advise(
                        out, f,
                        "Add KPUs: from %d to %d spreads the state over more disks and cores, for about $%.0f a month more. "
                        "Not when a skewed key or a slow sink is the reason.",
                        (int)kpus, (int)(kpus + (kpus + 1) / 2), kpu_usd_per_month((double)((kpus + 1) / 2)));
        if (cause == CAUSE_STATE)
                finding_advise(
                        out, f,
                        "Cut the state: give every keyed state a TTL, lower the cardinality of the keys, and make state types "
                        "POJOs instead of Kryo-serialized classes.");
        finding_advise(out, f, "Ask AWS support for RocksDB overrides%s if the above does not suffice.",
                       cause == CAUSE_FLAT_SIZE ? " or buffer debloating" : "");
}

static void show_evidence(const struct window *w, const double *settings, double threshold_ms, struct findings *out,
                          struct finding *f) {
        struct checkpoint_walk walk = checkpoints_newest_first(w);
        struct checkpoint c;
        for (int i = 0; i < (int)fmin(settings[PERIODS], 5) && checkpoint_next(&walk, &c); i++)
                finding_evidence_sample(out, f, walk.duration, (struct sample){c.at_s, c.duration_ms}, threshold_ms);
        walk = checkpoints_newest_first(w);
        if (walk.size && checkpoint_next(&walk, &c) && !isnan(c.size_bytes))
                finding_evidence_sample(out, f, walk.size, (struct sample){c.at_s, c.size_bytes}, NAN);
}

static void report(const struct window *w, const double *settings, const struct run *run, struct findings *out) {
        double interval_ms = (double)w->application->checkpoint_interval_ms, duration_ms = run->newest.duration_ms;
        bool critical = is_critical(w, settings, run);
        int64_t trend_from_s = w->to_s - (int64_t)settings[WINDOW];
        struct checkpoint_course course = checkpoint_course(w, trend_from_s);
        enum cause cause = judge_cause(&course);
        double left_s = forecast_s(w, trend_from_s, interval_ms);
        double threshold_ms = settings[critical ? CRITICAL_RATIO : WARNING_RATIO] * interval_ms;
        struct finding *f = findings_add(out, "checkpoint_duration", critical ? SEVERITY_CRITICAL : SEVERITY_WARNING,
                                         course.n >= 6 ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM, run->onset_s);
        f->is_expected = run->is_expected;
        struct phrase interval = phrase_ms(interval_ms);
        char ahead[160] = "", why[320];
        if (left_s >= 0)
                snprintf(ahead, sizeof ahead, " At this pace they reach the interval in about %s.",
                         phrase_span(left_s).text);
        else if (duration_ms >= interval_ms)
                snprintf(ahead, sizeof ahead, " The job checkpoints back to back: it has no time left between them.");
        finding_title(out, f, "Checkpoints take %.0f %% of the %s interval%s%s", 100 * duration_ms / interval_ms,
                      interval.text, left_s >= 0 ? ", full in about " : "",
                      left_s >= 0 ? phrase_span(left_s).text : "");
        finding_summary(
                out, f,
                "%d of the last %d distinct checkpoints took more than %s, %.0f %% of this application's interval of %s; the "
                "newest took %s. Slow since %s.%s%s",
                (int)(critical ? run->n_critical : run->n_slow), (int)run->n, phrase_ms(threshold_ms).text,
                100 * threshold_ms / interval_ms, interval.text, phrase_ms(duration_ms).text,
                phrase_time(run->onset_s).text, ahead, cause_text(cause, &course, why, sizeof why));
        advise(w, cause, duration_ms, out, f);
        show_evidence(w, settings, threshold_ms, out, f);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct application *a = w->application;
        const struct series_view *duration = window_find(w, "lastCheckpointDuration", NULL);
        if (!application_is_running(a) || !a->is_checkpointing)
                return 0;
        if (!series_is_fresh(w, duration) || a->checkpoint_interval_ms <= 0 || !series_last(w, duration, 900))
                return JUDGE_BLIND;
        struct run run = look_at_newest(w, settings, (double)a->checkpoint_interval_ms);
        if (!is_finding(w, settings, &run))
                return out->failed;
        if (!window_prior(w, "checkpoint_duration", NULL) && run.newest.at_s - run.onset_s < PRESSURE_DECIDES_S &&
            pressure_is_building(w))
                return out->failed;
        report(w, settings, &run, out);
        return out->failed;
}

const struct diagnoser diagnoser_checkpoint_duration = {
        .name = "checkpoint_duration",
        .help = "checkpoints take too much of the application's own checkpoint interval",
        .params = params,
        .needs = needs,
        .judge = judge,
};
