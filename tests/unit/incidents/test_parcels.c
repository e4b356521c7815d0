/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent next, and together with what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "incidents/parcels.h"

enum { NOW = 1767225600 };

static const struct parcel_rules plain = {.bundling = BUNDLE_WHEN_MANY, .digest_applications = 3};

/* Row `id` of an incident, of the application of the same number, due now. */
static struct waiting row(int64_t id, int64_t incident) {
        return (struct waiting){.id = id,
                                .incident_id = incident,
                                .application = (uint64_t)incident,
                                .created_at_s = NOW - 1,
                                .next_try_s = NOW - 1};
}

static struct parcel choose(const struct waiting *rows, size_t n, struct parcel_rules rules) {
        struct parcel p;
        parcel_choose(rows, n, &rules, NOW, &p);
        return p;
}

static void test_rows__none__nothing_to_wait_for(void **state) {
        (void)state;
        struct parcel p = choose(NULL, 0, plain);
        assert_int_equal(p.n, 0);
        assert_int_equal(p.due_at_s, 0);
}

static void test_rows__few_applications__one_by_one(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8)};
        struct parcel p = choose(rows, 2, plain);
        assert_int_equal(p.n, 1);
        assert_int_equal(p.ids[0], 1);
}

static void test_order__same_incident__waits_for_the_earlier_one(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 7), row(3, 8)};
        rows[0].next_try_s = NOW + 30;
        struct parcel p = choose(rows, 2, plain);
        assert_int_equal(p.n, 0);
        assert_int_equal(p.due_at_s, NOW + 30);
        p = choose(rows, 3, plain);
        assert_int_equal(p.n, 1);
        assert_int_equal(p.ids[0], 3);
}

static void test_digest__many_applications__all_in_order(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8), row(3, 7), row(4, 9)};
        struct parcel p = choose(rows, 4, plain);
        assert_int_equal(p.n, 4);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(p.ids[i], (int64_t)i + 1);
}

static void test_digest__many_events_of_one_application__is_none(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8), row(3, 9)};
        rows[1].application = rows[2].application = rows[0].application;
        assert_int_equal(choose(rows, 3, plain).n, 1);
}

static void test_digest__held_back__is_told_at_once(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 7), row(3, 7)};
        for (size_t i = 0; i < 3; i++)
                rows[i].created_at_s = NOW - 6 * 3600;
        assert_int_equal(choose(rows, 3, plain).n, 3);
        assert_int_equal(choose(rows, 2, plain).n, 1);
}

static void test_digest__rate_used_up__takes_all_that_waits(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8)};
        struct parcel_rules rules = plain;
        rules.is_limited = true;
        assert_int_equal(choose(rows, 2, rules).n, 2);
        assert_int_equal(choose(rows, 1, rules).n, 1);
}

static void test_digest__once_chosen__stays_as_it_is(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8), row(3, 9), row(4, 10), row(5, 7)};
        for (size_t i = 0; i < 3; i++)
                rows[i].digest = 1;
        struct parcel p = choose(rows, 5, plain);
        assert_int_equal(p.n, 3);
        assert_int_equal(p.ids[2], 3);
        for (size_t i = 0; i < 3; i++)
                rows[i].next_try_s = NOW + 60;
        p = choose(rows, 5, plain);
        assert_int_equal(p.n, 1);
        assert_int_equal(p.ids[0], 4); /* 5 is of an incident that waits in the digest */
}

static void test_digest__receiver_fails__none_is_begun(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8), row(3, 9)};
        struct parcel_rules rules = plain;
        rules.is_failing = true;
        assert_int_equal(choose(rows, 3, rules).n, 1);
}

static void test_digest__fell_apart__goes_alone(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8), row(3, 9), row(4, 7)};
        for (size_t i = 0; i < 3; i++)
                rows[i].digest = WAITING_ALONE;
        struct parcel p = choose(rows, 4, plain);
        assert_int_equal(p.n, 1);
        assert_int_equal(p.ids[0], 1);
}

static void test_window__new_ones__wait_for_more(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8)};
        struct parcel_rules rules = plain;
        rules.digest_window_s = 30;
        struct parcel p = choose(rows, 2, rules);
        assert_int_equal(p.n, 0);
        assert_int_equal(p.due_at_s, NOW + 29);
        rows[0].created_at_s = NOW - 30;
        assert_int_equal(choose(rows, 2, rules).n, 1);
}

/* Many applications fail, one found after the other: after the first few messages the rest is gathered. */
static void test_burst__new_ones__are_gathered(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8), row(3, 9)};
        struct parcel_rules rules = plain;
        rules.n_in_last_minute = 3;
        rules.enough = 100;
        struct parcel p = choose(rows, 3, rules);
        assert_int_equal(p.n, 0);
        assert_int_equal(p.due_at_s, NOW + 9);
        rules.enough = 3;
        assert_int_equal(choose(rows, 3, rules).n, 3);
        assert_int_equal(choose(rows, 2, rules).n, 0);
        rules.n_in_last_minute = 2;
        assert_int_equal(choose(rows, 2, rules).n, 1);
        rules.n_in_last_minute = 3;
        rows[0].created_at_s = NOW - 10;
        assert_int_equal(choose(rows, 2, rules).n, 1);
}

static void test_bundling__by_what_the_receiver_takes(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8), row(3, 9), row(4, 10)};
        struct parcel_rules rules = plain;
        rules.bundling = BUNDLE_NEVER;
        assert_int_equal(choose(rows, 4, rules).n, 1);
        rules.bundling = BUNDLE_ALWAYS;
        assert_int_equal(choose(rows, 2, rules).n, 2);
        rules = plain;
        rules.digest_applications = 0;
        assert_int_equal(choose(rows, 4, rules).n, 1);
}

/* A page for life: what is told of an incident later goes to its own page. */
static void test_openings__only_first_events__are_bundled(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8), row(3, 9), row(4, 8), row(5, 10)};
        struct parcel_rules rules = plain;
        rules.bundling = BUNDLE_OPENINGS;
        rows[4].is_told = true;
        parcel_keep_to_openings(rows, 5);
        struct parcel p = choose(rows, 5, rules);
        assert_int_equal(p.n, 3);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(p.ids[i], (int64_t)i + 1);
        rows[2].is_told = true;
        parcel_keep_to_openings(rows, 5);
        assert_int_equal(choose(rows, 5, rules).n, 1);
}

static void test_openings__of_one_application__keep_their_pages(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8), row(3, 9)};
        struct parcel_rules rules = plain;
        rules.bundling = BUNDLE_OPENINGS;
        for (size_t i = 0; i < 3; i++) {
                rows[i].created_at_s = NOW - 6 * 3600;
                rows[i].application = 1;
        }
        assert_int_equal(choose(rows, 3, rules).n, 1);
        rows[2].application = 2;
        assert_int_equal(choose(rows, 3, rules).n, 3);
}

/* While it fails it is asked with what it may have had already, whenever that would be due. */
static void test_openings__receiver_fails__new_ones_are_spared(void **state) {
        (void)state;
        struct waiting rows[] = {row(1, 7), row(2, 8), row(3, 9)};
        struct parcel_rules rules = plain;
        rules.bundling = BUNDLE_OPENINGS;
        rules.is_failing = rules.spares_new = true;
        rows[1].digest = WAITING_ALONE;
        rows[1].next_try_s = NOW + 600;
        struct parcel p = choose(rows, 3, rules);
        assert_int_equal(p.n, 1);
        assert_int_equal(p.ids[0], 2);
        rules.spares_new = false;
        assert_int_equal(choose(rows, 3, rules).ids[0], 1);
        rows[1].digest = 0;
        rules.spares_new = true;
        assert_int_equal(choose(rows, 3, rules).ids[0], 1); /* there is nothing else */
}

static void test_digest__very_many__in_parts_of_bounded_size(void **state) {
        (void)state;
        static struct waiting rows[3 * DIGEST_PARTS_MAX];
        for (size_t i = 0; i < 3 * DIGEST_PARTS_MAX; i++)
                rows[i] = row((int64_t)i + 1, (int64_t)i + 1);
        struct parcel p = choose(rows, 3 * DIGEST_PARTS_MAX, plain);
        assert_int_equal(p.n, DIGEST_PARTS_MAX);
        assert_int_equal(p.ids[DIGEST_PARTS_MAX - 1], DIGEST_PARTS_MAX);
}

static void test_rate__so_many_at_once__then_evenly(void **state) {
        (void)state;
        assert_int_equal(parcel_rate_s(0, 1000, NOW), 0);
        assert_int_equal(parcel_rate_s(20, 19, NOW), 0);
        assert_int_equal(parcel_rate_s(20, 20, NOW), NOW + 180);
        assert_int_equal(parcel_rate_s(7, 9, NOW), NOW + 515);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows__none__nothing_to_wait_for),
                cmocka_unit_test(test_rows__few_applications__one_by_one),
                cmocka_unit_test(test_order__same_incident__waits_for_the_earlier_one),
                cmocka_unit_test(test_digest__many_applications__all_in_order),
                cmocka_unit_test(test_digest__many_events_of_one_application__is_none),
                cmocka_unit_test(test_digest__held_back__is_told_at_once),
                cmocka_unit_test(test_digest__rate_used_up__takes_all_that_waits),
                cmocka_unit_test(test_digest__once_chosen__stays_as_it_is),
                cmocka_unit_test(test_digest__receiver_fails__none_is_begun),
                cmocka_unit_test(test_digest__fell_apart__goes_alone),
                cmocka_unit_test(test_window__new_ones__wait_for_more),
                cmocka_unit_test(test_burst__new_ones__are_gathered),
                cmocka_unit_test(test_bundling__by_what_the_receiver_takes),
                cmocka_unit_test(test_openings__only_first_events__are_bundled),
                cmocka_unit_test(test_openings__of_one_application__keep_their_pages),
                cmocka_unit_test(test_openings__receiver_fails__new_ones_are_spared),
                cmocka_unit_test(test_digest__very_many__in_parts_of_bounded_size),
                cmocka_unit_test(test_rate__so_many_at_once__then_evenly),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
