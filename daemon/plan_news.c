/* SPDX-License-Identifier: Apache-2.0 */
/* Which applications have to be judged again. To read what the diagnosers look back upon is what a round costs most: days of samples for
 * each application. Of a calm one nothing comes in most rounds but one more minute of its running time. */
#include "daemon/plan.h"

/* A sentinel's newest sample is two or three minutes old when all is well. */
enum { LATE_SENTINEL_S = 300 };

static bool is_sentinel_late(const struct watched *w, const struct plan_times *t) {
        int64_t newest_s = 0;
        for (size_t i = 0; i < w->n_series; i++)
                if (w->series[i].metric->tier == TIER_SENTINEL && w->series[i].newest.at_s > newest_s)
                        newest_s = w->series[i].newest.at_s;
        return w->is_running && t->now_s - newest_s > LATE_SENTINEL_S + t->settle_s;
}

bool watched_is_to_be_judged(const struct watched *w, const struct plan_times *t) {
        int64_t at_most_s = t->interval_s * metric_tier_intervals(TIER_DIAGNOSIS);
        if (w->is_new || w->has_news || w->has_come || !w->is_calm || watched_is_restless(w, t->now_s))
                return true;
        return t->now_s - w->judged_at_s >= at_most_s - t->interval_s / 2 || is_sentinel_late(w, t);
}

void watched_note_judged(struct watched *w, int64_t at_s, bool is_calm) {
        w->is_calm = is_calm;
        w->has_come = false;
        w->judged_at_s = at_s;
}

static void note(struct plan *p, const char *application) {
        struct watched *w = plan_find(p, application);
        if (w)
                w->has_come = true;
}

/* The running time is what comes each time; that it fell, plan_note sees. */
static void note_point(struct plan *p, int64_t series) {
        if (series < 0 || (size_t)series >= p->n_places || !p->places[series].is_set)
                return;
        const struct plan_place *place = &p->places[series];
        struct watched *w = &p->applications[place->application];
        if (place->series < w->n_series && w->series[place->series].metric->tier != TIER_SENTINEL)
                w->has_come = true;
}

void plan_note_news(struct plan *p, const struct batch *b) {
        for (size_t i = 0; i < b->n_points; i++)
                note_point(p, b->points[i].series_id);
        for (size_t i = 0; i < b->n_applications; i++)
                note(p, b->applications[i].name);
        for (size_t i = 0; i < b->n_operations; i++)
                note(p, b->operations[i].application);
        for (size_t i = 0; i < b->n_snapshots; i++)
                note(p, b->snapshots[i].application);
}
