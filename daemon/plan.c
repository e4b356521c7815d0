/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/plan.h"

#include <errno.h>
#include <string.h>

#include "util/glob.h"
#include "util/list.h"
#include "util/text.h"

enum {
        LATE_S =
                600, /* field reports: a point comes ten minutes late at worst: asked for again as long, which costs nothing */
        FOUND_BACKFILL_S = 86400, /* there may be hundreds of them, and diagnosers look back some hours */
        SET_BACK_S = 86400,       /* a clock is seldom ahead for longer: what is older is not looked for each time */
        TURN_APPLICATIONS = 32,   /* have a turn of their own */
        RESTLESS_S = 1800,        /* a restart makes an application suspicious for as long */
};

void watched_series_done(struct watched_series *s) {
        if (s->dimensions[0])
                free((char *)s->dimensions);
}

static void clear_series(struct watched *w) {
        for (size_t i = 0; i < w->n_series; i++)
                watched_series_done(&w->series[i]);
        w->n_series = 0;
}

static void watched_done(struct watched *w) {
        clear_series(w);
        free(w->name);
        free(w->arn);
        free(w->status);
        free(w->series);
}

void plan_done(struct plan *p) {
        for (size_t i = 0; i < p->n_applications; i++)
                watched_done(&p->applications[i]);
        free(p->applications);
        free(p->places);
        plan_found_done(p);
        *p = (struct plan){.target = p->target};
}

static int set_place(struct plan *p, int64_t id, size_t application, size_t series) {
        while (p->n_places <= (size_t)id)
                if (!LIST_ADD(p->places, p->n_places, p->places_size))
                        return -ENOMEM;
        p->places[id] = (struct plan_place){(uint32_t)application, (uint32_t)series, true};
        return 0;
}

int plan_set_places(struct plan *p) {
        p->n_places = 0;
        for (size_t i = 0; i < p->n_applications; i++)
                for (size_t k = 0; k < p->applications[i].n_series; k++)
                        if (set_place(p, p->applications[i].series[k].id, i, k) < 0)
                                return -ENOMEM;
        return 0;
}

static int compare_applications(const void *a, const void *b) {
        return strcmp(((const struct watched *)a)->name, ((const struct watched *)b)->name);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The applications are kept in the order of their names. */
struct watched *plan_find(struct plan *p, const char *name) {
        struct watched key = {.name = (char *)name};
        return p->n_applications > 0
                       ? bsearch(&key, p->applications, p->n_applications, sizeof key, compare_applications)
                       : NULL;
}

static size_t forget_others(struct plan *p, char *const *sorted, size_t n, const char *globs) {
        size_t kept = 0;
        for (size_t i = 0; i < p->n_applications; i++) {
                char *name = p->applications[i].name;
                bool is_listed = n > 0 && bsearch(&name, sorted, n, sizeof *sorted, compare_names);
                if (is_listed && glob_list_matches(globs, name))
                        p->applications[kept++] = p->applications[i];
                else
                        watched_done(&p->applications[i]);
        }
        size_t forgotten = p->n_applications - kept;
        p->n_applications = kept;
        return forgotten;
}

/* The same in each process: FNV-1a, its bits mixed as MurmurHash3 ends, since names differ in their last letters. */
static uint32_t hash_of(const char *name) {
        uint32_t hash = 2166136261;
        for (const char *c = name; *c; c++)
                hash = (hash ^ (uint8_t)*c) * 16777619;
        hash = (hash ^ hash >> 16) * 0x85ebca6b;
        hash = (hash ^ hash >> 13) * 0xc2b2ae35;
        return hash ^ hash >> 16;
}

static int add_others(struct plan *p, char *const *sorted, size_t n, const char *globs) {
        size_t n_known = p->n_applications;
        for (size_t i = 0; i < n; i++) {
                struct watched key = {.name = sorted[i]};
                bool is_known = n_known > 0 &&
                                bsearch(&key, p->applications, n_known, sizeof key, compare_applications);
                bool is_repeated = i > 0 && strcmp(sorted[i], sorted[i - 1]) == 0;
                if (is_known || is_repeated || !glob_list_matches(globs, sorted[i]))
                        continue;
                char *copy = strdup(sorted[i]);
                struct watched *w = copy ? LIST_ADD(p->applications, p->n_applications, p->applications_size) : NULL;
                if (!w) {
                        free(copy);
                        return -ENOMEM;
                }
                w->name = copy;
                w->hash = hash_of(copy);
                w->is_new = true;
        }
        return 0;
}

int plan_set_names(struct plan *p, const struct listed_application *names, size_t n, const char *globs,
                   size_t *ret_added, size_t *ret_removed) {
        SCOPED(free) char **sorted = calloc(n + 1, sizeof *sorted);
        if (!sorted)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                sorted[i] = names[i].name;
        qsort(sorted, n, sizeof *sorted, compare_names);
        size_t removed = forget_others(p, sorted, n, globs), n_before = p->n_applications;
        int r = add_others(p, sorted, n, globs);
        if (p->n_applications > 0)
                qsort(p->applications, p->n_applications, sizeof *p->applications, compare_applications);
        if (ret_added)
                *ret_added = p->n_applications - n_before;
        if (ret_removed)
                *ret_removed = removed;
        int placed = plan_set_places(p);
        return r < 0 ? r : placed;
}

bool watched_has_changed(const struct watched *w, const struct listed_application *listed) {
        if (w->described_at_s == 0)
                return false;
        return (listed->version_id > 0 && listed->version_id != w->version_id) ||
               (listed->status && !text_same(listed->status, w->status));
}

static bool has_series(const struct watched *w, const struct metric *m) {
        for (size_t i = 0; i < w->n_series; i++)
                if (w->series[i].metric == m && !w->series[i].is_found)
                        return true;
        return false;
}

int plan_add_series(struct plan *p, struct store *store, struct watched *w, const struct metric *m,
                    const char *dimensions, struct watched_series **ret) {
        struct series_key key = {p->target, w->name, m->name, m->statistic, dimensions};
        struct watched_series fresh = {.metric = m};
        int r = store_series(store, &key, &fresh.id);
        if (r >= 0)
                r = store_read_until(store, fresh.id, &fresh.read_until_s);
        if (r >= 0)
                r = store_newest(store, fresh.id, &fresh.newest);
        if (r < 0)
                return r;
        if (r > 0)
                fresh.newest.at_s = 0;
        fresh.dimensions = dimensions[0] ? strdup(dimensions) : "";
        struct watched_series *s = fresh.dimensions ? LIST_ADD(w->series, w->n_series, w->series_size) : NULL;
        if (!s) {
                if (fresh.dimensions)
                        watched_series_done(&fresh);
                return -ENOMEM;
        }
        *s = fresh;
        if (ret)
                *ret = s;
        return set_place(p, s->id, (size_t)(w - p->applications), w->n_series - 1);
}

/* Task-level metrics carry more dimensions than Application: they are found by listing, not by the catalogue. */
static bool is_application_wide(const struct metric *m) {
        return m->level == LEVEL_APPLICATION;
}

int plan_describe(struct plan *p, struct store *store, const struct application *facts) {
        struct watched *w = plan_find(p, facts->name);
        if (!w)
                return 0;
        if (w->described_at_s == 0)
                w->is_log_missing = facts->is_log_missing;
        w->described_at_s = facts->seen_at_s;
        w->retry_at_s = 0;
        w->is_running = application_is_running(facts);
        w->level = metric_level_parse(facts->metrics_level);
        int version = flink_version(facts->runtime);
        if (version != w->flink_version)
                clear_series(w);
        w->flink_version = version;
        w->version_id = facts->version_id;
        if (text_replace(&w->arn, facts->arn) < 0 || text_replace(&w->status, facts->status) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n_metrics; i++) {
                const struct metric *m = &metrics[i];
                if (!is_application_wide(m) || !metric_is_published(m, version, w->level) || has_series(w, m))
                        continue;
                int r = plan_add_series(p, store, w, m, "", NULL);
                if (r < 0)
                        return r;
        }
        return 0;
}

int plan_refresh(struct plan *p, struct store *store) {
        for (size_t i = 0; i < p->n_applications; i++) {
                struct watched *w = &p->applications[i];
                for (size_t k = 0; k < w->n_series; k++) {
                        int r = store_read_until(store, w->series[k].id, &w->series[k].read_until_s);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static bool has_restarted(const struct watched *w, int64_t now_s) {
        return now_s - w->restarted_at_s < RESTLESS_S;
}

bool watched_is_restless(const struct watched *w, int64_t now_s) {
        bool is_steady = text_same(w->status, "RUNNING") || text_same(w->status, "READY");
        return !is_steady || w->is_suspicious || has_restarted(w, now_s);
}

/* A series without a single point (the lag of a source that the application does not have) is asked for as rarely as there is. */
static enum metric_tier tier_of(const struct watched *w, const struct watched_series *s, int64_t now_s) {
        bool is_empty = s->read_until_s > 0 && s->newest.at_s == 0;
        bool is_read_by_none = s->is_found && s->metric->tier == TIER_RARE;
        bool is_restless = !is_read_by_none && (w->is_suspicious || has_restarted(w, now_s));
        return is_empty ? TIER_RARE : is_restless ? TIER_SENTINEL : s->metric->tier;
}

static double stretch_of(const struct watched_series *s, const struct plan_times *t) {
        double stretch = s->metric->tier == TIER_SENTINEL ? t->stretch.sentinels : t->stretch.others;
        return stretch > 1 ? stretch : 1;
}

static double every_s(const struct watched *w, const struct watched_series *s, const struct plan_times *t) {
        return (double)(t->interval_s * metric_tier_intervals(tier_of(w, s, t->now_s))) * stretch_of(s, t);
}

/* A few applications fill no request: they are asked for together. A power of two, so that hardly anybody's turn changes when there are
 * more of them. */
static uint32_t count_turns(const struct plan *p) {
        uint32_t n = 1;
        while ((size_t)2 * n * TURN_APPLICATIONS <= p->n_applications)
                n *= 2;
        return n;
}

/* Begins half an interval ahead: timers drift, and a metric must not slip to the next round for a second. */
static void advance_pace(struct plan *p, const struct plan_times *t) {
        double stretch = t->stretch.others > 1 ? t->stretch.others : 1;
        if (p->paced_at_s == 0)
                p->pace_s = (double)t->interval_s / 2;
        else if (t->now_s > p->paced_at_s)
                p->pace_s += (double)(t->now_s - p->paced_at_s) / stretch;
        p->paced_at_s = t->now_s;
        p->n_turns = count_turns(p);
}

/* Whether the application's turn has come since the series was asked for: turns are `every_s` apart, counted from the first round, each
 * application's a share of that later. */
static bool is_its_turn(const struct plan *p, const struct watched *w, const struct watched_series *s,
                        int64_t every_s) {
        int64_t turn = (int64_t)((uint64_t)w->hash * p->n_turns >> 32), later_s = every_s * turn / p->n_turns;
        int64_t now_s = (int64_t)p->pace_s + every_s - later_s, asked_s = (int64_t)s->asked_pace_s + every_s - later_s;
        return now_s / every_s > asked_s / every_s;
}

static bool is_due(const struct plan *p, const struct watched *w, const struct watched_series *s,
                   const struct plan_times *t, enum plan_scope scope) {
        if (scope == PLAN_EARLY)
                return s->metric->is_early && s->read_until_s == 0;
        if (s->read_until_s == 0 && s->asked_at_s == 0)
                return true;
        enum metric_tier tier = tier_of(w, s, t->now_s);
        if (tier != TIER_SENTINEL && s->metric->tier != TIER_SENTINEL && s->asked_at_s > 0)
                return is_its_turn(p, w, s, t->interval_s * metric_tier_intervals(tier));
        /* Half an interval of slack: timers drift, and a metric must not slip to the next round for a second. */
        return (double)(t->now_s - s->asked_at_s) >= every_s(w, s, t) - (double)t->interval_s / 2;
}

/* It was read by a clock that was ahead and was set back since. What came meanwhile lies before what that clock asked for: it is read on
 * from the newest point there is. */
static int64_t from_after_set_back(const struct watched_series *s, int64_t now_s) {
        int64_t newest_s = s->newest.at_s > 0 && s->newest.at_s < now_s ? s->newest.at_s : now_s;
        return (newest_s > now_s - SET_BACK_S ? newest_s : now_s - SET_BACK_S) - LATE_S;
}

/* From the last settled point back over those that may still come late, to the newest whole period; false when there is none. A gap is
 * filled as far as CloudWatch goes back, however long it is. */
static bool span_of_query(const struct watched_series *s, const struct plan_times *t, int64_t *ret_from_s,
                          int64_t *ret_to_s) {
        int64_t backfill_s = s->is_found && t->backfill_s > FOUND_BACKFILL_S ? FOUND_BACKFILL_S : t->backfill_s;
        int64_t period_s = s->metric->period_s, from_s = t->now_s - backfill_s;
        if (s->read_until_s > t->now_s)
                from_s = from_after_set_back(s, t->now_s);
        else if (s->read_until_s > 0)
                from_s = s->read_until_s - LATE_S;
        *ret_from_s = from_s - from_s % period_s;
        *ret_to_s = t->now_s - t->now_s % period_s;
        return *ret_to_s > *ret_from_s;
}

/* Those beyond the limit stay due; the sentinels are the last to go. */
static size_t keep_at_most(struct plan *p, struct metric_query *queries, size_t n, size_t at_most) {
        size_t n_sentinels = 0;
        for (size_t i = 0; i < n; i++)
                if (queries[i].metric->tier == TIER_SENTINEL) {
                        struct metric_query sentinel = queries[i];
                        queries[i] = queries[n_sentinels];
                        queries[n_sentinels++] = sentinel;
                }
        plan_not_asked(p, queries + at_most, n - at_most);
        return at_most;
}

int plan_due(struct plan *p, const struct plan_times *t, enum plan_scope scope, struct metric_query **ret,
             size_t *ret_n) {
        struct metric_query *queries = NULL;
        size_t n = 0, size = 0;
        advance_pace(p, t);
        for (size_t i = 0; i < p->n_applications; i++) {
                struct watched *w = &p->applications[i];
                for (size_t k = 0; w->is_running && k < w->n_series; k++) {
                        struct watched_series *s = &w->series[k];
                        int64_t from_s, to_s;
                        if (!is_due(p, w, s, t, scope) || !span_of_query(s, t, &from_s, &to_s))
                                continue;
                        struct metric_query *q = LIST_ADD(queries, n, size);
                        if (!q) {
                                free(queries);
                                return -ENOMEM;
                        }
                        *q = (struct metric_query){s->id, w->name, s->metric, s->dimensions, from_s, to_s};
                        s->asked_at_s = t->now_s;
                        s->asked_pace_s = (uint32_t)p->pace_s;
                }
        }
        *ret = queries;
        *ret_n = t->at_most > 0 && n > t->at_most ? keep_at_most(p, queries, n, t->at_most) : n;
        return 0;
}

static void add_demand(const struct watched *w, const struct plan_times *t, double per_hour[N_TIERS]) {
        for (size_t k = 0; w->is_running && k < w->n_series; k++)
                per_hour[w->series[k].metric->tier] += 3600 / every_s(w, &w->series[k], t);
}

void plan_demand(struct plan *p, const struct plan_times *t, const char *application, double ret_per_hour[N_TIERS]) {
        const struct watched *only = application ? plan_find(p, application) : NULL;
        for (int tier = 0; tier < N_TIERS; tier++)
                ret_per_hour[tier] = 0;
        if (only)
                add_demand(only, t, ret_per_hour);
        for (size_t i = 0; !application && i < p->n_applications; i++)
                add_demand(&p->applications[i], t, ret_per_hour);
}

static bool is_running_time(const struct metric *m) {
        return m->is_early && !m->is_counter;
}

void plan_note(struct plan *p, const struct batch *b, int64_t now_s) {
        for (size_t i = 0; i < b->n_points; i++) {
                const struct point *point = &b->points[i];
                if (point->series_id < 0 || (size_t)point->series_id >= p->n_places ||
                    !p->places[point->series_id].is_set)
                        continue;
                const struct plan_place *place = &p->places[point->series_id];
                struct watched *w = &p->applications[place->application];
                struct watched_series *s = place->series < w->n_series ? &w->series[place->series] : NULL;
                if (!s || s->id != point->series_id)
                        continue; /* of a runtime that the application has left */
                if (point->sample.at_s <= s->newest.at_s)
                        continue;
                if (is_running_time(s->metric) && s->newest.at_s > 0 && point->sample.value < s->newest.value &&
                    now_s - point->sample.at_s < RESTLESS_S)
                        w->restarted_at_s = now_s;
                s->newest = point->sample;
        }
}

void plan_not_asked(struct plan *p, const struct metric_query *queries, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct watched *w = plan_find(p, queries[i].application);
                for (size_t k = 0; w && k < w->n_series; k++)
                        if (w->series[k].id == queries[i].series_id)
                                w->series[k].asked_at_s = 0;
        }
}

bool plan_is_new(const struct plan *p) {
        for (size_t i = 0; i < p->n_applications; i++)
                for (size_t k = 0; k < p->applications[i].n_series; k++) {
                        const struct watched_series *s = &p->applications[i].series[k];
                        if (s->metric->is_early && s->read_until_s == 0 && p->applications[i].is_running)
                                return true;
                }
        return false;
}
