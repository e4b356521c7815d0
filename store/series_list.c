/* SPDX-License-Identifier: Apache-2.0 */
/* Which series there are: `flinkwatchctl metrics`. */
#include <errno.h>

#include "store/inner.h"
#include "util/list.h"

void series_rows_done(struct series_rows *r) {
        for (size_t i = 0; i < r->n_rows; i++) {
                struct series_row *row = &r->rows[i];
                free(row->target);
                free(row->application);
                free(row->metric);
                free(row->statistic);
                free(row->dimensions);
        }
        free(r->rows);
        *r = (struct series_rows){0};
}

static int add(struct store *s, uint32_t id, struct series_rows *rows) {
        const struct series *series = series_get(&s->series, id);
        char **texts = s->words.texts;
        struct series_row *row = LIST_ADD(rows->rows, rows->n_rows, rows->rows_size);
        if (!row)
                return store_no_memory(s);
        row->id = id;
        row->target = strdup(texts[series->target]);
        row->application = strdup(texts[series->application]);
        row->metric = strdup(texts[series->metric]);
        row->statistic = strdup(texts[series->statistic]);
        row->dimensions = strdup(texts[series->dimensions]);
        if (!row->target || !row->application || !row->metric || !row->statistic || !row->dimensions)
                return store_no_memory(s);
        if (series->last_at_s > 0 && series->last_at_s >= s->oldest_s) {
                row->first_at_s = series->first_at_s > s->oldest_s ? series->first_at_s : s->oldest_s;
                row->last_at_s = series->last_at_s;
        }
        return 0;
}

static int add_group(struct store *s, const struct series_group *g, struct series_rows *rows) {
        int r = 0;
        for (uint32_t id = g->first; id && r == 0; id = series_get(&s->series, id)->next)
                r = add(s, id, rows);
        return r;
}

static bool is_asked(const struct store *s, const struct series_group *g, const char *target, const char *application) {
        return (!target || strcmp(s->words.texts[g->target], target) == 0) &&
               (!application || strcmp(s->words.texts[g->application], application) == 0);
}

static int add_asked(struct store *s, const char *target, const char *application, struct series_rows *rows) {
        if (target && application) {
                const struct series_group *g = series_group_find(&s->series, &s->words, target, application);
                return g ? add_group(s, g, rows) : 0;
        }
        int r = 0;
        for (size_t i = 0; i < s->series.n_groups && r == 0; i++)
                if (is_asked(s, &s->series.groups[i], target, application))
                        r = add_group(s, &s->series.groups[i], rows);
        return r;
}

int store_list_series(struct store *s, const char *target, const char *application, struct series_rows *ret) {
        SCOPED(series_rows_done) struct series_rows rows = {0};
        int r = samples_ready(s);
        if (r < 0)
                return r;
        r = add_asked(s, target, application, &rows);
        if (r < 0)
                return r;
        *ret = rows;
        rows = (struct series_rows){0};
        return 0;
}
