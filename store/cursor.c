/* SPDX-License-Identifier: Apache-2.0 */
/* Long reads in pieces: each call reads a bounded stretch, whatever the span. */
#include <errno.h>
#include <string.h>

#include "store/inner.h"
#include "util/list.h"

/* Days, as they are stored, that one call reads when it has something to hand out. */
enum { DAYS_A_CALL = 4 };

struct store_cursor {
        struct store *store;
        uint32_t series;
        int64_t at_s, to_s, step_s;
        enum store_fold fold;
        bool may_use_hours;
        struct entries entries; /* scratch */
        struct hours stretch;   /* read and not yet handed out: hours, or samples as hours of one */
        size_t next;
        bool is_at_end;
        struct hour step; /* being folded; n_samples 0: none */
};

static enum store_fold fold_of(const char *statistic) {
        if (strcmp(statistic, "Maximum") == 0)
                return STORE_FOLD_MAX;
        if (strcmp(statistic, "Minimum") == 0)
                return STORE_FOLD_MIN;
        return strcmp(statistic, "Sum") == 0 ? STORE_FOLD_SUM : STORE_FOLD_MEAN;
}

/* Where the samples of the series begin and end, so that nothing is looked for beyond. */
static void narrow(struct store_cursor *c) {
        const struct series *series = series_get(&c->store->series, c->series);
        int64_t first_s = series->first_at_s > c->store->oldest_s ? series->first_at_s : c->store->oldest_s;
        if (c->at_s < first_s)
                c->at_s = first_s;
        if (c->to_s > (int64_t)series->last_at_s + 1)
                c->to_s = (int64_t)series->last_at_s + 1;
}

int store_samples(struct store *s, int64_t series_id, int64_t from_s, int64_t to_s, int64_t step_s,
                  struct store_cursor **ret) {
        const struct series *series = series_get(&s->series, series_id);
        if (!series || step_s < 0)
                return db_fail_text(&s->db, -EINVAL, series ? "a negative step" : "no such series");
        int r = samples_ready(s);
        if (r < 0)
                return r;
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
                .may_use_hours = step_s > 0 && step_s % HOUR_S == 0,
        };
        narrow(c);
        *ret = c;
        return 0;
}

void store_cursor_fold(struct store_cursor *c, enum store_fold fold) {
        c->fold = fold;
}

void store_cursor_free(struct store_cursor *c) {
        if (!c)
                return;
        entries_done(&c->entries);
        hours_done(&c->stretch);
        free(c);
}

/* The whole days from at_s on of which the rollup knows all: 0 or where they end. */
static int64_t end_of_hours(const struct store_cursor *c) {
        int64_t group_end_s = (c->at_s / DAY_S / ROLLUP_DAYS + 1) * ROLLUP_DAYS * DAY_S;
        int64_t end_s = group_end_s < c->to_s ? group_end_s : c->to_s / DAY_S * DAY_S;
        if (!c->may_use_hours || c->at_s % DAY_S != 0 || end_s <= c->at_s)
                return 0;
        return layers_cover(c->store, c->series, (uint32_t)c->at_s, (uint32_t)end_s) ? 0 : end_s;
}

/* 1: they are not there. */
static int read_hours(struct store_cursor *c, int64_t end_s) {
        struct store *s = c->store;
        struct span pack, bytes;
        int64_t key = pack_key(c->at_s / DAY_S / ROLLUP_DAYS, part_of(c->series));
        int r = cache_read(&s->cache, &s->db, &s->zip, CACHE_ROLLUP, key, &pack);
        if (r == 0)
                r = pack_find(pack, slot_of(c->series), &bytes);
        if (r == 0)
                r = hours_read(&s->zip, bytes, &c->stretch);
        if (r == -EUCLEAN && !s->db.is_damaged) {
                c->stretch.n_items = 0;
                return layers_unreadable(s, "hours of a series") == 0;
        }
        while (c->next < c->stretch.n_items && c->stretch.items[c->next].at_s < c->at_s)
                c->next++;
        while (c->stretch.n_items > c->next && c->stretch.items[c->stretch.n_items - 1].at_s >= end_s)
                c->stretch.n_items--;
        return r;
}

static int read_samples(struct store_cursor *c, int64_t end_s) {
        int r = layers_read(c->store, c->series, c->at_s, end_s, &c->entries);
        for (size_t i = 0; i < c->entries.n_items && r == 0; i++) {
                const struct entry *e = &c->entries.items[i];
                struct hour *slot = LIST_ADD(c->stretch.items, c->stretch.n_items, c->stretch.items_size);
                if (!slot)
                        return store_no_memory(c->store);
                *slot = (struct hour){e->at_s, 1, e->value, e->value, e->value, e->value};
        }
        return r;
}

/* A day of samples, or up to eight days of hours. */
static int read_stretch(struct store_cursor *c) {
        c->stretch.n_items = c->next = 0;
        if (c->at_s >= c->to_s) {
                c->is_at_end = true;
                return 0;
        }
        int64_t end_s = end_of_hours(c);
        int r = end_s > 0 ? read_hours(c, end_s) : 1;
        if (r == 1) {
                c->next = 0;
                end_s = (c->at_s / DAY_S + 1) * DAY_S;
                end_s = end_s < c->to_s ? end_s : c->to_s;
                r = read_samples(c, end_s);
        }
        if (r == 0)
                c->at_s = end_s;
        return r;
}

static void take(struct store_cursor *c, const struct hour *h, int64_t step_at_s) {
        struct hour *step = &c->step;
        if (step->n_samples == 0) {
                *step = *h;
                step->at_s = (uint32_t)step_at_s;
                return;
        }
        step->max = h->max > step->max ? h->max : step->max;
        step->min = h->min < step->min ? h->min : step->min;
        step->sum += h->sum;
        step->last = h->last;
        step->n_samples += h->n_samples;
}

static double figure_of(const struct hour *h, enum store_fold fold) {
        switch (fold) {
        case STORE_FOLD_MAX:
                return h->max;
        case STORE_FOLD_MIN:
                return h->min;
        case STORE_FOLD_SUM:
                return h->sum;
        case STORE_FOLD_COUNT:
                return h->n_samples;
        case STORE_FOLD_LAST:
                return h->last;
        case STORE_FOLD_MEAN:
                break;
        }
        return h->sum / h->n_samples;
}

static struct sample finish_step(struct store_cursor *c) {
        struct sample made = {c->step.at_s, figure_of(&c->step, c->fold)};
        c->step.n_samples = 0;
        return made;
}

/* Folds what has been read; true when a step is complete. */
static bool fold(struct store_cursor *c, struct sample *ret) {
        while (c->next < c->stretch.n_items) {
                const struct hour *h = &c->stretch.items[c->next];
                int64_t step_at_s = h->at_s - h->at_s % c->step_s;
                if (c->step.n_samples > 0 && step_at_s != c->step.at_s) {
                        *ret = finish_step(c);
                        return true;
                }
                take(c, h, step_at_s);
                c->next++;
        }
        if (!c->is_at_end || c->step.n_samples == 0)
                return false;
        *ret = finish_step(c);
        return true;
}

static bool take_next(struct store_cursor *c, struct sample *ret) {
        if (c->step_s > 0)
                return fold(c, ret);
        if (c->next == c->stretch.n_items)
                return false;
        const struct hour *h = &c->stretch.items[c->next++];
        *ret = (struct sample){h->at_s, h->last};
        return true;
}

/* Goes on reading until there is something to hand out; then it stops after a few days. */
int store_cursor_next(struct store_cursor *c, struct sample *into, size_t max, size_t *ret_n) {
        size_t n = 0, n_stretches = 0;
        while (n < max) {
                if (take_next(c, &into[n])) {
                        n++;
                        continue;
                }
                if (c->is_at_end || (n > 0 && n_stretches >= DAYS_A_CALL))
                        break;
                int r = read_stretch(c);
                if (r < 0)
                        return r;
                n_stretches++;
        }
        *ret_n = n;
        return 0;
}
