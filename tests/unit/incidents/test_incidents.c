/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an incident, judgement by judgement: what is told, to whom, how often. */
#include "tests/unit/incidents/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "incidents/suppression.h"

static long fail_at = -1;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);

static bool fails(void) {
        return fail_at >= 0 && fail_at-- == 0;
}
void *__wrap_malloc(size_t n) {
        return fails() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t size) {
        return fails() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t n) {
        return fails() ? NULL : __real_realloc(p, n);
}
void *__wrap_reallocarray(void *p, size_t n, size_t size) {
        return fails() ? NULL : __real_reallocarray(p, n, size);
}
char *__wrap_strdup(const char *s) {
        return fails() ? NULL : __real_strdup(s);
}

static void test_incident__found_and_gone__opens_once_and_resolves_after_a_while(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0 - 300);
        assert_string_equal(judge(&s, T0), "opened restart_loop -> slack pager");
        assert_int_equal(s.incidents[0].revision, 1);
        assert_int_equal(s.incidents[0].opened_at_s, T0);
        for (int i = 1; i < 5; i++) {
                find(&s, "restart_loop", SEVERITY_CRITICAL, T0 - 300);
                assert_string_equal(judge(&s, T0 + i * MINUTE), "");
                assert_int_equal(s.n_entries, 0); /* nothing to write either */
        }
        assert_string_equal(judge(&s, T0 + 300), "");
        assert_int_equal(s.incidents[0].absent_since_s, T0 + 300);
        assert_string_equal(judge(&s, T0 + 899), "");
        assert_string_equal(judge(&s, T0 + 900), "resolved restart_loop -> slack pager");
        assert_int_equal(s.incidents[0].state, INCIDENT_RESOLVED);
        assert_int_equal(s.incidents[0].resolved_at_s, T0 + 900);
        assert_int_equal(s.incidents[0].revision, 2);
        assert_string_equal(judge(&s, T0 + 960), "");
        done_stage(&s);
}

static void test_incident__gone_when_the_clock_is_set_back__rests_from_then(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0 - 7200);
        assert_string_equal(judge(&s, T0), "opened restart_loop -> slack pager");
        assert_string_equal(judge(&s, T0 + 60), "");
        assert_string_equal(judge(&s, T0 - 3600), "");
        assert_int_equal(s.incidents[0].absent_since_s, T0 - 3600);
        assert_string_equal(judge(&s, T0 - 3600 + 599), "");
        assert_string_equal(judge(&s, T0 - 3600 + 600), "resolved restart_loop -> slack pager");
        done_stage(&s);
}

static void test_incident__flickers__stays_open(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        for (int i = 0; i < 30; i++) {
                if (i % 5 == 0)
                        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
                assert_string_equal(judge(&s, T0 + i * MINUTE), i == 0 ? "opened restart_loop -> slack pager" : "");
        }
        assert_int_equal(s.n_incidents, 1);
        done_stage(&s);
}

static void test_incident__returns_soon__is_the_same_and_rests_longer(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "source_lag", SEVERITY_WARNING, T0);
        judge(&s, T0);
        judge(&s, T0 + 60);
        assert_string_equal(judge(&s, T0 + 660), "resolved source_lag -> slack");
        find(&s, "source_lag", SEVERITY_WARNING, T0 + 1200);
        assert_string_equal(judge(&s, T0 + 1300), "opened source_lag -> slack");
        assert_int_equal(s.n_incidents, 1);
        assert_int_equal(s.incidents[0].returns, 1);
        assert_int_equal(s.incidents[0].finding.onset_s, T0 + 1200); /* it began again */
        judge(&s, T0 + 1400);
        assert_string_equal(judge(&s, T0 + 2000), ""); /* ten minutes were enough the first time */
        assert_string_equal(judge(&s, T0 + 2600), "resolved source_lag -> slack");
        find(&s, "source_lag", SEVERITY_WARNING, T0 + 9000);
        assert_string_equal(judge(&s, T0 + 9000), "opened source_lag -> slack");
        assert_int_equal(s.n_incidents, 2); /* too late to be the same */
        done_stage(&s);
}

static void test_incident__grows_worse__escalates_once(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "source_lag", SEVERITY_WARNING, T0);
        assert_string_equal(judge(&s, T0), "opened source_lag -> slack");
        find(&s, "source_lag", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0 + 60), "escalated source_lag -> slack pager");
        find(&s, "source_lag", SEVERITY_WARNING, T0);
        assert_string_equal(judge(&s, T0 + 120), "");
        find(&s, "source_lag", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0 + 180), ""); /* it was told before */
        judge(&s, T0 + 240);
        assert_string_equal(judge(&s, T0 + 840), "resolved source_lag -> slack pager");
        done_stage(&s);
}

static void test_incident__lag_that_loses_data__makes_its_cause_critical(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "backpressure", SEVERITY_WARNING, T0);
        assert_string_equal(judge(&s, T0), "opened backpressure -> slack");
        find(&s, "backpressure", SEVERITY_WARNING, T0);
        find(&s, "source_lag", SEVERITY_WARNING, T0);
        find(&s, "checkpoint_duration", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0 + 60), "");
        find(&s, "backpressure", SEVERITY_WARNING, T0);
        find(&s, "source_lag", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0 + 120), "escalated backpressure -> slack pager");
        assert_non_null(strstr(s.incidents[0].finding.summary, "critical for what follows from it"));
        find(&s, "backpressure", SEVERITY_WARNING, T0);
        find(&s, "source_lag", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0 + 180), "");
        s.policy.severity_cap = SEVERITY_WARNING;
        find(&s, "backpressure", SEVERITY_WARNING, T0);
        find(&s, "source_lag", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0 + 240), "");
        assert_int_equal(s.incidents[0].finding.severity, SEVERITY_WARNING);
        assert_int_equal(s.n_incidents, 1);
        done_stage(&s);
}

static void test_incident__severity_is_capped__never_pages_above(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        s.policy.severity_cap = SEVERITY_WARNING;
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0), "opened restart_loop -> slack");
        assert_int_equal(s.incidents[0].finding.severity, SEVERITY_WARNING);
        done_stage(&s);
}

static void test_incident__quiet_time__is_recorded_and_told_when_it_outlasts_it(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        s.policy.is_quiet = true;
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0), "opened restart_loop");
        assert_true(s.incidents[0].is_quiet);
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0 + 60), "");
        s.policy.is_quiet = false;
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0 + 120), "opened restart_loop -> slack pager");
        assert_false(s.incidents[0].is_quiet);
        s.policy.is_quiet = true;
        judge(&s, T0 + 180);
        assert_string_equal(judge(&s, T0 + 780),
                            "resolved restart_loop -> slack pager"); /* who was told is told the end */
        done_stage(&s);
}

static void test_incident__ends_in_quiet_time__is_never_told(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        s.policy.is_quiet = true;
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        judge(&s, T0);
        judge(&s, T0 + 60);
        s.policy.is_quiet = false;
        assert_string_equal(judge(&s, T0 + 660), "resolved restart_loop");
        done_stage(&s);
}

static void test_incident__expected_then_not__is_told_then(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "restart_loop", SEVERITY_INFO, T0)->is_expected = true;
        assert_string_equal(judge(&s, T0), "opened restart_loop");
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0 + 600), "opened restart_loop -> slack pager");
        done_stage(&s);
}

static void test_incident__blind__neither_resolves_nor_changes(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        judge(&s, T0);
        for (int i = 1; i < 100; i++) {
                s.blind[s.n_blind++] = "restart_loop";
                assert_string_equal(judge(&s, T0 + i * MINUTE), "");
                assert_int_equal(s.n_entries, 0);
        }
        assert_int_equal(s.incidents[0].state, INCIDENT_OPEN);
        done_stage(&s);
}

static void test_incident__symptoms__stay_visible_on_their_cause(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "downtime", SEVERITY_CRITICAL, T0 - 60);
        find(&s, "source_lag", SEVERITY_WARNING, T0 - 30);
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0 - 120);
        find(&s, "throughput_drop", SEVERITY_WARNING, T0 - 10);
        assert_string_equal(judge(&s, T0), "opened restart_loop -> slack pager");
        assert_int_equal(s.n_incidents, 1);
        assert_int_equal(s.incidents[0].n_suppressed, 3);
        assert_string_equal(s.incidents[0].suppressed[0].diagnoser, "downtime");
        assert_int_equal(s.incidents[0].suppressed[0].since_s, T0 - 60);
        /* The loop is over, the lag is not: it speaks for itself once the loop is resolved, not before. */
        find(&s, "source_lag", SEVERITY_WARNING, T0 - 30);
        assert_string_equal(judge(&s, T0 + 60), "");
        find(&s, "source_lag", SEVERITY_WARNING, T0 - 30);
        assert_string_equal(judge(&s, T0 + 660), "resolved restart_loop -> slack pager");
        find(&s, "source_lag", SEVERITY_WARNING, T0 - 30);
        assert_string_equal(judge(&s, T0 + 720), "opened source_lag -> slack");
        done_stage(&s);
}

static void test_incident__cause_found_after_its_symptom__makes_no_second_page(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "checkpoint_duration", SEVERITY_WARNING, T0);
        assert_string_equal(judge(&s, T0), "opened checkpoint_duration -> slack");
        find(&s, "checkpoint_duration", SEVERITY_WARNING, T0);
        find(&s, "backpressure", SEVERITY_WARNING, T0);
        assert_string_equal(judge(&s, T0 + 600), "opened backpressure"); /* recorded */
        /* The symptom heals, the cause does not: now the cause speaks. */
        for (int i = 0; i < 11; i++) {
                find(&s, "backpressure", SEVERITY_WARNING, T0);
                judge(&s, T0 + 660 + i * MINUTE);
        }
        assert_string_equal(s.told, "resolved checkpoint_duration -> slack");
        find(&s, "backpressure", SEVERITY_WARNING, T0);
        assert_string_equal(judge(&s, T0 + 1380), "opened backpressure -> slack");
        done_stage(&s);
}

static void test_incident__worse_cause_after_its_symptom__pages(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "checkpoint_failure", SEVERITY_WARNING, T0);
        judge(&s, T0);
        find(&s, "checkpoint_failure", SEVERITY_WARNING, T0);
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0 + 60);
        assert_string_equal(judge(&s, T0 + 120), "opened restart_loop -> slack pager");
        done_stage(&s);
}

static void test_incident__remark__explains_no_page(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "data_skew", SEVERITY_INFO, T0);
        find(&s, "backpressure", SEVERITY_WARNING, T0);
        assert_string_equal(judge(&s, T0), "opened data_skew; opened backpressure -> slack");
        done_stage(&s);
}

static void test_incident__long_open__is_reminded_of_at_its_interval(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        int n = 0;
        for (int64_t at_s = T0; at_s <= T0 + 13 * 3600; at_s += 5 * MINUTE) {
                find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
                n += strcmp(judge(&s, at_s), "reminder restart_loop -> pager") == 0;
        }
        assert_int_equal(n, 3); /* at 4, 8 and 12 hours; slack wants none */
        s.incidents[0].state = INCIDENT_ACKNOWLEDGED;
        for (int64_t at_s = T0 + 14 * 3600; at_s <= T0 + 30 * 3600; at_s += 5 * MINUTE) {
                find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
                assert_string_equal(judge(&s, at_s), "");
        }
        done_stage(&s);
}

/* A first start opens what began earlier at its time in the past, and tells it once it has caught up. */
static void test_incident__told_long_after_it_opened__is_reminded_of_an_interval_later(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        s.policy.is_quiet = true;
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        judge(&s, T0);
        s.policy.is_quiet = false;
        int64_t told_s = T0 + 12 * 3600 - 10 * MINUTE;
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        assert_int_equal(strncmp(judge(&s, told_s), "opened restart_loop", 19), 0);
        for (int64_t at_s = told_s + 5 * MINUTE; at_s < told_s + 4 * 3600; at_s += 5 * MINUTE) {
                find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
                assert_string_equal(judge(&s, at_s), "");
        }
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, told_s + 4 * 3600), "reminder restart_loop -> pager");
        done_stage(&s);
}

static void set_cause(struct finding *f, const char *exception_class) {
        f->root_cause = calloc(1, sizeof *f->root_cause);
        *f->root_cause = (struct root_cause){
                .role = "trigger", .category = "bad_record", .exception_class = strdup(exception_class)};
}

static void test_incident__cause_becomes_known__is_told_once_and_kept(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        judge(&s, T0);
        set_cause(find(&s, "restart_loop", SEVERITY_CRITICAL, T0), "java.lang.NumberFormatException");
        assert_string_equal(judge(&s, T0 + 60), "updated restart_loop -> slack pager");
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0); /* the logs are not read each time */
        assert_string_equal(judge(&s, T0 + 120), "");
        assert_string_equal(s.incidents[0].finding.root_cause->exception_class, "java.lang.NumberFormatException");
        set_cause(find(&s, "restart_loop", SEVERITY_CRITICAL, T0), "java.lang.NumberFormatException");
        assert_string_equal(judge(&s, T0 + 180), "");
        done_stage(&s);
}

static void test_incident__opens_again_without_a_cause__does_not_keep_the_old_one(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        set_cause(find(&s, "restart_loop", SEVERITY_CRITICAL, T0), "java.lang.NumberFormatException");
        judge(&s, T0);
        judge(&s, T0 + 60);
        judge(&s, T0 + 660);
        assert_non_null(s.incidents[0].finding.root_cause); /* as it was when it ended */
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0 + 3000);
        assert_string_equal(judge(&s, T0 + 3000), "opened restart_loop -> slack pager");
        assert_null(s.incidents[0].finding.root_cause);
        set_cause(find(&s, "restart_loop", SEVERITY_CRITICAL, T0 + 3000), "java.lang.IllegalStateException");
        assert_string_equal(judge(&s, T0 + 3060), "updated restart_loop -> slack pager");
        assert_int_equal(s.n_incidents, 1);
        done_stage(&s);
}

static void test_incident__subjects__are_separate(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "memory_pressure", SEVERITY_WARNING, T0);
        find(&s, "memory_pressure", SEVERITY_WARNING, T0)->subject = strdup("disk");
        assert_string_equal(judge(&s, T0), "opened memory_pressure -> slack; opened memory_pressure -> slack");
        find(&s, "memory_pressure", SEVERITY_WARNING, T0)->subject = strdup("disk");
        judge(&s, T0 + 60);
        find(&s, "memory_pressure", SEVERITY_WARNING, T0)->subject = strdup("disk");
        assert_string_equal(judge(&s, T0 + 660), "resolved memory_pressure -> slack");
        assert_int_equal(s.incidents[0].state, INCIDENT_RESOLVED);
        assert_int_equal(s.incidents[1].state, INCIDENT_OPEN);
        done_stage(&s);
}

static void test_incident__telemetry_gap__lowers_confidence(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find(&s, "telemetry_gap", SEVERITY_INFO, T0);
        find(&s, "gc_pressure", SEVERITY_WARNING, T0);
        judge(&s, T0);
        assert_int_equal(s.incidents[0].finding.confidence, CONFIDENCE_HIGH);
        assert_int_equal(s.incidents[1].finding.confidence, CONFIDENCE_MEDIUM);
        done_stage(&s);
}

static void test_incident__application_of_no_route__is_told_to_nobody(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        s.routes[0].applications = "!orders";
        s.routes[1].applications = "orders-*";
        find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        assert_string_equal(judge(&s, T0), "opened restart_loop");
        done_stage(&s);
}

static void test_judge__any_allocation_fails__is_out_of_memory_and_leaks_nothing(void **state) {
        (void)state;
        long n_failed = 0;
        for (long n = 0;; n++) {
                struct stage s;
                setup_stage(&s);
                find(&s, "checkpoint_duration", SEVERITY_WARNING, T0);
                judge(&s, T0);
                find(&s, "checkpoint_duration", SEVERITY_CRITICAL, T0);
                find(&s, "restart_loop", SEVERITY_CRITICAL, T0);
                struct transitions t = {0};
                struct judgement j = {.target = "prod",
                                      .application = "orders",
                                      .now_s = T0 + 60,
                                      .findings = &s.findings,
                                      .incidents = s.incidents,
                                      .n_incidents = s.n_incidents};
                fail_at = n;
                int r = incidents_judge(&j, &s.policy, &t);
                bool has_failed = fail_at < 0;
                fail_at = -1;
                transitions_done(&t);
                done_stage(&s);
                assert_int_equal(r, has_failed ? -ENOMEM : 0);
                if (!has_failed)
                        break;
                n_failed++;
        }
        assert_true(n_failed > 10);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_incident__found_and_gone__opens_once_and_resolves_after_a_while),
                cmocka_unit_test(test_incident__gone_when_the_clock_is_set_back__rests_from_then),
                cmocka_unit_test(test_incident__flickers__stays_open),
                cmocka_unit_test(test_incident__returns_soon__is_the_same_and_rests_longer),
                cmocka_unit_test(test_incident__grows_worse__escalates_once),
                cmocka_unit_test(test_incident__lag_that_loses_data__makes_its_cause_critical),
                cmocka_unit_test(test_incident__severity_is_capped__never_pages_above),
                cmocka_unit_test(test_incident__quiet_time__is_recorded_and_told_when_it_outlasts_it),
                cmocka_unit_test(test_incident__ends_in_quiet_time__is_never_told),
                cmocka_unit_test(test_incident__expected_then_not__is_told_then),
                cmocka_unit_test(test_incident__blind__neither_resolves_nor_changes),
                cmocka_unit_test(test_incident__symptoms__stay_visible_on_their_cause),
                cmocka_unit_test(test_incident__cause_found_after_its_symptom__makes_no_second_page),
                cmocka_unit_test(test_incident__worse_cause_after_its_symptom__pages),
                cmocka_unit_test(test_incident__remark__explains_no_page),
                cmocka_unit_test(test_incident__long_open__is_reminded_of_at_its_interval),
                cmocka_unit_test(test_incident__told_long_after_it_opened__is_reminded_of_an_interval_later),
                cmocka_unit_test(test_incident__cause_becomes_known__is_told_once_and_kept),
                cmocka_unit_test(test_incident__opens_again_without_a_cause__does_not_keep_the_old_one),
                cmocka_unit_test(test_incident__subjects__are_separate),
                cmocka_unit_test(test_incident__telemetry_gap__lowers_confidence),
                cmocka_unit_test(test_incident__application_of_no_route__is_told_to_nobody),
                cmocka_unit_test(test_judge__any_allocation_fails__is_out_of_memory_and_leaks_nothing),
        };
        return cmocka_run_group_tests_name("incidents", tests, NULL, NULL);
}
