/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/replay.h"

#include <errno.h>
#include <string.h>

struct storage {
        struct window window;
        struct application application;
        struct series_view *series;
        struct operation *operations;
        struct snapshot *snapshots;
        struct prior *priors;
};

void replay_free(struct window *w) {
        if (!w)
                return;
        struct storage *s = w->storage;
        free(s->series);
        free(s->operations);
        free(s->snapshots);
        free(s->priors);
        free(s);
}

static void cut_series(struct storage *s, const struct window *whole, int64_t settled_s) {
        for (size_t i = 0; i < whole->n_series; i++) {
                struct series_view *view = &s->series[i];
                *view = whole->series[i];
                view->n_samples = series_from(view, settled_s - view->metric->period_s + 1);
                if (view->read_until_s > settled_s)
                        view->read_until_s = settled_s;
        }
        s->window.series = s->series;
        s->window.n_series = whole->n_series;
}

static void cut_operations(struct storage *s, const struct window *whole, int64_t at_s) {
        size_t n = 0;
        for (size_t i = 0; i < whole->n_operations; i++) {
                if (whole->operations[i].started_at_s > at_s)
                        continue;
                s->operations[n] = whole->operations[i];
                if (s->operations[n].ended_at_s > at_s) {
                        static char in_progress[] = "IN_PROGRESS";
                        s->operations[n].ended_at_s = 0;
                        s->operations[n].status = in_progress;
                        s->operations[n].failure = NULL;
                }
                n++;
        }
        s->window.operations = s->operations;
        s->window.n_operations = n;
}

static void cut_snapshots(struct storage *s, const struct window *whole, int64_t at_s) {
        size_t n = 0;
        for (size_t i = 0; i < whole->n_snapshots; i++)
                if (whole->snapshots[i].created_at_s <= at_s)
                        s->snapshots[n++] = whole->snapshots[i];
        s->window.snapshots = s->snapshots;
        s->window.n_snapshots = n;
}

/* What an operation does to the status while it runs, and after it succeeded. */
static const struct {
        const char *in_kind, *meanwhile, *then;
} effects[] = {
        {"Start", "STARTING", "RUNNING"},        {"Stop", "STOPPING", "READY"},
        {"Rollback", "ROLLING_BACK", "RUNNING"}, {"Update", "UPDATING", "RUNNING"},
        {"Scal", "AUTOSCALING", "RUNNING"},      {"Maintenance", "MAINTENANCE", "RUNNING"},
};

static size_t effect_of(const struct operation *o) {
        size_t i = 0;
        while (i < ELEMENTS(effects) && !(o->kind && strstr(o->kind, effects[i].in_kind)))
                i++;
        return i;
}

/* Only starts and stops tell whether there was a job before or after: an application that is READY can be updated, too. */
static bool starts_or_stops(const struct operation *o) {
        size_t i = effect_of(o);
        return i < 2 && (!o->status || strcmp(o->status, "FAILED") != 0);
}

/* The status at that time, as its operations tell it; NULL when they do not. Operations are in order of their beginning. */
static const char *status_at(const struct window *whole, int64_t at_s) {
        const struct operation *before = NULL, *after = NULL;
        for (size_t i = 0; i < whole->n_operations; i++) {
                const struct operation *o = &whole->operations[i];
                bool has_begun = o->started_at_s <= at_s, has_ended = o->ended_at_s > 0 && o->ended_at_s <= at_s;
                if (has_begun && !has_ended && effect_of(o) < ELEMENTS(effects))
                        return effects[effect_of(o)].meanwhile;
                if (!starts_or_stops(o))
                        continue;
                if (has_ended)
                        before = o;
                else if (!has_begun && !after)
                        after = o;
        }
        if (before)
                return effects[effect_of(before)].then;
        if (after)
                return effect_of(after) == 0 ? "READY" : "RUNNING";
        return NULL;
}

/* Whether the application is in a transition now that had not begun then: before it there was a job. */
static bool is_before_transition(const struct window *whole, int64_t at_s) {
        const struct application *a = whole->application;
        int64_t began_s = a->updated_at_s;
        bool is_changing = false;
        for (size_t i = 0; a->status && i < ELEMENTS(effects); i++)
                is_changing = is_changing || strcmp(a->status, effects[i].meanwhile) == 0;
        if (whole->n_operations > 0)
                began_s = whole->operations[whole->n_operations - 1].started_at_s;
        return is_changing && at_s < began_s;
}

/* Its settings are known as they are now only. */
static void cut_application(struct storage *s, const struct window *whole, int64_t at_s) {
        const struct application *now = whole->application;
        if (!now || at_s >= now->seen_at_s)
                return;
        s->application = *now;
        const char *status = status_at(whole, at_s);
        if (!status && is_before_transition(whole, at_s))
                status = "RUNNING";
        if (status)
                s->application.status = (char *)status;
        if (now->updated_at_s > at_s)
                s->application.updated_at_s = 0;
        s->application.seen_at_s = at_s;
        s->window.application = &s->application;
}

static void set_priors(struct storage *s, const struct incident *incidents, size_t n_incidents) {
        size_t n = 0;
        for (size_t i = 0; i < n_incidents; i++) {
                const struct incident *open = &incidents[i];
                if (open->state == INCIDENT_RESOLVED)
                        continue;
                s->priors[n++] = (struct prior){open->finding.diagnoser, open->finding.subject, open->finding.severity,
                                                open->finding.onset_s, open->opened_at_s};
        }
        s->window.priors = s->priors;
        s->window.n_priors = n;
}

int replay_window(const struct window *whole, int64_t at_s, int64_t settle_s, const struct incident *incidents,
                  size_t n_incidents, struct window **ret) {
        struct storage *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->window = *whole;
        s->window.storage = s;
        s->series = calloc(whole->n_series + 1, sizeof *s->series);
        s->operations = calloc(whole->n_operations + 1, sizeof *s->operations);
        s->snapshots = calloc(whole->n_snapshots + 1, sizeof *s->snapshots);
        s->priors = calloc(n_incidents + 1, sizeof *s->priors);
        if (!s->series || !s->operations || !s->snapshots || !s->priors) {
                replay_free(&s->window);
                return -ENOMEM;
        }
        s->window.now_s = at_s;
        s->window.to_s = at_s - settle_s;
        cut_series(s, whole, at_s - settle_s);
        cut_application(s, whole, at_s);
        cut_operations(s, whole, at_s);
        cut_snapshots(s, whole, at_s);
        set_priors(s, incidents, n_incidents);
        *ret = &s->window;
        return 0;
}
