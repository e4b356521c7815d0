/* SPDX-License-Identifier: Apache-2.0 */
/* Series that no catalogue can name: those of tasks, operators, subtasks, streams and partitions, and custom ones. ListMetrics finds them;
 * their names are opaque. What a diagnoser reads is asked for as often as the catalogue says, everything else as rarely as there is. */
#include <errno.h>
#include <string.h>

#include "daemon/plan.h"
#include "util/list.h"
#include "util/text.h"

enum {
        NEEDED_MAX = 2000, /* of an application: parallelism 64 times tens of operators goes beyond any budget */
        OTHERS_MAX = 200,
};

/* Rows of the catalogue that diagnosers read by task or subtask, too, at a pace of their own. */
static const struct {
        const char *metric, *dimension;
        enum metric_tier tier;
} by_task[] = {
        {"numRecordsInPerSecond", "Parallelism", TIER_SLOW}, /* skew */
};

static bool has_dimension(const char *dimensions, const char *name) {
        struct span rest = span_of(dimensions);
        while (rest.data) {
                struct span part = span_split(&rest, '\x1f'), key = span_split(&part, '=');
                if (span_equals(key, span_of(name)))
                        return true;
        }
        return false;
}

static enum metric_tier tier_of(const struct metric *known, const char *dimensions) {
        if (known && known->level > LEVEL_APPLICATION)
                return known->tier;
        for (size_t i = 0; known && i < ELEMENTS(by_task); i++)
                if (strcmp(by_task[i].metric, known->name) == 0 && has_dimension(dimensions, by_task[i].dimension))
                        return by_task[i].tier;
        return TIER_RARE;
}

/* A row like the catalogue's with that tier; of a custom metric the hottest sample of each minute. Stays while a series has it. */
static const struct metric *row_of(struct plan *p, const struct metric *known, const char *name,
                                   enum metric_tier tier) {
        if (known && known->tier == tier)
                return known;
        for (size_t i = 0; i < p->n_rows; i++)
                if (p->rows[i]->tier == tier && strcmp(p->rows[i]->name, name) == 0)
                        return p->rows[i];
        struct metric *made = calloc(1, sizeof *made);
        char *copy = strdup(name);
        struct metric **slot = made && copy ? LIST_ADD(p->rows, p->n_rows, p->rows_size) : NULL;
        if (!slot) {
                free(made);
                free(copy);
                return NULL;
        }
        *made = known ? *known
                      : (struct metric){
                                .statistic = "Maximum", .missing = MISSING_UNKNOWN, .period_s = 60, .divisor = 1};
        made->name = copy;
        made->tier = tier;
        made->is_early = false;
        *slot = made;
        return made;
}

static void row_free(struct metric *row) {
        free((char *)row->name);
        free(row);
}

void plan_found_done(struct plan *p) {
        for (size_t i = 0; i < p->n_rows; i++)
                row_free(p->rows[i]);
        free(p->rows);
}

static int compare_rows(const void *a, const void *b) {
        uintptr_t left = (uintptr_t) * (struct metric *const *)a, right = (uintptr_t) * (struct metric *const *)b;
        return left < right ? -1 : left > right;
}

/* Names of custom metrics come and go, with a job's id in them for example. */
static int forget_unused_rows(struct plan *p) {
        SCOPED(free) bool *is_used = calloc(p->n_rows + 1, sizeof *is_used);
        size_t kept = 0;
        if (!is_used)
                return -ENOMEM;
        if (p->n_rows > 0)
                qsort(p->rows, p->n_rows, sizeof *p->rows, compare_rows);
        for (size_t i = 0; i < p->n_applications && p->n_rows > 0; i++)
                for (size_t k = 0; k < p->applications[i].n_series; k++) {
                        const struct metric *m = p->applications[i].series[k].metric;
                        struct metric **row = bsearch(&m, p->rows, p->n_rows, sizeof *p->rows, compare_rows);
                        if (row)
                                is_used[row - p->rows] = true;
                }
        for (size_t i = 0; i < p->n_rows; i++)
                if (is_used[i])
                        p->rows[kept++] = p->rows[i];
                else
                        row_free(p->rows[i]);
        p->n_rows = kept;
        return 0;
}

void plan_begin_found(struct plan *p) {
        for (size_t i = 0; i < p->n_applications; i++) {
                struct watched *w = &p->applications[i];
                w->n_needed = w->n_others = w->n_left_out = 0;
                for (size_t k = 0; k < w->n_series; k++)
                        w->series[k].is_listed = false;
        }
}

static struct watched_series *find(struct watched *w, const struct metric *m, const char *dimensions) {
        for (size_t i = 0; i < w->n_series; i++)
                if (w->series[i].metric == m && strcmp(w->series[i].dimensions, dimensions) == 0)
                        return &w->series[i];
        return NULL;
}

static int take(struct plan *p, struct store *store, const struct listed_series *listed) {
        struct watched *w = plan_find(p, listed->application);
        const struct metric *known = metric_find(listed->metric, NULL);
        if (!w || !w->is_running || (known && known->level == LEVEL_APPLICATION && !listed->dimensions[0]))
                return 0;
        enum metric_tier tier = tier_of(known, listed->dimensions);
        size_t *n = tier == TIER_RARE ? &w->n_others : &w->n_needed;
        if (*n >= (tier == TIER_RARE ? OTHERS_MAX : NEEDED_MAX)) {
                w->n_left_out++;
                return 0;
        }
        const struct metric *row = row_of(p, known, listed->metric, tier);
        if (!row)
                return -ENOMEM;
        (*n)++;
        struct watched_series *s = find(w, row, listed->dimensions);
        int r = s ? 0 : plan_add_series(p, store, w, row, listed->dimensions, &s);
        if (r == 0)
                s->is_found = s->is_listed = true;
        return r;
}

int plan_take_found(struct plan *p, struct store *store, const struct batch *page) {
        int r = 0;
        for (size_t i = 0; i < page->n_series && r == 0; i++)
                r = take(p, store, &page->series[i]);
        return r;
}

int plan_end_found(struct plan *p) {
        for (size_t i = 0; i < p->n_applications; i++) {
                struct watched *w = &p->applications[i];
                size_t kept = 0;
                for (size_t k = 0; k < w->n_series; k++)
                        if (w->series[k].is_found && !w->series[k].is_listed)
                                watched_series_done(&w->series[k]);
                        else
                                w->series[kept++] = w->series[k];
                w->n_series = kept;
        }
        int r = forget_unused_rows(p);
        return r < 0 ? r : plan_set_places(p);
}
