/* SPDX-License-Identifier: Apache-2.0 */
/* Receivers where an incident has one page from its beginning to its end. Which page that is follows from the first row that was
 * delivered: it is written before anything is sent, or a page that was opened would stand for ever. */
#include "store/inner.h"
#include "util/list.h"

int store_mark_told(struct store *s, const char *notifier, struct waiting_rows *rows) {
        for (size_t i = 0; i < rows->n_rows; i++) {
                struct waiting *w = &rows->rows[i];
                int64_t n = 0;
                int r = db_number(&s->db, &n,
                                  "SELECT count(*) FROM outbox WHERE incident = ?1 AND notifier = ?2 AND id <= ?3"
                                  " AND (state <> 0 OR (attempts > 0 AND digest IS NULL))",
                                  "iti", w->incident_id, notifier, w->id);
                if (r < 0)
                        return r;
                w->is_told = n > 0;
        }
        return 0;
}

static int note_alone(struct store *s, int64_t id) {
        SCOPED(transaction_done) struct transaction t = {0};
        int r = transaction_begin(&t, &s->db, DURABLE_SETTLED);
        if (r == 0)
                r = db_run(&s->db, "UPDATE outbox SET digest = ?2 WHERE id = ?1 AND digest IS NULL", "ii", id,
                           (int64_t)WAITING_ALONE);
        return r == 0 ? transaction_commit(&t) : r;
}

/* 1: its page is its own. */
static int find_page(struct store *s, const struct delivery *d, int64_t *ret_digest) {
        return db_number(&s->db, ret_digest,
                         "SELECT digest FROM outbox WHERE incident = ?1 AND notifier = ?2 AND state = 1 AND digest > 0"
                         " ORDER BY id LIMIT 1",
                         "it", d->incident.id, d->notifier);
}

static int load_member(struct store *s, int64_t row_id, struct delivery *page) {
        struct delivery *part = LIST_ADD(page->parts, page->n_parts, page->parts_size);
        int r = part ? outbox_load(s, row_id, ROW_DELIVERED, part) : store_no_memory(s);
        if (r < 0)
                return r;
        SCOPED(incident_done) struct incident now = {0};
        r = incident_load(s, part->incident.id, 0, &now);
        if (r != 0)
                return r < 0 ? r : 0; /* as it was, when it is no longer known */
        incident_done(&part->incident);
        part->incident = now;
        now = (struct incident){0};
        return 0;
}

static int load_members(struct store *s, int64_t digest, struct delivery *page) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row,
                         "SELECT id FROM outbox WHERE digest = ?1 AND digest > 0 AND state = 1 ORDER BY id LIMIT ?2",
                         "ii", digest, (int64_t)DIGEST_PARTS_MAX);
        while (r == 0 && (r = db_step(&s->db, row)) == 1)
                r = load_member(s, sqlite3_column_int64(row, 0), page);
        return r;
}

static int join_page(struct store *s, struct delivery *d) {
        int64_t digest;
        int r = find_page(s, d, &digest);
        if (r != 0)
                return r < 0 ? r : 0;
        outbox_digest_id(s, digest, d->notifier, d->page_id);
        r = load_members(s, digest, d);
        return r == 0 ? db_number(&s->db, &d->n_watched, "SELECT count(*) FROM application", "") : r;
}

int store_take_page(struct store *s, const int64_t *ids, size_t n, struct delivery *ret) {
        SCOPED(delivery_done) struct delivery d = {0};
        if (n > 1)
                return outbox_take_digest(s, ids, n, DURABLE_SETTLED, ret);
        int r = note_alone(s, ids[0]);
        if (r == 0)
                r = outbox_load(s, ids[0], ROW_PENDING, &d);
        if (r == 0)
                r = join_page(s, &d);
        if (r < 0)
                return r;
        *ret = d;
        d = (struct delivery){0};
        return 0;
}
