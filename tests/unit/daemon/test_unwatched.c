/* SPDX-License-Identifier: Apache-2.0 */
/* What is open of an application or a target that nobody watches any more ends, and whoever was told of it hears of that. */
#include "tests/unit/daemon/support.h"

#include <string.h>

#include "daemon/notifier_watch.h"
#include "daemon/unwatched.h"
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
                    "[target prod]\nregion = eu-west-1\napplications = *, !scratch-*\n"
                    "[notifier pager]\ntype = slack\nwebhook_url = https://h/a\n");
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

/* One that came back three times: found absent, it would have to be so for more than an hour. */
static int64_t open_one(struct place *p, const char *target, const char *application, bool is_quiet) {
        SCOPED(transitions_done) struct transitions t = {.at_s = NOW - 3600};
        struct incident i = {.target = (char *)target,
                             .application = (char *)application,
                             .revision = 1,
                             .state = INCIDENT_OPEN,
                             .returns = 3,
                             .is_quiet = is_quiet,
                             .announced_severity = is_quiet ? SEVERITY_INFO : SEVERITY_CRITICAL,
                             .opened_at_s = NOW - 3600,
                             .updated_at_s = NOW - 60,
                             .finding = {.diagnoser = "downtime",
                                         .severity = SEVERITY_CRITICAL,
                                         .onset_s = NOW - 3700,
                                         .title = (char *)"down",
                                         .summary = (char *)"It has been down."}};
        assert_non_null(transitions_add(&t, EVENT_NONE, &i));
        assert_int_equal(store_apply(p->store, &t), 0);
        return t.items[0].incident.id;
}

static void load(struct place *p, int64_t id, struct incident_rows *ret) {
        struct incident_filter filter = {.id = id};
        assert_int_equal(store_list_incidents(p->store, &filter, ret), 0);
        assert_int_equal(ret->n_rows, 1);
}

static enum incident_state state_of(struct place *p, int64_t id) {
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        load(p, id, &rows);
        return rows.rows[0].state;
}

static size_t count_waiting(struct place *p) {
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        assert_int_equal(store_list_waiting(p->store, "pager", &rows), 0);
        return rows.n_rows;
}

static bool is_orders(void *arg, const char *application) {
        (void)arg;
        return strcmp(application, "orders") == 0;
}

static int end_applications(struct place *p) {
        const struct unwatched u = {
                .store = p->store, .config = p->config, .target = "prod", .is_watched = is_orders, .now_s = NOW};
        return unwatched_end(&u);
}

static int end_targets(struct place *p) {
        const struct unwatched u = {.store = p->store, .config = p->config, .now_s = NOW};
        return unwatched_end(&u);
}

static void test_application__not_watched_any_more__over_and_told(void **state) {
        struct place *p = *state;
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        int64_t gone = open_one(p, "prod", "scratch-1", false), stays = open_one(p, "prod", "orders", false),
                elsewhere = open_one(p, "test", "scratch-1", false);
        assert_int_equal(end_applications(p), 1);
        load(p, gone, &rows);
        assert_int_equal(rows.rows[0].state, INCIDENT_RESOLVED);
        assert_int_equal(rows.rows[0].resolved_at_s, NOW);
        assert_non_null(strstr(rows.rows[0].finding.summary, "not watched any more"));
        assert_non_null(strstr(rows.rows[0].finding.summary, "It has been down."));
        assert_int_equal(state_of(p, stays), INCIDENT_OPEN);
        assert_int_equal(state_of(p, elsewhere), INCIDENT_OPEN);
        assert_int_equal(count_waiting(p), 1);
        assert_int_equal(end_applications(p), 0);
        assert_int_equal(count_waiting(p), 1);
}

static void test_application__nobody_was_told__nobody_is(void **state) {
        struct place *p = *state;
        int64_t gone = open_one(p, "prod", "scratch-1", true);
        assert_int_equal(end_applications(p), 0);
        assert_int_equal(state_of(p, gone), INCIDENT_RESOLVED);
        assert_int_equal(count_waiting(p), 0);
}

static void test_target__not_configured_any_more__over_and_told(void **state) {
        struct place *p = *state;
        int64_t gone = open_one(p, "test", "orders", false), stays = open_one(p, "prod", "scratch-1", false),
                own = open_one(p, notifier_watch_target, "flinkwatch", false);
        assert_int_equal(end_targets(p), 1);
        assert_int_equal(state_of(p, gone), INCIDENT_RESOLVED);
        assert_int_equal(state_of(p, stays), INCIDENT_OPEN);
        assert_int_equal(state_of(p, own), INCIDENT_OPEN);
        assert_int_equal(count_waiting(p), 1);
}

static void test_summary__as_long_as_there_is_room__is_cut(void **state) {
        struct place *p = *state;
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        SCOPED(transitions_done) struct transitions t = {.at_s = NOW - 60};
        char summary[FINDING_TEXT_MAX];
        int64_t id = open_one(p, "test", "orders", false);
        memset(summary, 'x', sizeof summary - 1);
        summary[sizeof summary - 1] = '\0';
        load(p, id, &rows);
        assert_int_equal(text_replace(&rows.rows[0].finding.summary, summary), 0);
        assert_non_null(transitions_add(&t, EVENT_NONE, &rows.rows[0]));
        assert_int_equal(store_apply(p->store, &t), 0);
        assert_int_equal(end_targets(p), 1);
        incident_rows_done(&rows);
        load(p, id, &rows);
        assert_int_equal(strlen(rows.rows[0].finding.summary), FINDING_TEXT_MAX);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_application__not_watched_any_more__over_and_told),
                CASE(test_application__nobody_was_told__nobody_is),
                CASE(test_target__not_configured_any_more__over_and_told),
                CASE(test_summary__as_long_as_there_is_room__is_cut),
        };
        return cmocka_run_group_tests_name("unwatched", tests, NULL, NULL);
}
