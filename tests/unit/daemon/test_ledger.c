/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include "daemon/ledger.h"
#include "util/text.h"

enum { T0 = 1767225600 };

static void add(struct transitions *t, enum incident_event event, int64_t id, int64_t opened_at_s,
                int64_t absent_since_s) {
        struct incident i = {.id = id, .opened_at_s = opened_at_s, .absent_since_s = absent_since_s};
        assert_non_null(transitions_add(t, event, &i));
}

static void test_ledger__without_a_store__gives_ids_of_its_own(void **state) {
        (void)state;
        SCOPED(ledger_done) struct ledger l = {0};
        SCOPED(transitions_done) struct transitions t = {0};
        add(&t, EVENT_OPENED, 0, T0, 0);
        add(&t, EVENT_OPENED, 0, T0, 0);
        assert_int_equal(ledger_note(&l, &t, false), 0);
        assert_int_equal(t.items[1].incident.id, 2);
        assert_int_equal(l.incidents.n_rows, 2);
        assert_int_equal(l.incidents.rows[1].id, 2);
}

static void test_ledger__refreshed_in_the_past__is_said_with_the_next_that_is_saved(void **state) {
        (void)state;
        SCOPED(ledger_done) struct ledger l = {0};
        SCOPED(transitions_done) struct transitions opened = {0}, refreshed = {0}, other = {0}, last = {0};
        add(&opened, EVENT_OPENED, 7, T0, 0);
        assert_int_equal(ledger_note(&l, &opened, true), 0);
        add(&refreshed, EVENT_NONE, 7, T0, T0 + 300);
        assert_int_equal(ledger_note(&l, &refreshed, false), 0);
        add(&other, EVENT_OPENED, 8, T0 + 600, 0);
        assert_int_equal(ledger_unsaved(&l, &other), 0);
        assert_int_equal(other.n_items, 2);
        assert_int_equal(other.items[1].incident.id, 7);
        assert_int_equal(other.items[1].incident.absent_since_s, T0 + 300);
        assert_int_equal(other.items[1].event, EVENT_NONE);
        assert_int_equal(ledger_note(&l, &other, true), 0);
        assert_int_equal(ledger_unsaved(&l, &last), 0);
        assert_int_equal(last.n_items, 0);
}

static void test_ledger__at_an_instant__shows_what_was_known_then(void **state) {
        (void)state;
        SCOPED(ledger_done) struct ledger l = {0};
        SCOPED(transitions_done) struct transitions t = {0};
        struct incident over = {.id = 1, .opened_at_s = T0, .resolved_at_s = T0 + 900, .state = INCIDENT_RESOLVED};
        struct incident *view = NULL;
        size_t n = 0;
        assert_non_null(transitions_add(&t, EVENT_RESOLVED, &over));
        add(&t, EVENT_OPENED, 2, T0 + 600, 0);
        assert_int_equal(ledger_note(&l, &t, true), 0);
        assert_int_equal(ledger_at(&l, T0 + 300, 0, &view, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(view[0].state, INCIDENT_OPEN);
        assert_int_equal(view[0].resolved_at_s, 0);
        free(view);
        assert_int_equal(ledger_at(&l, T0 + 9000, T0 + 5400, &view, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(view[0].id, 2);
        free(view);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ledger__without_a_store__gives_ids_of_its_own),
                cmocka_unit_test(test_ledger__refreshed_in_the_past__is_said_with_the_next_that_is_saved),
                cmocka_unit_test(test_ledger__at_an_instant__shows_what_was_known_then),
        };
        return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
