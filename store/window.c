/* SPDX-License-Identifier: Apache-2.0 */
/* What a diagnoser sees, read from the store: the facts of one application and the settled samples that are needed. */
#include <errno.h>

#include "store/inner.h"
#include "util/list.h"
#include "util/text.h"

/* Owns what a window points to. The samples of all series are in one array; `starts` says where each begins, since it moves while it
 * grows. */
struct storage {
        struct application application;
        struct operation *operations;
        size_t n_operations, operations_size;
        struct snapshot *snapshots;
        size_t n_snapshots, snapshots_size;
        struct series_view *series;
        size_t n_series, series_size;
        size_t *starts;
        size_t n_starts, starts_size;
        struct prior *priors;
        size_t n_priors, priors_size;
        struct explanation_rows explanations;
        struct sample *samples;
        size_t n_samples, samples_size;
        struct entries entries; /* scratch */
};

void window_free(struct window *w) {
        if (!w)
                return;
        struct storage *g = w->storage;
        application_done(&g->application);
        for (size_t i = 0; i < g->n_operations; i++)
                operation_done(&g->operations[i]);
        for (size_t i = 0; i < g->n_snapshots; i++)
                snapshot_done(&g->snapshots[i]);
        free(g->operations);
        free(g->snapshots);
        free(g->series);
        free(g->starts);
        free(g->priors);
        explanation_rows_done(&g->explanations);
        free(g->samples);
        entries_done(&g->entries);
        free(g);
        free(w);
}

static int read_operations(struct store *s, const struct window_spec *spec, struct storage *g) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = record_query(&s->db, &row, &s->operation,
                             "WHERE target = ?1 AND application = ?2 ORDER BY started_at_s, id", "tt", spec->target,
                             spec->application);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct operation *o = LIST_ADD(g->operations, g->n_operations, g->operations_size);
                r = o ? record_read(&s->operation, row, &s->words, o) : -ENOMEM;
                if (r < 0)
                        return store_no_memory(s);
        }
        return r;
}

static int read_snapshots(struct store *s, const struct window_spec *spec, struct storage *g) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = record_query(&s->db, &row, &s->snapshot,
                             "WHERE target = ?1 AND application = ?2 ORDER BY created_at_s, name", "tt", spec->target,
                             spec->application);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct snapshot *snapshot = LIST_ADD(g->snapshots, g->n_snapshots, g->snapshots_size);
                r = snapshot ? record_read(&s->snapshot, row, &s->words, snapshot) : -ENOMEM;
                if (r < 0)
                        return store_no_memory(s);
        }
        return r;
}

static int read_priors(struct store *s, const struct window_spec *spec, struct storage *g) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row,
                         "SELECT diagnoser, subject, severity, onset_s, opened_at_s FROM incident"
                         " WHERE copy = 0 AND state <> 2 AND target = ?1 AND application = ?2 ORDER BY id",
                         "tt", spec->target, spec->application);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct prior *p = LIST_ADD(g->priors, g->n_priors, g->priors_size);
                if (!p ||
                    words_keep(&s->words, text_or_empty((const char *)sqlite3_column_text(row, 0)), &p->diagnoser) <
                            0 ||
                    words_keep(&s->words, (const char *)sqlite3_column_text(row, 1), &p->subject) < 0)
                        return store_no_memory(s);
                p->severity = (enum severity)sqlite3_column_int(row, 2);
                p->onset_s = sqlite3_column_int64(row, 3);
                p->opened_at_s = sqlite3_column_int64(row, 4);
                r = 0;
        }
        return r;
}

static const struct window_need *find_need(const struct window_spec *spec, const struct series *series) {
        for (size_t i = 0; i < spec->n_needs; i++)
                if (series->metric_row >= 0 && spec->needs[i].metric == &metrics[series->metric_row])
                        return &spec->needs[i];
        return NULL;
}

static int reserve_samples(struct storage *g, size_t more) {
        size_t needed = g->n_samples + more, larger = 2 * g->samples_size > needed ? 2 * g->samples_size : needed;
        if (needed <= g->samples_size)
                return 0;
        struct sample *moved = reallocarray(g->samples, larger, sizeof *moved);
        if (!moved)
                return -ENOMEM;
        g->samples = moved;
        g->samples_size = larger;
        return 0;
}

/* Settled ones whose period ended by to_s. */
static int read_samples(struct store *s, uint32_t id, int64_t from_s, int64_t to_s, struct storage *g) {
        const struct series *series = series_get(&s->series, id);
        int r = layers_read(s, id, from_s, to_s - series->period_s + 1, &g->entries);
        if (r == 0 && reserve_samples(g, g->entries.n_items) < 0)
                return store_no_memory(s);
        for (size_t i = 0; i < g->entries.n_items && r == 0; i++) {
                const struct entry *e = &g->entries.items[i];
                if (is_settled(series, e))
                        g->samples[g->n_samples++] = (struct sample){e->at_s, e->value};
        }
        return r;
}

/* The last one that is settled and whose period ended by to_s, from the newest in memory: 0, or 1 when they do not tell. Where one follows
 * the other without a gap nothing can be between them. */
static int recall_newest(const struct store *s, const struct series *series, int64_t to_s, struct sample *ret) {
        uint32_t at_s = series->last_at_s;
        for (int i = series->n_recent - 1; i >= 0; i--, at_s -= (uint32_t)series->period_s) {
                const struct entry e = {.at_s = at_s, .is_settled = series->recent_settled >> i & 1};
                if (series->recent_at_s[i] != at_s || at_s < s->oldest_s)
                        return 1;
                if (!is_settled(series, &e) || (int64_t)at_s + series->period_s > to_s)
                        continue;
                *ret = (struct sample){at_s, series->recent_values[i]};
                return 0;
        }
        return 1;
}

static int read_newest(struct store *s, uint32_t id, int64_t from_s, int64_t to_s, struct storage *g) {
        struct sample newest;
        int r = samples_ready(s);
        if (r < 0)
                return r;
        if (recall_newest(s, series_get(&s->series, id), to_s, &newest) == 1)
                return read_samples(s, id, from_s, to_s, g);
        struct sample *sample = newest.at_s >= from_s ? LIST_ADD(g->samples, g->n_samples, g->samples_size) : NULL;
        if (sample)
                *sample = newest;
        return sample || newest.at_s < from_s ? 0 : store_no_memory(s);
}

static bool has_older(const struct store *s, const struct series *series, int64_t at_s) {
        return series->first_at_s > 0 && series->first_at_s < at_s && s->oldest_s < at_s;
}

static int read_series(struct store *s, const struct window_spec *spec, const struct window_need *need, uint32_t id,
                       struct storage *g) {
        const struct series *series = series_get(&s->series, id);
        struct series_view *view = LIST_ADD(g->series, g->n_series, g->series_size);
        size_t *start = LIST_ADD(g->starts, g->n_starts, g->starts_size);
        if (!view || !start)
                return store_no_memory(s);
        *start = g->n_samples;
        int r = (need->only_newest ? read_newest : read_samples)(s, id, spec->settled_before_s - need->span_s,
                                                                 spec->settled_before_s, g);
        *view = (struct series_view){
                .metric = need->metric,
                .dimensions = s->words.texts[series->dimensions],
                .n_samples = g->n_samples - *start,
                .has_older = g->n_samples > *start && has_older(s, series, g->samples[*start].at_s),
                .read_until_s = series->read_until_s < spec->settled_before_s ? series->read_until_s
                                                                              : spec->settled_before_s,
        };
        return r;
}

static int read_all_series(struct store *s, const struct window_spec *spec, struct storage *g) {
        const struct series_group *group = series_group_find(&s->series, &s->words, spec->target, spec->application);
        int r = 0;
        for (uint32_t id = group ? group->first : 0; id && r == 0; id = series_get(&s->series, id)->next) {
                const struct window_need *need = find_need(spec, series_get(&s->series, id));
                if (need)
                        r = read_series(s, spec, need, id, g);
        }
        for (size_t i = 0; i < g->n_series; i++)
                g->series[i].samples = g->samples ? g->samples + g->starts[i] : NULL;
        return r;
}

static int64_t longest_span_s(const struct window_spec *spec) {
        int64_t span_s = 0;
        for (size_t i = 0; i < spec->n_needs; i++)
                if (spec->needs[i].span_s > span_s)
                        span_s = spec->needs[i].span_s;
        return span_s;
}

/* Of episodes that can still be found: those of the samples, and those that are open. An application that fails every few hours has
 * thousands of others. */
static int read_explanations(struct store *s, const struct window_spec *spec, struct storage *g) {
        int64_t from_s = spec->settled_before_s - longest_span_s(spec);
        for (size_t i = 0; i < g->n_priors; i++)
                if (g->priors[i].onset_s < from_s)
                        from_s = g->priors[i].onset_s;
        return store_list_explanations(s, spec->target, spec->application, from_s - DAY_S, &g->explanations);
}

static int read_facts(struct store *s, const struct window_spec *spec, struct storage *g) {
        int r = store_application(s, spec->target, spec->application, &g->application);
        if (r == 1)
                return db_fail_text(&s->db, -ENOENT, "%s: %s: nothing is known of this application", spec->target,
                                    spec->application);
        if (r == 0)
                r = read_operations(s, spec, g);
        if (r == 0)
                r = read_snapshots(s, spec, g);
        if (r == 0)
                r = read_priors(s, spec, g);
        return r == 0 ? read_explanations(s, spec, g) : r;
}

int store_read_window(struct store *s, const struct window_spec *spec, struct window **ret) {
        struct storage *g = calloc(1, sizeof *g);
        struct window *made = calloc(1, sizeof *made);
        if (!g || !made) {
                free(g);
                free(made);
                return store_no_memory(s);
        }
        made->storage = g;
        SCOPED(window_free) struct window *w = made;
        int r = spec->only_samples ? 0 : read_facts(s, spec, g);
        if (r == 0)
                r = read_all_series(s, spec, g);
        if (r < 0)
                return r;
        *w = (struct window){
                .now_s = spec->now_s,
                .from_s = spec->settled_before_s - longest_span_s(spec),
                .to_s = spec->settled_before_s,
                .application = &g->application,
                .operations = g->operations,
                .n_operations = g->n_operations,
                .snapshots = g->snapshots,
                .n_snapshots = g->n_snapshots,
                .series = g->series,
                .n_series = g->n_series,
                .priors = g->priors,
                .n_priors = g->n_priors,
                .explanations = g->explanations.rows,
                .n_explanations = g->explanations.n_rows,
                .storage = g,
        };
        *ret = TAKE(w);
        return 0;
}
