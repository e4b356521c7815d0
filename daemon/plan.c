/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/plan.h"

#include <errno.h>
#include <string.h>

#include "util/glob.h"
#include "util/list.h"
#include "util/text.h"

/* GetMetricData is billed by metric, not by point: a slower tier loses minutes, never points. */
static const int64_t intervals_per_tier[] = {[TIER_SENTINEL] = 1, [TIER_DIAGNOSIS] = 10, [TIER_SLOW] = 60};

static void watched_done(struct watched *w) {
        free(w->name);
        free(w->arn);
        free(w->series);
}

void plan_done(struct plan *p) {
        for (size_t i = 0; i < p->n_applications; i++)
                watched_done(&p->applications[i]);
        free(p->applications);
        *p = (struct plan){.target = p->target};
}

struct watched *plan_find(struct plan *p, const char *name) {
        for (size_t i = 0; i < p->n_applications; i++)
                if (strcmp(p->applications[i].name, name) == 0)
                        return &p->applications[i];
        return NULL;
}

static bool is_wanted(const char *name, char *const *names, size_t n, const char *globs) {
        if (!glob_list_matches(globs, name))
                return false;
        for (size_t i = 0; i < n; i++)
                if (strcmp(names[i], name) == 0)
                        return true;
        return false;
}

int plan_set_names(struct plan *p, char *const *names, size_t n, const char *globs, size_t *ret_added,
                   size_t *ret_removed) {
        size_t kept = 0, added = 0;
        for (size_t i = 0; i < p->n_applications; i++) {
                if (is_wanted(p->applications[i].name, names, n, globs))
                        p->applications[kept++] = p->applications[i];
                else
                        watched_done(&p->applications[i]);
        }
        if (ret_removed)
                *ret_removed = p->n_applications - kept;
        p->n_applications = kept;
        for (size_t i = 0; i < n; i++) {
                if (!glob_list_matches(globs, names[i]) || plan_find(p, names[i]))
                        continue;
                char *copy = strdup(names[i]);
                struct watched *w = copy ? LIST_ADD(p->applications, p->n_applications, p->applications_size) : NULL;
                if (!w) {
                        free(copy);
                        return -ENOMEM;
                }
                w->name = copy;
                w->is_new = true;
                added++;
        }
        if (ret_added)
                *ret_added = added;
        return 0;
}

static bool has_series(const struct watched *w, const struct metric *m) {
        for (size_t i = 0; i < w->n_series; i++)
                if (w->series[i].metric == m)
                        return true;
        return false;
}

static int add_series(struct plan *p, struct store *store, struct watched *w, const struct metric *m) {
        struct series_key key = {p->target, w->name, m->name, m->statistic, ""};
        struct watched_series fresh = {.metric = m};
        int r = store_series(store, &key, &fresh.id);
        if (r < 0)
                return r;
        r = store_read_until(store, fresh.id, &fresh.read_until_s);
        if (r < 0)
                return r;
        struct watched_series *s = LIST_ADD(w->series, w->n_series, w->series_size);
        if (!s)
                return -ENOMEM;
        *s = fresh;
        return 0;
}

/* Task-level metrics carry more dimensions than Application: they are found by listing, not by the catalogue. */
static bool is_application_wide(const struct metric *m) {
        return m->level == LEVEL_APPLICATION;
}

int plan_describe(struct plan *p, struct store *store, const struct application *facts) {
        struct watched *w = plan_find(p, facts->name);
        if (!w)
                return 0;
        w->described_at_s = facts->seen_at_s;
        w->retry_at_s = 0;
        w->is_running = application_is_running(facts);
        w->level = metric_level_parse(facts->metrics_level);
        int version = flink_version(facts->runtime);
        if (version != w->flink_version)
                w->n_series = 0;
        w->flink_version = version;
        if (text_replace(&w->arn, facts->arn) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n_metrics; i++) {
                const struct metric *m = &metrics[i];
                if (!is_application_wide(m) || !metric_is_published(m, version, w->level) || has_series(w, m))
                        continue;
                int r = add_series(p, store, w, m);
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

static bool is_due(const struct watched *w, const struct watched_series *s, const struct plan_times *t,
                   enum metric_tier tier) {
        if (s->metric->tier > tier)
                return false;
        if (s->read_until_s == 0 && s->asked_at_s == 0)
                return true;
        int64_t every_s = w->is_suspicious ? t->interval_s : t->interval_s * intervals_per_tier[s->metric->tier];
        /* Half an interval of slack: timers drift, and a metric must not slip to the next round for a second. */
        return t->now_s - s->asked_at_s >= every_s - t->interval_s / 2;
}

int plan_due(struct plan *p, const struct plan_times *t, enum metric_tier tier, struct metric_query **ret,
             size_t *ret_n) {
        struct metric_query *queries = NULL;
        size_t n = 0, size = 0;
        for (size_t i = 0; i < p->n_applications; i++) {
                struct watched *w = &p->applications[i];
                for (size_t k = 0; w->is_running && k < w->n_series; k++) {
                        struct watched_series *s = &w->series[k];
                        if (!is_due(w, s, t, tier))
                                continue;
                        int64_t period_s = s->metric->period_s, oldest_s = t->now_s - t->backfill_s;
                        int64_t from_s = s->read_until_s > oldest_s ? s->read_until_s : oldest_s - oldest_s % period_s;
                        int64_t to_s = t->now_s - t->now_s % period_s;
                        from_s -= from_s % period_s;
                        if (to_s <= from_s)
                                continue;
                        struct metric_query *q = LIST_ADD(queries, n, size);
                        if (!q) {
                                free(queries);
                                return -ENOMEM;
                        }
                        *q = (struct metric_query){s->id, w->name, s->metric, "", from_s, to_s};
                        s->asked_at_s = t->now_s;
                }
        }
        *ret = queries;
        *ret_n = n;
        return 0;
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
                        if (s->metric->tier == TIER_SENTINEL && s->read_until_s == 0 && p->applications[i].is_running)
                                return true;
                }
        return false;
}
