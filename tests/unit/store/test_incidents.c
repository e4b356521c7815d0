/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "tests/unit/store/fixture.h"

static void assert_text(const char *a, const char *b) {
        if (b)
                assert_string_equal(a, b);
        else
                assert_null(a);
}

static void assert_number(double a, double b) {
        assert_true(isnan(b) ? isnan(a) : a == b);
}

/* Everything that make_incident fills, and what must stay empty. */
static void assert_incident(const struct incident *read, const struct incident *made) {
        assert_int_equal(read->id, made->id);
        assert_int_equal(read->revision, made->revision);
        assert_int_equal(read->state, made->state);
        assert_int_equal(read->opened_at_s, made->opened_at_s);
        assert_int_equal(read->announced_severity, made->announced_severity);
        assert_int_equal(read->absent_since_s, made->absent_since_s);
        assert_int_equal(read->returns, made->returns);
        assert_text(read->target, made->target);
        assert_text(read->application, made->application);
        assert_text(read->application_arn, made->application_arn);
        assert_text(read->acknowledged_by, made->acknowledged_by);
        const struct finding *a = &read->finding, *b = &made->finding;
        assert_text(a->diagnoser, b->diagnoser);
        assert_text(a->subject, b->subject);
        assert_text(a->title, b->title);
        assert_text(a->summary, b->summary);
        assert_int_equal(a->severity, b->severity);
        assert_int_equal(a->confidence, b->confidence);
        assert_int_equal(a->onset_s, b->onset_s);
        assert_int_equal(a->n_evidence, b->n_evidence);
        for (size_t i = 0; i < a->n_evidence; i++) {
                assert_text(a->evidence[i].kind, b->evidence[i].kind);
                assert_text(a->evidence[i].metric, b->evidence[i].metric);
                assert_text(a->evidence[i].statistic, b->evidence[i].statistic);
                assert_text(a->evidence[i].dimensions, b->evidence[i].dimensions);
                assert_text(a->evidence[i].text, b->evidence[i].text);
                assert_int_equal(a->evidence[i].at_s, b->evidence[i].at_s);
                assert_number(a->evidence[i].value, b->evidence[i].value);
                assert_number(a->evidence[i].threshold, b->evidence[i].threshold);
        }
        assert_int_equal(a->n_advice, b->n_advice);
        for (size_t i = 0; i < a->n_advice; i++)
                assert_text(a->advice[i], b->advice[i]);
        assert_int_equal(a->n_symptoms, b->n_symptoms);
        for (size_t i = 0; i < a->n_symptoms; i++) {
                assert_text(a->symptoms[i].text, b->symptoms[i].text);
                assert_text(a->symptoms[i].relation, b->symptoms[i].relation);
        }
        assert_int_equal(read->n_suppressed, made->n_suppressed);
        for (size_t i = 0; i < read->n_suppressed; i++) {
                assert_text(read->suppressed[i].diagnoser, made->suppressed[i].diagnoser);
                assert_text(read->suppressed[i].subject, made->suppressed[i].subject);
                assert_int_equal(read->suppressed[i].since_s, made->suppressed[i].since_s);
        }
        assert_int_equal(a->root_cause != NULL, b->root_cause != NULL);
        if (!a->root_cause)
                return;
        assert_text(a->root_cause->role, b->root_cause->role);
        assert_text(a->root_cause->category, b->root_cause->category);
        assert_text(a->root_cause->message, b->root_cause->message);
        assert_text(a->root_cause->frame, b->root_cause->frame);
        assert_int_equal(a->root_cause->attempt, b->root_cause->attempt);
        assert_int_equal(a->root_cause->first_fault_at_s, b->root_cause->first_fault_at_s);
}

static size_t count(struct store *s, struct incident_filter filter) {
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        assert_int_equal(store_list_incidents(s, &filter, &rows), 0);
        return rows.n_rows;
}

static void test_incident__everything__comes_back_after_restart(void **state) {
        struct fixture *f = *state;
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, NULL);
        fixture_reopen(f);
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        struct incident_filter filter = {.id = i.id};
        assert_int_equal(store_list_incidents(f->store, &filter, &rows), 0);
        assert_int_equal(rows.n_rows, 1);
        assert_incident(&rows.rows[0], &i);
}

static void test_incident__refreshed__lists_shrink_and_root_cause_goes(void **state) {
        struct fixture *f = *state;
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, NULL);
        int64_t id = i.id;
        incident_done(&i);
        i = make_incident("orders", "restart_loop", T0);
        i.id = id;
        i.revision = 1;
        finding_done(&i.finding);
        i.finding = (struct finding){.diagnoser = "restart_loop", .title = strdup("still"), .summary = strdup("")};
        apply_event(f->store, &i, EVENT_NONE, T0 + 60, NULL);
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        struct incident_filter filter = {.only_open = true};
        assert_int_equal(store_list_incidents(f->store, &filter, &rows), 0);
        assert_int_equal(rows.n_rows, 1);
        assert_incident(&rows.rows[0], &i);
}

static void test_incident__ids__never_used_again(void **state) {
        struct fixture *f = *state;
        SCOPED(incident_done) struct incident a = make_incident("orders", "restart_loop", T0);
        SCOPED(incident_done) struct incident b = make_incident("orders", "downtime", T0);
        a.state = INCIDENT_RESOLVED;
        a.resolved_at_s = T0 + 60;
        apply_event(f->store, &a, EVENT_OPENED, T0, NULL);
        while (store_retain(f->store, T0 + 86400) == 1)
                ;
        assert_int_equal(count(f->store, (struct incident_filter){0}), 0);
        fixture_reopen(f);
        apply_event(f->store, &b, EVENT_OPENED, T0, NULL);
        assert_true(b.id > a.id);
}

static void test_list__filters(void **state) {
        struct fixture *f = *state;
        SCOPED(incident_done) struct incident a = make_incident("orders-eu", "restart_loop", T0);
        SCOPED(incident_done) struct incident b = make_incident("orders-us", "downtime", T0 + 10);
        SCOPED(incident_done) struct incident c = make_incident("billing", "downtime", T0 + 20);
        c.state = INCIDENT_RESOLVED;
        c.resolved_at_s = T0 + 500;
        b.state = INCIDENT_ACKNOWLEDGED;
        apply_event(f->store, &a, EVENT_OPENED, T0, NULL);
        apply_event(f->store, &b, EVENT_OPENED, T0, NULL);
        apply_event(f->store, &c, EVENT_OPENED, T0, NULL);
        assert_int_equal(count(f->store, (struct incident_filter){0}), 3);
        assert_int_equal(count(f->store, (struct incident_filter){.only_open = true}), 2);
        assert_int_equal(count(f->store, (struct incident_filter){.since_s = T0 + 500}), 3);
        assert_int_equal(count(f->store, (struct incident_filter){.since_s = T0 + 501}), 2);
        assert_int_equal(count(f->store, (struct incident_filter){.application = "orders-*"}), 2);
        assert_int_equal(count(f->store, (struct incident_filter){.diagnoser = "downtime"}), 2);
        assert_int_equal(count(f->store, (struct incident_filter){.target = "prod", .id = c.id}), 1);
        assert_int_equal(count(f->store, (struct incident_filter){.id = c.id, .only_open = true}), 0);
        assert_int_equal(count(f->store, (struct incident_filter){.target = "dev"}), 0);
        assert_int_equal(count(f->store, (struct incident_filter){.id = 99}), 0);
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        struct incident_filter all = {0};
        assert_int_equal(store_list_incidents(f->store, &all, &rows), 0);
        assert_int_equal(rows.rows[0].id, c.id);
        assert_int_equal(rows.rows[2].id, a.id);
}

static void test_apply__event_without_revision__refused_and_nothing_kept(void **state) {
        struct fixture *f = *state;
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        SCOPED(transitions_done) struct transitions t = {.at_s = T0};
        assert_non_null(transitions_add(&t, EVENT_NONE, &i));
        assert_non_null(transitions_add(&t, EVENT_OPENED, &i));
        assert_int_equal(store_apply(f->store, &t), -EINVAL);
        assert_int_equal(t.items[0].incident.id, 0);
        assert_int_equal(count(f->store, (struct incident_filter){0}), 0);
}

static void test_timeline__life_of_an_incident__in_order(void **state) {
        struct fixture *f = *state;
        static const char *const oncall[] = {"oncall", NULL};
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_OPENED, T0, oncall);
        struct delivery d;
        assert_true(take_first(f->store, "oncall", &d) > 0);
        assert_int_equal(store_settle_delivery(f->store, d.id, OUTCOME_RETRY, T0 + 1, T0 + 5, "503"), 0);
        assert_int_equal(store_settle_delivery(f->store, d.id, OUTCOME_DELIVERED, T0 + 6, 0, NULL), 0);
        delivery_done(&d);
        i.state = INCIDENT_ACKNOWLEDGED;
        i.acknowledged_at_s = T0 + 30;
        i.acknowledged_by = strdup("ann");
        apply_event(f->store, &i, EVENT_NONE, T0 + 31, NULL);
        apply_event(f->store, &i, EVENT_NONE, T0 + 32, NULL);
        i.state = INCIDENT_RESOLVED;
        i.resolved_at_s = T0 + 90;
        apply_event(f->store, &i, EVENT_RESOLVED, T0 + 90, NULL);
        SCOPED(timeline_rows_done) struct timeline_rows rows = {0};
        assert_int_equal(store_timeline(f->store, i.id, &rows), 0);
        static const struct {
                int64_t at_s;
                const char *kind, *text;
        } expected[] = {{T0, "opened", "restarts every minute"},
                        {T0 + 6, "delivered", "opened to oncall, attempt 2"},
                        {T0 + 30, "acknowledged", "ann"},
                        {T0 + 90, "resolved", "restarts every minute"}};
        assert_int_equal(rows.n_rows, ELEMENTS(expected));
        for (size_t k = 0; k < rows.n_rows; k++) {
                assert_int_equal(rows.rows[k].at_s, expected[k].at_s);
                assert_string_equal(rows.rows[k].kind, expected[k].kind);
                assert_string_equal(rows.rows[k].text, expected[k].text);
        }
}

static void test_timeline__recorded_quietly__still_there(void **state) {
        struct fixture *f = *state;
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_NONE, T0, NULL);
        i.state = INCIDENT_RESOLVED;
        apply_event(f->store, &i, EVENT_NONE, T0 + 60, NULL);
        apply_event(f->store, &i, EVENT_NONE, T0 + 120, NULL);
        SCOPED(timeline_rows_done) struct timeline_rows rows = {0};
        assert_int_equal(store_timeline(f->store, i.id, &rows), 0);
        assert_int_equal(rows.n_rows, 2);
        assert_string_equal(rows.rows[0].kind, "opened");
        assert_string_equal(rows.rows[1].kind, "resolved");
}

static void test_timeline__told_later__opened_once(void **state) {
        struct fixture *f = *state;
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", T0);
        apply_event(f->store, &i, EVENT_NONE, T0, NULL);
        apply_event(f->store, &i, EVENT_OPENED, T0 + 7200, NULL);
        SCOPED(timeline_rows_done) struct timeline_rows rows = {0};
        assert_int_equal(store_timeline(f->store, i.id, &rows), 0);
        assert_int_equal(rows.n_rows, 2);
        assert_string_equal(rows.rows[0].kind, "opened");
        assert_int_equal(rows.rows[0].at_s, T0);
        assert_string_equal(rows.rows[1].kind, "told");
        assert_int_equal(rows.rows[1].at_s, T0 + 7200);
        SCOPED(event_rows_done) struct event_rows events = {0};
        struct event_filter all = {0};
        assert_int_equal(store_next_events(f->store, &all, &events), 0);
        assert_int_equal(events.n_rows, 2);
        assert_string_equal(events.rows[1].name, "opened"); /* who follows the events waits for that */
}

static void test_retain__old_incidents__only_ended_ones_go(void **state) {
        struct fixture *f = *state;
        static const char *const oncall[] = {"oncall", NULL};
        SCOPED(incident_done) struct incident open = make_incident("orders", "restart_loop", T0);
        SCOPED(incident_done) struct incident ended = make_incident("orders", "downtime", T0);
        SCOPED(incident_done) struct incident pending = make_incident("orders", "backpressure", T0);
        ended.state = pending.state = INCIDENT_RESOLVED;
        ended.resolved_at_s = pending.resolved_at_s = T0 + 100;
        apply_event(f->store, &open, EVENT_OPENED, T0, NULL);
        apply_event(f->store, &ended, EVENT_OPENED, T0, NULL);
        apply_event(f->store, &pending, EVENT_OPENED, T0, oncall);
        while (store_retain(f->store, T0 + 86400) == 1)
                ;
        assert_int_equal(count(f->store, (struct incident_filter){0}), 2);
        assert_int_equal(count(f->store, (struct incident_filter){.id = ended.id}), 0);
        SCOPED(timeline_rows_done) struct timeline_rows rows = {0};
        assert_int_equal(store_timeline(f->store, ended.id, &rows), 0);
        assert_int_equal(rows.n_rows, 0);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_incident__everything__comes_back_after_restart),
                CASE(test_incident__refreshed__lists_shrink_and_root_cause_goes),
                CASE(test_incident__ids__never_used_again),
                CASE(test_list__filters),
                CASE(test_apply__event_without_revision__refused_and_nothing_kept),
                CASE(test_timeline__life_of_an_incident__in_order),
                CASE(test_timeline__recorded_quietly__still_there),
                CASE(test_timeline__told_later__opened_once),
                CASE(test_retain__old_incidents__only_ended_ones_go),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
