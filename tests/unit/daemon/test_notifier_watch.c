/* SPDX-License-Identifier: Apache-2.0 */
/* A notifier that fails, told by the others. */
#include "tests/unit/daemon/support.h"

#include "daemon/notifier_watch.h"
#include "util/text.h"

enum { NOW = 1767225600 };

struct place {
        struct bench *bench;
        struct config *config;
        struct store *store;
};

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        struct config_faults faults = {0};
        if (!p || bench_setup((void **)&p->bench) < 0)
                return -1;
        bench_write(p->bench, "conf",
                    "[target prod]\nregion = eu-west-1\n"
                    "[notifier a]\ntype = slack\nwebhook_url = https://h/a\n"
                    "[notifier b]\ntype = slack\nwebhook_url = https://h/b\nrepeat_interval = 1h\n"
                    "[notifier c]\ntype = slack\nwebhook_url = https://h/c\nmin_severity = critical\n");
        *state = p;
        int r = config_load(bench_path(p->bench, "conf"), &p->config, &faults);
        config_faults_done(&faults);
        return r < 0 ? r : store_open(bench_path(p->bench, "db"), &p->store, NULL, NULL);
}

static int teardown(void **state) {
        struct place *p = *state;
        store_free(p->store);
        config_free(p->config);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static size_t count_waiting(struct place *p, const char *notifier) {
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        assert_int_equal(store_list_waiting(p->store, notifier, &rows), 0);
        return rows.n_rows;
}

static void break_down(struct place *p, const char *notifier, int64_t at_s) {
        assert_int_equal(store_note_notifier(p->store, notifier, at_s, "HTTP 503"), 0);
}

static void expect(struct place *p, enum incident_state state) {
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        struct incident_filter all = {.since_s = 1};
        assert_int_equal(store_list_incidents(p->store, &all, &rows), 0);
        assert_int_equal(rows.n_rows, 1);
        const struct incident *i = &rows.rows[0];
        assert_int_equal(i->state, state);
        assert_string_equal(i->application, "flinkwatch");
        assert_string_equal(i->finding.diagnoser, "delivery");
        assert_string_equal(i->finding.title, "notifier a delivers nothing");
        assert_int_equal(i->finding.severity, SEVERITY_WARNING);
        assert_int_equal(i->finding.onset_s, NOW);
        assert_non_null(strstr(i->finding.summary, "HTTP 503"));
}

static void test_notifier__fails_for_a_quarter_of_an_hour__the_others_hear_of_it(void **state) {
        struct place *p = *state;
        break_down(p, "a", NOW);
        break_down(p, "a", NOW + 600);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 899), 0);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 900), 1);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 930), 0);
        expect(p, INCIDENT_OPEN);
        assert_int_equal(count_waiting(p, "a"), 0);
        assert_int_equal(count_waiting(p, "b"), 1);
        assert_int_equal(count_waiting(p, "c"), 0); /* it asked for critical ones only */
}

static void test_notifier__works_again__resolved(void **state) {
        struct place *p = *state;
        break_down(p, "a", NOW);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 900), 1);
        assert_int_equal(store_note_notifier(p->store, "a", NOW + 1000, NULL), 0);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 1010), 1);
        expect(p, INCIDENT_RESOLVED);
        assert_int_equal(count_waiting(p, "b"), 2);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 1040), 0);
}

static void test_notifier__fails_on__reminded(void **state) {
        struct place *p = *state;
        break_down(p, "a", NOW);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 900), 1);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 3000), 0);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 900 + 3600), 1);
        expect(p, INCIDENT_OPEN);
}

static void test_notifier__configured_no_more__resolved(void **state) {
        struct place *p = *state;
        break_down(p, "a", NOW);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 900), 1);
        free(p->config->notifiers[0].name);
        p->config->notifiers[0].name = strdup("other");
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 930), 1);
        expect(p, INCIDENT_RESOLVED);
}

static void test_notifiers__all_fail__each_would_tell_of_the_others(void **state) {
        struct place *p = *state;
        for (size_t i = 0; i < 3; i++)
                break_down(p, p->config->notifiers[i].name, NOW);
        assert_int_equal(notifier_watch(p->store, p->config, NOW + 900), 1);
        assert_int_equal(count_waiting(p, "a"), 2); /* of b and of c */
        assert_int_equal(count_waiting(p, "b"), 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_notifier__fails_for_a_quarter_of_an_hour__the_others_hear_of_it),
                CASE(test_notifier__works_again__resolved),
                CASE(test_notifier__fails_on__reminded),
                CASE(test_notifier__configured_no_more__resolved),
                CASE(test_notifiers__all_fail__each_would_tell_of_the_others),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
