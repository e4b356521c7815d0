/* SPDX-License-Identifier: Apache-2.0 */
/* Silences, past ones too: the past is judged with those that held then. */
#include <errno.h>

#include "store/inner.h"
#include "util/glob.h"
#include "util/list.h"
#include "util/timefmt.h"

static const struct column columns[] = {
        COLUMN(silence, id, INT64),           COLUMN(silence, target, TEXT),
        COLUMN(silence, applications, TEXT),  COLUMN(silence, diagnoser, TEXT),
        COLUMN(silence, created_at_s, INT64), COLUMN(silence, ends_at_s, INT64),
        COLUMN(silence, created_by, TEXT),    COLUMN(silence, comment, TEXT),
        COLUMN(silence, ended_by, TEXT),      {0},
};

int silences_init(struct store *s) {
        return record_init(&s->silence, "silence", "", columns);
}

void silences_done(struct store *s) {
        record_done(&s->silence);
}

void silence_rows_done(struct silence_rows *r) {
        for (size_t i = 0; i < r->n_rows; i++)
                silence_done(&r->rows[i]);
        free(r->rows);
        *r = (struct silence_rows){0};
}

static int read_rows(struct store *s, sqlite3_stmt *row, struct silence_rows *ret) {
        int r = 0;
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct silence *slot = LIST_ADD(ret->rows, ret->n_rows, ret->rows_size);
                if (!slot || record_read(&s->silence, row, &s->words, slot) < 0)
                        return store_no_memory(s);
                r = 0;
        }
        return r;
}

int store_list_silences(struct store *s, int64_t ends_after_s, struct silence_rows *ret) {
        SCOPED(silence_rows_done) struct silence_rows rows = {0};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = record_query(&s->db, &row, &s->silence, "WHERE ends_at_s > ?1 ORDER BY id DESC", "i", ends_after_s);
        if (r == 0)
                r = read_rows(s, row, &rows);
        if (r < 0)
                return r;
        *ret = rows;
        rows = (struct silence_rows){0};
        return 0;
}

static int load(struct store *s, int64_t id, struct silence *ret) {
        SCOPED(silence_rows_done) struct silence_rows rows = {0};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = record_query(&s->db, &row, &s->silence, "WHERE id = ?1", "i", id);
        if (r == 0)
                r = read_rows(s, row, &rows);
        if (r < 0 || rows.n_rows == 0)
                return r < 0 ? r : 1;
        *ret = rows.rows[0];
        rows.n_rows = 0;
        return 0;
}

/* Those who look at an open incident see that somebody silenced it. */
static int note_on_incidents(struct store *s, const struct silence *silence, int64_t at_s, const char *kind,
                             const char *text) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row,
                         "SELECT id, application FROM incident WHERE copy = 0 AND state <> 2"
                         " AND (?1 IS NULL OR target = ?1) AND (?2 IS NULL OR diagnoser = ?2)",
                         "tt", silence->target, silence->diagnoser);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                const char *application = (const char *)sqlite3_column_text(row, 1);
                r = glob_list_matches(silence->applications, application ? application : "")
                            ? timeline_add(s, sqlite3_column_int64(row, 0), at_s, kind, text)
                            : 0;
        }
        return r;
}

int store_add_silence(struct store *s, struct silence *silence) {
        SCOPED(transaction_done) struct transaction t = {0};
        SCOPED(buf_done) struct buf text = BUF_INIT(FINDING_TEXT_MAX);
        char ends_at[TIME_TEXT_MAX];
        time_rfc3339(silence->ends_at_s, ends_at);
        buf_printf(&text, "%s, until %s: %s", silence->created_by, ends_at, silence->comment);
        int r = transaction_begin(&t, &s->db, DURABLE_SETTLED);
        if (r == 0)
                r = db_run(
                        &s->db,
                        "INSERT INTO silence(target, applications, diagnoser, created_at_s, ends_at_s, created_by, comment)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                        "tttiitt", silence->target, silence->applications, silence->diagnoser, silence->created_at_s,
                        silence->ends_at_s, silence->created_by, silence->comment);
        int64_t id = sqlite3_last_insert_rowid(s->db.handle);
        if (r == 0)
                r = note_on_incidents(s, silence, silence->created_at_s, "silenced", buf_str(&text));
        if (r == 0)
                r = transaction_commit(&t);
        if (r < 0)
                return r;
        silence->id = id;
        s->n_decisions++;
        return 0;
}

int store_end_silence(struct store *s, int64_t id, int64_t now_s, const char *by, struct silence *ret) {
        SCOPED(silence_done) struct silence known = {0};
        SCOPED(transaction_done) struct transaction t = {0};
        int r = load(s, id, &known);
        if (r != 0)
                return r < 0 ? r : -ENOENT;
        if (!silence_is_active(&known, now_s))
                return -EALREADY;
        r = transaction_begin(&t, &s->db, DURABLE_SETTLED);
        if (r == 0)
                r = db_run(&s->db, "UPDATE silence SET ends_at_s = ?2, ended_by = ?3 WHERE id = ?1", "iit", id, now_s,
                           by);
        if (r == 0)
                r = note_on_incidents(s, &known, now_s, "unsilenced", by);
        if (r == 0)
                r = transaction_commit(&t);
        if (r < 0)
                return r;
        s->n_decisions++;
        return load(s, id, ret);
}

int64_t store_decisions(const struct store *s) {
        return s->n_decisions;
}
