/* SPDX-License-Identifier: Apache-2.0 */
/* Runs become days. Part by part: what the runs have of 32 series is laid over the days it belongs to, which are packed anew, together
 * with their hours. A crash on the way does no harm: the runs still count until all parts are done, and laying them over the days again
 * gives the same. */
#include <errno.h>

#include "store/chunk.h"
#include "store/day.h"
#include "store/inner.h"
#include "util/list.h"

enum {
        RUNS_MAX = 48,              /* as many are packed at once without waiting for the day's end */
        AFTER_MIDNIGHT_S = 30 * 60, /* the last samples of a day have come by then */
        DAYS_A_STEP = 2,            /* of 32 series, written by one step: a run of two hours has no more */
        PIECE_SAMPLES = 24 * 1440,  /* what one step packs, or a little more: about 2 ms */
};

/* A day that was packed for some series of the part, not yet written. */
struct made_day {
        uint32_t day;
        struct day_pack pack;
        struct hours hours[PACK_SERIES];
};

struct packing {
        size_t n_runs; /* the first so many are being packed */
        uint32_t part, slot, n_parts;
        struct made_day **days;
        size_t n_days, days_size;
};

static void drop_day(struct packing *p) {
        struct made_day *made = p->days[--p->n_days];
        day_pack_done(&made->pack);
        for (size_t k = 0; k < PACK_SERIES; k++)
                hours_done(&made->hours[k]);
        free(made);
}

static void clear_days(struct packing *p) {
        while (p->n_days > 0)
                drop_day(p);
}

void pack_days_cancel(struct store *s) {
        if (!s->packing)
                return;
        clear_days(s->packing);
        free(s->packing->days);
        free(s->packing);
        s->packing = NULL;
}

static int64_t today_of(int64_t now_s) {
        return (now_s - AFTER_MIDNIGHT_S) / DAY_S;
}

static bool is_due(const struct store *s, int64_t now_s) {
        if (s->n_runs >= RUNS_MAX)
                return true;
        if (s->packed_day >= today_of(now_s))
                return false;
        for (size_t i = 0; i < s->n_runs; i++)
                if (s->runs[i].from_s < today_of(now_s) * DAY_S)
                        return true;
        return false;
}

static int begin(struct store *s) {
        struct packing *p = calloc(1, sizeof *p);
        if (!p)
                return store_no_memory(s);
        *p = (struct packing){.n_runs = s->n_runs, .n_parts = part_of((uint32_t)s->series.n_items) + 1};
        s->packing = p;
        return 1;
}

static struct made_day *find_day(struct packing *p, uint32_t day) {
        for (size_t i = 0; i < p->n_days; i++)
                if (p->days[i]->day == day)
                        return p->days[i];
        struct made_day *made = calloc(1, sizeof *made);
        struct made_day **slot = made ? LIST_ADD(p->days, p->n_days, p->days_size) : NULL;
        if (!slot) {
                free(made);
                return NULL;
        }
        made->day = day;
        for (size_t i = 0; i < PACK_SERIES; i++)
                made->pack.items[i] = (struct day_item){BUF_INIT(PACK_ROW_MAX), BUF_INIT(PACK_ROW_MAX)};
        return *slot = made;
}

/* One series and day: the old chunk, the new samples over it. */
static int pack_chunk(struct store *s, uint32_t id, const struct entry *newer, size_t n_newer) {
        SCOPED(entries_done) struct entries all = {0};
        uint32_t day = newer[0].at_s / DAY_S;
        const struct series *series = series_get(&s->series, id);
        int r = layers_read_day(s, id, day, 0, UINT32_MAX, &all);
        if (r == 0)
                r = entries_overlay(&all, newer, n_newer);
        if (r < 0)
                return r;
        for (size_t i = 0; i < all.n_items; i++)
                all.items[i].is_settled = is_settled(series, &all.items[i]);
        struct made_day *made = find_day(s->packing, day);
        if (!made)
                return -ENOMEM;
        struct day_item *item = &made->pack.items[slot_of(id)];
        r = chunk_write(&s->zip, all.items, all.n_items, &item->about, &item->values);
        return r == 0 ? hours_fold(&made->hours[slot_of(id)], all.items, all.n_items) : r;
}

/* All days of one series; the number of samples, or -errno. */
static int64_t pack_series(struct store *s, uint32_t id) {
        SCOPED(entries_done) struct entries all = {0};
        int r = 0;
        for (size_t i = 0; i < s->packing->n_runs && r == 0; i++)
                r = layers_read_run(s, &s->runs[i], id, s->oldest_s, UINT32_MAX, &all);
        for (size_t start = 0, end; start < all.n_items && r == 0; start = end) {
                end = entries_from(&all, (all.items[start].at_s / DAY_S + 1) * DAY_S);
                r = pack_chunk(s, id, all.items + start, end - start);
        }
        return r < 0 ? r : (int64_t)all.n_items;
}

static int write_day(struct store *s, struct made_day *made, uint32_t part) {
        SCOPED(buf_done) struct buf b = BUF_INIT(PACK_ROW_MAX);
        struct span older;
        int r = cache_read(&s->cache, &s->db, &s->zip, CACHE_DAY, pack_key(made->day, part), &older);
        if (r < 0)
                return r;
        if (r == 0 && day_keep(&made->pack, older, &s->n_unreadable) < 0)
                return -ENOMEM;
        if (day_write(&made->pack, &b) < 0)
                return -ENOMEM;
        return db_run(&s->db, "INSERT OR REPLACE INTO day VALUES(?1, ?2)", "ib", pack_key(made->day, part), b.data,
                      b.len);
}

/* The hours of one slot: those that were there, the day's own replaced. */
static int write_hours_of(struct store *s, struct span older, uint32_t slot, const struct made_day *made,
                          struct buf *to) {
        SCOPED(hours_done) struct hours hours = {0};
        struct span bytes;
        int r = older.data ? pack_find(older, slot, &bytes) : 1;
        if (r == 0)
                r = hours_read(&s->zip, bytes, &hours);
        if (r == -EUCLEAN) {
                s->n_unreadable++;
                hours.n_items = 0;
        }
        if (r == -ENOMEM)
                return r;
        if (made->hours[slot].n_items > 0 && hours_replace_day(&hours, made->day * DAY_S, &made->hours[slot]) < 0)
                return -ENOMEM;
        return hours.n_items > 0 ? hours_write(&s->zip, &hours, to) : 0;
}

static int write_rollup(struct store *s, const struct made_day *made, uint32_t part) {
        SCOPED(buf_done) struct buf all = BUF_INIT(PACK_ROW_MAX), pack = BUF_INIT(PACK_ROW_MAX);
        struct pack_item items[PACK_SERIES];
        size_t starts[PACK_SERIES + 1], n = 0;
        struct span older = {0};
        int64_t key = pack_key(made->day / ROLLUP_DAYS, part);
        int r = cache_read(&s->cache, &s->db, &s->zip, CACHE_ROLLUP, key, &older);
        if (r < 0)
                return r;
        for (uint32_t slot = 0; slot < PACK_SERIES; slot++) {
                starts[n] = all.len;
                r = write_hours_of(s, older, slot, made, &all);
                if (r < 0)
                        return r;
                if (all.len > starts[n])
                        items[n++].key = slot;
        }
        starts[n] = all.len;
        for (size_t i = 0; i < n; i++)
                items[i].bytes = (struct span){all.data + starts[i], starts[i + 1] - starts[i]};
        if (pack_write(items, n, &pack) < 0)
                return -ENOMEM;
        r = db_run(&s->db, "INSERT OR REPLACE INTO rollup VALUES(?1, ?2)", "ib", key, pack.data, pack.len);
        cache_clear(&s->cache);
        return r;
}

/* What is packed need not stay in the runs: the next part's days can have its pages. */
static int forget_runs(struct store *s, uint32_t part) {
        int r = 0;
        for (size_t i = 0; i < s->packing->n_runs && r == 0; i++)
                r = db_run(&s->db, "DELETE FROM run WHERE key = ?1", "i", pack_key(s->runs[i].id, part));
        return r;
}

/* Some days of a part that was packed; with the last of them its runs go. */
static int write_some(struct store *s) {
        struct packing *p = s->packing;
        size_t left = p->n_days > DAYS_A_STEP ? p->n_days - DAYS_A_STEP : 0;
        SCOPED(transaction_done) struct transaction t = {0};
        int r = transaction_begin(&t, &s->db, DURABLE_SOON);
        if (r == 0 && left == 0)
                r = forget_runs(s, p->part);
        for (size_t i = left; i < p->n_days && r == 0; i++) {
                r = write_day(s, p->days[i], p->part);
                if (r == 0)
                        r = write_rollup(s, p->days[i], p->part);
        }
        if (r == 0)
                r = transaction_commit(&t);
        cache_clear(&s->cache);
        if (r < 0)
                return r;
        while (p->n_days > left)
                drop_day(p);
        if (left == 0) {
                p->part++;
                p->slot = 0;
        }
        return 1;
}

static int finish(struct store *s, int64_t now_s) {
        SCOPED(transaction_done) struct transaction t = {0};
        size_t n = s->packing->n_runs;
        int r = transaction_begin(&t, &s->db, DURABLE_SOON);
        if (r == 0)
                r = db_run(&s->db, "DELETE FROM run_list WHERE id <= ?1", "i", s->runs[n - 1].id);
        if (r == 0)
                r = db_run(&s->db, "UPDATE meta SET value = ?1 WHERE key = 'packed_day'", "i", today_of(now_s));
        if (r == 0)
                r = transaction_commit(&t);
        if (r < 0)
                return r;
        s->packed_day = today_of(now_s);
        s->n_runs -= n;
        memmove(s->runs, s->runs + n, s->n_runs * sizeof *s->runs);
        s->has_leftovers = true;
        pack_days_cancel(s);
        return 1;
}

int pack_days_step(struct store *s, int64_t now_s) {
        if (!s->packing)
                return is_due(s, now_s) ? begin(s) : 0;
        struct packing *p = s->packing;
        if (p->part == p->n_parts)
                return finish(s, now_s);
        if (p->slot == PACK_SERIES)
                return write_some(s);
        for (int64_t n = 0; p->slot < PACK_SERIES && n < PIECE_SAMPLES; p->slot++) {
                uint32_t id = p->part * PACK_SERIES + p->slot + 1;
                int64_t packed = series_get(&s->series, id) ? pack_series(s, id) : 0;
                if (packed < 0) {
                        /* Half a series is in the days that were made: the part begins anew. */
                        clear_days(p);
                        p->slot = 0;
                        return packed == -ENOMEM ? store_no_memory(s) : (int)packed;
                }
                n += packed;
        }
        return 1;
}
