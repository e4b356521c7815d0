/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, for those who look at it and those who follow it. The rows are written by the schema's triggers. */
#include <errno.h>
#include <string.h>

#include "store/inner.h"
#include "util/glob.h"
#include "util/list.h"

#define COLUMNS "SELECT id, at_s, incident, severity, target, application, operation, name, text FROM event "

static const char by_time[] = COLUMNS "WHERE (at_s, id) > (?1, ?2) AND at_s >= ?3 ORDER BY at_s, id LIMIT ?4";
static const char by_id[] = COLUMNS "WHERE id > ?1 AND at_s >= ?2 ORDER BY id LIMIT ?3";

static void on_change(void *arg, int operation, const char *database, const char *table, sqlite3_int64 row) {
        struct store *s = arg;
        (void)database;
        (void)row;
        if (operation != SQLITE_INSERT || strcmp(table, "event") != 0)
                return;
        for (struct store_listener *l = s->listeners, *next; l; l = next) {
                next = l->next;
                l->fn(l->arg);
        }
}

void events_init(struct store *s) {
        sqlite3_update_hook(s->db.handle, on_change, s);
}

void store_listen(struct store *s, struct store_listener *l) {
        l->next = s->listeners;
        l->link = &s->listeners;
        if (l->next)
                l->next->link = &l->next;
        s->listeners = l;
}

void store_unlisten(struct store_listener *l) {
        if (!l->link)
                return;
        *l->link = l->next;
        if (l->next)
                l->next->link = l->link;
        l->link = NULL;
}

static void row_done(struct event_row *row) {
        free(row->target);
        free(row->application);
        free(row->operation);
        free(row->name);
        free(row->text);
}

void event_rows_done(struct event_rows *r) {
        for (size_t i = 0; i < r->n_rows; i++)
                row_done(&r->rows[i]);
        free(r->rows);
        *r = (struct event_rows){0};
}

static bool is_asked(const struct event_filter *f, const struct event_row *row) {
        return (!f->target || (row->target && strcmp(f->target, row->target) == 0)) &&
               (!f->application || (row->application && glob_matches(f->application, row->application)));
}

static int take_row(struct store *s, sqlite3_stmt *row, struct event_filter *f, struct event_rows *ret) {
        struct event_row *e = LIST_ADD(ret->rows, ret->n_rows, ret->rows_size);
        if (!e || db_text(row, 4, &e->target) < 0 || db_text(row, 5, &e->application) < 0 ||
            db_text(row, 6, &e->operation) < 0 || db_text(row, 7, &e->name) < 0 || db_text(row, 8, &e->text) < 0)
                return store_no_memory(s);
        e->id = sqlite3_column_int64(row, 0);
        e->at_s = sqlite3_column_int64(row, 1);
        e->incident = sqlite3_column_int64(row, 2);
        e->severity = (enum severity)sqlite3_column_int(row, 3);
        f->after_id = e->id;
        f->after_at_s = e->at_s;
        if (!is_asked(f, e)) {
                row_done(e);
                ret->n_rows--;
        }
        return 0;
}

int store_next_events(struct store *s, struct event_filter *f, struct event_rows *ret) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int64_t limit = EVENT_PAGE, n = 0;
        int r = f->is_by_time ? db_query(&s->db, &row, by_time, "iiii", f->after_at_s, f->after_id, f->since_s, limit)
                              : db_query(&s->db, &row, by_id, "iii", f->after_id, f->since_s, limit);
        for (; r == 0 && (r = db_step(&s->db, row)) == 1; n++)
                r = take_row(s, row, f, ret);
        return r < 0 ? r : n == limit;
}
