/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about the samples of one series. */
#include <errno.h>

#include "store/inner.h"
#include "util/list.h"

int store_series(struct store *s, const struct series_key *key, int64_t *ret_id) {
        uint32_t id;
        if (series_add(&s->series, &s->words, key, &id) < 0)
                return store_no_memory(s);
        *ret_id = id;
        return 0;
}

int store_read_until(struct store *s, int64_t series_id, int64_t *ret_until_s) {
        const struct series *series = series_get(&s->series, series_id);
        if (!series)
                return db_fail_text(&s->db, -EINVAL, "no such series");
        *ret_until_s = series->read_until_s;
        return 0;
}

int store_newest(struct store *s, int64_t series_id, struct sample *ret) {
        SCOPED(entries_done) struct entries e = {0};
        const struct series *series = series_get(&s->series, series_id);
        if (!series)
                return 1;
        int r = samples_ready(s);
        if (r == 0 && series->n_recent == 0)
                r = layers_read(s, (uint32_t)series_id, series->last_at_s, INT64_MAX, &e);
        if (r < 0)
                return r;
        if (series->n_recent > 0 && series->last_at_s >= s->oldest_s)
                *ret = (struct sample){series->last_at_s, series->recent_values[series->n_recent - 1]};
        else if (e.n_items > 0)
                *ret = (struct sample){e.items[e.n_items - 1].at_s, e.items[e.n_items - 1].value};
        else
                return 1;
        return 0;
}

int64_t store_latest_s(const struct store *s) {
        return s->latest_s;
}

int store_sample_state(struct store *s, int64_t series_id, int64_t at_s, bool *ret_is_settled,
                       int64_t *ret_first_seen_s) {
        SCOPED(entries_done) struct entries e = {0};
        const struct series *series = series_get(&s->series, series_id);
        if (!series || at_s < 0 || at_s > UINT32_MAX)
                return 1;
        int r = layers_read(s, (uint32_t)series_id, at_s, at_s + 1, &e);
        if (r < 0 || e.n_items == 0)
                return r < 0 ? r : 1;
        *ret_is_settled = is_settled(series, &e.items[0]);
        *ret_first_seen_s = e.items[0].first_seen_s;
        return 0;
}

int64_t store_unreadable(const struct store *s) {
        return s->n_unreadable;
}

/* A piece of the work that keeps the file and the memory small. */
int store_maintain(struct store *s, int64_t now_s) {
        int r = samples_ready(s);
        if (r == 0)
                r = db_checkpoint(&s->db);
        if (r == 0)
                r = fold_step(s, now_s);
        if (r == 0)
                r = sweep_step(s);
        if (r == 0)
                r = pack_days_step(s, now_s);
        return r;
}

void store_rest(struct store *s) {
        zip_rest(&s->zip);
        cache_clear(&s->cache);
        sqlite3_db_release_memory(s->db.handle);
}
