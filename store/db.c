/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <errno.h>
#include <stdarg.h>

#include "util/list.h"

enum {
        BUSY_TIMEOUT_MS = 1000,
        LOG_PAGES = 500,      /* from here on db_checkpoint acts: the fsyncs take the longer the more there is */
        LOG_PAGES_MAX = 8000, /* from here on a commit does it, when nobody else did */
};

static int errno_of(int result, int system_errno) {
        switch (result & 0xff) {
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        case SQLITE_READONLY:
                return -EROFS;
        case SQLITE_PERM:
        case SQLITE_AUTH:
                return -EACCES;
        case SQLITE_CANTOPEN:
                return system_errno > 0 ? -system_errno : -EACCES;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
                return -EUCLEAN;
        case SQLITE_TOOBIG:
                return -E2BIG;
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_RANGE:
                return -EINVAL;
        case SQLITE_IOERR:
                if (result == SQLITE_IOERR_NOMEM)
                        return -ENOMEM;
                return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG ? -ENOSPC : -EIO;
        default:
                return -EIO;
        }
}

/* The system's reason. SQLite forgets it on the way up when it was the WAL that could not be written. */
static int system_errno_of(sqlite3 *handle) {
        int reason = handle ? sqlite3_system_errno(handle) : 0;
        sqlite3_file *wal = NULL;
        if (!handle || reason)
                return reason;
        if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK && wal &&
            wal->pMethods)
                wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &reason);
        if (!reason)
                sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &reason);
        return reason;
}

int db_fail(struct db *db, int result) {
        int system_errno = (result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN
                                   ? system_errno_of(db->handle)
                                   : 0;
        const char *words = db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(result);
        int code = errno_of(result, system_errno);
        if (code == -EUCLEAN)
                db->is_damaged = true;
        if (code == -ENOSPC)
                return db_fail_text(db, code,
                                    "the disk is full: make room where %s is, or lower retention in [storage]",
                                    db->handle ? sqlite3_db_filename(db->handle, "main") : "it");
        if (system_errno > 0)
                return db_fail_text(db, code, "%s: %s", words, strerror(system_errno));
        return db_fail_text(db, code, "%s", words);
}

int db_fail_text(struct db *db, int code, const char *format, ...) {
        va_list args;
        va_start(args, format);
        vsnprintf(db->error, sizeof db->error, format, args);
        va_end(args);
        return code;
}

static int count_log(void *arg, sqlite3 *handle, const char *name, int n_pages) {
        struct db *db = arg;
        db->n_log_pages = n_pages;
        if (n_pages >= LOG_PAGES_MAX)
                sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, &db->n_log_pages, NULL);
        return SQLITE_OK;
}

int db_checkpoint(struct db *db) {
        if (db->n_log_pages < LOG_PAGES)
                return 0;
        int result = sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        /* A reader from outside may hold it up: the next one gets further. */
        if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY)
                return db_fail(db, result);
        db->n_log_pages = 0;
        return 1;
}

int db_open(const char *path, struct db *db) {
        int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
        int result = sqlite3_open_v2(path, &db->handle, flags, NULL);
        if (result != SQLITE_OK)
                return db_fail(db, result);
        sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
        sqlite3_wal_hook(db->handle, count_log, db);
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        return 0;
}

void db_close(struct db *db) {
        for (size_t i = 0; i < db->n_statements; i++)
                sqlite3_finalize(db->statements[i]);
        free(db->statements);
        db->statements = NULL;
        db->n_statements = db->statements_size = 0;
        sqlite3_close(db->handle);
        db->handle = NULL;
}

int db_exec(struct db *db, const char *sql) {
        int result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
        return result == SQLITE_OK ? 0 : db_fail(db, result);
}

int db_prepare(struct db *db, const char *sql, sqlite3_stmt **ret) {
        for (size_t i = 0; i < db->n_statements; i++)
                if (strcmp(sqlite3_sql(db->statements[i]), sql) == 0) {
                        *ret = db->statements[i];
                        return 0;
                }
        sqlite3_stmt *statement;
        int result = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
        if (result != SQLITE_OK)
                return db_fail(db, result);
        sqlite3_stmt **slot = LIST_ADD(db->statements, db->n_statements, db->statements_size);
        if (!slot) {
                sqlite3_finalize(statement);
                return db_fail_text(db, -ENOMEM, "out of memory");
        }
        *ret = *slot = statement;
        return 0;
}

int db_vbind(struct db *db, sqlite3_stmt *statement, const char *kinds, va_list args) {
        int result = SQLITE_OK;
        for (int i = 1; *kinds && result == SQLITE_OK; kinds++, i++) {
                if (*kinds == 'i') {
                        result = sqlite3_bind_int64(statement, i, va_arg(args, int64_t));
                } else if (*kinds == 'd') {
                        result = sqlite3_bind_double(statement, i, va_arg(args, double));
                } else if (*kinds == 't') {
                        result = sqlite3_bind_text(statement, i, va_arg(args, const char *), -1, SQLITE_STATIC);
                } else {
                        const void *data = va_arg(args, const void *);
                        result = sqlite3_bind_blob64(statement, i, data, va_arg(args, size_t), SQLITE_STATIC);
                }
        }
        return result == SQLITE_OK ? 0 : db_fail(db, result);
}

int db_bind(struct db *db, sqlite3_stmt *statement, const char *kinds, ...) {
        va_list args;
        va_start(args, kinds);
        int r = db_vbind(db, statement, kinds, args);
        va_end(args);
        return r;
}

static int query(struct db *db, sqlite3_stmt **ret, const char *sql, const char *kinds, va_list args) {
        sqlite3_stmt *statement;
        int r = db_prepare(db, sql, &statement);
        if (r < 0)
                return r;
        r = db_vbind(db, statement, kinds, args);
        if (r < 0)
                db_release(statement);
        else
                *ret = statement;
        return r;
}

int db_query(struct db *db, sqlite3_stmt **ret, const char *sql, const char *kinds, ...) {
        va_list args;
        va_start(args, kinds);
        int r = query(db, ret, sql, kinds, args);
        va_end(args);
        return r;
}

int db_step(struct db *db, sqlite3_stmt *statement) {
        int result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
                return 1;
        return result == SQLITE_DONE ? 0 : db_fail(db, result);
}

int db_run(struct db *db, const char *sql, const char *kinds, ...) {
        SCOPED(db_release) sqlite3_stmt *statement = NULL;
        va_list args;
        va_start(args, kinds);
        int r = query(db, &statement, sql, kinds, args);
        va_end(args);
        while (r >= 0 && (r = db_step(db, statement)) == 1)
                ;
        return r;
}

int db_number(struct db *db, int64_t *ret, const char *sql, const char *kinds, ...) {
        SCOPED(db_release) sqlite3_stmt *statement = NULL;
        va_list args;
        va_start(args, kinds);
        int r = query(db, &statement, sql, kinds, args);
        va_end(args);
        if (r < 0 || (r = db_step(db, statement)) < 0)
                return r;
        if (r == 0 || sqlite3_column_type(statement, 0) == SQLITE_NULL)
                return 1;
        *ret = sqlite3_column_int64(statement, 0);
        return 0;
}

void db_release(sqlite3_stmt *statement) {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
}

int db_text(sqlite3_stmt *statement, int column, char **ret) {
        *ret = NULL;
        if (sqlite3_column_type(statement, column) == SQLITE_NULL)
                return 0;
        const unsigned char *text = sqlite3_column_text(statement, column);
        *ret = text ? strdup((const char *)text) : NULL;
        return *ret ? 0 : -ENOMEM;
}

int transaction_begin(struct transaction *t, struct db *db, enum durability durability) {
        int r = db_exec(db,
                        durability == DURABLE_SETTLED ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        if (r == 0)
                r = db_run(db, "BEGIN IMMEDIATE", "");
        if (r == 0)
                t->db = db;
        return r;
}

int transaction_commit(struct transaction *t) {
        int r = db_run(t->db, "COMMIT", "");
        if (r == 0)
                t->db = NULL;
        return r;
}

void transaction_done(struct transaction *t) {
        /* A full disk or an I/O error may have rolled back already. */
        if (t->db && !sqlite3_get_autocommit(t->db->handle))
                sqlite3_exec(t->db->handle, "ROLLBACK", NULL, NULL, NULL);
        t->db = NULL;
}
