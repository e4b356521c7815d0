/* SPDX-License-Identifier: Apache-2.0 */
/* The packed forms: what goes in comes out, and no bytes can hurt. */
#include <float.h>
#include <math.h>

#include "store/chunk.h"
#include "store/day.h"
#include "store/journal_row.h"
#include "store/rollup.h"
#include "store/stream.h"

#include "tests/unit/store/fixture.h"
#include "util/list.h"

static uint64_t seed = 1;

static uint64_t any(uint64_t below) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return (seed * 0x2545f4914f6cdd1d >> 11) % below;
}

static double any_value(int kind) {
        static const double odd[] = {0,
                                     -0.0,
                                     0.1,
                                     -0.1,
                                     1e-300,
                                     4.9e-324,
                                     DBL_MAX,
                                     -DBL_MAX,
                                     9007199254740991.0,
                                     9007199254740992.0,
                                     1e17,
                                     0.000001,
                                     123456789.123456};
        double unit = (double)any(1ull << 53) / 9007199254740992.0;
        switch (kind) {
        case 0:
                return any(50) ? 0 : (double)any(100);
        case 1:
                return (double)any(10000) / 100;
        case 2:
                return (double)(int64_t)any(1000000) - 500000;
        case 3:
                return unit * 100;
        default:
                return odd[any(ELEMENTS(odd))];
        }
}

/* n samples of a kind, with gaps, corrections seen late and unsettled ones. */
static void make_entries(struct entries *e, int kind, size_t n) {
        uint32_t at_s = T0;
        double counter = 0;
        e->n_items = 0;
        for (size_t i = 0; i < n; i++) {
                struct entry made = {any_value(kind), at_s, at_s + 120, any(30) > 0};
                if (kind == 5)
                        made.value = counter += (double)any(3);
                if (kind != 1 && any(20) == 0)
                        made.first_seen_s = (uint32_t)any(UINT32_MAX);
                assert_int_equal(entries_add(e, &made), 0);
                at_s += any(40) ? 60 : 1 + (uint32_t)any(1000);
        }
}

static void assert_same(const struct entries *a, const struct entries *b) {
        assert_int_equal(a->n_items, b->n_items);
        for (size_t i = 0; i < a->n_items; i++) {
                assert_memory_equal(&a->items[i].value, &b->items[i].value, sizeof(double));
                assert_int_equal(a->items[i].at_s, b->items[i].at_s);
                assert_int_equal(a->items[i].first_seen_s, b->items[i].first_seen_s);
                assert_int_equal(a->items[i].is_settled, b->items[i].is_settled);
        }
}

enum { KINDS = 6 };
static const size_t lengths[] = {1, 2, 3, 31, 33, 200, 1440};

static void write_stream(const struct entries *e, struct stream *s) {
        for (size_t i = 0; i < e->n_items; i++)
                assert_int_equal(stream_append(s, &e->items[i]), 0);
}

static void test_stream__all_kinds__come_back(void **state) {
        (void)state;
        for (int kind = 0; kind < KINDS; kind++)
                for (size_t k = 0; k < ELEMENTS(lengths); k++) {
                        SCOPED(entries_done) struct entries made = {0}, read = {0};
                        struct stream s = {0};
                        make_entries(&made, kind, lengths[k]);
                        write_stream(&made, &s);
                        assert_int_equal(stream_overlay(s.bytes, s.len, 0, UINT32_MAX, &read), 0);
                        assert_same(&made, &read);
                        stream_done(&s);
                }
}

static void test_stream__steady_series__takes_next_to_nothing(void **state) {
        (void)state;
        struct stream s = {0};
        for (uint32_t i = 0; i < 1000; i++) {
                struct entry e = {42.5, T0 + i * 60, T0 + i * 60 + 90, false};
                assert_int_equal(stream_append(&s, &e), 0);
        }
        assert_true(s.len < 40);
        stream_done(&s);
}

static void test_chunk__all_kinds__come_back(void **state) {
        (void)state;
        struct zip z = ZIP_INIT;
        for (int kind = 0; kind < KINDS; kind++)
                for (size_t k = 0; k < ELEMENTS(lengths); k++) {
                        SCOPED(entries_done) struct entries made = {0}, read = {0};
                        SCOPED(buf_done) struct buf about = BUF_INIT(1 << 20), values = BUF_INIT(1 << 20);
                        make_entries(&made, kind, lengths[k]);
                        assert_int_equal(chunk_write(&z, made.items, made.n_items, &about, &values), 0);
                        assert_int_equal(chunk_read(&z, buf_span(&about), buf_span(&values), 0, UINT32_MAX, &read), 0);
                        assert_same(&made, &read);
                }
        zip_done(&z);
}

static void test_chunk__range__only_that(void **state) {
        (void)state;
        struct zip z = ZIP_INIT;
        SCOPED(entries_done) struct entries made = {0}, read = {0};
        SCOPED(buf_done) struct buf about = BUF_INIT(1 << 20), values = BUF_INIT(1 << 20);
        for (uint32_t i = 0; i < 100; i++) {
                struct entry e = {i, T0 + i * 60, T0 + i * 60 + 90, true};
                entries_add(&made, &e);
        }
        assert_int_equal(chunk_write(&z, made.items, made.n_items, &about, &values), 0);
        assert_int_equal(chunk_read(&z, buf_span(&about), buf_span(&values), T0 + 61, T0 + 240, &read), 0);
        assert_int_equal(read.n_items, 2);
        assert_int_equal(read.items[0].at_s, T0 + 120);
        assert_int_equal(read.items[1].at_s, T0 + 180);
        zip_done(&z);
}

/* Bytes that are nearly right, or not at all: an answer comes, and none of it is out of order or not finite. */
static void spoil(char *bytes, size_t len) {
        size_t n = 1 + any(4);
        while (n-- > 0)
                bytes[any(len)] = (char)any(256);
}

static void assert_sane(const struct entries *e) {
        for (size_t i = 0; i < e->n_items; i++) {
                assert_true(isfinite(e->items[i].value));
                assert_true(i == 0 || e->items[i].at_s > e->items[i - 1].at_s);
        }
}

static void test_chunk__spoiled_bytes__survived(void **state) {
        (void)state;
        struct zip z = ZIP_INIT;
        for (int round = 0; round < 4000; round++) {
                SCOPED(entries_done) struct entries made = {0}, read = {0};
                SCOPED(buf_done) struct buf about = BUF_INIT(1 << 20), values = BUF_INIT(1 << 20);
                make_entries(&made, round % KINDS, 1 + any(200));
                assert_int_equal(chunk_write(&z, made.items, made.n_items, &about, &values), 0);
                if (round % 3 != 1)
                        spoil(about.data, about.len);
                if (round % 3 != 0)
                        spoil(values.data, values.len);
                struct span a = {about.data, any(8) ? about.len : any(about.len)},
                            v = {values.data, any(8) ? values.len : any(values.len)};
                int r = chunk_read(&z, a, v, 0, UINT32_MAX, &read);
                assert_true(r == 0 || r == -EUCLEAN);
                assert_sane(&read);
        }
        zip_done(&z);
}

static void test_stream__spoiled_bytes__survived(void **state) {
        (void)state;
        for (int round = 0; round < 4000; round++) {
                SCOPED(entries_done) struct entries made = {0}, read = {0};
                struct stream s = {0};
                make_entries(&made, round % KINDS, 1 + any(100));
                write_stream(&made, &s);
                spoil((char *)s.bytes, s.len);
                int r = stream_overlay(s.bytes, any(4) ? s.len : any(s.len), 0, UINT32_MAX, &read);
                assert_true(r == 0 || r == -EUCLEAN);
                assert_sane(&read);
                stream_done(&s);
        }
}

static void make_row(struct journal_row *row, size_t n) {
        row->collected_at_s = T0;
        row->settled_before_s = T0 - 120;
        for (size_t i = 0; i < n; i++) {
                struct change *c = LIST_ADD(row->changes, row->n_changes, row->changes_size);
                *c = (struct change){(uint32_t)(i / 3 + 1), T0 + (uint32_t)(i % 3) * 60, any_value((int)(i % KINDS))};
                struct advance *a = LIST_ADD(row->advances, row->n_advances, row->advances_size);
                *a = (struct advance){(uint32_t)i + 1, T0 + (uint32_t)any(100) * 60};
        }
}

static void test_journal__row__comes_back(void **state) {
        (void)state;
        struct zip z = ZIP_INIT;
        static const size_t sizes[] = {0, 1, 40, 1000};
        for (size_t k = 0; k < ELEMENTS(sizes); k++) {
                SCOPED(journal_row_done) struct journal_row made = {0}, read = {0};
                SCOPED(buf_done) struct buf b = BUF_INIT(1 << 20);
                make_row(&made, sizes[k]);
                assert_int_equal(journal_write(&z, &made, &b), 0);
                assert_int_equal(journal_read(&z, buf_span(&b), &read), 0);
                assert_int_equal(read.collected_at_s, T0);
                assert_int_equal(read.settled_before_s, T0 - 120);
                assert_int_equal(read.n_changes, sizes[k]);
                assert_int_equal(read.n_advances, sizes[k]);
                for (size_t i = 0; i < sizes[k]; i++) {
                        assert_memory_equal(&read.changes[i].value, &made.changes[i].value, sizeof(double));
                        assert_int_equal(read.changes[i].series, made.changes[i].series);
                        assert_int_equal(read.changes[i].at_s, made.changes[i].at_s);
                        assert_int_equal(read.advances[i].series, made.advances[i].series);
                        assert_int_equal(read.advances[i].until_s, made.advances[i].until_s);
                }
        }
        zip_done(&z);
}

static void test_journal__spoiled_bytes__survived(void **state) {
        (void)state;
        struct zip z = ZIP_INIT;
        for (int round = 0; round < 2000; round++) {
                SCOPED(journal_row_done) struct journal_row made = {0}, read = {0};
                SCOPED(buf_done) struct buf b = BUF_INIT(1 << 20);
                make_row(&made, 1 + any(60));
                assert_int_equal(journal_write(&z, &made, &b), 0);
                spoil(b.data, b.len);
                int r = journal_read(&z, (struct span){b.data, any(4) ? b.len : any(b.len)}, &read);
                assert_true(r == 0 || r == -EUCLEAN);
        }
        zip_done(&z);
}

static void test_pack__items__found_and_guarded(void **state) {
        (void)state;
        SCOPED(buf_done) struct buf b = BUF_INIT(1 << 20);
        const struct pack_item items[] = {
                {0, SPAN("first")}, {3, SPAN("")}, {31, SPAN("the last one")}, {200, SPAN("x")}};
        struct span found;
        assert_int_equal(pack_write(items, ELEMENTS(items), &b), 0);
        for (size_t i = 0; i < ELEMENTS(items); i++) {
                assert_int_equal(pack_find(buf_span(&b), items[i].key, &found), 0);
                assert_true(span_equals(found, items[i].bytes));
        }
        assert_int_equal(pack_find(buf_span(&b), 2, &found), 1);
        assert_int_equal(pack_find(buf_span(&b), 32, &found), 1);
        /* Any one bit that is flipped is noticed when what it belongs to is looked for, or it is another item's. */
        for (size_t i = 0; i < b.len; i++)
                for (int bit = 0; bit < 8; bit++) {
                        b.data[i] ^= (char)(1 << bit);
                        for (size_t k = 0; k < ELEMENTS(items); k++) {
                                int r = pack_find(buf_span(&b), items[k].key, &found);
                                assert_true(r == 1 || r == -EUCLEAN || span_equals(found, items[k].bytes));
                        }
                        b.data[i] ^= (char)(1 << bit);
                }
        for (size_t len = 0; len < b.len; len++)
                assert_int_not_equal(pack_find((struct span){b.data, len}, 200, &found), 0);
}

static void test_day__slots__share_what_is_alike(void **state) {
        (void)state;
        struct zip z = ZIP_INIT;
        SCOPED(day_pack_done) struct day_pack made = {0}, again = {0};
        SCOPED(buf_done) struct buf packed = BUF_INIT(1 << 24), repacked = BUF_INIT(1 << 24);
        SCOPED(entries_done) struct entries entries = {0};
        int64_t n_damaged = 0;
        make_entries(&entries, 1, 500);
        for (uint32_t slot = 0; slot < PACK_SERIES; slot++) {
                made.items[slot] = (struct day_item){BUF_INIT(1 << 20), BUF_INIT(1 << 20)};
                again.items[slot] = made.items[slot];
                if (slot == 7)
                        continue;
                for (size_t i = 0; i < entries.n_items; i++)
                        entries.items[i].value = (double)any(1000);
                assert_int_equal(chunk_write(&z, entries.items, entries.n_items, &made.items[slot].about,
                                             &made.items[slot].values),
                                 0);
        }
        size_t about_len = made.items[0].about.len;
        size_t values_len = made.items[0].values.len;
        assert_int_equal(day_write(&made, &packed), 0);
        assert_true(packed.len < 31 * (values_len + 24) + 2 * about_len);
        struct span about, values;
        assert_int_equal(day_find(buf_span(&packed), 7, &about, &values), 1);
        for (uint32_t slot = 0; slot < PACK_SERIES; slot++) {
                if (slot == 7)
                        continue;
                assert_int_equal(day_find(buf_span(&packed), slot, &about, &values), 0);
                assert_true(span_equals(about, buf_span(&made.items[slot].about)));
                assert_true(span_equals(values, buf_span(&made.items[slot].values)));
        }
        assert_int_equal(day_keep(&again, buf_span(&packed), &n_damaged), 0);
        assert_int_equal(day_write(&again, &repacked), 0);
        assert_true(span_equals(buf_span(&packed), buf_span(&repacked)));
        assert_int_equal(n_damaged, 0);
        zip_done(&z);
}

static void test_rollup__hours__come_back_and_are_replaced_by_day(void **state) {
        (void)state;
        struct zip z = ZIP_INIT;
        SCOPED(entries_done) struct entries e = {0};
        SCOPED(hours_done) struct hours week = {0}, read = {0}, day = {0};
        SCOPED(buf_done) struct buf b = BUF_INIT(1 << 20);
        for (uint32_t i = 0; i < 3 * 1440; i++) {
                struct entry made = {(double)(i % 60) / 4, T0 + i * 60, T0 + i * 60, true};
                if (i / 60 != 5)
                        entries_add(&e, &made);
        }
        assert_int_equal(hours_fold(&week, e.items, e.n_items), 0);
        assert_int_equal(week.n_items, 71);
        assert_int_equal(hours_write(&z, &week, &b), 0);
        assert_int_equal(hours_read(&z, buf_span(&b), &read), 0);
        assert_int_equal(read.n_items, 71);
        for (size_t i = 0; i < read.n_items; i++) {
                assert_int_equal(read.items[i].at_s, T0 + (i < 5 ? i : i + 1) * 3600);
                assert_int_equal(read.items[i].n_samples, 60);
                assert_true(read.items[i].min == 0 && read.items[i].max == 14.75 && read.items[i].last == 14.75);
                assert_true(read.items[i].sum == 442.5);
        }
        struct entry only = {9, T0 + 86400 + 7200, T0, true};
        assert_int_equal(hours_fold(&day, &only, 1), 0);
        assert_int_equal(hours_replace_day(&read, T0 + 86400, &day), 0);
        assert_int_equal(read.n_items, 71 - 24 + 1);
        assert_int_equal(read.items[23].at_s, T0 + 86400 + 7200);
        assert_true(read.items[23].sum == 9);
        assert_int_equal(read.items[24].at_s, T0 + 2 * 86400);
        for (int round = 0; round < 2000; round++) {
                SCOPED(buf_done) struct buf bad = BUF_INIT(1 << 20);
                hours_done(&read);
                buf_put_span(&bad, buf_span(&b));
                spoil(bad.data, bad.len);
                int r = hours_read(&z, (struct span){bad.data, any(4) ? bad.len : any(bad.len)}, &read);
                assert_true(r == 0 || r == -EUCLEAN);
        }
        zip_done(&z);
}

static void test_entries__overlay__newer_value_earlier_sight(void **state) {
        (void)state;
        for (int round = 0; round < 300; round++) {
                struct entry expected[64] = {0};
                SCOPED(entries_done) struct entries all = {0};
                for (int layer = 0; layer < 4; layer++) {
                        struct entry newer[64];
                        size_t n = 0;
                        for (uint32_t at = 0; at < 64; at++) {
                                if (any(3))
                                        continue;
                                newer[n] = (struct entry){(double)any(100), at + 1, (uint32_t)any(1000) + 1, any(2)};
                                struct entry *x = &expected[at];
                                bool is_settled = newer[n].is_settled || (x->at_s && x->is_settled);
                                uint32_t seen = x->at_s && x->first_seen_s < newer[n].first_seen_s
                                                        ? x->first_seen_s
                                                        : newer[n].first_seen_s;
                                *x = newer[n++];
                                x->is_settled = is_settled;
                                x->first_seen_s = seen;
                        }
                        assert_int_equal(entries_overlay(&all, newer, n), 0);
                }
                size_t k = 0;
                for (uint32_t at = 0; at < 64; at++) {
                        if (!expected[at].at_s)
                                continue;
                        assert_true(k < all.n_items);
                        assert_int_equal(all.items[k].at_s, at + 1);
                        assert_true(all.items[k].value == expected[at].value);
                        assert_int_equal(all.items[k].first_seen_s, expected[at].first_seen_s);
                        assert_int_equal(all.items[k++].is_settled, expected[at].is_settled);
                }
                assert_int_equal(k, all.n_items);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_stream__all_kinds__come_back),
                cmocka_unit_test(test_stream__steady_series__takes_next_to_nothing),
                cmocka_unit_test(test_chunk__all_kinds__come_back),
                cmocka_unit_test(test_chunk__range__only_that),
                cmocka_unit_test(test_chunk__spoiled_bytes__survived),
                cmocka_unit_test(test_stream__spoiled_bytes__survived),
                cmocka_unit_test(test_journal__row__comes_back),
                cmocka_unit_test(test_journal__spoiled_bytes__survived),
                cmocka_unit_test(test_pack__items__found_and_guarded),
                cmocka_unit_test(test_day__slots__share_what_is_alike),
                cmocka_unit_test(test_rollup__hours__come_back_and_are_replaced_by_day),
                cmocka_unit_test(test_entries__overlay__newer_value_earlier_sight),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
