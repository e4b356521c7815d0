/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"

static const char *const oncall[] = {"oncall", NULL};
static const char *const both[] = {"oncall", "chat", NULL};

/* The id of the next delivery, its incident's id and title checked; 0 when none is due. */
static int64_t next(struct store *s, int64_t now_s, struct delivery *d) {
        int64_t next_s = -1;
        int r = store_next_delivery(s, now_s, NULL, 0, d, &next_s);
        assert_true(r == 0 || r == 1);
        return r == 0 ? d->id : 0;
}

static void settle(struct store *s, struct delivery *d, enum outcome outcome, int64_t now_s, int64_t retry_at_s) {
        assert_int_equal(store_settle_delivery(s, d->id, outcome, now_s, retry_at_s,
                                               outcome == OUTCOME_DELIVERED ? NULL : "why"),
                         0);
        delivery_done(d);
}

static void test_delivery__rendered_as_it_was_when_it_happened(void **state) {
        struct fixture *f = *state;
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, oncall);
        free(i.finding.title);
        i.finding.title = strdup("much worse");
        i.state = INCIDENT_RESOLVED;
        apply_event(f->store, &i, EVENT_NONE, T0 + 60, NULL);
        apply_event(f->store, &i, EVENT_RESOLVED, T0 + 120, oncall);
        fixture_reopen(f);
        struct delivery d = {0};
        assert_true(next(f->store, T0 + 200, &d) > 0);
        assert_int_equal(d.event, EVENT_OPENED);
        assert_string_equal(d.notifier, "oncall");
        assert_string_equal(d.incident.finding.title, "restarts every minute");
        assert_int_equal(d.incident.state, INCIDENT_OPEN);
        assert_int_equal(d.incident.id, i.id);
        assert_int_equal(d.incident.finding.n_evidence, 2);
        assert_non_null(d.incident.finding.root_cause);
        assert_int_equal(d.attempts, 0);
        assert_int_equal(d.created_at_s, T0);
        char expected[DELIVERY_ID_MAX];
        snprintf(expected, sizeof expected, "%s-%d-1-oncall", store_instance(f->store), (int)i.id);
        assert_string_equal(d.delivery_id, expected);
        settle(f->store, &d, OUTCOME_DELIVERED, T0 + 201, 0);
        assert_true(next(f->store, T0 + 202, &d) > 0);
        assert_int_equal(d.event, EVENT_RESOLVED);
        assert_string_equal(d.incident.finding.title, "much worse");
        delivery_done(&d);
}

static void test_order__same_pair__waits_for_the_earlier_one(void **state) {
        struct fixture *f = *state;
        struct delivery d = {0};
        int64_t next_s = 0;
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, oncall);
        apply_event(f->store, &i, EVENT_ESCALATED, T0 + 1, oncall);
        assert_true(next(f->store, T0 + 2, &d) > 0);
        assert_int_equal(d.event, EVENT_OPENED);
        settle(f->store, &d, OUTCOME_RETRY, T0 + 2, T0 + 100);
        assert_int_equal(store_next_delivery(f->store, T0 + 50, NULL, 0, &d, &next_s), 1);
        assert_int_equal(next_s, T0 + 100);
        fixture_reopen(f);
        assert_true(next(f->store, T0 + 100, &d) > 0);
        assert_int_equal(d.event, EVENT_OPENED);
        assert_int_equal(d.attempts, 1);
        settle(f->store, &d, OUTCOME_REFUSED, T0 + 100, 0);
        assert_true(next(f->store, T0 + 100, &d) > 0);
        assert_int_equal(d.event, EVENT_ESCALATED);
        settle(f->store, &d, OUTCOME_DELIVERED, T0 + 100, 0);
        assert_int_equal(store_next_delivery(f->store, T0 + 1000, NULL, 0, &d, &next_s), 1);
        assert_int_equal(next_s, 0);
}

static void test_order__other_incidents_and_notifiers__do_not_wait(void **state) {
        struct fixture *f = *state;
        struct delivery d = {0};
        SCOPED(incident_done) struct incident a = make_incident("orders", "restart_loop", T0);
        SCOPED(incident_done) struct incident b = make_incident("billing", "restart_loop", T0);
        apply_event(f->store, &a, EVENT_OPENED, T0, both);
        apply_event(f->store, &b, EVENT_OPENED, T0, oncall);
        assert_true(next(f->store, T0, &d) > 0);
        assert_string_equal(d.notifier, "oncall");
        assert_int_equal(d.incident.id, a.id);
        settle(f->store, &d, OUTCOME_RETRY, T0, T0 + 1000);
        assert_true(next(f->store, T0, &d) > 0);
        assert_string_equal(d.notifier, "chat");
        settle(f->store, &d, OUTCOME_DELIVERED, T0, 0);
        assert_true(next(f->store, T0, &d) > 0);
        assert_int_equal(d.incident.id, b.id);
        assert_string_equal(d.notifier, "oncall");
        settle(f->store, &d, OUTCOME_DELIVERED, T0, 0);
        assert_int_equal(next(f->store, T0, &d), 0);
}

static void test_busy__notifiers_are_skipped(void **state) {
        struct fixture *f = *state;
        static const char *const busy[] = {"oncall", "chat"};
        struct delivery d = {0};
        int64_t next_s = -1;
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, both);
        assert_int_equal(store_next_delivery(f->store, T0, busy, 1, &d, &next_s), 0);
        assert_string_equal(d.notifier, "chat");
        delivery_done(&d);
        assert_int_equal(store_next_delivery(f->store, T0, busy, 2, &d, &next_s), 1);
        assert_int_equal(next_s, 0);
}

static void test_settle__twice__refused(void **state) {
        struct fixture *f = *state;
        struct delivery d = {0};
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, oncall);
        int64_t id = next(f->store, T0, &d);
        settle(f->store, &d, OUTCOME_DELIVERED, T0, 0);
        assert_int_equal(store_settle_delivery(f->store, id, OUTCOME_DELIVERED, T0, 0, NULL), -ENOENT);
        assert_int_equal(store_settle_delivery(f->store, 12345, OUTCOME_DELIVERED, T0, 0, NULL), -ENOENT);
}

static void test_delivery_id__long_notifier_names__fit_and_differ(void **state) {
        struct fixture *f = *state;
        char a[201], b[201];
        memset(a, 'n', 200);
        a[200] = '\0';
        memcpy(b, a, sizeof b);
        b[199] = 'm';
        const char *const names[] = {a, b, NULL};
        struct delivery one = {0}, two = {0};
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, names);
        assert_true(next(f->store, T0, &one) > 0);
        const char *busy[] = {one.notifier};
        int64_t next_s;
        assert_int_equal(store_next_delivery(f->store, T0, busy, 1, &two, &next_s), 0);
        assert_string_not_equal(one.delivery_id, two.delivery_id);
        delivery_done(&one);
        delivery_done(&two);
}

static void test_notifiers__states(void **state) {
        struct fixture *f = *state;
        struct delivery d = {0};
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, both);
        apply_event(f->store, &i, EVENT_RESOLVED, T0, both);
        assert_true(next(f->store, T0, &d) > 0);
        settle(f->store, &d, OUTCOME_DELIVERED, T0 + 3, 0);
        assert_true(next(f->store, T0, &d) > 0);
        assert_string_equal(d.notifier, "chat");
        settle(f->store, &d, OUTCOME_RETRY, T0 + 4, T0 + 50);
        SCOPED(notifier_states_done) struct notifier_states states = {0};
        assert_int_equal(store_list_notifiers(f->store, &states), 0);
        assert_int_equal(states.n_rows, 2);
        assert_string_equal(states.rows[0].name, "chat");
        assert_int_equal(states.rows[0].failed_at_s, T0 + 4);
        assert_string_equal(states.rows[0].error, "why");
        assert_int_equal(states.rows[0].pending, 2);
        assert_string_equal(states.rows[1].name, "oncall");
        assert_int_equal(states.rows[1].delivered_at_s, T0 + 3);
        assert_null(states.rows[1].error);
        assert_int_equal(states.rows[1].pending, 1);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_delivery__rendered_as_it_was_when_it_happened),
                CASE(test_order__same_pair__waits_for_the_earlier_one),
                CASE(test_order__other_incidents_and_notifiers__do_not_wait),
                CASE(test_busy__notifiers_are_skipped),
                CASE(test_settle__twice__refused),
                CASE(test_delivery_id__long_notifier_names__fit_and_differ),
                CASE(test_notifiers__states),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
