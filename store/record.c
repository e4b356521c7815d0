/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "util/buf.h"

enum { SQL_MAX = 4096 };

static size_t count_keys(const char *keys) {
        size_t n = keys[0] != '\0';
        for (; *keys; keys++)
                n += *keys == ',';
        return n;
}

static int write_sql(struct record *r) {
        SCOPED(buf_done) struct buf put = BUF_INIT(SQL_MAX), select = BUF_INIT(SQL_MAX);
        buf_printf(&put, "INSERT OR REPLACE INTO %s(%s%s", r->table, r->keys, r->n_keys > 0 ? ", " : "");
        buf_put_str(&select, "SELECT ");
        for (size_t i = 0; i < r->n_columns; i++) {
                buf_printf(&put, "%s%s", i > 0 ? ", " : "", r->columns[i].name);
                buf_printf(&select, "%s%s", i > 0 ? ", " : "", r->columns[i].name);
        }
        buf_put_str(&put, ") VALUES(?");
        for (size_t i = 1; i < r->n_keys + r->n_columns; i++)
                buf_put_str(&put, ", ?");
        buf_put_char(&put, ')');
        buf_printf(&select, " FROM %s ", r->table);
        r->put = buf_steal(&put);
        r->select = buf_steal(&select);
        return r->put && r->select ? 0 : -ENOMEM;
}

int record_init(struct record *r, const char *table, const char *keys, const struct column *columns) {
        *r = (struct record){.table = table, .keys = keys, .n_keys = count_keys(keys)};
        for (; columns->name; columns++) {
                if (r->n_columns == RECORD_COLUMNS_MAX)
                        return -E2BIG;
                r->columns[r->n_columns++] = *columns;
        }
        return write_sql(r);
}

int record_init_fields(struct record *r, const char *table, const struct field *fields, const char *left_out) {
        static const enum column_kind kinds[] = {
                [FIELD_TEXT] = COLUMN_TEXT, [FIELD_INT64] = COLUMN_INT64, [FIELD_BOOL] = COLUMN_BOOL};
        *r = (struct record){.table = table, .keys = ""};
        for (; fields->name; fields++) {
                if (left_out && strcmp(fields->name, left_out) == 0)
                        continue;
                if (r->n_columns == RECORD_COLUMNS_MAX)
                        return -E2BIG;
                r->columns[r->n_columns++] = (struct column){fields->name, kinds[fields->kind], fields->offset};
        }
        return write_sql(r);
}

void record_done(struct record *r) {
        free(r->put);
        free(r->select);
        *r = (struct record){0};
}

static int bind_column(sqlite3_stmt *statement, int at, const struct column *c, const void *from) {
        const char *member = (const char *)from + c->offset;
        switch (c->kind) {
        case COLUMN_TEXT:
        case COLUMN_WORD:
                return sqlite3_bind_text(statement, at, *(const char *const *)member, -1, SQLITE_STATIC);
        case COLUMN_INT64:
                return sqlite3_bind_int64(statement, at, *(const int64_t *)member);
        case COLUMN_BOOL:
                return sqlite3_bind_int(statement, at, *(const bool *)member);
        case COLUMN_ENUM:
                return sqlite3_bind_int(statement, at, *(const int *)member);
        default:
                return sqlite3_bind_double(statement, at, *(const double *)member);
        }
}

int record_put(struct db *db, const struct record *r, const int64_t *keys, const void *from) {
        SCOPED(db_release) sqlite3_stmt *statement = NULL;
        int failed = db_prepare(db, r->put, &statement);
        if (failed < 0)
                return failed;
        int result = SQLITE_OK, at = 1;
        for (size_t i = 0; i < r->n_keys && result == SQLITE_OK; i++)
                result = sqlite3_bind_int64(statement, at++, keys[i]);
        for (size_t i = 0; i < r->n_columns && result == SQLITE_OK; i++)
                result = bind_column(statement, at++, &r->columns[i], from);
        return result == SQLITE_OK ? db_step(db, statement) : db_fail(db, result);
}

int record_query(struct db *db, sqlite3_stmt **ret, const struct record *r, const char *tail, const char *kinds, ...) {
        SCOPED(buf_done) struct buf sql = BUF_INIT(SQL_MAX);
        buf_put_str(&sql, r->select);
        buf_put_str(&sql, tail);
        if (sql.failed)
                return db_fail_text(db, sql.failed, "out of memory");
        sqlite3_stmt *statement;
        int failed = db_prepare(db, buf_str(&sql), &statement);
        if (failed < 0)
                return failed;
        va_list args;
        va_start(args, kinds);
        failed = db_vbind(db, statement, kinds, args);
        va_end(args);
        if (failed < 0)
                db_release(statement);
        else
                *ret = statement;
        return failed;
}

static int read_column(sqlite3_stmt *row, int at, const struct column *c, struct words *words, void *to) {
        char *member = (char *)to + c->offset;
        switch (c->kind) {
        case COLUMN_TEXT:
                return db_text(row, at, (char **)member);
        case COLUMN_WORD:
                return words_keep(words, (const char *)sqlite3_column_text(row, at), (const char **)member);
        case COLUMN_INT64:
                *(int64_t *)member = sqlite3_column_int64(row, at);
                return 0;
        case COLUMN_BOOL:
                *(bool *)member = sqlite3_column_int(row, at) != 0;
                return 0;
        case COLUMN_ENUM:
                *(int *)member = sqlite3_column_int(row, at);
                return 0;
        default:
                *(double *)member = sqlite3_column_type(row, at) == SQLITE_NULL ? NAN : sqlite3_column_double(row, at);
                return 0;
        }
}

int record_read(const struct record *r, sqlite3_stmt *row, struct words *words, void *to) {
        int failed = 0;
        for (size_t i = 0; i < r->n_columns && failed == 0; i++)
                failed = read_column(row, (int)i, &r->columns[i], words, to);
        return failed;
}
