/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: days, over them the runs, over them what is being folded, over that the head. */
#include <errno.h>

#include "store/chunk.h"
#include "store/day.h"
#include "store/inner.h"

int layers_unreadable(struct store *s, const char *what) {
        s->n_unreadable++;
        return db_fail_text(&s->db, 0, "%s: damaged, and read as if it were not there", what);
}

int layers_read_day(struct store *s, uint32_t id, uint32_t day, uint32_t from_s, uint32_t to_s, struct entries *e) {
        struct span pack, about, values;
        int r = cache_read(&s->cache, &s->db, &s->zip, CACHE_DAY, pack_key(day, part_of(id)), &pack);
        if (r == 0)
                r = day_find(pack, slot_of(id), &about, &values);
        if (r == 0)
                r = chunk_read(&s->zip, about, values, from_s, to_s, e);
        if (r == -EUCLEAN && !s->db.is_damaged)
                return layers_unreadable(s, "a day of a series");
        return r == 1 ? 0 : r == -ENOMEM ? store_no_memory(s) : r;
}

int layers_read_run(struct store *s, const struct run *run, uint32_t id, uint32_t from_s, uint32_t to_s,
                    struct entries *e) {
        struct span pack, bytes;
        if (from_s >= run->to_s || to_s <= run->from_s)
                return 0;
        int r = cache_read(&s->cache, &s->db, &s->zip, CACHE_RUN, pack_key(run->id, part_of(id)), &pack);
        if (r == 0)
                r = pack_find(pack, slot_of(id), &bytes);
        if (r == 0)
                r = stream_overlay(bytes.data, bytes.len, from_s, to_s, e);
        if (r == -EUCLEAN && !s->db.is_damaged)
                return layers_unreadable(s, "some hours of a series");
        return r == 1 ? 0 : r == -ENOMEM ? store_no_memory(s) : r;
}

static int read_memory(struct store *s, uint32_t id, uint32_t from_s, uint32_t to_s, struct entries *e) {
        const struct stream *head = &series_get(&s->series, id)->head;
        int r = 0;
        if (s->folding.is_active && id <= s->folding.n_items) {
                const struct frozen *f = &s->folding.items[id - 1];
                if (f->len > 0 && f->first_at_s < to_s && f->last_at_s >= from_s)
                        r = stream_overlay(f->bytes, f->len, from_s, to_s, e);
        }
        if (r == 0 && head->len > 0 && head->first_at_s < to_s && head->at_s >= from_s)
                r = stream_overlay(head->bytes, head->len, from_s, to_s, e);
        return r == -ENOMEM ? store_no_memory(s) : r;
}

/* Narrows to where there can be samples; false when there are none. */
static bool narrow(const struct store *s, const struct series *series, int64_t *from_s, int64_t *to_s) {
        int64_t first_s = series->first_at_s > s->oldest_s ? series->first_at_s : s->oldest_s;
        if (*from_s < first_s)
                *from_s = first_s;
        if (*to_s > (int64_t)series->last_at_s + 1)
                *to_s = (int64_t)series->last_at_s + 1;
        return series->last_at_s > 0 && *from_s < *to_s;
}

int layers_read(struct store *s, uint32_t id, int64_t from_s, int64_t to_s, struct entries *ret) {
        ret->n_items = 0;
        int r = samples_ready(s);
        if (r < 0 || !narrow(s, series_get(&s->series, id), &from_s, &to_s))
                return r;
        /* last_at_s is at most UINT32_MAX - 1: store_put sees to it. */
        uint32_t from = (uint32_t)from_s, to = (uint32_t)to_s;
        for (uint32_t day = from / DAY_S; day <= (to - 1) / DAY_S && r == 0; day++)
                r = layers_read_day(s, id, day, from, to, ret);
        for (size_t i = 0; i < s->n_runs && r == 0; i++)
                r = layers_read_run(s, &s->runs[i], id, from, to, ret);
        return r == 0 ? read_memory(s, id, from, to, ret) : r;
}

bool layers_cover(const struct store *s, uint32_t id, uint32_t from_s, uint32_t to_s) {
        const struct stream *head = &series_get(&s->series, id)->head;
        if (head->len > 0 && head->first_at_s < to_s && head->at_s >= from_s)
                return true;
        if (s->folding.is_active && id <= s->folding.n_items) {
                const struct frozen *f = &s->folding.items[id - 1];
                if (f->len > 0 && f->first_at_s < to_s && f->last_at_s >= from_s)
                        return true;
        }
        for (size_t i = 0; i < s->n_runs; i++)
                if (s->runs[i].from_s < to_s && s->runs[i].to_s > from_s)
                        return true;
        return false;
}
