/* SPDX-License-Identifier: Apache-2.0 */
/* Heads become a run. They are frozen all at once, then written part by part; the run counts from the moment it is in run_list, and
 * the journal up to then from that moment no more. A crash before that leaves packs which the next attempt overwrites. */
#include <errno.h>

#include "store/inner.h"
#include "store/planes.h"
#include "store/state.h"
#include "util/list.h"

enum {
        FOLD_AGE_S = 2 * 3600,
        FOLD_BYTES = 24 << 20, /* of heads: 12 million samples or so */
        PIECE_BYTES = 1 << 20, /* of heads, that one step writes, or a little more: a few ms */
        BLOCK_PARTS = STATE_SERIES / PACK_SERIES,
};

void fold_cancel(struct store *s) {
        struct folding *f = &s->folding;
        for (size_t i = 0; i < f->n_items; i++)
                free(f->items[i].bytes);
        free(f->items);
        *f = (struct folding){0};
}

static bool is_due(const struct store *s, int64_t now_s) {
        /* A clock that was set back must not put it off for long. */
        bool is_old = now_s - s->head_since_s >= FOLD_AGE_S || s->head_since_s - now_s >= FOLD_AGE_S;
        return s->head_since_s > 0 && (is_old || s->head_bytes >= FOLD_BYTES);
}

static int freeze(struct store *s) {
        struct folding f = {
                .is_active = true, .n_items = s->series.n_items, .last_seq = s->journal.last_seq, .from_s = UINT32_MAX};
        if (f.n_items > 0 && !(f.items = calloc(f.n_items, sizeof *f.items)))
                return store_no_memory(s);
        for (size_t i = 0; i < f.n_items; i++) {
                struct stream *head = &s->series.items[i].head;
                if (head->len == 0)
                        continue;
                f.items[i] = (struct frozen){head->bytes, head->len, head->first_at_s, head->at_s};
                f.from_s = head->first_at_s < f.from_s ? head->first_at_s : f.from_s;
                f.to_s = head->at_s + 1 > f.to_s ? head->at_s + 1 : f.to_s;
                f.has_samples = true;
                *head = (struct stream){0};
        }
        s->folding = f;
        segments_folding(&s->journal, s->folded_seq);
        s->head_bytes = 0;
        s->head_since_s = 0;
        return 0;
}

static int write_part(struct store *s, uint32_t part, size_t *bytes) {
        const struct folding *f = &s->folding;
        struct pack_item items[PACK_SERIES];
        size_t n = 0;
        SCOPED(buf_done) struct buf pack = BUF_INIT(PACK_ROW_MAX), zipped = BUF_INIT(PACK_ROW_MAX);
        for (size_t slot = 0, i = (size_t)part * PACK_SERIES; slot < PACK_SERIES && i < f->n_items; slot++, i++)
                if (f->items[i].len > 0)
                        items[n++] = (struct pack_item){(uint32_t)slot,
                                                        {(const char *)f->items[i].bytes, f->items[i].len}};
        if (n == 0)
                return 0;
        for (size_t i = 0; i < n; i++)
                *bytes += items[i].bytes.len;
        if (pack_write(items, n, &pack) < 0 || bytes_write(&s->zip, ZIP_FAST, buf_span(&pack), &zipped) < 0)
                return store_no_memory(s);
        return db_run(&s->db, "INSERT OR REPLACE INTO run VALUES(?1, ?2)", "ib", pack_key(s->next_run, part),
                      zipped.data, zipped.len);
}

/* Some parts, up to the end of a block of the series' state; then that. */
static int write_parts(struct store *s, uint32_t *part) {
        size_t bytes = 0;
        int r = 0;
        do
                r = write_part(s, (*part)++, &bytes);
        while (r == 0 && *part % BLOCK_PARTS != 0 && bytes < PIECE_BYTES);
        return r == 0 && *part % BLOCK_PARTS == 0 ? state_save(s, *part / BLOCK_PARTS - 1) : r;
}

static bool is_written(const struct store *s) {
        uint32_t part = s->folding.next_part;
        return part % BLOCK_PARTS == 0 && (size_t)part * PACK_SERIES >= s->n_stored_series;
}

/* Makes the run count. */
static int write_end(struct store *s) {
        const struct folding *f = &s->folding;
        int r = db_run(&s->db, "UPDATE meta SET value = ?1 WHERE key = 'folded_seq'", "i", f->last_seq);
        if (r == 0 && f->has_samples)
                r = db_run(&s->db, "INSERT INTO run_list VALUES(?1, ?2, ?3)", "iii", s->next_run, (int64_t)f->from_s,
                           (int64_t)f->to_s);
        return r;
}

static int finish(struct store *s, struct transaction *t) {
        struct run *run = LIST_ADD(s->runs, s->n_runs, s->runs_size);
        if (!run)
                return store_no_memory(s);
        int r = write_end(s);
        if (r == 0)
                r = transaction_commit(t);
        if (r < 0 || !s->folding.has_samples)
                s->n_runs--;
        else
                *run = (struct run){s->next_run++, s->folding.from_s, s->folding.to_s};
        if (r < 0)
                return r;
        s->folded_seq = s->folding.last_seq;
        s->has_leftovers = true;
        fold_cancel(s);
        cache_clear(&s->cache);
        return 1;
}

int fold_step(struct store *s, int64_t now_s) {
        if (!s->folding.is_active) {
                if (!is_due(s, now_s))
                        return 0;
                int r = freeze(s);
                return r < 0 ? r : 1;
        }
        SCOPED(transaction_done) struct transaction t = {0};
        uint32_t part = s->folding.next_part;
        int r = transaction_begin(&t, &s->db, DURABLE_SOON);
        if (r == 0 && is_written(s))
                return finish(s, &t);
        if (r == 0)
                r = write_parts(s, &part);
        if (r == 0)
                r = transaction_commit(&t);
        if (r < 0)
                return r;
        s->folding.next_part = part;
        return 1;
}

int fold_when_overdue(struct store *s) {
        return s->head_bytes >= 2 * FOLD_BYTES ? fold_step(s, s->head_since_s) : 0;
}
