/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosers/changes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "diagnosers/statistics.h"
#include "util/text.h"

enum { EXCUSED_MAX_S = 900, CATCHING_UP_S = 1800, SETTLED_MS = 180000 };

bool application_is_changing(const struct application *a) {
        static const char *const statuses[] = {"STARTING",     "STOPPING",       "UPDATING", "AUTOSCALING",
                                               "ROLLING_BACK", "FORCE_STOPPING", "DELETING", "MAINTENANCE"};
        for (size_t i = 0; a->status && i < ELEMENTS(statuses); i++)
                if (strcmp(a->status, statuses[i]) == 0)
                        return true;
        return false;
}

/* Taking a snapshot or tagging restarts nothing. */
static bool changes_the_job(const struct operation *o) {
        return !o->kind || (!strstr(o->kind, "Snapshot") && !strstr(o->kind, "Tag"));
}

static bool has_begun(const struct window *w, const struct operation *o) {
        return o->started_at_s > 0 && o->started_at_s <= w->now_s && changes_the_job(o);
}

int64_t change_ended_s(const struct window *w, const struct operation *o) {
        return o->ended_at_s > w->now_s ? 0 : o->ended_at_s;
}

bool change_explains(const struct window *w, int64_t at_s, int64_t settling_s, const struct operation **ret) {
        for (size_t i = w->n_operations; i-- > 0;) {
                const struct operation *o = &w->operations[i];
                if (!has_begun(w, o) || at_s + 60 <= o->started_at_s) /* a sample's minute may begin just before */
                        continue;
                int64_t ended_s = change_ended_s(w, o);
                if (at_s > (ended_s > 0 ? ended_s : o->started_at_s + EXCUSED_MAX_S) + settling_s)
                        continue;
                if (ret)
                        *ret = o;
                return true;
        }
        if (ret)
                *ret = NULL;
        /* The status is read more often than the operations. */
        const struct application *a = w->application;
        return a->updated_at_s > 0 && at_s + 60 > a->updated_at_s && at_s <= a->updated_at_s + EXCUSED_MAX_S &&
               application_is_changing(a);
}

const struct operation *change_before(const struct window *w, int64_t at_s, int64_t within_s) {
        const struct operation *newest = NULL;
        for (size_t i = 0; i < w->n_operations; i++) {
                const struct operation *o = &w->operations[i];
                int64_t ended_s = change_ended_s(w, o);
                bool is_near = ended_s == 0 || at_s - ended_s <= within_s;
                if (has_begun(w, o) && o->started_at_s < at_s + 60 && is_near &&
                    (!newest || o->started_at_s >= newest->started_at_s))
                        newest = o;
        }
        return newest;
}

static const char *const counters[] = {"fullRestarts", "numRestarts"};
static const char *const uptimes[] = {"uptime", "runningTime"};

static double count_falls(const struct window *w, int64_t from_s) {
        double n = 0;
        for (size_t i = 0; i < ELEMENTS(uptimes); i++) {
                const struct series_view *s = window_find(w, uptimes[i], NULL);
                for (size_t k = s ? series_from(s, from_s) : 0; s && k < s->n_samples; k++)
                        n += uptime_step(s, k);
        }
        return n;
}

double job_restarts(const struct window *w, int64_t span_s) {
        double n = 0;
        bool has_counter = false;
        for (size_t i = 0; i < ELEMENTS(counters); i++) {
                const struct series_view *s = window_find(w, counters[i], NULL);
                if (!s || s->n_samples == 0)
                        continue;
                int64_t until_s = series_until_s(w, s);
                n += counter_increase(s, until_s - span_s, until_s, 600);
                has_counter = true;
        }
        /* A counter tells more than falls do: a minute can hold several restarts, and a job that stays down falls once. */
        return has_counter ? n : count_falls(w, w->to_s - span_s);
}

/* By either signal: the counter may not be read yet, or not be published. */
static bool has_restarted(const struct window *w, int64_t before_s) {
        for (size_t i = 0; i < ELEMENTS(counters); i++) {
                const struct series_view *s = window_find(w, counters[i], NULL);
                if (s && counter_increase(s, before_s - CATCHING_UP_S, before_s, 600) > 0)
                        return true;
        }
        return count_falls(w, before_s - CATCHING_UP_S) > 0;
}

bool job_is_unsettled(const struct window *w) {
        for (size_t i = 0; i < ELEMENTS(uptimes); i++) {
                const struct series_view *s = window_find(w, uptimes[i], NULL);
                const struct sample *last = s ? series_last(w, s, 300) : NULL;
                if (last && last->value < SETTLED_MS)
                        return true;
        }
        return false;
}

bool job_is_catching_up(const struct window *w, int64_t at_s) {
        return change_explains(w, at_s - CATCHING_UP_S, CATCHING_UP_S, NULL) ||
               change_explains(w, at_s, CATCHING_UP_S, NULL) || has_restarted(w, at_s);
}

const struct snapshot *snapshot_in_creation(const struct window *w) {
        for (size_t i = 0; i < w->n_snapshots; i++)
                if (text_same(w->snapshots[i].status, "CREATING") && w->snapshots[i].created_at_s <= w->now_s)
                        return &w->snapshots[i];
        return NULL;
}

bool advise_waiting_for_snapshot(const struct window *w, struct findings *out, struct finding *f) {
        const struct snapshot *s = snapshot_in_creation(w);
        if (s)
                finding_advise(
                        out, f,
                        "Do not stop the application before snapshot %s, which is still being created, is READY or "
                        "FAILED: a stop now would lose it.",
                        text_or_empty(s->name));
        return s;
}

bool change_brought_version(const struct operation *o) {
        return o->version_from > 0 && o->version_to > 0 && o->version_from != o->version_to;
}

void change_text(const struct operation *o, char to[CHANGE_TEXT_MAX]) {
        const char *kind = o->kind ? o->kind : "an operation";
        if (o->version_from > 0 && o->version_to > 0)
                snprintf(to, CHANGE_TEXT_MAX, "%.64s (version %" PRId64 " -> %" PRId64 ")", kind, o->version_from,
                         o->version_to);
        else
                snprintf(to, CHANGE_TEXT_MAX, "%.64s", kind);
}
