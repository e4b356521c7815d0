/* SPDX-License-Identifier: Apache-2.0 */
/* What people do to incidents: silences and acknowledgements. */
#include "tests/unit/incidents/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct silence silence_of(const char *applications, const char *diagnoser, int64_t from_s, int64_t to_s) {
        return (struct silence){.id = 1,
                                .applications = (char *)applications,
                                .diagnoser = (char *)diagnoser,
                                .created_at_s = from_s,
                                .ends_at_s = to_s};
}

static const char *find_and_judge(struct stage *s, const char *diagnoser, enum severity severity, int64_t now_s) {
        find(s, diagnoser, severity, T0);
        return judge(s, now_s);
}

static const char *acknowledge(struct stage *s, size_t incident, int64_t now_s) {
        struct transitions t = {.at_s = now_s};
        const struct acknowledgement a = {"alice", "on it", now_s};
        assert_int_equal(incidents_acknowledge(&s->incidents[incident], &a, &s->policy, &t), 0);
        tell(s, &t);
        transitions_done(&t);
        return s->told;
}

static void test_silence__found_meanwhile__is_recorded_and_told_when_it_outlasts_it(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        struct silence silence = silence_of("ord*", NULL, T0 - 60, T0 + 120);
        s.policy.silences = &silence;
        s.policy.n_silences = 1;
        assert_string_equal(find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0), "opened restart_loop");
        assert_true(s.incidents[0].is_quiet);
        assert_string_equal(find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0 + 119), "");
        assert_string_equal(find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0 + 120),
                            "opened restart_loop -> slack pager");
        assert_int_equal(s.n_incidents, 1);
        done_stage(&s);
}

static void test_silence__over_before_it_ends__is_never_told(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        struct silence silence = silence_of("*", NULL, T0, T0 + 300);
        s.policy.silences = &silence;
        s.policy.n_silences = 1;
        find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        judge(&s, T0 + 60);
        assert_string_equal(judge(&s, T0 + 660), "resolved restart_loop");
        done_stage(&s);
}

static void test_silence__of_one_diagnoser__leaves_the_others_loud(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        struct silence silence = silence_of("orders", "configuration", T0, T0 + 3600);
        s.policy.silences = &silence;
        s.policy.n_silences = 1;
        find(&s, "configuration", SEVERITY_WARNING, T0);
        assert_string_equal(find_and_judge(&s, "memory_pressure", SEVERITY_WARNING, T0),
                            "opened configuration; opened memory_pressure -> slack");
        done_stage(&s);
}

static void test_silence__of_another_target_or_application__changes_nothing(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        struct silence silences[] = {silence_of("clicks", NULL, T0, T0 + 3600), silence_of("*", NULL, T0, T0 + 3600),
                                     silence_of("*, !orders", NULL, T0, T0 + 3600), silence_of("*", NULL, T0 - 60, T0)};
        silences[1].target = (char *)"staging";
        s.policy.silences = silences;
        s.policy.n_silences = 4;
        assert_string_equal(find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0),
                            "opened restart_loop -> slack pager");
        done_stage(&s);
}

static void test_silence__after_the_page__stops_reminders_and_escalations_not_the_end(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        struct silence silence = silence_of("orders", NULL, T0 + 60, T0 + 30 * 3600);
        assert_string_equal(find_and_judge(&s, "source_lag", SEVERITY_WARNING, T0), "opened source_lag -> slack");
        s.policy.silences = &silence;
        s.policy.n_silences = 1;
        assert_string_equal(find_and_judge(&s, "source_lag", SEVERITY_CRITICAL, T0 + 120), "");
        assert_string_equal(find_and_judge(&s, "source_lag", SEVERITY_CRITICAL, T0 + 5 * 3600), "");
        judge(&s, T0 + 6 * 3600);
        assert_string_equal(judge(&s, T0 + 7 * 3600), "resolved source_lag -> slack");
        done_stage(&s);
}

static void test_silence__of_a_cause__covers_what_follows_from_it(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        struct silence silence = silence_of("orders", "restart_loop", T0, T0 + 3600);
        s.policy.silences = &silence;
        s.policy.n_silences = 1;
        find(&s, "downtime", SEVERITY_CRITICAL, T0);
        assert_string_equal(find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0), "opened restart_loop");
        assert_int_equal(s.n_incidents, 1);
        assert_int_equal(s.incidents[0].n_suppressed, 1);
        done_stage(&s);
}

static void test_acknowledgement__no_reminder_any_more__worse_and_end_are_told(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        s.routes[0].repeat_interval_s = 3600;
        s.routes[1].takes_acknowledgements = true;
        find_and_judge(&s, "source_lag", SEVERITY_WARNING, T0);
        assert_string_equal(find_and_judge(&s, "source_lag", SEVERITY_WARNING, T0 + 3600),
                            "reminder source_lag -> slack");
        /* Slack does not take acknowledgements, the pager was not told of a warning. */
        assert_string_equal(acknowledge(&s, 0, T0 + 3700), "");
        assert_int_equal(s.incidents[0].state, INCIDENT_ACKNOWLEDGED);
        assert_string_equal(s.incidents[0].acknowledged_by, "alice");
        assert_string_equal(s.incidents[0].comment, "on it");
        assert_string_equal(find_and_judge(&s, "source_lag", SEVERITY_WARNING, T0 + 9 * 3600), "");
        assert_string_equal(find_and_judge(&s, "source_lag", SEVERITY_CRITICAL, T0 + 10 * 3600),
                            "escalated source_lag -> slack pager");
        assert_int_equal(s.incidents[0].state, INCIDENT_ACKNOWLEDGED);
        judge(&s, T0 + 11 * 3600);
        assert_string_equal(judge(&s, T0 + 12 * 3600), "resolved source_lag -> slack pager");
        done_stage(&s);
}

static void test_acknowledgement__of_a_page__is_told_to_who_takes_it(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        s.routes[1].takes_acknowledgements = true;
        find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        assert_string_equal(acknowledge(&s, 0, T0 + 60), "updated restart_loop -> pager");
        assert_int_equal(s.incidents[0].revision, 2);
        assert_int_equal(s.incidents[0].acknowledged_at_s, T0 + 60);
        assert_string_equal(find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0 + 120), "");
        done_stage(&s);
}

static void test_acknowledgement__returns_after_it_was_over__is_open_again(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        acknowledge(&s, 0, T0 + 60);
        judge(&s, T0 + 120);
        judge(&s, T0 + 720);
        assert_int_equal(s.incidents[0].state, INCIDENT_RESOLVED);
        assert_string_equal(find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0 + 1000),
                            "opened restart_loop -> slack pager");
        assert_int_equal(s.incidents[0].state, INCIDENT_OPEN);
        assert_int_equal(s.incidents[0].acknowledged_at_s, 0);
        assert_null(s.incidents[0].acknowledged_by);
        assert_null(s.incidents[0].comment);
        done_stage(&s);
}

static void test_acknowledgement__while_silenced__is_not_told_when_the_silence_ends(void **state) {
        (void)state;
        struct stage s;
        setup_stage(&s);
        s.routes[1].takes_acknowledgements = true;
        struct silence silence = silence_of("orders", NULL, T0, T0 + 600);
        s.policy.silences = &silence;
        s.policy.n_silences = 1;
        find_and_judge(&s, "source_lag", SEVERITY_WARNING, T0);
        assert_string_equal(acknowledge(&s, 0, T0 + 60), "");
        assert_string_equal(find_and_judge(&s, "source_lag", SEVERITY_WARNING, T0 + 700), "");
        assert_string_equal(find_and_judge(&s, "source_lag", SEVERITY_CRITICAL, T0 + 800),
                            "opened source_lag -> slack pager");
        done_stage(&s);
}

static void test_acknowledgement__of_what_is_over__is_refused(void **state) {
        (void)state;
        struct stage s;
        struct transitions t = {0};
        setup_stage(&s);
        find_and_judge(&s, "restart_loop", SEVERITY_CRITICAL, T0);
        judge(&s, T0 + 60);
        judge(&s, T0 + 660);
        const struct acknowledgement a = {"alice", NULL, T0 + 700};
        assert_int_equal(incidents_acknowledge(&s.incidents[0], &a, &s.policy, &t), -EALREADY);
        assert_int_equal(t.n_items, 0);
        done_stage(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_silence__found_meanwhile__is_recorded_and_told_when_it_outlasts_it),
                cmocka_unit_test(test_silence__over_before_it_ends__is_never_told),
                cmocka_unit_test(test_silence__of_one_diagnoser__leaves_the_others_loud),
                cmocka_unit_test(test_silence__of_another_target_or_application__changes_nothing),
                cmocka_unit_test(test_silence__after_the_page__stops_reminders_and_escalations_not_the_end),
                cmocka_unit_test(test_silence__of_a_cause__covers_what_follows_from_it),
                cmocka_unit_test(test_acknowledgement__no_reminder_any_more__worse_and_end_are_told),
                cmocka_unit_test(test_acknowledgement__of_a_page__is_told_to_who_takes_it),
                cmocka_unit_test(test_acknowledgement__returns_after_it_was_over__is_open_again),
                cmocka_unit_test(test_acknowledgement__while_silenced__is_not_told_when_the_silence_ends),
                cmocka_unit_test(test_acknowledgement__of_what_is_over__is_refused),
        };
        return cmocka_run_group_tests_name("on call", tests, NULL, NULL);
}
