/* SPDX-License-Identifier: Apache-2.0 */
/* Long reads in pieces: each call reads a bounded stretch, whatever the span. */
#include <errno.h>
#include <string.h>

#include "store/inner.h"
#include "util/list.h"

/* Samples that one call looks at, at most. */
enum { STRETCH = 4096 };

enum fold { FOLD_MEAN, FOLD_MAX, FOLD_MIN, FOLD_SUM };

struct store_cursor {
        struct store *store;
        uint32_t series;
        int64_t at_s, to_s, step_s;
        enum fold fold;
        struct samples stretch; /* read and not yet handed out */
        size_t next;
        bool is_at_end;
        /* the step that is being folded */
        bool has_step;
        int64_t step_at_s;
        double value;
        size_t n_values;
};

static enum fold fold_of(const char *statistic) {
        if (strcmp(statistic, "Maximum") == 0)
                return FOLD_MAX;
        if (strcmp(statistic, "Minimum") == 0)
                return FOLD_MIN;
        return strcmp(statistic, "Sum") == 0 ? FOLD_SUM : FOLD_MEAN;
}

int store_samples(struct store *s, int64_t series_id, int64_t from_s, int64_t to_s, int64_t step_s,
                  struct store_cursor **ret) {
        const struct series *series = series_get(&s->series, series_id);
        if (!series || step_s < 0)
                return db_fail_text(&s->db, -EINVAL, series ? "a negative step" : "no such series");
        struct store_cursor *c = calloc(1, sizeof *c);
        if (!c)
                return store_no_memory(s);
        *c = (struct store_cursor){
                .store = s,
                .series = (uint32_t)series_id,
                .at_s = from_s > 0 ? from_s : 0,
                .to_s = to_s,
                .step_s = step_s,
                .fold = fold_of(s->words.texts[series->statistic]),
        };
        *ret = c;
        return 0;
}

void store_cursor_free(struct store_cursor *c) {
        if (!c)
                return;
        free(c->stretch.items);
        free(c);
}

static int read_stretch(struct store_cursor *c) {
        c->stretch.n_items = c->next = 0;
        if (c->at_s >= c->to_s) {
                c->is_at_end = true;
                return 0;
        }
        int r = samples_read(c->store, c->series, c->at_s, c->to_s, STRETCH, &c->stretch);
        if (r < 0)
                return r;
        if (c->stretch.n_items < STRETCH)
                c->at_s = c->to_s;
        else
                c->at_s = c->stretch.items[c->stretch.n_items - 1].at_s + 1;
        return 0;
}

static void take(struct store_cursor *c, double value) {
        if (c->n_values == 0)
                c->value = value;
        else if (c->fold == FOLD_MAX)
                c->value = value > c->value ? value : c->value;
        else if (c->fold == FOLD_MIN)
                c->value = value < c->value ? value : c->value;
        else
                c->value += value;
        c->n_values++;
}

static struct sample finish_step(struct store_cursor *c) {
        double value = c->fold == FOLD_MEAN ? c->value / (double)c->n_values : c->value;
        c->n_values = 0;
        return (struct sample){c->step_at_s, value};
}

/* Folds what has been read; true when a step is complete. */
static bool fold(struct store_cursor *c, struct sample *ret) {
        while (c->next < c->stretch.n_items) {
                const struct sample *sample = &c->stretch.items[c->next];
                int64_t step_at_s = sample->at_s - sample->at_s % c->step_s;
                if (c->n_values > 0 && step_at_s != c->step_at_s) {
                        *ret = finish_step(c);
                        return true;
                }
                c->step_at_s = step_at_s;
                take(c, sample->value);
                c->next++;
        }
        if (!c->is_at_end || c->n_values == 0)
                return false;
        *ret = finish_step(c);
        return true;
}

static bool take_next(struct store_cursor *c, struct sample *ret) {
        if (c->step_s > 0)
                return fold(c, ret);
        if (c->next == c->stretch.n_items)
                return false;
        *ret = c->stretch.items[c->next++];
        return true;
}

/* Goes on reading until there is something to hand out, then stops at the end of the stretch. */
int store_cursor_next(struct store_cursor *c, struct sample *into, size_t max, size_t *ret_n) {
        size_t n = 0, n_stretches = 0;
        while (n < max) {
                if (take_next(c, &into[n])) {
                        n++;
                        continue;
                }
                if (c->is_at_end || (n > 0 && n_stretches > 0))
                        break;
                int r = read_stretch(c);
                if (r < 0)
                        return r;
                n_stretches++;
        }
        *ret_n = n;
        return 0;
}
