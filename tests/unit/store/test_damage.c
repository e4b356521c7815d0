/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that changed on the disk, where SQLite itself cannot notice: what is left is read, and said. */
#include <math.h>
#include <sqlite3.h>
#include <unistd.h>

#include "tests/unit/store/fixture.h"

static int64_t ids[3];

static void make_three(struct store *s) {
        ids[0] = make_series(s, "orders", "uptime", "Minimum");
        ids[1] = make_series(s, "orders", "cpuUtilization", "Maximum");
        ids[2] = make_series(s, "orders", "threadsCount", "Maximum");
}

/* Values that cannot be packed to nothing, so that there are bytes to spoil. */
static void put_noise(struct store *s, int64_t from, int64_t to) {
        int64_t end_s = T0 + to * 60;
        SCOPED(batch_done) struct batch b = {.collected_at_s = end_s, .settled_before_s = end_s};
        for (size_t i = 0; i < ELEMENTS(ids); i++) {
                for (int64_t m = from; m < to; m++)
                        batch_add_point(&b, ids[i], T0 + m * 60, sin((double)(m + 1)));
                batch_add_reading(&b, ids[i], T0 + from * 60, end_s);
        }
        assert_int_equal(store_put(s, &b), 0);
}

static void maintain_all(struct store *s, int64_t now_s) {
        int r;
        while ((r = store_maintain(s, now_s)) == 1)
                ;
        assert_int_equal(r, 0);
}

/* Changes one byte of a blob; `where` picks the row, the place is in thousandths of its length. */
static void spoil(const char *path, const char *table, const char *column, const char *where, int thousandths) {
        sqlite3 *raw;
        sqlite3_stmt *row;
        sqlite3_blob *blob;
        char sql[256];
        unsigned char byte;
        assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
        snprintf(sql, sizeof sql, "SELECT rowid FROM %s WHERE %s", table, where);
        assert_int_equal(sqlite3_prepare_v2(raw, sql, -1, &row, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        assert_int_equal(sqlite3_blob_open(raw, "main", table, column, sqlite3_column_int64(row, 0), 1, &blob),
                         SQLITE_OK);
        sqlite3_finalize(row);
        int at = (int)((int64_t)sqlite3_blob_bytes(blob) * thousandths / 1000);
        assert_int_equal(sqlite3_blob_read(blob, &byte, 1, at), SQLITE_OK);
        byte ^= 0x55;
        assert_int_equal(sqlite3_blob_write(blob, &byte, 1, at), SQLITE_OK);
        assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
        assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

static void open_again(struct fixture *f) {
        bool was_moved = true;
        struct err err = {0};
        if (store_open(f->path, &f->store, &was_moved, &err) < 0)
                fail_msg("%s", err.text);
        assert_false(was_moved);
}

static size_t count(struct store *s, int64_t id, int64_t from_s, int64_t to_s) {
        static struct sample samples[8000];
        return read_samples(s, id, from_s, to_s, 0, 8000, samples, ELEMENTS(samples));
}

/* Two days packed, the first of them spoiled at one place after the other: the rest of it all is read. */
static void test_packed_day__spoiled_anywhere__only_that_is_left_out(void **state) {
        struct fixture *f = *state;
        make_three(f->store);
        put_noise(f->store, 0, 2880);
        maintain_all(f->store, T0 + 3 * 86400);
        store_free(TAKE(f->store));
        for (int thousandths = 5; thousandths < 1000; thousandths += 66) {
                spoil(f->path, "day", "pack", "1 ORDER BY rowid LIMIT 1", thousandths);
                open_again(f);
                make_three(f->store);
                size_t n_left = 0;
                for (size_t i = 0; i < ELEMENTS(ids); i++) {
                        size_t n = count(f->store, ids[i], T0, T0 + 86400);
                        assert_true(n == 0 || n == 1440);
                        n_left += n > 0;
                        assert_int_equal(count(f->store, ids[i], T0 + 86400, T0 + 2 * 86400), 1440);
                }
                assert_true(n_left < ELEMENTS(ids));
                assert_true(store_unreadable(f->store) > 0);
                assert_non_null(strstr(store_error(f->store), "damaged"));
                store_free(TAKE(f->store));
                spoil(f->path, "day", "pack", "1 ORDER BY rowid LIMIT 1", thousandths);
        }
        open_again(f);
        make_three(f->store);
        for (size_t i = 0; i < ELEMENTS(ids); i++)
                assert_int_equal(count(f->store, ids[i], 0, INT64_MAX), 2880);
        assert_int_equal(store_unreadable(f->store), 0);
}

static void test_packed_day__spoiled__is_packed_anew_with_what_comes(void **state) {
        struct fixture *f = *state;
        make_three(f->store);
        put_noise(f->store, 0, 1440);
        maintain_all(f->store, T0 + 2 * 86400);
        store_free(TAKE(f->store));
        spoil(f->path, "day", "pack", "1", 500);
        open_again(f);
        make_three(f->store);
        put_noise(f->store, 0, 1440); /* as CloudWatch still has it */
        maintain_all(f->store, T0 + 4 * 86400);
        fixture_reopen(f);
        for (size_t i = 0; i < ELEMENTS(ids); i++)
                assert_int_equal(count(f->store, ids[i], 0, INT64_MAX), 1440);
        assert_int_equal(store_unreadable(f->store), 0);
}

static void test_run__spoiled__the_rest_is_read_and_packed(void **state) {
        struct fixture *f = *state;
        make_three(f->store);
        put_noise(f->store, 0, 200);
        maintain_all(f->store, T0 + 330 * 60);
        put_noise(f->store, 200, 400);
        maintain_all(f->store, T0 + 600 * 60);
        store_free(TAKE(f->store));
        spoil(f->path, "run", "pack", "1 ORDER BY rowid LIMIT 1", 700);
        open_again(f);
        make_three(f->store);
        maintain_all(f->store, T0 + 2 * 86400);
        size_t n_whole = 0;
        for (size_t i = 0; i < ELEMENTS(ids); i++) {
                assert_int_equal(count(f->store, ids[i], T0 + 200 * 60, INT64_MAX), 200);
                n_whole += count(f->store, ids[i], T0, T0 + 200 * 60) == 200;
        }
        assert_true(n_whole < ELEMENTS(ids));
        assert_true(store_unreadable(f->store) > 0);
}

/* What is before the damage counts as read, nothing behind it: the next poll reads it again. */
static void check_journal(struct fixture *f) {
        open_again(f);
        make_three(f->store);
        assert_true(store_unreadable(f->store) > 0);
        assert_non_null(strstr(store_error(f->store), "damaged"));
        for (size_t i = 0; i < ELEMENTS(ids); i++) {
                int64_t until_s = read_until(f->store, ids[i]);
                assert_true(until_s == 0 || (until_s > T0 && until_s <= T0 + 99 * 60));
                size_t n_whole = until_s == 0 ? 0 : (size_t)(until_s - T0) / 60;
                assert_int_equal(count(f->store, ids[i], T0, until_s), n_whole);
                assert_in_range(count(f->store, ids[i], T0, INT64_MAX), 85, 99);
        }
}

static void test_journal__spoiled__what_is_lost_is_asked_for_again(void **state) {
        static const int places[] = {0, 1, 10, 20, 30, 50}; /* thousandths of 32 KB: the rows take a tenth */
        struct fixture *f = *state;
        make_three(f->store);
        for (int64_t m = 0; m < 100; m += 10)
                put_noise(f->store, m, m + 10);
        store_free(TAKE(f->store));
        for (size_t i = 0; i < ELEMENTS(places); i++) {
                spoil(f->path, "journal", "segment", "1", places[i]);
                check_journal(f);
                store_free(TAKE(f->store));
                spoil(f->path, "journal", "segment", "1", places[i]);
        }
        spoil(f->path, "journal", "segment", "1", 50);
        open_again(f);
        make_three(f->store);
        put_noise(f->store, 0, 110);
        fixture_reopen(f);
        for (size_t i = 0; i < ELEMENTS(ids); i++)
                assert_int_equal(count(f->store, ids[i], 0, INT64_MAX), 110);
}

static void test_hours__spoiled__samples_are_folded_instead(void **state) {
        struct fixture *f = *state;
        struct sample samples[64];
        make_three(f->store);
        put_minutes(f->store, ids[2], T0, 2 * 1440, 0);
        maintain_all(f->store, T0 + 3 * 86400);
        store_free(TAKE(f->store));
        spoil(f->path, "rollup", "pack", "1", 800);
        open_again(f);
        make_three(f->store);
        assert_int_equal(read_samples(f->store, ids[2], T0, T0 + 2 * 86400, 3600, 64, samples, 64), 48);
        for (int i = 0; i < 48; i++)
                assert_true(samples[i].value == i * 60 + 59);
        assert_true(store_unreadable(f->store) > 0);
}

/* SQLite finds damage while the store is open: the next start looks at the whole file, though it was closed in order. */
static void test_pages__found_damaged_while_open__moved_aside_at_the_next_start(void **state) {
        struct fixture *f = *state;
        make_three(f->store);
        put_noise(f->store, 0, 5 * 1440);
        maintain_all(f->store, T0 + 6 * 86400);
        store_free(TAKE(f->store));
        sqlite3 *raw;
        sqlite3_stmt *row;
        assert_int_equal(sqlite3_open(f->path, &raw), SQLITE_OK);
        assert_int_equal(
                sqlite3_prepare_v2(raw, "SELECT rootpage FROM sqlite_schema WHERE name = 'day'", -1, &row, NULL),
                SQLITE_OK);
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        off_t page = sqlite3_column_int64(row, 0);
        sqlite3_finalize(row);
        sqlite3_close(raw);
        FILE *file = fopen(f->path, "r+b");
        assert_non_null(file);
        assert_int_equal(fseek(file, (page - 1) * 2048, SEEK_SET), 0);
        assert_int_equal(fwrite("\xff\xff\xff\xff\xff\xff\xff\xff", 1, 8, file), 8);
        fclose(file);
        open_again(f);
        make_three(f->store);
        SCOPED(store_cursor_free) struct store_cursor *c = NULL;
        struct sample samples[8];
        size_t n;
        assert_int_equal(store_samples(f->store, ids[0], T0, T0 + 86400, 0, &c), 0);
        assert_int_equal(store_cursor_next(c, samples, 8, &n), -EUCLEAN);
        store_free(TAKE(f->store));
        bool was_moved = false;
        assert_int_equal(store_open(f->path, &f->store, &was_moved, NULL), 0);
        assert_true(was_moved);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_packed_day__spoiled_anywhere__only_that_is_left_out),
                CASE(test_packed_day__spoiled__is_packed_anew_with_what_comes),
                CASE(test_run__spoiled__the_rest_is_read_and_packed),
                CASE(test_journal__spoiled__what_is_lost_is_asked_for_again),
                CASE(test_hours__spoiled__samples_are_folded_instead),
                CASE(test_pages__found_damaged_while_open__moved_aside_at_the_next_start),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
