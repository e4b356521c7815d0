/* SPDX-License-Identifier: Apache-2.0 */
/* What investigations found: stored once, carried by the window, replaced by a better one, found again by fingerprint. */
#include <string.h>

#include "tests/unit/store/fixture.h"
#include "util/text.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

/* An explanation whose lists are those of an incident with one of everything. */
static void put(struct store *s, int64_t onset_s, const char *title, int64_t again_at_s) {
        struct incident i = make_incident("orders", "restart_loop", T0);
        struct explanation e = {.onset_s = onset_s, .made_at_s = onset_s + 60, .again_at_s = again_at_s};
        assert_int_equal(text_replace(&e.target, "prod"), 0);
        assert_int_equal(text_replace(&e.application, "orders"), 0);
        assert_int_equal(finding_dup(&i.finding, &e.report), 0);
        assert_int_equal(text_replace(&e.report.title, title), 0);
        e.report.confidence = CONFIDENCE_MEDIUM;
        assert_int_equal(text_replace(&e.report.root_cause->completeness, "3 pages"), 0);
        assert_int_equal(store_put_explanation(s, &e), 0);
        assert_true(e.id > 0);
        explanation_done(&e);
        incident_done(&i);
}

static void test_explanation__stored_and_reopened__comes_back_whole(void **state) {
        struct fixture *f = *state;
        struct explanation_rows rows = {0};
        struct incident like = make_incident("orders", "restart_loop", T0);
        put(f->store, T0, "NullPointerException in Parse.map", T0 + HOUR_S);
        fixture_reopen(f);
        assert_int_equal(store_list_explanations(f->store, "prod", "orders", 0, &rows), 0);
        assert_int_equal(rows.n_rows, 1);
        const struct explanation *e = &rows.rows[0];
        assert_int_equal(e->onset_s, T0);
        assert_int_equal(e->made_at_s, T0 + 60);
        assert_int_equal(e->again_at_s, T0 + HOUR_S);
        assert_int_equal(e->report.confidence, CONFIDENCE_MEDIUM);
        assert_string_equal(e->report.title, "NullPointerException in Parse.map");
        assert_int_equal(e->report.n_evidence, like.finding.n_evidence);
        assert_int_equal(e->report.n_advice, like.finding.n_advice);
        assert_int_equal(e->report.n_symptoms, like.finding.n_symptoms);
        assert_string_equal(e->report.root_cause->role, like.finding.root_cause->role);
        assert_string_equal(e->report.root_cause->completeness, "3 pages");
        explanation_rows_done(&rows);
        incident_done(&like);
}

static void test_explanation__same_episode__replaces__another_stays(void **state) {
        struct fixture *f = *state;
        struct explanation_rows rows = {0};
        put(f->store, T0, "old", 0);
        put(f->store, T0 + EXPLANATION_NEAR_S, "new", 0);
        put(f->store, T0 + 2 * EXPLANATION_NEAR_S + 1, "another", 0);
        assert_int_equal(store_list_explanations(f->store, "prod", "orders", 0, &rows), 0);
        assert_int_equal(rows.n_rows, 2);
        assert_string_equal(rows.rows[0].report.title, "new");
        assert_string_equal(rows.rows[1].report.title, "another");
        assert_true(rows.rows[0].report.n_advice > 0);
        explanation_rows_done(&rows);
        assert_int_equal(store_list_explanations(f->store, "prod", "payments", 0, &rows), 0);
        assert_int_equal(rows.n_rows, 0);
        explanation_rows_done(&rows);
}

static void test_window__carries_the_explanation__nearest_to_the_onset(void **state) {
        struct fixture *f = *state;
        struct window *w = NULL;
        struct window_need need = {.metric = metric_find("uptime", NULL), .span_s = HOUR_S};
        struct window_spec spec = {.target = "prod",
                                   .application = "orders",
                                   .now_s = T0 + HOUR_S,
                                   .settled_before_s = T0 + HOUR_S,
                                   .needs = &need,
                                   .n_needs = 1};
        put_application(f->store, "prod", "orders");
        put(f->store, T0, "this", 0);
        put(f->store, T0 + 1200, "later", 0);
        assert_int_equal(store_read_window(f->store, &spec, &w), 0);
        assert_int_equal(w->n_explanations, 2);
        assert_string_equal(window_explanation(w, T0 - 60)->report.title, "this");
        assert_string_equal(window_explanation(w, T0 + 700)->report.title, "later");
        assert_null(window_explanation(w, T0 - EXPLANATION_NEAR_S - 1));
        window_free(w);
}

static size_t count_in_window(struct fixture *f) {
        SCOPED(window_free) struct window *w = NULL;
        struct window_need need = {.metric = metric_find("uptime", NULL), .span_s = HOUR_S};
        struct window_spec spec = {.target = "prod",
                                   .application = "orders",
                                   .now_s = T0 + HOUR_S,
                                   .settled_before_s = T0 + HOUR_S,
                                   .needs = &need,
                                   .n_needs = 1};
        assert_int_equal(store_read_window(f->store, &spec, &w), 0);
        return w->n_explanations;
}

/* Each costs a few questions to the database, at each judgement, and an application that fails every few hours has thousands in the end. */
static void test_window__episodes_long_over__are_left_out_unless_something_is_open_since(void **state) {
        struct fixture *f = *state;
        SCOPED(transitions_done) struct transitions t = {.at_s = T0};
        struct incident open = {.target = (char *)"prod",
                                .application = (char *)"orders",
                                .opened_at_s = T0 - 30 * DAY_S,
                                .finding = {.diagnoser = "restart_loop", .onset_s = T0 - 30 * DAY_S}};
        put_application(f->store, "prod", "orders");
        for (int day = 60; day > 0; day -= 10)
                put(f->store, T0 - day * DAY_S, "past", 0);
        put(f->store, T0, "this", 0);
        assert_int_equal(count_in_window(f), 1);
        assert_non_null(transitions_add(&t, EVENT_NONE, &open));
        assert_int_equal(store_apply(f->store, &t), 0);
        assert_int_equal(count_in_window(f), 4);
}

static void test_explanation__older_than_retention__is_forgotten_with_its_lists(void **state) {
        struct fixture *f = *state;
        struct explanation_rows rows = {0};
        put(f->store, T0, "old", 0);
        put(f->store, T0 + 86400, "young", 0);
        while (store_retain(f->store, T0 + HOUR_S) > 0)
                ;
        assert_int_equal(store_list_explanations(f->store, "prod", "orders", 0, &rows), 0);
        assert_int_equal(rows.n_rows, 1);
        assert_string_equal(rows.rows[0].report.title, "young");
        explanation_rows_done(&rows);
}

static void over(struct store *s, const char *application, int64_t resolved_at_s, int64_t *ret_id) {
        static const char *const nobody[] = {NULL};
        struct incident i = make_incident(application, "restart_loop", T0);
        assert_int_equal(text_replace(&i.finding.root_cause->fingerprint, "npe-parse"), 0);
        apply_event(s, &i, EVENT_OPENED, T0, nobody);
        if (resolved_at_s > 0) {
                i.state = INCIDENT_RESOLVED;
                i.resolved_at_s = resolved_at_s;
                apply_event(s, &i, EVENT_RESOLVED, resolved_at_s, nobody);
        }
        *ret_id = i.id;
        incident_done(&i);
}

static void test_fault__seen_before__is_the_newest_that_is_over_of_this_application_first(void **state) {
        struct fixture *f = *state;
        struct incident found = {0};
        int64_t mine, newest, other, open;
        assert_int_equal(store_find_fault(f->store, "npe-parse", "prod", "orders", T0 + 9 * HOUR_S, &found), 1);
        over(f->store, "orders", T0 + HOUR_S, &mine);
        over(f->store, "orders", T0 + 2 * HOUR_S, &newest);
        over(f->store, "payments", T0 + 3 * HOUR_S, &other);
        over(f->store, "orders", 0, &open);
        assert_int_equal(store_find_fault(f->store, "npe-parse", "prod", "orders", T0 + 9 * HOUR_S, &found), 0);
        assert_int_equal(found.id, newest);
        incident_done(&found);
        assert_int_equal(store_find_fault(f->store, "npe-parse", "prod", "clicks", T0 + 9 * HOUR_S, &found), 0);
        assert_int_equal(found.id, other);
        incident_done(&found);
        /* A past episode does not know of what came after it. */
        assert_int_equal(store_find_fault(f->store, "npe-parse", "prod", "orders", T0 + HOUR_S, &found), 0);
        assert_int_equal(found.id, mine);
        incident_done(&found);
        assert_int_equal(store_find_fault(f->store, "npe-parse", "prod", "orders", T0 + HOUR_S - 1, &found), 1);
        assert_int_equal(store_find_fault(f->store, "something else", "prod", "orders", T0 + 9 * HOUR_S, &found), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_explanation__stored_and_reopened__comes_back_whole, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_explanation__same_episode__replaces__another_stays, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_window__carries_the_explanation__nearest_to_the_onset,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(
                        test_window__episodes_long_over__are_left_out_unless_something_is_open_since, fixture_setup,
                        fixture_teardown),
                cmocka_unit_test_setup_teardown(test_explanation__older_than_retention__is_forgotten_with_its_lists,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(
                        test_fault__seen_before__is_the_newest_that_is_over_of_this_application_first, fixture_setup,
                        fixture_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
