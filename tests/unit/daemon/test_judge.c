/* SPDX-License-Identifier: Apache-2.0 */
/* Judgement over a real store: one restart loop, as lived through, as backfilled, and across restarts of the process. */
#include "tests/unit/daemon/support.h"

#include <string.h>

#include "daemon/judge.h"

enum { NOW = 1767225600 /* 2026-01-01T00:00:00Z */, MINUTE = 60, HOUR = 3600, DAY = 86400, SETTLE = 120 };

struct place {
        struct bench *bench;
        struct store *store;
        struct config *config;
        int64_t restarts, uptime; /* series */
};

static int64_t series(struct place *p, const char *metric) {
        const struct metric *m = metric_find(metric, NULL);
        struct series_key key = {"prod", "orders", m->name, m->statistic, ""};
        int64_t id = 0;
        assert_int_equal(store_series(p->store, &key, &id), 0);
        return id;
}

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        struct buf text = BUF_INIT(1 << 16);
        struct config_faults faults = {0};
        struct err err = {0};
        if (!p || bench_setup((void **)&p->bench) < 0)
                return -1;
        buf_put_str(&text, "[target prod]\nregion = eu-west-1\n[notifier chat]\ntype = slack\n"
                           "webhook_url = https://h/x\nrepeat_interval = 0\n");
        for (size_t i = 0; diagnosers[i]; i++)
                if (diagnosers[i] != &diagnoser_restart_loop)
                        buf_printf(&text, "[diagnoser %s]\nenabled = no\n", diagnosers[i]->name);
        bench_write(p->bench, "conf", buf_str(&text));
        buf_done(&text);
        if (config_load(bench_path(p->bench, "conf"), &p->config, &faults) < 0 ||
            store_open(bench_path(p->bench, "db"), &p->store, NULL, &err) < 0)
                return -1;
        config_faults_done(&faults);
        p->restarts = series(p, "fullRestarts");
        p->uptime = series(p, "uptime");
        *state = p;
        return 0;
}

static int teardown(void **state) {
        struct place *p = *state;
        store_free(p->store);
        config_free(p->config);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static void put_application(struct place *p) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = NOW - 30 * DAY};
        struct application a = {.target = strdup("prod"),
                                .name = strdup("orders"),
                                .arn = strdup("arn:aws:kinesisanalytics:eu-west-1:111122223333:application/orders"),
                                .status = strdup("RUNNING"),
                                .runtime = strdup("FLINK-1_20"),
                                .version_id = 1,
                                .is_checkpointing = true,
                                .checkpoint_interval_ms = 60000,
                                .checkpoint_min_pause_ms = 5000,
                                .metrics_level = strdup("APPLICATION"),
                                .seen_at_s = NOW - 30 * DAY};
        assert_int_equal(batch_add_application_take(&b, &a), 0);
        assert_int_equal(store_put(p->store, &b), 0);
}

/* A minute a point over [from_s, to_s); the job restarts every minute over [loop_from_s, loop_to_s). */
static void put_history(struct place *p, int64_t from_s, int64_t to_s, int64_t loop_from_s, int64_t loop_to_s) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = to_s + SETTLE, .settled_before_s = to_s};
        double n = 0, up_ms = 10 * 60000;
        for (int64_t at_s = from_s; at_s < to_s; at_s += MINUTE) {
                bool is_looping = at_s >= loop_from_s && at_s < loop_to_s;
                n += is_looping;
                up_ms = is_looping ? 20000 : up_ms + 60000;
                assert_int_equal(batch_add_point(&b, p->restarts, at_s, n), 0);
                assert_int_equal(batch_add_point(&b, p->uptime, at_s, up_ms), 0);
        }
        assert_int_equal(batch_add_reading(&b, p->restarts, from_s, to_s), 0);
        assert_int_equal(batch_add_reading(&b, p->uptime, from_s, to_s), 0);
        assert_int_equal(store_put(p->store, &b), 0);
        put_application(p);
}

/* Judges from one instant to another as a process does; the job says what differs. */
static struct judge_result run_job(struct place *p, struct judge_job job) {
        SCOPED(judge_free) struct judge *j = NULL;
        job.store = p->store;
        job.config = p->config;
        job.target = "prod";
        job.application = "orders";
        job.application_arn = "arn:x";
        int r;
        assert_int_equal(judge_new(&job, &j), 0);
        while ((r = judge_step(j)) == 1)
                ;
        assert_int_equal(r, 0);
        return *judge_result(j);
}

/* The number of deliveries made. */
static size_t judge(struct place *p, int64_t from_s, int64_t now_s, enum judge_set set) {
        return run_job(p, (struct judge_job){.from_s = from_s, .now_s = now_s, .set = set}).n_told;
}

static void list(struct place *p, struct incident_rows *ret) {
        struct incident_filter all = {.since_s = 1};
        assert_int_equal(store_list_incidents(p->store, &all, ret), 0);
}

static void take_first(struct place *p, struct delivery *ret) {
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        assert_int_equal(store_list_waiting(p->store, p->config->notifiers[0].name, &rows), 0);
        assert_true(rows.n_rows > 0);
        assert_int_equal(store_take_delivery(p->store, &rows.rows[0].id, 1, ret), 0);
}

/* All that waits for the only notifier, delivered. */
static size_t count_deliveries(struct place *p, enum incident_event event) {
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        assert_int_equal(store_list_waiting(p->store, p->config->notifiers[0].name, &rows), 0);
        for (size_t i = 0; i < rows.n_rows; i++) {
                SCOPED(delivery_done) struct delivery d = {0};
                assert_int_equal(store_take_delivery(p->store, &rows.rows[i].id, 1, &d), 0);
                assert_int_equal(d.event, event);
                assert_int_equal(store_settle_delivery(p->store, d.id, OUTCOME_DELIVERED, NOW, 0, NULL), 0);
        }
        return rows.n_rows;
}

static void expect_one(struct place *p, enum incident_state want, int64_t onset_s) {
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        list(p, &rows);
        assert_int_equal(rows.n_rows, 1);
        assert_string_equal(rows.rows[0].finding.diagnoser, "restart_loop");
        assert_int_equal(rows.rows[0].state, want);
        assert_in_range(rows.rows[0].finding.onset_s, onset_s - 2 * MINUTE, onset_s + 2 * MINUTE);
}

static void test_backfill__loop_since_two_days__one_incident_told_once(void **state) {
        struct place *p = *state;
        int64_t since_s = NOW - 2 * DAY;
        put_history(p, NOW - 3 * DAY, NOW - SETTLE, since_s, NOW);
        assert_int_equal(judge(p, NOW - 3 * DAY, NOW, JUDGE_ALL), 1);
        expect_one(p, INCIDENT_OPEN, since_s);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 1);
        assert_int_equal(judge(p, NOW, NOW + 60, JUDGE_ALL), 0);
        expect_one(p, INCIDENT_OPEN, since_s);
}

static void test_backfill__early_then_the_rest__told_once(void **state) {
        struct place *p = *state;
        int64_t since_s = NOW - 2 * DAY;
        put_history(p, NOW - 3 * DAY, NOW - SETTLE, since_s, NOW);
        assert_int_equal(judge(p, NOW - 3 * DAY, NOW, JUDGE_EARLY), 1);
        assert_int_equal(judge(p, NOW - 3 * DAY, NOW, JUDGE_THE_REST), 0);
        expect_one(p, INCIDENT_OPEN, since_s);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 1);
}

static void test_backfill__loop_that_is_over__recorded_and_told_nobody(void **state) {
        struct place *p = *state;
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        put_history(p, NOW - 3 * DAY, NOW - SETTLE, NOW - 2 * DAY, NOW - DAY);
        assert_int_equal(judge(p, NOW - 3 * DAY, NOW, JUDGE_ALL), 0);
        expect_one(p, INCIDENT_RESOLVED, NOW - 2 * DAY);
        list(p, &rows);
        assert_in_range(rows.rows[0].opened_at_s, NOW - 2 * DAY, NOW - 2 * DAY + HOUR);
        assert_in_range(rows.rows[0].resolved_at_s, NOW - DAY, NOW - DAY + 2 * HOUR);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 0);
}

static void test_backfill__healthy__nothing(void **state) {
        struct place *p = *state;
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        put_history(p, NOW - DAY, NOW - SETTLE, 0, 0);
        assert_int_equal(judge(p, NOW - DAY, NOW, JUDGE_ALL), 0);
        list(p, &rows);
        assert_int_equal(rows.n_rows, 0);
}

/* A new process begins where the last one had settled points: two minutes before it judged last. */
static void test_restart__incident_opened_after_the_last_settled_point__is_not_opened_again(void **state) {
        struct place *p = *state;
        put_history(p, NOW - 6 * HOUR, NOW - SETTLE, NOW - 2 * HOUR, NOW);
        assert_int_equal(judge(p, 0, NOW, JUDGE_ALL), 1);
        assert_int_equal(judge(p, NOW - SETTLE, NOW + 30, JUDGE_ALL), 0);
        expect_one(p, INCIDENT_OPEN, NOW - 2 * HOUR);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 1);
}

/* Killed during its first backfill: the next process begins it anew, at other instants. */
static void test_restart__backfill_again__nothing_twice(void **state) {
        struct place *p = *state;
        put_history(p, NOW - 3 * DAY, NOW - SETTLE, NOW - 2 * DAY, NOW);
        assert_int_equal(judge(p, NOW - 3 * DAY, NOW, JUDGE_EARLY), 1);
        for (int64_t later_s = 37; later_s < 300; later_s += 61) {
                assert_int_equal(judge(p, NOW - 3 * DAY + later_s, NOW + later_s, JUDGE_EARLY), 0);
                assert_int_equal(judge(p, NOW - 3 * DAY + later_s, NOW + later_s, JUDGE_THE_REST), 0);
        }
        expect_one(p, INCIDENT_OPEN, NOW - 2 * DAY);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 1);
}

static void test_poll__loop_older_than_what_is_read_each_time__onset_to_the_minute(void **state) {
        struct place *p = *state;
        int64_t since_s = NOW - 9 * DAY - 5 * HOUR;
        put_history(p, NOW - 14 * DAY, NOW - SETTLE, since_s, NOW);
        assert_int_equal(judge(p, NOW - MINUTE, NOW, JUDGE_ALL), 1);
        expect_one(p, INCIDENT_OPEN, since_s);
}

static void test_poll__loop_older_than_all_there_is__onset_is_where_it_begins(void **state) {
        struct place *p = *state;
        put_history(p, NOW - 3 * DAY, NOW - SETTLE, NOW - 3 * DAY, NOW);
        assert_int_equal(judge(p, NOW - MINUTE, NOW, JUDGE_ALL), 1);
        expect_one(p, INCIDENT_OPEN, NOW - 3 * DAY);
}

/* A rate that was as low a week ago is no drop; a loop that is asked about in the same piece of the past changes nothing. */
static void test_backfill__two_diagnosers_want_more__each_gets_it(void **state) {
        struct place *p = *state;
        SCOPED(batch_done) struct batch b = {.collected_at_s = NOW, .settled_before_s = NOW - SETTLE};
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        for (size_t i = 0; i < p->config->n_diagnosers; i++)
                if (diagnosers[i] == &diagnoser_throughput_drop)
                        p->config->diagnosers[i].is_enabled = true;
        put_history(p, NOW - 14 * DAY, NOW - SETTLE, NOW - 9 * DAY, NOW - 3 * DAY + HOUR);
        int64_t rate = series(p, "numRecordsInPerSecond");
        for (int64_t at_s = NOW - 14 * DAY; at_s < NOW - SETTLE; at_s += MINUTE) {
                bool is_low = at_s >= NOW - DAY || (at_s >= NOW - 8 * DAY && at_s < NOW - 6 * DAY);
                assert_int_equal(batch_add_point(&b, rate, at_s, is_low ? 100 : 1000), 0);
        }
        assert_int_equal(batch_add_reading(&b, rate, NOW - 14 * DAY, NOW - SETTLE), 0);
        assert_int_equal(store_put(p->store, &b), 0);
        judge(p, NOW - 3 * DAY, NOW, JUDGE_ALL);
        list(p, &rows);
        assert_int_equal(rows.n_rows, 1);
        assert_string_equal(rows.rows[0].finding.diagnoser, "restart_loop");
        assert_in_range(rows.rows[0].finding.onset_s, NOW - 9 * DAY - 2 * MINUTE, NOW - 9 * DAY + 2 * MINUTE);
}

static void test_clock__set_back__what_is_open_is_not_opened_again(void **state) {
        struct place *p = *state;
        put_history(p, NOW - 6 * HOUR, NOW - SETTLE, NOW - 4 * HOUR, NOW);
        assert_int_equal(judge(p, 0, NOW, JUDGE_ALL), 1);
        assert_int_equal(judge(p, NOW, NOW - HOUR, JUDGE_ALL), 0);
        assert_int_equal(judge(p, NOW - HOUR, NOW - HOUR + 60, JUDGE_ALL), 0);
        expect_one(p, INCIDENT_OPEN, NOW - 4 * HOUR);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 1);
}

static void test_restart__after_a_night__end_is_told_once(void **state) {
        struct place *p = *state;
        put_history(p, NOW - 2 * DAY, NOW - SETTLE, NOW - DAY, NOW - 6 * HOUR);
        assert_int_equal(judge(p, 0, NOW - 8 * HOUR, JUDGE_ALL), 1);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 1);
        assert_int_equal(judge(p, NOW - 8 * HOUR, NOW, JUDGE_ALL), 1);
        expect_one(p, INCIDENT_RESOLVED, NOW - DAY);
        assert_int_equal(count_deliveries(p, EVENT_RESOLVED), 1);
        assert_int_equal(judge(p, NOW - 8 * HOUR, NOW + 30, JUDGE_ALL), 0);
        expect_one(p, INCIDENT_RESOLVED, NOW - DAY);
}

/* Over pieces of a few days each, as a backfill's is. */
static void test_rehearsal__long_past__opens_what_the_backfill_opened_and_stores_nothing(void **state) {
        struct place *p = *state;
        SCOPED(judge_free) struct judge *j = NULL;
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        struct judge_job job = {.store = p->store,
                                .config = p->config,
                                .target = "prod",
                                .application = "orders",
                                .application_arn = "arn:x",
                                .from_s = NOW - 12 * DAY,
                                .now_s = NOW,
                                .is_rehearsal = true};
        int r;
        put_history(p, NOW - 13 * DAY, NOW - SETTLE, NOW - 9 * DAY - 2 * HOUR, NOW - 8 * DAY);
        assert_int_equal(judge_new(&job, &j), 0);
        while ((r = judge_step(j)) == 1)
                ;
        assert_int_equal(r, 0);
        list(p, &rows);
        assert_int_equal(rows.n_rows, 0);
        const struct incident_rows *found = judge_incidents(j);
        assert_int_equal(found->n_rows, 1);
        assert_int_equal(found->rows[0].id, 1);
        assert_int_equal(found->rows[0].state, INCIDENT_RESOLVED);
        assert_false(found->rows[0].is_quiet); /* at that time it would have paged */
        assert_int_equal(judge(p, NOW - 12 * DAY, NOW, JUDGE_ALL), 0);
        list(p, &rows);
        assert_int_equal(rows.n_rows, 1);
        assert_true(rows.rows[0].is_quiet);
        assert_int_equal(rows.rows[0].opened_at_s, found->rows[0].opened_at_s);
        assert_int_equal(rows.rows[0].resolved_at_s, found->rows[0].resolved_at_s);
        assert_int_equal(rows.rows[0].finding.onset_s, found->rows[0].finding.onset_s);
        assert_string_equal(rows.rows[0].finding.title, found->rows[0].finding.title);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 0);
}

static void test_off__diagnoser_disabled__nothing(void **state) {
        struct place *p = *state;
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        for (size_t i = 0; i < p->config->n_diagnosers; i++)
                p->config->diagnosers[i].is_enabled = false;
        put_history(p, NOW - 6 * HOUR, NOW - SETTLE, NOW - 2 * HOUR, NOW);
        assert_int_equal(judge(p, NOW - 6 * HOUR, NOW, JUDGE_ALL), 0);
        list(p, &rows);
        assert_int_equal(rows.n_rows, 0);
}

/* Somebody who reads logs: what was asked, and whether the answer is near. */
struct reader {
        bool is_near;
        size_t n_asked;
        struct want last;
};

static bool investigate(void *arg, const char *application, const struct want *want) {
        struct reader *r = arg;
        assert_string_equal(application, "orders");
        r->n_asked++;
        r->last = *want;
        return r->is_near;
}

static struct judge_result judge_with(struct place *p, struct reader *reader, int64_t from_s, int64_t now_s) {
        return run_job(p,
                       (struct judge_job){.from_s = from_s, .now_s = now_s, .investigate = investigate, .arg = reader});
}

/* An incident that is still open keeps its application from being calm, also when nothing is found any more. */
static void test_calm__loop_and_its_end__not_before_it_is_resolved(void **state) {
        struct place *p = *state;
        struct reader reader = {.is_near = false};
        put_history(p, NOW - 12 * HOUR, NOW - SETTLE, NOW - 6 * HOUR, NOW - 4 * HOUR);
        assert_true(judge_with(p, &reader, 0, NOW - 7 * HOUR).is_calm);
        assert_false(judge_with(p, &reader, NOW - 7 * HOUR, NOW - 5 * HOUR).is_calm);
        int64_t now_s = NOW - 5 * HOUR;
        struct judge_result r = {0};
        while (now_s < NOW - 2 * HOUR && !r.is_calm) {
                now_s += 60;
                r = judge_with(p, &reader, now_s - 60, now_s);
                SCOPED(incident_rows_done) struct incident_rows rows = {0};
                list(p, &rows);
                assert_int_equal(rows.n_rows, 1);
                assert_int_equal(r.is_calm, rows.rows[0].state == INCIDENT_RESOLVED);
        }
        assert_true(r.is_calm);
        assert_true(now_s > NOW - 4 * HOUR);
}

static void put_explanation(struct place *p, int64_t onset_s) {
        struct root_cause cause = {.role = "trigger",
                                   .category = "user_code",
                                   .exception_class = (char *)"java.lang.NullPointerException",
                                   .attempt = -1};
        struct explanation e = {.target = (char *)"prod",
                                .application = (char *)"orders",
                                .onset_s = onset_s,
                                .made_at_s = NOW,
                                .report = {.confidence = CONFIDENCE_HIGH,
                                           .title = (char *)"NullPointerException in Parse.map",
                                           .root_cause = &cause}};
        assert_int_equal(store_put_explanation(p->store, &e), 0);
}

static void test_page__cause_is_near__waits_and_is_told_once_with_it(void **state) {
        struct place *p = *state;
        struct reader reader = {.is_near = true};
        put_history(p, NOW - 6 * HOUR, NOW - SETTLE, NOW - 2 * HOUR, NOW);
        struct judge_result first = judge_with(p, &reader, NOW - 3 * MINUTE, NOW);
        assert_true(first.is_held);
        assert_int_equal(first.n_told, 0);
        assert_int_equal(first.n_wanted, 1);
        assert_int_equal(first.judged_until_s,
                         NOW - MINUTE); /* earlier instants are done with: the next judgement gets to its own now */
        assert_int_equal(reader.last.onset_s, NOW - 2 * HOUR);
        put_explanation(p, reader.last.onset_s);
        struct judge_result second = judge_with(p, &reader, NOW - 3 * MINUTE, NOW + 20);
        assert_false(second.is_held);
        assert_int_equal(second.n_told, 1);
        assert_int_equal(reader.n_asked, 1);
        SCOPED(delivery_done) struct delivery d = {0};
        take_first(p, &d);
        assert_int_equal(d.event, EVENT_OPENED);
        assert_non_null(d.incident.finding.root_cause);
        assert_non_null(strstr(d.incident.finding.title, "NullPointerException in Parse.map"));
}

static void test_page__cause_is_late__goes_without_and_is_updated(void **state) {
        struct place *p = *state;
        struct reader reader = {.is_near = false};
        put_history(p, NOW - 6 * HOUR, NOW - SETTLE, NOW - 2 * HOUR, NOW);
        struct judge_result first = judge_with(p, &reader, 0, NOW);
        assert_false(first.is_held);
        assert_int_equal(first.n_told, 1);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 1);
        put_explanation(p, reader.last.onset_s);
        assert_int_equal(judge_with(p, &reader, 0, NOW + MINUTE).n_told, 1);
        assert_int_equal(count_deliveries(p, EVENT_UPDATED), 1);
        assert_int_equal(judge_with(p, &reader, 0, NOW + 2 * MINUTE).n_told, 0);
}

/* What was judged before the page that waits stays judged; the process may die meanwhile. */
static void test_page__held_after_a_backfill__keeps_what_was_before(void **state) {
        struct place *p = *state;
        struct reader reader = {.is_near = true};
        put_history(p, NOW - 3 * DAY, NOW - SETTLE, NOW - 2 * DAY, NOW);
        struct judge_result held = judge_with(p, &reader, NOW - 3 * DAY, NOW);
        assert_true(held.is_held);
        assert_in_range(held.judged_until_s, NOW - 10 * MINUTE, NOW - 1);
        expect_one(p, INCIDENT_OPEN, NOW - 2 * DAY);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 0);
        put_explanation(p, reader.last.onset_s);
        assert_int_equal(judge_with(p, &reader, held.judged_until_s, NOW + 5).n_told, 1);
        assert_int_equal(count_deliveries(p, EVENT_OPENED), 1);
        expect_one(p, INCIDENT_OPEN, NOW - 2 * DAY);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_backfill__loop_since_two_days__one_incident_told_once),
                CASE(test_backfill__early_then_the_rest__told_once),
                CASE(test_backfill__loop_that_is_over__recorded_and_told_nobody),
                CASE(test_backfill__healthy__nothing),
                CASE(test_restart__incident_opened_after_the_last_settled_point__is_not_opened_again),
                CASE(test_restart__backfill_again__nothing_twice),
                CASE(test_poll__loop_older_than_what_is_read_each_time__onset_to_the_minute),
                CASE(test_poll__loop_older_than_all_there_is__onset_is_where_it_begins),
                CASE(test_backfill__two_diagnosers_want_more__each_gets_it),
                CASE(test_clock__set_back__what_is_open_is_not_opened_again),
                CASE(test_restart__after_a_night__end_is_told_once),
                CASE(test_rehearsal__long_past__opens_what_the_backfill_opened_and_stores_nothing),
                CASE(test_off__diagnoser_disabled__nothing),
                CASE(test_calm__loop_and_its_end__not_before_it_is_resolved),
                CASE(test_page__cause_is_near__waits_and_is_told_once_with_it),
                CASE(test_page__cause_is_late__goes_without_and_is_updated),
                CASE(test_page__held_after_a_backfill__keeps_what_was_before),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
