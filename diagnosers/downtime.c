/* SPDX-License-Identifier: Apache-2.0 */
/* A job that is down and stays down, or publishes nothing at all although the application is RUNNING: a deliberate stop shows as an
 * operation and READY, so silence without one is an outage. */
#include <math.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/first_fault.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"
#include "util/text.h"

enum { PERIODS, MISSING };
enum { LOOK_BACK_S = 86400 };

static const struct param params[] = {
        {"periods", PARAM_COUNT, 5, 1, 60, "minutes of downtime in a row; single ones belong to single restarts"},
        {"missing", PARAM_DURATION, 900, 300, 86400, "no metric at all for this long while the application is RUNNING"},
        {0},
};

static const struct series_need needs[] = {
        {"downtime", NULL, LOOK_BACK_S, true},
        {"restartingTime", NULL, LOOK_BACK_S, true},
        {"failingTime", NULL, LOOK_BACK_S, true},
        {"cancellingTime", NULL, LOOK_BACK_S, true},
        {"fullRestarts", NULL, 3600, true},
        {"numRestarts", NULL, 3600, true},
        {"uptime", NULL, LOOK_BACK_S, true},
        {"runningTime", NULL, LOOK_BACK_S, true},
        {0},
};

static const char *const names[] = {"downtime", "restartingTime", "failingTime", "cancellingTime"};

struct spell {
        int64_t onset_s;
        size_t n_minutes, n_expected;
        const struct series_view *series;
        struct sample newest;
};

/* Down in that minute by any of the metrics; -1 when none has a sample there. */
static int is_down_at(const struct series_view *const *views, int64_t at_s, const struct series_view **ret) {
        int known = -1;
        for (size_t i = 0; i < ELEMENTS(names); i++) {
                const struct series_view *s = views[i];
                size_t k = s ? series_from(s, at_s) : 0;
                if (!s || k == s->n_samples || s->samples[k].at_s != at_s)
                        continue;
                if (s->samples[k].value > 0) {
                        *ret = s;
                        return 1;
                }
                known = 0;
        }
        return known;
}

/* The unbroken run of minutes that ends now; a missing minute neither breaks nor lengthens it. */
static struct spell find_spell(const struct window *w, const struct series_view *const *views, int64_t until_s) {
        struct spell x = {0};
        int n_unknown = 0;
        for (int64_t at_s = until_s - 60; at_s >= until_s - LOOK_BACK_S && n_unknown < 5; at_s -= 60) {
                const struct series_view *s = NULL;
                int down = is_down_at(views, at_s, &s);
                if (down == 0)
                        break;
                n_unknown = down < 0 ? n_unknown + 1 : 0;
                if (down < 0)
                        continue;
                if (!x.series) {
                        x.series = s;
                        x.newest = s->samples[series_from(s, at_s)];
                }
                x.onset_s = at_s;
                x.n_minutes++;
                x.n_expected += change_explains(w, at_s, SETTLING_S, NULL);
        }
        return x;
}

static void advise(const struct window *w, int64_t onset_s, struct findings *out, struct finding *f) {
        const struct operation *change = change_before(w, onset_s, 1800);
        if (change && change_brought_version(change))
                finding_advise(
                        out, f,
                        "Roll back the operation that it follows: RollbackApplication of %s, to version %lld (operation %s%s%s).",
                        w->application->name, (long long)change->version_from, text_or_empty(change->id),
                        change->failure ? ": " : "", text_or_empty(change->failure));
        finding_advise(
                out, f,
                "Read why the job cannot be scheduled or restored from the log at %s: `NoResourceAvailableException` asks for "
                "KPUs, a missing snapshot or class for RollbackApplication, AccessDenied for the service role.",
                phrase_time(onset_s).text);
        if (!advise_waiting_for_snapshot(w, out, f))
                finding_advise(
                        out, f,
                        "If it does not come back by itself within minutes: StopApplication with Force, wait for READY, "
                        "StartApplication; it restores the latest snapshot, so what came after it is processed again.");
}

static void report_down(const struct window *w, const struct spell *x, size_t n_loud, struct findings *out) {
        bool is_expected = n_loud == 0;
        struct finding *f = findings_add(out, "downtime", is_expected ? SEVERITY_INFO : SEVERITY_CRITICAL,
                                         CONFIDENCE_HIGH, x->onset_s);
        f->is_expected = is_expected;
        double down_s = (double)(x->newest.at_s + 60 - x->onset_s);
        const struct explanation *v = is_expected ? NULL : first_fault_find(w, "downtime", x->onset_s);
        SCOPED(buf_done) struct buf cause = BUF_INIT(FINDING_TEXT_MAX);
        char title[FINDING_TITLE_MAX];
        snprintf(title, sizeof title, "Down for %s", phrase_span(down_s).text);
        if (!first_fault_title(v, title, "", out, f))
                finding_title(out, f, "%s", title);
        first_fault_sentence(v, &cause);
        finding_summary(
                out, f,
                "%sThe job has been down in each of the last %zu minutes, since %s (%s %.0f ms in the last one), although the "
                "application is %s.%s",
                buf_str(&cause), x->n_minutes, phrase_time(x->onset_s).text, x->series->metric->name, x->newest.value,
                text_or_empty(w->application->status), is_expected ? " An operation explains it." : "");
        if (!is_expected) {
                first_fault_tell(w, v, 300, 300, out, f);
                advise(w, x->onset_s, out, f);
        }
        finding_evidence_sample(out, f, x->series, x->newest, 0);
}

/* A job that was stopped on purpose publishes again some time after its start: silence counts from there. The application itself tells of a
 * change before the operations are read again. */
static int64_t started_s(const struct window *w) {
        int64_t newest_s = w->application->updated_at_s <= w->now_s ? w->application->updated_at_s : 0;
        for (size_t i = 0; i < w->n_operations; i++) {
                const struct operation *o = &w->operations[i];
                if (o->kind && strstr(o->kind, "Start") && change_ended_s(w, o) > newest_s)
                        newest_s = o->ended_at_s;
        }
        return newest_s;
}

/* When all metrics ended, 0 when they did not: the reference is silent for that long, and so are the others as far as they were read, which
 * must be well past that end. */
static int64_t silent_since(const struct window *w, const struct series_view *reference, double missing_s) {
        int64_t newest_s = 0, read_s = 0;
        for (size_t i = 0; i < w->n_series; i++) {
                const struct series_view *s = &w->series[i];
                if (s->n_samples > 0 && s->samples[s->n_samples - 1].at_s > newest_s)
                        newest_s = s->samples[s->n_samples - 1].at_s;
                if (s != reference && s->n_samples > 0 && series_until_s(w, s) > read_s)
                        read_s = series_until_s(w, s);
        }
        if (newest_s > 0 && started_s(w) > newest_s)
                newest_s = started_s(w);
        bool is_silent = newest_s > 0 && (double)(series_until_s(w, reference) - newest_s) > missing_s;
        bool is_shared = read_s == 0 || (double)(read_s - newest_s) > missing_s / 3;
        return is_silent && is_shared ? newest_s : 0;
}

static void report_silent(const struct window *w, int64_t newest_s, int64_t until_s, struct findings *out) {
        struct finding *f = findings_add(out, "downtime", SEVERITY_CRITICAL, CONFIDENCE_MEDIUM, newest_s + 60);
        f->is_expected = change_explains(w, until_s, SETTLING_S, NULL);
        finding_title(out, f, "No metrics for %s although %s", phrase_span((double)(until_s - newest_s)).text,
                      w->application->status);
        finding_summary(
                out, f,
                "The application is %s, yet it has published no metric since %s: without a stop among its operations that is an "
                "outage of the job.",
                w->application->status, phrase_time(newest_s).text);
        first_fault_tell(w, first_fault_find(w, "downtime", newest_s + 60), 300, 600, out, f);
        advise(w, newest_s, out, f);
        finding_evidence_text(out, f, "metric", "uptime", newest_s, "last sample of any metric");
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct series_view *uptime = window_find(w, "uptime", NULL), *known = NULL, *views[ELEMENTS(names)];
        if (!application_is_running(w->application))
                return 0;
        if (!uptime || uptime->n_samples == 0)
                uptime = window_find(w, "runningTime", NULL);
        for (size_t i = 0; i < ELEMENTS(names); i++) {
                views[i] = window_find(w, names[i], NULL);
                if (!known && series_is_fresh(w, views[i]) && views[i]->n_samples > 0)
                        known = views[i];
        }
        if (!known && !(series_is_fresh(w, uptime) && uptime->n_samples > 0))
                return JUDGE_BLIND;
        const struct series_view *reference = series_is_fresh(w, uptime) ? uptime : known;
        int64_t silent_s = silent_since(w, reference, settings[MISSING]);
        if (!application_is_changing(w->application) && silent_s > 0) {
                report_silent(w, silent_s, series_until_s(w, reference), out);
                return out->failed;
        }
        struct spell x = known ? find_spell(w, views, series_until_s(w, known)) : (struct spell){0};
        const struct prior *prior = window_prior(w, "downtime", NULL);
        size_t n_loud = x.n_minutes - x.n_expected;
        size_t enough = prior && prior->severity > SEVERITY_INFO ? 1 : (size_t)settings[PERIODS];
        /* A spell that outlasts what excuses it is as long as it is. */
        bool is_restarting = job_restarts(w, 600) > 0; /* a loop is about to be seen as one: let it have its name */
        bool is_loud = n_loud >= (is_restarting ? enough : 1);
        if (x.n_minutes >= enough)
                report_down(w, &x, is_loud ? n_loud : 0, out);
        return out->failed;
}

const struct diagnoser diagnoser_downtime = {
        .name = "downtime",
        .help = "the job is down, or publishes nothing although the application is RUNNING",
        .params = params,
        .needs = needs,
        .judge = judge,
};
