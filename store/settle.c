/* SPDX-License-Identifier: Apache-2.0 */
/* How a delivery went: kept with its row, on its incident's timeline and on the notifier, in one transaction. */
#include <errno.h>
#include <inttypes.h>

#include "store/inner.h"
#include "util/list.h"
#include "util/text.h"

static int note_notifier(struct store *s, const char *name, int64_t now_s, const char *error) {
        int r = db_run(
                &s->db,
                "INSERT INTO notifier(name, delivered_at_s, failed_at_s) VALUES(?1, 0, 0) ON CONFLICT DO NOTHING", "t",
                name);
        if (r < 0)
                return r;
        if (error)
                return db_run(&s->db,
                              "UPDATE notifier SET failed_at_s = ?2, error = ?3,"
                              " failing_since_s = ifnull(failing_since_s, ?2) WHERE name = ?1",
                              "tit", name, now_s, error);
        return db_run(&s->db,
                      "UPDATE notifier SET delivered_at_s = ?2, error = NULL, failing_since_s = NULL WHERE name = ?1",
                      "ti", name, now_s);
}

int store_note_notifier(struct store *s, const char *name, int64_t now_s, const char *error) {
        SCOPED(transaction_done) struct transaction t = {0};
        int r = transaction_begin(&t, &s->db, DURABLE_SOON);
        if (r == 0)
                r = note_notifier(s, name, now_s, error);
        return r == 0 ? transaction_commit(&t) : r;
}

/* "opened to oncall", "opened to oncall in a digest", "opened to oncall, attempt 2", "opened to oncall: channel_not_found" */
static int note_outcome(struct store *s, const struct delivery *d, bool is_in_digest, enum outcome outcome,
                        int64_t now_s, const char *reason) {
        SCOPED(buf_done) struct buf text = BUF_INIT(2048);
        buf_printf(&text, "%s to %s%s", incident_event_name(d->event), d->notifier, is_in_digest ? " in a digest" : "");
        if (d->attempts > 0)
                buf_printf(&text, ", attempt %" PRId64, d->attempts + 1);
        if (outcome == OUTCOME_REFUSED && reason)
                buf_printf(&text, ": %s", reason);
        if (text.failed == -ENOMEM)
                return store_no_memory(s);
        return timeline_add(s, d->incident.id, now_s, outcome == OUTCOME_DELIVERED ? "delivered" : "refused",
                            buf_str(&text));
}

struct settlement {
        enum outcome outcome;
        int64_t now_s, retry_at_s;
        const char *reason;
};

static int settle_row(struct store *s, const struct delivery *d, bool is_in_digest, const struct settlement *e) {
        if (e->outcome == OUTCOME_RETRY)
                return db_run(&s->db,
                              "UPDATE outbox SET attempts = attempts + 1, next_try_s = ?2, reason = ?3 WHERE id = ?1",
                              "iit", d->id, e->retry_at_s, e->reason);
        /* A receiver that refuses a digest may take what is in it. */
        if (e->outcome == OUTCOME_REFUSED && is_in_digest)
                return db_run(
                        &s->db,
                        "UPDATE outbox SET attempts = attempts + 1, next_try_s = ?2, reason = ?3, digest = ?4 WHERE id = ?1",
                        "iiti", d->id, e->now_s, e->reason, (int64_t)WAITING_ALONE);
        int64_t state = e->outcome == OUTCOME_DELIVERED ? ROW_DELIVERED : ROW_REFUSED;
        int r = db_run(
                &s->db,
                "UPDATE outbox SET state = ?2, attempts = attempts + 1, settled_at_s = ?3, reason = ?4 WHERE id = ?1",
                "iiit", d->id, state, e->now_s, e->reason);
        return r == 0 ? note_outcome(s, d, is_in_digest, e->outcome, e->now_s, e->reason) : r;
}

/* The row, or all rows of its digest. */
static int list_settled(struct store *s, int64_t id, struct waiting_rows *ret) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row,
                         "SELECT o.id, o.digest FROM outbox o JOIN outbox f ON f.id = ?1 AND f.state = 0"
                         " WHERE o.state = 0 AND (o.id = ?1 OR (f.digest > 0 AND o.digest = f.digest)) ORDER BY o.id",
                         "i", id);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct waiting *w = LIST_ADD(ret->rows, ret->n_rows, ret->rows_size);
                if (!w)
                        return store_no_memory(s);
                w->id = sqlite3_column_int64(row, 0);
                w->digest = sqlite3_column_int64(row, 1);
                r = 0;
        }
        return r == 0 && ret->n_rows == 0 ? db_fail_text(&s->db, -ENOENT, "no such delivery is pending") : r;
}

static int settle_all(struct store *s, const struct waiting_rows *rows, const struct settlement *e) {
        int r = 0;
        for (size_t i = 0; i < rows->n_rows && r == 0; i++) {
                SCOPED(delivery_done) struct delivery d = {0};
                r = outbox_read(s, rows->rows[i].id, ROW_PENDING, &d);
                if (r == 0)
                        r = settle_row(s, &d, rows->rows[i].digest > 0, e);
                if (r == 0 && i == 0)
                        r = note_notifier(s, d.notifier, e->now_s,
                                          e->outcome == OUTCOME_DELIVERED ? NULL : text_or_empty(e->reason));
        }
        return r;
}

int store_settle_delivery(struct store *s, int64_t outbox_id, enum outcome outcome, int64_t now_s, int64_t retry_at_s,
                          const char *reason) {
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        SCOPED(transaction_done) struct transaction t = {0};
        const struct settlement e = {outcome, now_s, retry_at_s, reason};
        int r = list_settled(s, outbox_id, &rows);
        if (r == 0)
                r = transaction_begin(&t, &s->db, DURABLE_SETTLED);
        if (r == 0)
                r = settle_all(s, &rows, &e);
        return r == 0 ? transaction_commit(&t) : r;
}
