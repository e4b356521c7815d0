/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "store/inner.h"
#include "util/glob.h"
#include "util/list.h"

void incident_rows_done(struct incident_rows *r) {
        for (size_t i = 0; i < r->n_rows; i++)
                incident_done(&r->rows[i]);
        free(r->rows);
        *r = (struct incident_rows){0};
}

void incident_ids_done(struct incident_ids *ids) {
        free(ids->items);
        *ids = (struct incident_ids){0};
}

/* The ways in: all that is open (few), by time, by id; and those of one application, which each judgement asks for. */
static const char open_ones[] = "SELECT id, application, diagnoser FROM incident WHERE copy = 0 AND state <> 2"
                                " AND (?1 IS NULL OR target = ?1) AND (?2 = 0 OR id = ?2)"
                                " ORDER BY opened_at_s DESC, id DESC";
static const char all_since[] = "SELECT id, application, diagnoser FROM incident WHERE copy = 0"
                                " AND (?1 IS NULL OR target = ?1) AND (?2 = 0 OR id = ?2)"
                                " AND (state <> 2 OR resolved_at_s >= ?3) ORDER BY opened_at_s DESC, id DESC";
static const char by_id[] =
        "SELECT id, application, diagnoser FROM incident WHERE id = ?2 AND copy = 0"
        " AND (?1 IS NULL OR target = ?1) AND (state <> 2 OR NOT ?4) AND (state <> 2 OR resolved_at_s >= ?3)";

static const char of_one[] =
        "SELECT id, application, diagnoser FROM incident WHERE copy = 0"
        " AND target = ?1 AND application = ?5 AND (state <> 2 OR (NOT ?4 AND resolved_at_s >= ?3))"
        " AND (?2 = 0 OR id = ?2) ORDER BY opened_at_s DESC, id DESC";

static const char *statement_for(const struct incident_filter *f) {
        if (f->id > 0)
                return by_id;
        if (f->target && f->application && !strpbrk(f->application, "*?"))
                return of_one;
        return f->only_open ? open_ones : all_since;
}

static int find(struct store *s, const struct incident_filter *f, struct incident_ids *ids) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        const char *statement = statement_for(f);
        const char *kinds = statement == of_one ? "tiiit" : statement == by_id ? "tiii" : f->only_open ? "ti" : "tii";
        int r = db_query(&s->db, &row, statement, kinds, f->target, f->id, f->since_s, (int64_t)f->only_open,
                         f->application);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                const char *application = (const char *)sqlite3_column_text(row, 1);
                const char *diagnoser = (const char *)sqlite3_column_text(row, 2);
                r = 0;
                if (f->application && !glob_matches(f->application, application ? application : ""))
                        continue;
                if (f->diagnoser && strcmp(f->diagnoser, diagnoser ? diagnoser : "") != 0)
                        continue;
                int64_t *id = LIST_ADD(ids->items, ids->n_items, ids->items_size);
                if (!id)
                        return store_no_memory(s);
                *id = sqlite3_column_int64(row, 0);
        }
        return r;
}

int store_list_incident_ids(struct store *s, const struct incident_filter *f, struct incident_ids *ret) {
        SCOPED(incident_ids_done) struct incident_ids ids = {0};
        int r = find(s, f, &ids);
        if (r < 0)
                return r;
        *ret = ids;
        ids = (struct incident_ids){0};
        return 0;
}

int store_list_incidents(struct store *s, const struct incident_filter *f, struct incident_rows *ret) {
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        SCOPED(incident_ids_done) struct incident_ids ids = {0};
        int r = find(s, f, &ids);
        for (size_t i = 0; i < ids.n_items && r == 0; i++) {
                struct incident *slot = LIST_ADD(rows.rows, rows.n_rows, rows.rows_size);
                if (!slot)
                        return store_no_memory(s);
                r = (f->only_heads ? incident_load_head : incident_load)(s, ids.items[i], 0, slot);
                if (r == 1) {
                        rows.n_rows--;
                        r = 0;
                }
        }
        if (r < 0)
                return r;
        *ret = rows;
        rows = (struct incident_rows){0};
        return 0;
}
