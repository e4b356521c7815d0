/* SPDX-License-Identifier: Apache-2.0 */
/* One SQLite connection: statements that are prepared once, transactions that roll back by themselves, errors as -errno. */
#pragma once

#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/scope.h"

struct db {
        sqlite3 *handle;
        sqlite3_stmt **statements; /* found by their text */
        size_t n_statements, statements_size;
        bool is_damaged; /* SQLite said that the file is corrupt */
        int n_log_pages; /* in the write-ahead log, not yet in the database */
        char error[320];
};

/* How soon a commit must be on the disk. SETTLED: a power cut cannot undo it. SOON: a power cut may undo the newest ones, in order; a
 * crash of the process undoes none. */
enum durability { DURABLE_SOON, DURABLE_SETTLED };

int db_open(const char *path, struct db *db);
void db_close(struct db *db);
/* Brings the log into the database when there is enough of it: two fsyncs, which commits are thus spared. 1 when it was done. */
int db_checkpoint(struct db *db);

/* -errno for an SQLite result; keeps SQLite's words in db->error. */
int db_fail(struct db *db, int result);
/* The same for failures that are not SQLite's. */
int db_fail_text(struct db *db, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

int db_exec(struct db *db, const char *sql);
/* The statement, ready to be bound; the connection keeps it. A statement is not to be asked for again before db_release. */
int db_prepare(struct db *db, const char *sql, sqlite3_stmt **ret);
/* Binds from ?1 on: 'i' int64_t, 'd' double, 't' text or NULL (borrowed until released), 'b' const void * and size_t (borrowed). */
int db_bind(struct db *db, sqlite3_stmt *statement, const char *kinds, ...);
int db_vbind(struct db *db, sqlite3_stmt *statement, const char *kinds, va_list args);
/* Prepare and bind. */
int db_query(struct db *db, sqlite3_stmt **ret, const char *sql, const char *kinds, ...);
/* 1: there is a row, 0: there is none (any more). */
int db_step(struct db *db, sqlite3_stmt *statement);
/* Prepare, bind, step to the end, release. */
int db_run(struct db *db, const char *sql, const char *kinds, ...);
/* A whole number that a query answers; 1 when it answers nothing. */
int db_number(struct db *db, int64_t *ret, const char *sql, const char *kinds, ...);
void db_release(sqlite3_stmt *statement);
/* Copies a column's text; NULL stays NULL. 0 or -ENOMEM. */
int db_text(sqlite3_stmt *statement, int column, char **ret);

struct transaction {
        struct db *db; /* NULL: none open */
};
int transaction_begin(struct transaction *t, struct db *db, enum durability durability);
int transaction_commit(struct transaction *t);
/* Rolls back unless it was committed. */
void transaction_done(struct transaction *t);

SCOPED_DEFINE(sqlite3_stmt, db_release)
SCOPED_DEFINE_VALUE(struct transaction, transaction_done)
