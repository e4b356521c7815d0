/* SPDX-License-Identifier: Apache-2.0 */
/* Where a log is read, in which order, and what is kept of a report. */
#include "tests/unit/daemon/support.h"

#include <string.h>

#include "daemon/investigation_report.h"
#include "daemon/investigation_spans.h"
#include "util/text.h"

enum { NOW = 1767225600 /* 2026-01-01T00:00:00Z */, HOUR = 3600, DAY = 86400, ONSET = NOW - 2 * DAY };

static struct log_search begin(void) {
        return (struct log_search){
                .onset_s = ONSET, .from_s = ONSET - 600, .to_s = ONSET + 180, .now_s = NOW, .step = -1};
}

static void test_search__nothing_found__widens_then_looks_at_what_is_newest(void **state) {
        (void)state;
        static const int64_t from_s[] = {ONSET - 600, ONSET - HOUR, ONSET - 6 * HOUR, ONSET - 2 * DAY, NOW - HOUR / 2};
        static const int64_t to_s[] = {ONSET + 180, ONSET + 600, ONSET + HOUR / 2, ONSET + HOUR, NOW};
        struct log_search s = begin();
        struct log_span span;
        size_t n = 0;
        for (; log_search_next(&s, FOUND_NOTHING, false, &span); n++) {
                assert_in_range(n, 0, ELEMENTS(from_s) - 1);
                assert_int_equal(span.from_ms, from_s[n] * 1000);
                assert_int_equal(span.to_ms, to_s[n] * 1000);
                assert_true((span.filter != NULL) == (n == 2 || n == 3)); /* long ones: failures alone */
                assert_true(!span.filter || strlen(span.filter) <= 1024); /* CloudWatch's limit */
        }
        assert_int_equal(n, ELEMENTS(from_s));
}

static size_t spans_after(enum found found, bool was_cut) {
        struct log_search s = begin();
        struct log_span span;
        size_t n = 0;
        assert_true(log_search_next(&s, FOUND_NOTHING, false, &span));
        while (log_search_next(&s, found, was_cut && n == 0, &span))
                n++;
        return n;
}

static void test_search__what_was_found__decides_how_far_it_goes(void **state) {
        (void)state;
        assert_int_equal(spans_after(FOUND_CAUSE, false), 0);
        assert_int_equal(spans_after(FOUND_SYMPTOM, false), 0);
        assert_int_equal(spans_after(FOUND_AT_EDGE, false), 3); /* an earlier one may lie before it */
        assert_int_equal(spans_after(FOUND_SUSTAINER, false),
                         3); /* what started it may lie before it; the newest add nothing */
        assert_int_equal(spans_after(FOUND_NOTHING, true), 5); /* the first once more, failures alone */
}

static void test_search__first_span_was_too_large__asks_for_failures_from_then_on(void **state) {
        (void)state;
        struct log_search s = begin();
        struct log_span span;
        assert_true(log_search_next(&s, FOUND_NOTHING, false, &span));
        assert_null(span.filter);
        assert_true(log_search_next(&s, FOUND_NOTHING, true, &span));
        assert_int_equal(span.from_ms, (ONSET - 600) * (int64_t)1000);
        assert_non_null(span.filter);
        assert_true(log_search_next(&s, FOUND_NOTHING, false, &span));
        assert_int_equal(span.from_ms, (ONSET - HOUR) * (int64_t)1000);
        assert_non_null(span.filter);
}

static void test_search__onset_moments_ago__never_asks_beyond_now(void **state) {
        (void)state;
        struct log_search s = begin();
        struct log_span span;
        s.onset_s = NOW - 60;
        s.from_s = NOW - 660;
        s.to_s = NOW + 120;
        while (log_search_next(&s, FOUND_NOTHING, false, &span)) {
                assert_true(span.to_ms <= NOW * (int64_t)1000);
                assert_true(span.from_ms < span.to_ms);
        }
}

static void test_search__fixed__reads_that_span_alone(void **state) {
        (void)state;
        struct log_search s = begin();
        struct log_span span;
        s.is_fixed = true;
        assert_true(log_search_next(&s, FOUND_NOTHING, false, &span));
        assert_false(log_search_next(&s, FOUND_NOTHING, false, &span));
}

/* A store with an application, and one incident of it that is over. */
struct place {
        struct bench *bench;
        struct store *store;
        struct window *window;
};

static char *copy(const char *text) {
        char *made = strdup(text);
        assert_non_null(made);
        return made;
}

static void put_facts(struct place *p) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = NOW - 30 * DAY};
        struct application a = {.target = copy("prod"), .name = copy("orders"), .status = copy("RUNNING")};
        struct operation o = {.target = copy("prod"),
                              .application = copy("orders"),
                              .id = copy("op"),
                              .kind = copy("UpdateApplication"),
                              .status = copy("SUCCESSFUL"),
                              .started_at_s = NOW - 9 * DAY,
                              .ended_at_s = NOW - 9 * DAY + 120,
                              .version_from = 40,
                              .version_to = 41};
        assert_int_equal(batch_add_application_take(&b, &a), 0);
        assert_int_equal(batch_add_operation_take(&b, &o), 0);
        assert_int_equal(store_put(p->store, &b), 0);
}

static void put_past_incident(struct place *p) {
        SCOPED(transitions_done) struct transitions t = {.at_s = NOW - 9 * DAY + 600};
        struct root_cause cause = {
                .role = "trigger", .category = "user_code", .attempt = -1, .fingerprint = (char *)"npe @ Parse.map"};
        struct incident i = {.target = (char *)"prod",
                             .application = (char *)"orders",
                             .revision = 1,
                             .state = INCIDENT_RESOLVED,
                             .opened_at_s = NOW - 10 * DAY,
                             .resolved_at_s = NOW - 9 * DAY + 600,
                             .finding = {.diagnoser = "restart_loop",
                                         .severity = SEVERITY_CRITICAL,
                                         .onset_s = NOW - 10 * DAY,
                                         .root_cause = &cause}};
        assert_non_null(transitions_add(&t, EVENT_RESOLVED, &i));
        assert_int_equal(store_apply(p->store, &t), 0);
}

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        struct err err = {0};
        if (!p || bench_setup((void **)&p->bench) < 0 ||
            store_open(bench_path(p->bench, "db"), &p->store, NULL, &err) < 0)
                return -1;
        put_facts(p);
        put_past_incident(p);
        *state = p;
        return report_window(p->store, "prod", "orders", ONSET, NOW, &p->window);
}

static int teardown(void **state) {
        struct place *p = *state;
        window_free(p->window);
        store_free(p->store);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static struct root_cause *cause(const char *role, const char *class, const char *frame, const char *fingerprint) {
        struct root_cause *c = calloc(1, sizeof *c);
        assert_non_null(c);
        *c = (struct root_cause){.role = role, .category = "user_code", .attempt = -1};
        assert_int_equal(text_replace(&c->exception_class, class), 0);
        assert_int_equal(text_replace(&c->message, "said"), 0);
        assert_int_equal(text_replace(&c->frame, frame), 0);
        assert_int_equal(text_replace(&c->fingerprint, fingerprint), 0);
        return c;
}

static struct explanation keep(struct place *p, struct fault_report *r) {
        struct explanation e = {.target = copy("prod"), .application = copy("orders"), .onset_s = ONSET};
        assert_int_equal(report_keep(p->store, p->window, r, &e), 0);
        fault_report_done(r);
        return e;
}

static void test_report__same_fault_as_once_before__says_when_and_what_ended_it(void **state) {
        struct place *p = *state;
        struct fault_report r = {.root_cause = cause("trigger", "java.lang.NullPointerException", "com.acme.Parse.map",
                                                     "npe @ Parse.map"),
                                 .confidence = CONFIDENCE_HIGH};
        SCOPED(explanation_done) struct explanation e = keep(p, &r);
        assert_string_equal(e.report.title, "NullPointerException in Parse.map");
        assert_string_equal(e.report.root_cause->seen_before,
                            "The same fault was incident 1 of orders, from 2025-12-22 00:00 to 2025-12-23 00:10 UTC; "
                            "UpdateApplication (version 40 -> 41) ended it.");
}

static void test_report__another_fault__was_not_seen_before(void **state) {
        struct place *p = *state;
        struct fault_report r = {.root_cause = cause("sustainer_only", "java.lang.UnsupportedOperationException",
                                                     "org.acme.Source.addSplitsBack", "other")};
        SCOPED(explanation_done) struct explanation e = keep(p, &r);
        assert_string_equal(e.report.title, "kept going by UnsupportedOperationException: said");
        assert_null(e.report.root_cause->seen_before);
}

static void test_report__nothing_failed__has_an_unknown_cause_and_no_title(void **state) {
        struct place *p = *state;
        struct fault_report r = {.completeness = copy("No log lines.")};
        SCOPED(explanation_done) struct explanation e = keep(p, &r);
        assert_string_equal(e.report.root_cause->role, "unknown");
        assert_string_equal(e.report.root_cause->completeness, "No log lines.");
        assert_null(e.report.title);
}

static void store_one(struct place *p, struct root_cause *c, int64_t again_at_s) {
        struct fault_report r = {.root_cause = c, .completeness = copy("3 pages")};
        SCOPED(explanation_done) struct explanation e = keep(p, &r);
        e.again_at_s = again_at_s;
        assert_int_equal(report_store(p->store, &e), 0);
}

static void assert_stored(struct place *p, const char *role, int64_t again_at_s) {
        SCOPED(explanation_rows_done) struct explanation_rows rows = {0};
        assert_int_equal(store_list_explanations(p->store, "prod", "orders", 0, &rows), 0);
        assert_int_equal(rows.n_rows, 1);
        assert_string_equal(rows.rows[0].report.root_cause->role, role);
        assert_int_equal(rows.rows[0].again_at_s, again_at_s);
}

static void test_report__read_again_in_vain__keeps_what_was_known(void **state) {
        struct place *p = *state;
        store_one(p, cause("sustainer_only", "java.lang.UnsupportedOperationException", NULL, "x"), NOW);
        store_one(p, NULL, NOW + HOUR); /* the log could not be read */
        assert_stored(p, "sustainer_only", NOW + HOUR);
        store_one(p, cause("trigger", "java.lang.NullPointerException", "com.acme.Parse.map", "y"), 0);
        assert_stored(p, "trigger", 0);
        store_one(p, cause("sustainer_only", "java.lang.UnsupportedOperationException", NULL, "x"), 0);
        assert_stored(p, "trigger", 0);
}

static void test_report__metrics_that_are_not_stored__are_to_be_asked_for(void **state) {
        struct place *p = *state;
        struct metric_query queries[PIVOT_METRICS_MAX] = {0};
        int n = report_missing(p->store, "prod", p->window, ONSET, queries);
        assert_in_range(n, 4, PIVOT_METRICS_MAX);
        for (int i = 0; i < n; i++) {
                assert_true(queries[i].from_s <= ONSET - HOUR && queries[i].to_s > ONSET);
                assert_int_equal(queries[i].from_s % queries[i].metric->period_s, 0);
        }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_search__nothing_found__widens_then_looks_at_what_is_newest),
                cmocka_unit_test(test_search__what_was_found__decides_how_far_it_goes),
                cmocka_unit_test(test_search__first_span_was_too_large__asks_for_failures_from_then_on),
                cmocka_unit_test(test_search__onset_moments_ago__never_asks_beyond_now),
                cmocka_unit_test(test_search__fixed__reads_that_span_alone),
                CASE(test_report__same_fault_as_once_before__says_when_and_what_ended_it),
                CASE(test_report__another_fault__was_not_seen_before),
                CASE(test_report__nothing_failed__has_an_unknown_cause_and_no_title),
                CASE(test_report__read_again_in_vain__keeps_what_was_known),
                CASE(test_report__metrics_that_are_not_stored__are_to_be_asked_for),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
