/* SPDX-License-Identifier: Apache-2.0 */
/* Full disks and killed processes. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/store/fixture.h"

enum { KILLS = 60 };

/* In a child, because a limit cannot be raised again: puts until the file may not grow. */
static int fill_disk(struct store *s) {
        signal(SIGXFSZ, SIG_IGN);
        int64_t id = make_series(s, "orders", "uptime", "Minimum");
        put_minutes(s, id, T0, 10, 0);
        struct rlimit limit = {.rlim_cur = 300 << 10, .rlim_max = 300 << 10};
        if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
                return 1;
        for (int64_t n = 0; n < 2000; n++) {
                SCOPED(batch_done) struct batch b = {.collected_at_s = T0 + n, .settled_before_s = T0};
                for (int64_t k = 0; k < 100; k++)
                        batch_add_point(&b, id, T0 + 600 + (n * 100 + k) * 60,
                                        (double)((n * 7919 + k * 104729) % 1000003) / 7);
                int r = store_put(s, &b);
                if (r == 0)
                        continue;
                struct sample newest;
                bool is_whole = store_newest(s, id, &newest) == 0 && newest.at_s == T0 + 600 + (n * 100 - 1) * 60;
                return r == -ENOSPC && store_error(s)[0] && is_whole ? 0 : 2;
        }
        return 3;
}

static void test_put__disk_full__says_so_and_keeps_what_was_there(void **state) {
        struct fixture *f = *state;
        store_free(TAKE(f->store));
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                struct store *s = NULL;
                if (store_open(f->path, &s, NULL, NULL) < 0)
                        _exit(9);
                _exit(fill_disk(s));
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        bool was_moved = true;
        assert_int_equal(store_open(f->path, &f->store, &was_moved, NULL), 0);
        assert_false(was_moved);
        struct sample sample;
        int64_t id = make_series(f->store, "orders", "uptime", "Minimum");
        assert_int_equal(read_samples(f->store, id, T0, T0 + 60, 0, 8, &sample, 2), 1);
        assert_int_equal(store_newest(f->store, id, &sample), 0);
        assert_true(sample.at_s >= T0 + 600);
}

/* Tells what is on record through a pipe, after the store said so. */
static void write_until_killed(const char *path, int tell, int64_t round) {
        struct store *s = NULL;
        if (store_open(path, &s, NULL, NULL) < 0)
                _exit(9);
        int64_t id = make_series(s, "orders", "uptime", "Minimum");
        for (int64_t n = 0;; n++) {
                int64_t at_s = T0 + (round * 100000 + n) * 60;
                SCOPED(batch_done) struct batch b = {.collected_at_s = at_s, .settled_before_s = at_s + 60};
                batch_add_point(&b, id, at_s, (double)n);
                batch_add_reading(&b, id, n == 0 ? 1 : at_s, at_s + 60);
                if (store_put(s, &b) < 0)
                        _exit(8);
                struct incident i = make_incident("orders", "restart_loop", at_s);
                static const char *const oncall[] = {"oncall", NULL};
                apply_event(s, &i, EVENT_OPENED, at_s, oncall);
                int64_t told[] = {at_s, i.id};
                incident_done(&i);
                if (write(tell, told, sizeof told) != sizeof told)
                        _exit(7);
        }
}

static void check_intact(const char *path) {
        sqlite3 *raw;
        sqlite3_stmt *row;
        assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(raw, "PRAGMA integrity_check", -1, &row, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(row, 0), "ok");
        sqlite3_finalize(row);
        sqlite3_close(raw);
}

/* Kills a writer once it has told of `n` writes, plus a random delay within the next one. */
static void kill_one(struct fixture *f, int64_t round, int n, int64_t last[2]) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                close(ends[0]);
                write_until_killed(f->path, ends[1], round);
        }
        close(ends[1]);
        for (int i = 0; i < n; i++)
                assert_int_equal(read(ends[0], last, 2 * sizeof *last), 2 * sizeof *last);
        for (volatile int spin = rand() % 400000; spin > 0; spin--)
                ;
        kill(pid, SIGKILL);
        int64_t told[2];
        while (read(ends[0], told, sizeof told) == sizeof told)
                memcpy(last, told, sizeof told);
        close(ends[0]);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
}

static void test_kill__at_random_moments__nothing_that_was_told_is_lost(void **state) {
        struct fixture *f = *state;
        store_free(TAKE(f->store));
        srand(4);
        for (int64_t round = 0; round < KILLS; round++) {
                int64_t last[2] = {0};
                kill_one(f, round, 1 + rand() % 4, last);
                bool was_moved = true;
                assert_int_equal(store_open(f->path, &f->store, &was_moved, NULL), 0);
                assert_false(was_moved);
                int64_t id = make_series(f->store, "orders", "uptime", "Minimum"), first_s = T0 + round * 100000 * 60;
                struct sample samples[4096];
                size_t n = read_samples(f->store, id, first_s, INT64_MAX, 0, 512, samples, ELEMENTS(samples));
                assert_true(n > 0 && samples[n - 1].at_s >= last[0]);
                for (size_t i = 0; i < n; i++) {
                        assert_int_equal(samples[i].at_s, first_s + (int64_t)i * 60);
                        assert_true(samples[i].value == (double)i);
                }
                SCOPED(incident_rows_done) struct incident_rows rows = {0};
                struct incident_filter filter = {.id = last[1]};
                assert_int_equal(store_list_incidents(f->store, &filter, &rows), 0);
                assert_int_equal(rows.n_rows, 1);
                assert_int_equal(rows.rows[0].finding.n_evidence, 2);
                store_free(TAKE(f->store));
                check_intact(f->path);
        }
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_put__disk_full__says_so_and_keeps_what_was_there),
                CASE(test_kill__at_random_moments__nothing_that_was_told_is_lost),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
