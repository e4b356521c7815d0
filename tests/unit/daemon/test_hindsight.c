/* SPDX-License-Identifier: Apache-2.0 */
/* Which incidents that are over get their logs read, in which order, and what becomes of the answer. */
#include "tests/unit/daemon/support.h"

#include <string.h>

#include "daemon/hindsight.h"
#include "util/text.h"

enum { NOW = 1767225600 /* 2026-01-01T00:00:00Z */, HOUR = 3600, DAY = 86400 };

struct past {
        struct bench *bench;
        struct store *store;
        struct hindsight ask;
};

static int setup(void **state) {
        struct past *p = calloc(1, sizeof *p);
        struct err err = {0};
        if (!p || bench_setup((void **)&p->bench) < 0 ||
            store_open(bench_path(p->bench, "db"), &p->store, NULL, &err) < 0)
                return -1;
        p->ask = (struct hindsight){.target = "prod", .application = "orders", .since_s = NOW - 15 * DAY, .now_s = NOW};
        *state = p;
        SCOPED(batch_done) struct batch b = {.collected_at_s = NOW};
        struct application a = {.target = strdup("prod"), .name = strdup("orders"), .status = strdup("RUNNING")};
        return batch_add_application_take(&b, &a) < 0 || store_put(p->store, &b) < 0 ? -1 : 0;
}

static int teardown(void **state) {
        struct past *p = *state;
        store_free(p->store);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

/* One that began at onset_s and was over half an hour later, recorded and told to nobody. */
static int64_t put(struct past *p, const char *diagnoser, int64_t onset_s, enum severity severity) {
        SCOPED(transitions_done) struct transitions t = {.at_s = onset_s};
        char *advice[] = {(char *)"Read the log at the onset."};
        struct incident i = {.target = (char *)"prod",
                             .application = (char *)"orders",
                             .revision = 1,
                             .state = INCIDENT_RESOLVED,
                             .is_quiet = true,
                             .opened_at_s = onset_s + 60,
                             .resolved_at_s = onset_s + 1800,
                             .finding = {.diagnoser = diagnoser,
                                         .severity = severity,
                                         .confidence = CONFIDENCE_HIGH,
                                         .onset_s = onset_s,
                                         .title = (char *)"Restart loop, 20 min",
                                         .summary = (char *)"30 restarts.",
                                         .advice = advice,
                                         .n_advice = 1}};
        assert_non_null(transitions_add(&t, EVENT_RESOLVED, &i));
        assert_int_equal(store_apply(p->store, &t), 0);
        return t.items[0].incident.id;
}

static void explain(struct past *p, int64_t onset_s, const char *role, int64_t again_at_s) {
        char *advice[] = {(char *)"Check the field."};
        struct root_cause cause = {.role = role,
                                   .category = "bad_record",
                                   .exception_class = (char *)"java.lang.NumberFormatException",
                                   .frame = (char *)"com.acme.Parse.map",
                                   .fingerprint = (char *)"nfe @ Parse.map",
                                   .attempt = -1};
        struct explanation e = {.target = (char *)"prod",
                                .application = (char *)"orders",
                                .onset_s = onset_s,
                                .made_at_s = NOW,
                                .again_at_s = again_at_s,
                                .report = {.title = (char *)"NumberFormatException in Parse.map",
                                           .confidence = CONFIDENCE_MEDIUM,
                                           .root_cause = &cause,
                                           .advice = advice,
                                           .n_advice = 1}};
        assert_int_equal(store_put_explanation(p->store, &e), 0);
}

static void load(struct past *p, int64_t id, struct incident_rows *ret) {
        struct incident_filter filter = {.target = "prod", .id = id, .since_s = 1};
        assert_int_equal(store_list_incidents(p->store, &filter, ret), 0);
        assert_int_equal(ret->n_rows, 1);
}

static void test_hindsight__several_unexplained__the_oldest_first_and_up_to_its_end(void **state) {
        struct past *p = *state;
        struct hindsight_result r;
        put(p, "restart_loop", NOW - 2 * DAY, SEVERITY_CRITICAL);
        put(p, "restart_loop", NOW - 5 * DAY, SEVERITY_CRITICAL);
        put(p, "restart_loop", NOW - 16 * DAY, SEVERITY_CRITICAL); /* before what was read back */
        put(p, "source_lag", NOW - 6 * DAY, SEVERITY_CRITICAL);    /* no log tells why */
        put(p, "restart_loop", NOW - 7 * DAY, SEVERITY_INFO);      /* an operation's own */
        assert_int_equal(hindsight_look(p->store, &p->ask, &r), 1);
        assert_int_equal(r.want.onset_s, NOW - 5 * DAY);
        assert_int_equal(r.over_s, NOW - 5 * DAY + 1800);
        assert_true(r.want.from_s < r.want.onset_s && r.want.to_s > r.want.onset_s);
        explain(p, NOW - 5 * DAY, "trigger", 0);
        assert_int_equal(hindsight_look(p->store, &p->ask, &r), 1);
        assert_int_equal(r.want.onset_s, NOW - 2 * DAY);
        explain(p, NOW - 2 * DAY, "unknown", 0);
        assert_int_equal(hindsight_look(p->store, &p->ask, &r), 0);
        assert_true(r.again_s == INT64_MAX);
        assert_int_equal(hindsight_look(p->store, &p->ask, &r), 0); /* and stays so */
        assert_false(r.has_news);
}

static void test_hindsight__explained__incident_has_its_cause_and_nobody_is_told(void **state) {
        struct past *p = *state;
        struct hindsight_result r;
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        SCOPED(timeline_rows_done) struct timeline_rows timeline = {0};
        SCOPED(waiting_rows_done) struct waiting_rows waiting = {0};
        int64_t id = put(p, "restart_loop", NOW - 2 * DAY, SEVERITY_CRITICAL);
        explain(p, NOW - 2 * DAY + 30, "trigger", 0);
        assert_int_equal(hindsight_look(p->store, &p->ask, &r), 0);
        load(p, id, &rows);
        const struct incident *i = &rows.rows[0];
        assert_string_equal(i->finding.root_cause->exception_class, "java.lang.NumberFormatException");
        assert_string_equal(i->finding.title, "Restart loop, 20 min: NumberFormatException in Parse.map");
        assert_non_null(strstr(i->finding.summary, "It was started by java.lang.NumberFormatException"));
        assert_non_null(strstr(i->finding.summary, "30 restarts."));
        assert_int_equal(i->finding.n_advice, 1);
        assert_string_equal(i->finding.advice[0], "Check the field.");
        assert_int_equal(i->finding.confidence, CONFIDENCE_MEDIUM);
        assert_int_equal(i->state, INCIDENT_RESOLVED);
        assert_int_equal(store_timeline(p->store, id, &timeline), 0);
        assert_string_equal(timeline.rows[timeline.n_rows - 1].kind, "explained");
        assert_int_equal(store_list_waiting(p->store, "pager", &waiting), 0);
        assert_int_equal(waiting.n_rows, 0);
}

static void test_hindsight__log_cannot_be_read__waits_with_the_others_too(void **state) {
        struct past *p = *state;
        struct hindsight_result r;
        put(p, "restart_loop", NOW - 5 * DAY, SEVERITY_CRITICAL);
        put(p, "restart_loop", NOW - 2 * DAY, SEVERITY_CRITICAL);
        explain(p, NOW - 5 * DAY, "unknown", NOW + HOUR);
        assert_int_equal(hindsight_look(p->store, &p->ask, &r), 0);
        assert_int_equal(r.again_s, NOW + HOUR);
        p->ask.now_s = NOW + HOUR;
        assert_int_equal(hindsight_look(p->store, &p->ask, &r), 1);
        assert_int_equal(r.want.onset_s, NOW - 5 * DAY);
}

static void test_hindsight__same_fault_later__is_told_to_have_been_there(void **state) {
        struct past *p = *state;
        struct hindsight_result r;
        SCOPED(explanation_rows_done) struct explanation_rows rows = {0};
        put(p, "restart_loop", NOW - 5 * DAY, SEVERITY_CRITICAL);
        explain(p, NOW - 5 * DAY, "trigger", 0);
        explain(p, NOW - HOUR, "trigger", 0); /* of one that is open */
        assert_int_equal(hindsight_look(p->store, &p->ask, &r), 0);
        assert_true(r.has_news);
        assert_int_equal(store_list_explanations(p->store, "prod", "orders", 0, &rows), 0);
        assert_null(rows.rows[0].report.root_cause->seen_before);
        assert_non_null(strstr(rows.rows[1].report.root_cause->seen_before, "incident 1 of orders"));
}

static void test_hindsight__more_than_can_be_of_use__the_newest_twenty(void **state) {
        struct past *p = *state;
        struct hindsight_result r;
        for (int i = 1; i <= 24; i++)
                put(p, "restart_loop", NOW - i * 12 * HOUR, SEVERITY_CRITICAL);
        assert_int_equal(hindsight_look(p->store, &p->ask, &r), 1);
        assert_int_equal(r.want.onset_s, NOW - 20 * 12 * HOUR);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_hindsight__several_unexplained__the_oldest_first_and_up_to_its_end),
                CASE(test_hindsight__explained__incident_has_its_cause_and_nobody_is_told),
                CASE(test_hindsight__log_cannot_be_read__waits_with_the_others_too),
                CASE(test_hindsight__same_fault_later__is_told_to_have_been_there),
                CASE(test_hindsight__more_than_can_be_of_use__the_newest_twenty),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
