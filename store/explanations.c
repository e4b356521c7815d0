/* SPDX-License-Identifier: Apache-2.0 */
/* What investigations found. The lists of an explanation lie where those of incidents do, under its negative number. */
#include <errno.h>

#include "store/inner.h"
#include "util/list.h"
#include "util/text.h"

void explanation_rows_done(struct explanation_rows *r) {
        for (size_t i = 0; i < r->n_rows; i++)
                explanation_done(&r->rows[i]);
        free(r->rows);
        *r = (struct explanation_rows){0};
}

int explanation_forget(struct store *s, int64_t id) {
        struct finding nothing = {0};
        int r = report_save(s, &nothing, -id);
        return r == 0 ? db_run(&s->db, "DELETE FROM explanation WHERE id = ?1", "i", id) : r;
}

/* Those that it replaces. */
static int forget_near(struct store *s, const struct explanation *v) {
        static const char sql[] = "SELECT id FROM explanation WHERE target = ?1 AND application = ?2"
                                  " AND onset_s BETWEEN ?3 AND ?4 LIMIT 1";
        int64_t id;
        int r;
        while ((r = db_number(&s->db, &id, sql, "ttii", v->target, v->application, v->onset_s - EXPLANATION_NEAR_S,
                              v->onset_s + EXPLANATION_NEAR_S)) == 0)
                if ((r = explanation_forget(s, id)) < 0)
                        break;
        return r < 0 ? r : 0;
}

static int put(struct store *s, struct explanation *v) {
        int r = forget_near(s, v);
        int64_t id = 0;
        if (r == 0)
                r = db_number(&s->db, &id, "SELECT coalesce(max(id), 0) + 1 FROM explanation", "");
        if (r == 0)
                r = db_run(&s->db, "INSERT INTO explanation VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", "ittiiiit", id,
                           v->target, v->application, v->onset_s, v->made_at_s, v->again_at_s,
                           (int64_t)v->report.confidence, v->report.title);
        if (r == 0)
                r = report_save(s, &v->report, -id);
        if (r == 0)
                v->id = id;
        return r;
}

int store_put_explanation(struct store *s, struct explanation *v) {
        SCOPED(transaction_done) struct transaction t = {0};
        int r = transaction_begin(&t, &s->db, DURABLE_SOON);
        if (r == 0)
                r = put(s, v);
        return r == 0 ? transaction_commit(&t) : r;
}

static int read_row(struct store *s, sqlite3_stmt *row, struct explanation *v) {
        v->id = sqlite3_column_int64(row, 0);
        v->onset_s = sqlite3_column_int64(row, 1);
        v->made_at_s = sqlite3_column_int64(row, 2);
        v->again_at_s = sqlite3_column_int64(row, 3);
        v->report.confidence = (enum confidence)sqlite3_column_int(row, 4);
        if (text_replace(&v->report.title, (const char *)sqlite3_column_text(row, 5)) < 0)
                return store_no_memory(s);
        return report_load(s, -v->id, &v->report);
}

int store_list_explanations(struct store *s, const char *target, const char *application, int64_t from_s,
                            struct explanation_rows *ret) {
        SCOPED(explanation_rows_done) struct explanation_rows rows = {0};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row,
                         "SELECT id, onset_s, made_at_s, again_at_s, confidence, title FROM explanation"
                         " WHERE target = ?1 AND application = ?2 AND onset_s >= ?3 ORDER BY onset_s",
                         "tti", target, application, from_s);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct explanation *v = LIST_ADD(rows.rows, rows.n_rows, rows.rows_size);
                if (!v || text_replace(&v->target, target) < 0 || text_replace(&v->application, application) < 0)
                        return store_no_memory(s);
                r = read_row(s, row, v);
        }
        if (r < 0)
                return r;
        *ret = rows;
        rows = (struct explanation_rows){0};
        return 0;
}

int store_find_fault(struct store *s, const char *fingerprint, const char *target, const char *application,
                     int64_t before_s, struct incident *ret) {
        int64_t id;
        int r = db_number(&s->db, &id,
                          "SELECT i.id FROM root_cause c JOIN incident i ON i.id = c.incident AND i.copy = 0"
                          " WHERE c.copy = 0 AND c.fingerprint = ?1 AND i.state = 2 AND i.resolved_at_s <= ?4"
                          " ORDER BY i.target = ?2 AND i.application = ?3 DESC, i.resolved_at_s DESC LIMIT 1",
                          "ttti", fingerprint, target, application, before_s);
        return r == 0 ? incident_load(s, id, 0, ret) : r;
}
