/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 while samples are put, folded, packed and forgotten: what a put had reported stored is there. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "tests/unit/store/fixture.h"

enum { KILLS = 200, SERIES = 96, STEP = 10, KEPT_S = 3 * 86400, CORRECTED_AFTER = 700 };

/* What minute m of a series is, and what it is once it was corrected. */
static double value_at(size_t series, int64_t minute, bool is_corrected) {
        double plain = series % 3 == 0   ? 0
                       : series % 3 == 1 ? (double)(minute * 7919 % 10007) / 100
                                         : (double)minute / 3;
        return is_corrected ? plain + 0.5 : plain;
}

static size_t corrected_series(int64_t minute) {
        return (size_t)(minute % SERIES);
}

static void make_all(struct store *s, int64_t ids[SERIES]) {
        for (size_t i = 0; i < SERIES; i++) {
                char name[32];
                snprintf(name, sizeof name, "metric%zu", i);
                ids[i] = make_series(s, "orders", name, "Maximum");
        }
}

/* Ten minutes of all series, and corrections of some that were long ago. */
static void put_step(struct store *s, const int64_t ids[SERIES], int64_t first) {
        int64_t end_s = T0 + (first + STEP) * 60;
        SCOPED(batch_done) struct batch b = {.collected_at_s = end_s, .settled_before_s = end_s};
        for (size_t i = 0; i < SERIES; i++) {
                for (int64_t m = first; m < first + STEP; m++)
                        batch_add_point(&b, ids[i], T0 + m * 60, value_at(i, m, false));
                batch_add_reading(&b, ids[i], T0 + first * 60, end_s);
        }
        for (int64_t m = first - CORRECTED_AFTER; m < first - CORRECTED_AFTER + STEP; m++)
                if (m >= 0)
                        batch_add_point(&b, ids[corrected_series(m)], T0 + m * 60,
                                        value_at(corrected_series(m), m, true));
        if (store_put(s, &b) < 0)
                _exit(8);
}

static void live(const char *path, int tell, unsigned seed) {
        struct store *s = NULL;
        int64_t ids[SERIES];
        struct sample newest;
        if (store_open(path, &s, NULL, NULL) < 0)
                _exit(9);
        make_all(s, ids);
        int64_t first = store_newest(s, ids[0], &newest) == 0 ? (newest.at_s - T0) / 60 + 1 : 0;
        for (;; first += STEP) {
                int64_t now_s = T0 + (first + STEP) * 60;
                put_step(s, ids, first);
                if (write(tell, &first, sizeof first) != sizeof first)
                        _exit(7);
                for (int n = rand_r(&seed) % 12; n > 0 && store_maintain(s, now_s) == 1; n--)
                        ;
                if (first % 200 == 0 && store_retain(s, now_s - KEPT_S) < 0)
                        _exit(6);
        }
}

static void check_integrity(const char *path) {
        sqlite3 *raw;
        sqlite3_stmt *row;
        assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(raw, "PRAGMA integrity_check", -1, &row, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(row, 0), "ok");
        sqlite3_finalize(row);
        sqlite3_close(raw);
}

/* Kills a life after a random while; the first minute of the last step that was told, -1 for none. */
static int64_t kill_one(struct fixture *f, unsigned seed) {
        int ends[2];
        int64_t told = -1, read_one;
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                close(ends[0]);
                live(f->path, ends[1], seed);
        }
        close(ends[1]);
        for (int n = 1 + rand() % 30; n > 0; n--) {
                assert_int_equal(read(ends[0], &read_one, sizeof read_one), sizeof read_one);
                told = read_one;
        }
        for (volatile int spin = rand() % 3000000; spin > 0; spin--)
                ;
        kill(pid, SIGKILL);
        while (read(ends[0], &read_one, sizeof read_one) == sizeof read_one)
                told = read_one;
        close(ends[0]);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        return told;
}

static void check_series(struct store *s, size_t i, int64_t id, int64_t from, int64_t told) {
        static struct sample samples[KEPT_S / 60 + 1440];
        size_t n = read_samples(s, id, T0 + from * 60, T0 + (told + STEP) * 60, 0, 1000, samples, ELEMENTS(samples));
        assert_int_equal(n, (size_t)(told + STEP - from));
        for (size_t k = 0; k < n; k++) {
                int64_t m = from + (int64_t)k, step = (m + CORRECTED_AFTER) / STEP * STEP;
                assert_int_equal(samples[k].at_s, T0 + m * 60);
                double plain = value_at(i, m, false), corrected = value_at(i, m, true);
                /* The step after the last one that was told may be there, too. */
                bool may_be_plain = corrected_series(m) != i || step > told;
                bool may_be_corrected = corrected_series(m) == i && step <= told + STEP;
                assert_true((may_be_plain && samples[k].value == plain) ||
                            (may_be_corrected && samples[k].value == corrected));
        }
}

static void check_all(struct fixture *f, int64_t told) {
        bool was_moved = true;
        int64_t ids[SERIES], oldest = told - KEPT_S / 60 + 10;
        struct err err = {0};
        if (store_open(f->path, &f->store, &was_moved, &err) < 0)
                fail_msg("%s", err.text);
        assert_false(was_moved);
        make_all(f->store, ids);
        for (int k = 0; k < 6; k++) {
                size_t i = (size_t)rand() % SERIES;
                check_series(f->store, i, ids[i], oldest > 0 ? oldest : 0, told);
                assert_true(read_until(f->store, ids[i]) >= T0 + (told + STEP) * 60);
        }
        assert_int_equal(store_unreadable(f->store), 0);
        store_free(TAKE(f->store));
        check_integrity(f->path);
}

static void test_kill__anywhere_in_folding_packing_forgetting__nothing_is_lost(void **state) {
        struct fixture *f = *state;
        int64_t told = -1;
        store_free(TAKE(f->store));
        srand(7);
        for (int round = 0; round < KILLS; round++) {
                int64_t more = kill_one(f, (unsigned)round);
                told = more > told ? more : told;
                check_all(f, told);
        }
        /* The days that went by: they were folded and packed many times. */
        assert_true(told > 10 * 1440);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_kill__anywhere_in_folding_packing_forgetting__nothing_is_lost),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
