/* SPDX-License-Identifier: Apache-2.0 */
/* Structs of the model as rows: a table of columns says which member goes where. */
#pragma once

#include "model/application.h"
#include "store/db.h"
#include "store/words.h"

enum column_kind {
        COLUMN_TEXT, /* char *, owned */
        COLUMN_WORD, /* const char *, kept by the store */
        COLUMN_INT64,
        COLUMN_BOOL,
        COLUMN_ENUM,
        COLUMN_DOUBLE, /* NaN is NULL */
};

struct column {
        const char *name;
        enum column_kind kind;
        size_t offset;
};

#define COLUMN(type, member, kind)                                                                                     \
        { #member, COLUMN_##kind, offsetof(struct type, member) }

enum { RECORD_COLUMNS_MAX = 48 };

struct record {
        const char *table;
        const char *keys; /* whole-number columns before the struct's own: "incident, copy, position"; "" for none */
        size_t n_keys;
        struct column columns[RECORD_COLUMNS_MAX];
        size_t n_columns;
        char *put, *select; /* SQL */
};

/* 0, -ENOMEM, -E2BIG (more columns than RECORD_COLUMNS_MAX). `columns` ends with a NULL name. */
int record_init(struct record *r, const char *table, const char *keys, const struct column *columns);
/* The same from one of the model's tables, but for the column left_out (NULL: none). */
int record_init_fields(struct record *r, const char *table, const struct field *fields, const char *left_out);
void record_done(struct record *r);

/* Inserts or replaces; `keys` holds n_keys numbers. */
int record_put(struct db *db, const struct record *r, const int64_t *keys, const void *from);
/* A query for the struct's columns (the first at column 0); `tail` is "WHERE ... ORDER BY ...", `kinds` as in db_bind. */
int record_query(struct db *db, sqlite3_stmt **ret, const struct record *r, const char *tail, const char *kinds, ...);
/* The row under the cursor; what was read stays in *to when it fails. 0 or -ENOMEM. */
int record_read(const struct record *r, sqlite3_stmt *row, struct words *words, void *to);
