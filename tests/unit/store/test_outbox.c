/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"

static const char *const oncall[] = {"oncall", NULL};
static const char *const both[] = {"oncall", "chat", NULL};

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
        assert_true(take_first(f->store, "oncall", &d) > 0);
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
        assert_true(take_first(f->store, "oncall", &d) > 0);
        assert_int_equal(d.event, EVENT_RESOLVED);
        assert_string_equal(d.incident.finding.title, "much worse");
        delivery_done(&d);
}

static void list(struct store *s, const char *notifier, struct waiting_rows *ret) {
        waiting_rows_done(ret);
        assert_int_equal(store_list_waiting(s, notifier, ret), 0);
}

static void test_waiting__oldest_first_by_notifier(void **state) {
        struct fixture *f = *state;
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        struct delivery d = {0};
        SCOPED(incident_done) struct incident a = make_incident("orders", "restart_loop", T0);
        SCOPED(incident_done) struct incident b = make_incident("billing", "restart_loop", T0);
        apply_event(f->store, &a, EVENT_OPENED, T0, both);
        apply_event(f->store, &b, EVENT_OPENED, T0 + 1, oncall);
        apply_event(f->store, &a, EVENT_ESCALATED, T0 + 2, oncall);
        list(f->store, "oncall", &rows);
        assert_int_equal(rows.n_rows, 3);
        assert_int_equal(rows.rows[0].incident_id, a.id);
        assert_int_equal(rows.rows[1].incident_id, b.id);
        assert_int_equal(rows.rows[2].incident_id, a.id);
        assert_int_equal(rows.rows[1].created_at_s, T0 + 1);
        assert_true(rows.rows[0].application == rows.rows[2].application);
        assert_true(rows.rows[0].application != rows.rows[1].application);
        assert_int_equal(rows.rows[0].digest, 0);
        take_first(f->store, "oncall", &d);
        settle(f->store, &d, OUTCOME_RETRY, T0 + 3, T0 + 100);
        fixture_reopen(f);
        list(f->store, "oncall", &rows);
        assert_int_equal(rows.rows[0].next_try_s, T0 + 100);
        list(f->store, "chat", &rows);
        assert_int_equal(rows.n_rows, 1);
        list(f->store, "nobody", &rows);
        assert_int_equal(rows.n_rows, 0);
}

/* Three events of two incidents: taken together, they stay together. */
static size_t take_digest(struct fixture *f, struct delivery *d, int64_t ids[3]) {
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        SCOPED(incident_done) struct incident a = make_incident("orders", "restart_loop", T0);
        SCOPED(incident_done) struct incident b = make_incident("billing", "restart_loop", T0);
        a.finding.severity = SEVERITY_WARNING;
        b.finding.severity = SEVERITY_CRITICAL;
        apply_event(f->store, &a, EVENT_OPENED, T0, oncall);
        apply_event(f->store, &b, EVENT_OPENED, T0 + 1, oncall);
        a.state = INCIDENT_RESOLVED;
        apply_event(f->store, &a, EVENT_RESOLVED, T0 + 2, oncall);
        list(f->store, "oncall", &rows);
        assert_int_equal(rows.n_rows, 3);
        for (size_t i = 0; i < 3; i++)
                ids[i] = rows.rows[i].id;
        assert_int_equal(store_take_delivery(f->store, ids, 3, d), 0);
        return rows.n_rows;
}

static void test_digest__is_the_same_after_a_crash(void **state) {
        struct fixture *f = *state;
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        SCOPED(delivery_done) struct delivery d = {0}, again = {0};
        int64_t ids[3];
        put_application(f->store, "prod", "orders");
        take_digest(f, &d, ids);
        assert_int_equal(d.event, EVENT_DIGEST);
        assert_int_equal(d.n_parts, 3);
        assert_int_equal(d.n_watched, 1);
        assert_int_equal(d.created_at_s, T0 + 2);
        assert_string_equal(d.incident.application, "billing");
        assert_int_equal(d.parts[2].event, EVENT_RESOLVED);
        fixture_reopen(f);
        list(f->store, "oncall", &rows);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(rows.rows[i].digest, ids[0]);
        assert_int_equal(store_take_delivery(f->store, ids, 3, &again), 0);
        assert_string_equal(again.delivery_id, d.delivery_id);
        for (size_t i = 0; i < 3; i++)
                assert_string_equal(again.parts[i].delivery_id, d.parts[i].delivery_id);
}

static void test_digest__delivered__settles_all_and_counts_as_one(void **state) {
        struct fixture *f = *state;
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        SCOPED(timeline_rows_done) struct timeline_rows timeline = {0};
        struct delivery d = {0};
        int64_t ids[3], n, newest_s;
        take_digest(f, &d, ids);
        int64_t incident_id = d.parts[1].incident.id;
        settle(f->store, &d, OUTCOME_RETRY, T0 + 5, T0 + 50);
        list(f->store, "oncall", &rows);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(rows.rows[i].next_try_s, T0 + 50);
        assert_int_equal(store_settle_delivery(f->store, ids[0], OUTCOME_DELIVERED, T0 + 51, 0, NULL), 0);
        list(f->store, "oncall", &rows);
        assert_int_equal(rows.n_rows, 0);
        assert_int_equal(store_sent(f->store, "oncall", T0, &n, &newest_s), 0);
        assert_int_equal(n, 1);
        assert_int_equal(newest_s, T0 + 51);
        assert_int_equal(store_sent(f->store, "oncall", T0 + 51, &n, &newest_s), 0);
        assert_int_equal(n, 0);
        assert_int_equal(store_timeline(f->store, incident_id, &timeline), 0);
        assert_string_equal(timeline.rows[timeline.n_rows - 1].text, "opened to oncall in a digest, attempt 2");
}

/* The incidents a, b and c open together on one page. */
static void open_page(struct fixture *f, struct incident incidents[3], struct delivery *page) {
        static const char *const names[] = {"orders", "billing", "clicks"};
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        int64_t ids[3];
        for (size_t i = 0; i < 3; i++) {
                incidents[i] = make_incident(names[i], "restart_loop", T0);
                apply_event(f->store, &incidents[i], EVENT_OPENED, T0, oncall);
        }
        list(f->store, "oncall", &rows);
        for (size_t i = 0; i < 3; i++)
                ids[i] = rows.rows[i].id;
        assert_int_equal(store_take_page(f->store, ids, 3, page), 0);
        assert_int_equal(page->event, EVENT_DIGEST);
        assert_int_equal(store_settle_delivery(f->store, page->id, OUTCOME_DELIVERED, T0 + 1, 0, NULL), 0);
}

static void take_page_of(struct fixture *f, struct incident *i, enum incident_event event, struct delivery *ret) {
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        delivery_done(ret);
        apply_event(f->store, i, event, T0 + 60, oncall);
        list(f->store, "oncall", &rows);
        assert_int_equal(store_mark_told(f->store, "oncall", &rows), 0);
        assert_true(rows.rows[rows.n_rows - 1].is_told);
        assert_int_equal(store_take_page(f->store, &rows.rows[rows.n_rows - 1].id, 1, ret), 0);
        assert_int_equal(ret->event, event);
}

/* An event is told to the page that its incident was opened on, together with how that page stands now. */
static void test_page__of_several__knows_them_as_they_are(void **state) {
        struct fixture *f = *state;
        SCOPED(delivery_done) struct delivery page = {0}, d = {0};
        struct incident incidents[3];
        open_page(f, incidents, &page);
        incidents[1].state = INCIDENT_RESOLVED;
        take_page_of(f, &incidents[1], EVENT_RESOLVED, &d);
        assert_string_equal(d.page_id, page.delivery_id);
        assert_string_not_equal(d.delivery_id, page.delivery_id);
        assert_int_equal(d.incident.id, incidents[1].id);
        assert_int_equal(d.n_parts, 3);
        assert_int_equal(d.parts[0].incident.state, INCIDENT_OPEN);
        assert_int_equal(d.parts[1].incident.state, INCIDENT_RESOLVED);
        fixture_reopen(f);
        incidents[0].finding.severity = SEVERITY_CRITICAL;
        take_page_of(f, &incidents[0], EVENT_ESCALATED, &d);
        assert_string_equal(d.page_id, page.delivery_id);
        assert_int_equal(d.parts[0].incident.finding.severity, SEVERITY_CRITICAL);
        SCOPED(incident_done) struct incident other = make_incident("later", "restart_loop", T0);
        apply_event(f->store, &other, EVENT_OPENED, T0 + 70, oncall);
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        list(f->store, "oncall", &rows);
        assert_int_equal(store_mark_told(f->store, "oncall", &rows), 0);
        assert_false(rows.rows[rows.n_rows - 1].is_told);
        delivery_done(&d);
        assert_int_equal(store_take_page(f->store, &rows.rows[rows.n_rows - 1].id, 1, &d), 0);
        assert_string_equal(d.page_id, "");
        assert_int_equal(d.n_parts, 0);
        for (size_t i = 0; i < 3; i++)
                incident_done(&incidents[i]);
}

/* It may have been sent when the daemon was killed: in a digest it would have a second page, and the first would stand for ever. */
static void test_page__begun_alone__stays_alone_after_a_crash(void **state) {
        struct fixture *f = *state;
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        SCOPED(delivery_done) struct delivery d = {0};
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, oncall);
        list(f->store, "oncall", &rows);
        assert_int_equal(store_take_page(f->store, &rows.rows[0].id, 1, &d), 0);
        fixture_reopen(f);
        list(f->store, "oncall", &rows);
        assert_int_equal(rows.rows[0].digest, WAITING_ALONE);
}

static void test_digest__refused__falls_apart(void **state) {
        struct fixture *f = *state;
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        struct delivery d = {0};
        int64_t ids[3];
        take_digest(f, &d, ids);
        settle(f->store, &d, OUTCOME_REFUSED, T0 + 5, 0);
        list(f->store, "oncall", &rows);
        assert_int_equal(rows.n_rows, 3);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(rows.rows[i].digest, WAITING_ALONE);
        take_first(f->store, "oncall", &d);
        assert_int_equal(d.n_parts, 0);
        settle(f->store, &d, OUTCOME_REFUSED, T0 + 6, 0);
        list(f->store, "oncall", &rows);
        assert_int_equal(rows.n_rows, 2);
}

static void test_standing__last_word_on_each_open_incident(void **state) {
        struct fixture *f = *state;
        struct delivery d = {0}, standing = {0};
        SCOPED(incident_done) struct incident a = make_incident("orders", "restart_loop", T0);
        SCOPED(incident_done) struct incident b = make_incident("billing", "restart_loop", T0);
        apply_event(f->store, &a, EVENT_OPENED, T0, oncall);
        apply_event(f->store, &b, EVENT_OPENED, T0, oncall);
        assert_int_equal(store_standing(f->store, "oncall", 0, &standing), 1);
        apply_event(f->store, &a, EVENT_ESCALATED, T0 + 1, oncall);
        while (take_first(f->store, "oncall", &d) > 0)
                settle(f->store, &d, OUTCOME_DELIVERED, T0 + 2, 0);
        assert_int_equal(store_standing(f->store, "oncall", 0, &standing), 0);
        assert_int_equal(standing.n_parts, 2);
        assert_int_equal(standing.parts[0].event, EVENT_ESCALATED);
        delivery_done(&standing);
        a.state = INCIDENT_RESOLVED;
        apply_event(f->store, &a, EVENT_RESOLVED, T0 + 3, oncall);
        assert_int_equal(store_standing(f->store, "oncall", 0, &standing), 0);
        assert_int_equal(standing.n_parts, 1);
        assert_int_equal(standing.parts[0].incident.id, b.id);
        delivery_done(&standing);
        assert_int_equal(store_standing(f->store, "oncall", b.id, &standing), 1);
}

static void test_settle__twice__refused(void **state) {
        struct fixture *f = *state;
        struct delivery d = {0};
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, oncall);
        int64_t id = take_first(f->store, "oncall", &d);
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
        assert_true(take_first(f->store, a, &one) > 0);
        assert_true(take_first(f->store, b, &two) > 0);
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
        assert_true(take_first(f->store, "oncall", &d) > 0);
        settle(f->store, &d, OUTCOME_DELIVERED, T0 + 3, 0);
        assert_true(take_first(f->store, "chat", &d) > 0);
        settle(f->store, &d, OUTCOME_RETRY, T0 + 4, T0 + 50);
        assert_int_equal(store_note_notifier(f->store, "chat", T0 + 9, "why not"), 0);
        SCOPED(notifier_states_done) struct notifier_states states = {0};
        assert_int_equal(store_list_notifiers(f->store, &states), 0);
        assert_int_equal(states.n_rows, 2);
        assert_string_equal(states.rows[0].name, "chat");
        assert_int_equal(states.rows[0].failed_at_s, T0 + 9);
        assert_int_equal(states.rows[0].failing_since_s, T0 + 4);
        assert_string_equal(states.rows[0].error, "why not");
        assert_int_equal(states.rows[0].pending, 2);
        assert_string_equal(states.rows[1].name, "oncall");
        assert_int_equal(states.rows[1].delivered_at_s, T0 + 3);
        assert_null(states.rows[1].error);
        assert_int_equal(states.rows[1].failing_since_s, 0);
        assert_int_equal(states.rows[1].pending, 1);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_delivery__rendered_as_it_was_when_it_happened),
                CASE(test_waiting__oldest_first_by_notifier),
                CASE(test_digest__is_the_same_after_a_crash),
                CASE(test_digest__delivered__settles_all_and_counts_as_one),
                CASE(test_page__of_several__knows_them_as_they_are),
                CASE(test_page__begun_alone__stays_alone_after_a_crash),
                CASE(test_digest__refused__falls_apart),
                CASE(test_standing__last_word_on_each_open_incident),
                CASE(test_settle__twice__refused),
                CASE(test_delivery_id__long_notifier_names__fit_and_differ),
                CASE(test_notifiers__states),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
