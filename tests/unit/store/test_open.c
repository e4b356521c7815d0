/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/store/fixture.h"

static void test_open__new_file__only_its_user_may_read(void **state) {
        struct fixture *f = *state;
        struct stat st;
        assert_int_equal(stat(f->path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        char wal[128];
        snprintf(wal, sizeof wal, "%s-wal", f->path);
        assert_int_equal(stat(wal, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_open__old_file_with_wide_mode__narrowed(void **state) {
        struct fixture *f = *state;
        struct stat st;
        store_free(TAKE(f->store));
        assert_int_equal(chmod(f->path, 0644), 0);
        assert_int_equal(store_open(f->path, &f->store, NULL, NULL), 0);
        assert_int_equal(stat(f->path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_open__again__keeps_instance(void **state) {
        struct fixture *f = *state;
        char instance[64];
        snprintf(instance, sizeof instance, "%s", store_instance(f->store));
        assert_int_equal(strlen(instance), 12);
        fixture_reopen(f);
        assert_string_equal(store_instance(f->store), instance);
}

static void test_open__two_databases__differ_in_instance(void **state) {
        struct fixture *f = *state;
        SCOPED(store_free) struct store *other = NULL;
        char path[128];
        snprintf(path, sizeof path, "%s/other.db", f->folder);
        assert_int_equal(store_open(path, &other, NULL, NULL), 0);
        assert_string_not_equal(store_instance(f->store), store_instance(other));
}

static void overwrite(const char *path, off_t at, const char *junk, size_t len) {
        SCOPED(close) int fd = open(path, O_RDWR);
        assert_true(fd >= 0);
        assert_int_equal(pwrite(fd, junk, len, at), len);
}

static bool exists(const struct fixture *f, const char *suffix) {
        char path[160];
        struct stat st;
        snprintf(path, sizeof path, "%s%s", f->path, suffix);
        return stat(path, &st) == 0;
}

/* Opens a file that is expected to be moved aside. */
static void open_moved(struct fixture *f) {
        struct err err = {0};
        bool was_moved = false;
        if (store_open(f->path, &f->store, &was_moved, &err) < 0)
                fail_msg("%s", err.text);
        assert_true(was_moved);
}

static void test_open__no_database__moved_aside(void **state) {
        struct fixture *f = *state;
        store_free(TAKE(f->store));
        overwrite(f->path, 0, "this is no database at all", 26);
        open_moved(f);
        assert_true(exists(f, ".corrupt-1"));
        put_minutes(f->store, make_series(f->store, "orders", "uptime", "Minimum"), T0, 3, 1);
        store_free(TAKE(f->store));
        overwrite(f->path, 0, "again", 5);
        open_moved(f);
        assert_true(exists(f, ".corrupt-2"));
}

/* Every page but the first two gets junk at its start. */
static void damage_pages(const char *path) {
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_true(st.st_size > 8 * 4096);
        for (off_t at = 8192; at < st.st_size; at += 4096)
                overwrite(path, at, "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", 8);
}

static void mark_unclean(const char *path) {
        sqlite3 *raw;
        assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
        assert_int_equal(sqlite3_exec(raw, "UPDATE meta SET value = 0 WHERE key = 'is_clean'", NULL, NULL, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

static void test_open__damaged_pages_after_unclean_stop__moved_aside(void **state) {
        struct fixture *f = *state;
        put_minutes(f->store, make_series(f->store, "orders", "uptime", "Minimum"), T0, 500, 1);
        store_free(TAKE(f->store));
        mark_unclean(f->path);
        damage_pages(f->path);
        open_moved(f);
        struct application_rows rows = {0};
        assert_int_equal(store_list_applications(f->store, NULL, &rows), 0);
        assert_int_equal(rows.n_rows, 0);
}

static void test_open__sound_file_after_unclean_stop__kept(void **state) {
        struct fixture *f = *state;
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        put_minutes(f->store, id, T0, 500, 1);
        store_free(TAKE(f->store));
        mark_unclean(f->path);
        bool was_moved = true;
        assert_int_equal(store_open(f->path, &f->store, &was_moved, NULL), 0);
        assert_false(was_moved);
        struct sample samples[600];
        assert_int_equal(read_samples(f->store, id, 0, INT64_MAX, 0, 100, samples, 600), 500);
}

static void test_open__made_by_newer_version__refused_and_kept(void **state) {
        struct fixture *f = *state;
        sqlite3 *raw;
        struct err err = {0};
        store_free(TAKE(f->store));
        assert_int_equal(sqlite3_open(f->path, &raw), SQLITE_OK);
        assert_int_equal(sqlite3_exec(raw, "PRAGMA user_version = 999", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(raw), SQLITE_OK);
        assert_int_equal(store_open(f->path, &f->store, NULL, &err), -EPROTO);
        assert_non_null(strstr(err.text, f->path));
        assert_non_null(strstr(err.text, "newer"));
        assert_false(exists(f, ".corrupt-1"));
}

static void test_open__made_before_tiers_were_counted__usage_kept(void **state) {
        struct fixture *f = *state;
        sqlite3 *raw;
        struct usage usage;
        store_free(TAKE(f->store));
        assert_int_equal(sqlite3_open(f->path, &raw), SQLITE_OK);
        assert_int_equal(sqlite3_exec(raw,
                                      "ALTER TABLE application DROP COLUMN is_log_missing;"
                                      "ALTER TABLE incident DROP COLUMN told_at_s; DROP INDEX outbox_page;"
                                      "DROP TABLE api_usage; CREATE TABLE api_usage(target TEXT, month_s INT,"
                                      " metrics_requested INT, PRIMARY KEY(target, month_s)) WITHOUT ROWID;"
                                      "INSERT INTO api_usage VALUES('prod', 1767225600, 42); PRAGMA user_version = 7",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_close(raw), SQLITE_OK);
        assert_int_equal(store_open(f->path, &f->store, NULL, NULL), 0);
        assert_int_equal(store_usage(f->store, "prod", T0, &usage), 0);
        assert_int_equal(usage.metrics_requested, 42);
        assert_int_equal(usage.by_tier[TIER_SENTINEL], 0);
}

static void test_open__no_folder__says_path_and_way_out(void **state) {
        struct fixture *f = *state;
        SCOPED(store_free) struct store *s = NULL;
        struct err err = {0};
        char path[160];
        snprintf(path, sizeof path, "%s/none/flinkwatch.db", f->folder);
        assert_int_equal(store_open(path, &s, NULL, &err), -ENOENT);
        assert_non_null(strstr(err.text, path));
        assert_non_null(strstr(err.text, "folder"));
        assert_null(s);
        assert_int_equal(store_open(f->folder, &s, NULL, &err), -EISDIR);
}

/* Runs `check` as a user without rights; its exit status. */
static int as_nobody(int (*check)(const char *path), const char *path) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
                        _exit(77);
                _exit(check(path));
        }
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static int check_refused(const char *path) {
        struct store *s = NULL;
        struct err err = {0};
        int r = store_open(path, &s, NULL, &err);
        return r < 0 && strstr(err.text, path) && strstr(err.text, "flinkwatchd") ? -r : 0;
}

static void test_open__unreadable_file__says_whose_it_must_be(void **state) {
        struct fixture *f = *state;
        store_free(TAKE(f->store));
        assert_int_equal(chmod(f->folder, 0755), 0);
        assert_int_equal(chmod(f->path, geteuid() == 0 ? 0600 : 0000), 0);
        assert_int_equal(as_nobody(check_refused, f->path), EACCES);
}

static void test_open__folder_not_writable__refused(void **state) {
        struct fixture *f = *state;
        char path[160];
        snprintf(path, sizeof path, "%s/new.db", f->folder);
        assert_int_equal(chmod(f->folder, 0555), 0);
        assert_int_equal(as_nobody(check_refused, path), EACCES);
        assert_int_equal(chmod(f->folder, 0755), 0);
}

static void test_open__file_writable_but_not_its_folder__refused(void **state) {
        struct fixture *f = *state;
        store_free(TAKE(f->store));
        if (geteuid() == 0) {
                assert_int_equal(chown(f->path, 65534, 65534), 0);
                assert_int_equal(chmod(f->path, 0600), 0);
        }
        assert_int_equal(chmod(f->folder, 0555), 0);
        int r = as_nobody(check_refused, f->path);
        assert_int_equal(chmod(f->folder, 0755), 0);
        assert_true(r == EACCES || r == EROFS);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_open__new_file__only_its_user_may_read),
                CASE(test_open__old_file_with_wide_mode__narrowed),
                CASE(test_open__again__keeps_instance),
                CASE(test_open__two_databases__differ_in_instance),
                CASE(test_open__no_database__moved_aside),
                CASE(test_open__damaged_pages_after_unclean_stop__moved_aside),
                CASE(test_open__sound_file_after_unclean_stop__kept),
                CASE(test_open__made_by_newer_version__refused_and_kept),
                CASE(test_open__made_before_tiers_were_counted__usage_kept),
                CASE(test_open__no_folder__says_path_and_way_out),
                CASE(test_open__unreadable_file__says_whose_it_must_be),
                CASE(test_open__folder_not_writable__refused),
                CASE(test_open__file_writable_but_not_its_folder__refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
