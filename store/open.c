/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing the file. A database that was not closed in order is checked; one that is corrupt is moved aside, because a
 * daemon that watches with an empty history is better than one that does not watch: CloudWatch has the last 15 days. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "store/inner.h"
#include "store/schema.h"
#include "util/buf.h"

enum { PATH_CAP = 4096, ASIDE_MAX = 1000, CHECKED_WHOLE_BYTES = 512 << 20 };

/* How the file was left. */
enum { MARK_OPEN, MARK_CLEAN, MARK_DAMAGED };

/* Pages are small because a put changes little, and each page that it touches is written whole. */
static const char setup[] = "PRAGMA page_size = 2048;"
                            "PRAGMA secure_delete = OFF;"
                            "PRAGMA cell_size_check = ON;"
                            "PRAGMA temp_store = MEMORY;"
                            "PRAGMA cache_size = -4096;"
                            "PRAGMA journal_mode = WAL;";

int store_no_memory(struct store *s) {
        return db_fail_text(&s->db, -ENOMEM, "out of memory");
}

/* Only the daemon's user may read it: messages of applications are in it. */
static int make_file(const char *path, struct err *reterr) {
        SCOPED(close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        struct stat st;
        if (fd < 0 || fstat(fd, &st) < 0)
                return err_set(reterr, -errno,
                               "%s: %s: the folder must exist and belong to the user that flinkwatchd runs as", path,
                               strerror(errno));
        if (!S_ISREG(st.st_mode))
                return err_set(reterr, -EINVAL, "%s: is not a regular file: name another state_directory", path);
        if ((st.st_mode & 077) && st.st_uid == geteuid() && fchmod(fd, 0600) < 0)
                return err_set(reterr, -errno, "%s: its mode cannot be set to 0600: %s", path, strerror(errno));
        return 0;
}

static int mark(struct db *db, int64_t state) {
        return db_run(db, "UPDATE meta SET value = ?1 WHERE key = 'is_clean' AND value <> ?1", "i", state);
}

/* "ok" is one row; anything else is damage. */
static int check_one(struct db *db, const char *table) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        char sql[128];
        snprintf(sql, sizeof sql, table ? "PRAGMA quick_check('%s')" : "PRAGMA quick_check(1)", table);
        int r = db_query(db, &row, sql, "");
        if (r == 0)
                r = db_step(db, row);
        if (r < 0)
                return r;
        const char *verdict = r == 1 ? (const char *)sqlite3_column_text(row, 0) : NULL;
        if (verdict && strcmp(verdict, "ok") == 0)
                return 0;
        db->is_damaged = true;
        return db_fail_text(db, -EUCLEAN, "%s", verdict ? verdict : "no answer from quick_check");
}

/* All but the packed days and hours. */
static int check_small_tables(struct db *db) {
        static const char list[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                                   " AND name NOT IN ('day', 'rollup')";
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(db, &row, list, "");
        while (r == 0 && (r = db_step(db, row)) == 1)
                r = check_one(db, (const char *)sqlite3_column_text(row, 0));
        return r;
}

/* Years of packed days take minutes to walk through, which nobody would wait for at a start: when the file is large they are left out.
 * Each item in them has a checksum, and if SQLite ever finds damage there, the next start looks at all of it. */
static int check(struct store *s, int64_t left) {
        struct stat st;
        bool is_large = stat(s->path, &st) == 0 && st.st_size > CHECKED_WHOLE_BYTES;
        return is_large && left != MARK_DAMAGED ? check_small_tables(&s->db) : check_one(&s->db, NULL);
}

static int read_instance(struct store *s) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row, "SELECT value FROM meta WHERE key = 'instance'", "");
        if (r == 0)
                r = db_step(&s->db, row);
        if (r < 0)
                return r;
        const char *text = r == 1 ? (const char *)sqlite3_column_text(row, 0) : NULL;
        if (!text)
                return db_fail_text(&s->db, -EUCLEAN, "the instance name is missing");
        snprintf(s->instance, sizeof s->instance, "%s", text);
        return 0;
}

static int open_file(struct store *s) {
        int64_t version = 0, left = MARK_CLEAN;
        int r = db_open(s->path, &s->db);
        if (r == 0)
                r = db_exec(&s->db, setup);
        if (r == 0)
                r = db_number(&s->db, &version, "PRAGMA user_version", "");
        if (r == 0 && version > 0)
                r = db_number(&s->db, &left, "SELECT value FROM meta WHERE key = 'is_clean'", "");
        if (r == 0 && left != MARK_CLEAN)
                r = check(s, left);
        if (r >= 0)
                r = schema_migrate(&s->db);
        if (r == 0)
                r = read_instance(s);
        if (r == 0)
                events_init(s);
        if (r == 0)
                r = samples_load(s);
        if (r == 0)
                r = mark(&s->db, MARK_OPEN);
        return r;
}

static int rename_one(const char *path, const char *suffix, int n) {
        SCOPED(buf_done) struct buf from = BUF_INIT(PATH_CAP), to = BUF_INIT(PATH_CAP);
        buf_printf(&from, "%s%s", path, suffix);
        buf_printf(&to, "%s.corrupt-%d%s", path, n, suffix);
        if (from.failed || to.failed)
                return -ENAMETOOLONG;
        return rename(buf_str(&from), buf_str(&to)) < 0 && errno != ENOENT ? -errno : 0;
}

/* NAME, NAME-wal and NAME-shm become NAME.corrupt-N..., N being the first that is free. */
static int move_aside(const char *path, struct err *reterr) {
        for (int n = 1; n <= ASIDE_MAX; n++) {
                SCOPED(buf_done) struct buf to = BUF_INIT(PATH_CAP);
                struct stat st;
                buf_printf(&to, "%s.corrupt-%d", path, n);
                if (to.failed || lstat(buf_str(&to), &st) == 0)
                        continue;
                int r = rename_one(path, "-wal", n);
                if (r == 0)
                        r = rename_one(path, "-shm", n);
                if (r == 0)
                        r = rename_one(path, "", n);
                if (r < 0)
                        return err_set(reterr, r, "%s: is corrupt and cannot be moved aside: %s: move or remove it",
                                       path, strerror(-r));
                return 0;
        }
        return err_set(reterr, -EEXIST, "%s: is corrupt, and so are %d older ones beside it: remove them", path,
                       ASIDE_MAX);
}

static const char *way_out(int code) {
        switch (code) {
        case -ENOSPC:
                return "make room on that file system";
        case -EACCES:
        case -EPERM:
                return "it must belong to the user that flinkwatchd runs as";
        case -EROFS:
                return "the file and its folder must be writable for flinkwatchd";
        case -EBUSY:
                return "another program holds it: is a second daemon or an sqlite3 shell running?";
        case -EPROTO:
                return "it was made by a newer flinkwatch: upgrade, or name another state_directory";
        default:
                return "see that the disk is healthy, or move the file away: a new one will be made";
        }
}

static void release(struct store *s) {
        facts_done(s);
        incidents_done(s);
        silences_done(s);
        samples_done(s);
        words_done(&s->words);
        db_close(&s->db);
}

static int start(struct store *s) {
        int r = facts_init(s);
        if (r == 0)
                r = incidents_init(s);
        if (r == 0)
                r = silences_init(s);
        return r < 0 ? r : open_file(s);
}

int store_open(const char *path, struct store **ret, bool *ret_moved, struct err *reterr) {
        SCOPED(store_free) struct store *s = calloc(1, sizeof *s);
        if (ret_moved)
                *ret_moved = false;
        if (!s || !(s->path = strdup(path)))
                return err_set(reterr, -ENOMEM, "%s: out of memory", path);
        for (int attempt = 0;; attempt++) {
                int r = make_file(path, reterr);
                if (r < 0)
                        return r;
                r = start(s);
                if (r == 0)
                        break;
                if (r != -EUCLEAN || attempt > 0)
                        return err_set(reterr, r, "%s: %s: %s", path, s->db.error[0] ? s->db.error : strerror(-r),
                                       way_out(r));
                release(s);
                s->db.is_damaged = false;
                r = move_aside(path, reterr);
                if (r < 0)
                        return r;
                if (ret_moved)
                        *ret_moved = true;
        }
        s->is_open = true;
        *ret = TAKE(s);
        return 0;
}

void store_free(struct store *s) {
        if (!s)
                return;
        if (s->is_open)
                mark(&s->db, s->db.is_damaged ? MARK_DAMAGED : MARK_CLEAN);
        release(s);
        free(s->path);
        free(s);
}

const char *store_error(const struct store *s) {
        return s->db.error;
}

bool store_is_damaged(const struct store *s) {
        return s->db.is_damaged;
}

const char *store_instance(const struct store *s) {
        return s->instance;
}
