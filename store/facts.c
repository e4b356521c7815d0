/* SPDX-License-Identifier: Apache-2.0 */
/* What the control plane said: applications, their operations, their snapshots. */
#include <errno.h>

#include "store/inner.h"
#include "util/list.h"

int facts_init(struct store *s) {
        int r = record_init_fields(&s->application, "application", application_fields, NULL);
        if (r == 0)
                r = record_init_fields(&s->application_listed, "application", application_fields, "job_plan");
        if (r == 0)
                r = record_init_fields(&s->operation, "operation", operation_fields, NULL);
        if (r == 0)
                r = record_init_fields(&s->snapshot, "snapshot", snapshot_fields, NULL);
        return r;
}

void facts_done(struct store *s) {
        record_done(&s->application);
        record_done(&s->application_listed);
        record_done(&s->operation);
        record_done(&s->snapshot);
}

int facts_put(struct store *s, const struct batch *b) {
        int r = 0;
        for (size_t i = 0; i < b->n_applications && r == 0; i++)
                r = record_put(&s->db, &s->application, NULL, &b->applications[i]);
        for (size_t i = 0; i < b->n_operations && r == 0; i++)
                r = record_put(&s->db, &s->operation, NULL, &b->operations[i]);
        for (size_t i = 0; i < b->n_snapshots && r == 0; i++)
                r = record_put(&s->db, &s->snapshot, NULL, &b->snapshots[i]);
        return r;
}

void application_rows_done(struct application_rows *r) {
        for (size_t i = 0; i < r->n_rows; i++)
                application_done(&r->rows[i]);
        free(r->rows);
        *r = (struct application_rows){0};
}

int store_list_applications(struct store *s, const char *target, struct application_rows *ret) {
        SCOPED(application_rows_done) struct application_rows rows = {0};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = record_query(&s->db, &row, &s->application_listed,
                             "WHERE ?1 IS NULL OR target = ?1 ORDER BY target, name", "t", target);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct application *a = LIST_ADD(rows.rows, rows.n_rows, rows.rows_size);
                r = a ? record_read(&s->application_listed, row, &s->words, a) : -ENOMEM;
                if (r < 0)
                        return store_no_memory(s);
        }
        if (r == 0) {
                *ret = rows;
                rows = (struct application_rows){0};
        }
        return r;
}

int store_application(struct store *s, const char *target, const char *name, struct application *ret) {
        SCOPED(application_done) struct application a = {0};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = record_query(&s->db, &row, &s->application, "WHERE target = ?1 AND name = ?2", "tt", target, name);
        if (r == 0)
                r = db_step(&s->db, row);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (record_read(&s->application, row, &s->words, &a) < 0)
                return store_no_memory(s);
        *ret = a;
        a = (struct application){0};
        return 0;
}
