/* SPDX-License-Identifier: Apache-2.0 */
/* What `status` says: targets and notifiers; and the timeline of an incident. */
#include <errno.h>

#include "store/inner.h"
#include "util/list.h"

int timeline_add(struct store *s, int64_t incident, int64_t at_s, const char *kind, const char *text) {
        return db_run(&s->db, "INSERT INTO timeline(incident, at_s, kind, text) VALUES(?1, ?2, ?3, ?4)", "iitt",
                      incident, at_s, kind, text);
}

void timeline_rows_done(struct timeline_rows *r) {
        for (size_t i = 0; i < r->n_rows; i++) {
                free(r->rows[i].kind);
                free(r->rows[i].text);
        }
        free(r->rows);
        *r = (struct timeline_rows){0};
}

int store_timeline(struct store *s, int64_t incident_id, struct timeline_rows *ret) {
        SCOPED(timeline_rows_done) struct timeline_rows rows = {0};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row, "SELECT at_s, kind, text FROM timeline WHERE incident = ?1 ORDER BY at_s, id",
                         "i", incident_id);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct timeline_row *slot = LIST_ADD(rows.rows, rows.n_rows, rows.rows_size);
                if (!slot || db_text(row, 1, &slot->kind) < 0 || db_text(row, 2, &slot->text) < 0)
                        return store_no_memory(s);
                slot->at_s = sqlite3_column_int64(row, 0);
                r = 0;
        }
        if (r < 0)
                return r;
        *ret = rows;
        rows = (struct timeline_rows){0};
        return 0;
}

int store_put_target(struct store *s, const struct target_state *t) {
        SCOPED(transaction_done) struct transaction transaction = {0};
        int r = transaction_begin(&transaction, &s->db, DURABLE_SOON);
        if (r == 0)
                r = db_run(&s->db, "INSERT OR REPLACE INTO target VALUES(?1, ?2, ?3, ?4, ?5)", "ttiit", t->name,
                           t->region, t->polled_at_s, t->failed_at_s, t->error);
        return r == 0 ? transaction_commit(&transaction) : r;
}

void target_states_done(struct target_states *r) {
        for (size_t i = 0; i < r->n_rows; i++) {
                free(r->rows[i].name);
                free(r->rows[i].region);
                free(r->rows[i].error);
        }
        free(r->rows);
        *r = (struct target_states){0};
}

/* "This month" is the newest in which anything was asked. */
static const char list_targets[] =
        "SELECT t.name, t.region, t.polled_at_s, t.failed_at_s, t.error,"
        " (SELECT sum(u.metrics_requested) FROM api_usage u WHERE u.target = t.name"
        "  AND u.month_s = (SELECT max(month_s) FROM api_usage)) FROM target t ORDER BY t.name";

int store_list_targets(struct store *s, struct target_states *ret) {
        SCOPED(target_states_done) struct target_states states = {0};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row, list_targets, "");
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct target_state *t = LIST_ADD(states.rows, states.n_rows, states.rows_size);
                if (!t || db_text(row, 0, &t->name) < 0 || db_text(row, 1, &t->region) < 0 ||
                    db_text(row, 4, &t->error) < 0)
                        return store_no_memory(s);
                t->polled_at_s = sqlite3_column_int64(row, 2);
                t->failed_at_s = sqlite3_column_int64(row, 3);
                t->metrics_requested = sqlite3_column_int64(row, 5);
                r = 0;
        }
        if (r < 0)
                return r;
        *ret = states;
        states = (struct target_states){0};
        return 0;
}

void notifier_states_done(struct notifier_states *r) {
        for (size_t i = 0; i < r->n_rows; i++) {
                free(r->rows[i].name);
                free(r->rows[i].error);
        }
        free(r->rows);
        *r = (struct notifier_states){0};
}

/* Also those that have nothing but pending deliveries. */
static const char list_notifiers[] =
        "SELECT name, delivered_at_s, failed_at_s, error,"
        " (SELECT count(*) FROM outbox WHERE state = 0 AND notifier = name), failing_since_s FROM"
        " (SELECT name, delivered_at_s, failed_at_s, error, failing_since_s FROM notifier"
        "  UNION ALL SELECT DISTINCT o.notifier, 0, 0, NULL, NULL FROM outbox o WHERE o.state = 0"
        "  AND NOT EXISTS (SELECT 1 FROM notifier n WHERE n.name = o.notifier)) ORDER BY name";

int store_list_notifiers(struct store *s, struct notifier_states *ret) {
        SCOPED(notifier_states_done) struct notifier_states states = {0};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row, list_notifiers, "");
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct notifier_state *n = LIST_ADD(states.rows, states.n_rows, states.rows_size);
                if (!n || db_text(row, 0, &n->name) < 0 || db_text(row, 3, &n->error) < 0)
                        return store_no_memory(s);
                n->delivered_at_s = sqlite3_column_int64(row, 1);
                n->failed_at_s = sqlite3_column_int64(row, 2);
                n->pending = sqlite3_column_int64(row, 4);
                n->failing_since_s = sqlite3_column_int64(row, 5);
                r = 0;
        }
        if (r < 0)
                return r;
        *ret = states;
        states = (struct notifier_states){0};
        return 0;
}
