/* SPDX-License-Identifier: Apache-2.0 */
/* The courier between an outbox and a receiver that the test plays. */
#include "tests/unit/daemon/support.h"

#include <errno.h>

#include "daemon/courier.h"
#include "tests/unit/daemon/fake_http.h"
#include "util/list.h"
#include "util/text.h"

enum { OUTBOX_MAX = 32 };

/* In the place of store/: an outbox of a few rows that can be made to fail. */
struct row {
        int64_t id, next_try_s, attempts, digest;
        const char *notifier;
        bool is_over;
        enum outcome outcome;
        char reason[256];
};

static struct outbox {
        struct row rows[OUTBOX_MAX];
        size_t n_rows;
        int n_reads, n_settled, n_refusals; /* settle calls that are to fail yet */
        int64_t settle_ms;                  /* how long the disk takes for each */
        int n_signs;                        /* of life that were noted */
        int64_t stands_since_s;             /* of the only alert that an Alertmanager is told again; 0: there is none */
        int64_t n_sent, now_s;
        int64_t ahead_s; /* how far the clock that wrote the rows was ahead */
} outbox;

int store_list_waiting(struct store *s, const char *notifier, struct waiting_rows *ret) {
        (void)s;
        outbox.n_reads++;
        ret->rows = calloc(OUTBOX_MAX, sizeof *ret->rows);
        for (size_t i = 0; i < outbox.n_rows; i++) {
                const struct row *row = &outbox.rows[i];
                if (!row->is_over && strcmp(row->notifier, notifier) == 0)
                        ret->rows[ret->n_rows++] = (struct waiting){.id = row->id,
                                                                    .incident_id = row->id,
                                                                    .application = (uint64_t)row->id,
                                                                    .created_at_s = outbox.now_s + outbox.ahead_s,
                                                                    .next_try_s = row->next_try_s + outbox.ahead_s,
                                                                    .digest = row->digest};
        }
        return 0;
}

void waiting_rows_done(struct waiting_rows *r) {
        free(r->rows);
        *r = (struct waiting_rows){0};
}

static struct delivery delivery_of(const struct row *row) {
        struct delivery d = {.id = row->id,
                             .event = EVENT_OPENED,
                             .created_at_s = outbox.now_s + outbox.ahead_s,
                             .attempts = row->attempts,
                             .notifier = strdup(row->notifier)};
        snprintf(d.delivery_id, sizeof d.delivery_id, "d-%d", (int)row->id);
        d.incident = (struct incident){.id = row->id,
                                       .revision = 1,
                                       .target = strdup("prod"),
                                       .application = strdup("orders"),
                                       .opened_at_s = outbox.now_s};
        d.incident.finding = (struct finding){.diagnoser = "restart_loop",
                                              .severity = SEVERITY_CRITICAL,
                                              .title = strdup("restarts"),
                                              .summary = strdup("often")};
        return d;
}

int store_take_delivery(struct store *s, const int64_t *ids, size_t n, struct delivery *ret) {
        (void)s;
        *ret = delivery_of(&outbox.rows[ids[0]]);
        for (size_t i = 0; i < n && n > 1; i++) {
                struct delivery *part = LIST_ADD(ret->parts, ret->n_parts, ret->parts_size);
                *part = delivery_of(&outbox.rows[ids[i]]);
                outbox.rows[ids[i]].digest = ids[0];
                ret->event = EVENT_DIGEST;
        }
        return 0;
}

int store_mark_told(struct store *s, const char *notifier, struct waiting_rows *rows) {
        (void)s;
        (void)notifier;
        for (size_t i = 0; i < rows->n_rows; i++)
                rows->rows[i].is_told = false;
        return 0;
}

int store_take_page(struct store *s, const int64_t *ids, size_t n, struct delivery *ret) {
        if (n == 1)
                outbox.rows[ids[0]].digest = WAITING_ALONE;
        return store_take_delivery(s, ids, n, ret);
}

int store_sent(struct store *s, const char *notifier, int64_t after_s, int64_t *ret_n, int64_t *ret_newest_s) {
        (void)s;
        (void)notifier;
        (void)after_s;
        *ret_n = outbox.n_sent;
        *ret_newest_s = outbox.now_s;
        return 0;
}

int store_standing(struct store *s, const char *notifier, int64_t after_incident_id, struct delivery *ret) {
        (void)s;
        if (outbox.stands_since_s == 0 || after_incident_id >= 9)
                return 1;
        const struct row row = {.id = 9, .notifier = notifier};
        struct delivery *part = LIST_ADD(ret->parts, ret->n_parts, ret->parts_size);
        *part = delivery_of(&row);
        ret->event = EVENT_DIGEST;
        ret->created_at_s = outbox.stands_since_s;
        ret->notifier = strdup(notifier);
        return 0;
}

int store_note_notifier(struct store *s, const char *name, int64_t now_s, const char *error) {
        (void)s;
        (void)name;
        (void)now_s;
        outbox.n_signs += error == NULL;
        return 0;
}

const char *store_instance(const struct store *s) {
        (void)s;
        return "i";
}

/* Each row as a notifier of its own. */
int store_list_notifiers(struct store *s, struct notifier_states *ret) {
        (void)s;
        ret->rows = calloc(OUTBOX_MAX, sizeof *ret->rows);
        for (size_t i = 0; i < outbox.n_rows; i++)
                ret->rows[ret->n_rows++] = (struct notifier_state){.name = strdup(outbox.rows[i].notifier),
                                                                   .pending = !outbox.rows[i].is_over};
        return 0;
}

void notifier_states_done(struct notifier_states *r) {
        for (size_t i = 0; i < r->n_rows; i++)
                free(r->rows[i].name);
        free(r->rows);
        *r = (struct notifier_states){0};
}

static void settle_row(struct row *row, enum outcome outcome, int64_t retry_at_s, const char *reason) {
        bool is_falling_apart = row->digest > 0 && outcome == OUTCOME_REFUSED;
        row->attempts++;
        row->outcome = outcome;
        row->is_over = outcome != OUTCOME_RETRY && !is_falling_apart;
        row->next_try_s = is_falling_apart ? 0 : retry_at_s;
        row->digest = is_falling_apart ? WAITING_ALONE : row->digest;
        snprintf(row->reason, sizeof row->reason, "%s", text_or_empty(reason));
}

int store_settle_delivery(struct store *s, int64_t id, enum outcome outcome, int64_t now_s, int64_t retry_at_s,
                          const char *reason) {
        (void)s;
        (void)now_s;
        if (outbox.n_refusals > 0) {
                outbox.n_refusals--;
                return -ENOSPC;
        }
        int64_t digest = outbox.rows[id].digest, until_ms = loop_monotonic_ms(NULL) + outbox.settle_ms;
        while (loop_monotonic_ms(NULL) < until_ms)
                ;
        outbox.n_settled++;
        for (size_t i = 0; i < outbox.n_rows; i++)
                if (outbox.rows[i].id == id || (digest > 0 && outbox.rows[i].digest == digest))
                        settle_row(&outbox.rows[i], outcome, retry_at_s, reason);
        return 0;
}

int store_list_incidents(struct store *s, const struct incident_filter *f, struct incident_rows *ret) {
        (void)s;
        (void)f;
        (void)ret;
        return 0;
}

void incident_rows_done(struct incident_rows *r) {
        (void)r;
}

int store_apply(struct store *s, struct transitions *t) {
        (void)s;
        (void)t;
        return 0;
}

const char *store_error(const struct store *s) {
        (void)s;
        return "the disk is full";
}

struct place {
        struct bench *bench;
        struct wire *wire;
        struct fake_http *server;
        struct aws_environment environment;
        struct exchange *exchange;
        struct config *config;
        struct courier *courier;
        int n_idle, status, n_settled_before; /* the first request came */
        bool is_silent;
        const char *body, *headers;
};

static void on_request(void *arg, struct fake_connection *c, const struct fake_request *request) {
        struct place *p = arg;
        if (request->nth == 0)
                p->n_settled_before = outbox.n_settled;
        if (!p->is_silent)
                fake_reply(c, p->status, p->headers, p->body);
}

static void on_idle(void *arg) {
        ((struct place *)arg)->n_idle++;
}

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        char text[1024];
        const char *const list[] = {"AWS_EC2_METADATA_DISABLED=true", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE",
                                    "AWS_SECRET_ACCESS_KEY=SECRET", "AWS_ENDPOINT_URL_SNS=nonsense", NULL};
        struct wire_options wire = {.user_agent = "t"};
        struct config_faults faults = {0};
        if (!p || bench_setup((void **)&p->bench) < 0)
                return -1;
        outbox = (struct outbox){.rows[0] = {.notifier = "a", .is_over = true}, .now_s = loop_now_s(p->bench->loop)};
        p->server = fake_http_new(p->bench->loop, on_request, p);
        p->status = 200;
        p->headers = "";
        p->body = "ok";
        snprintf(text, sizeof text,
                 "[target prod]\nregion = eu-west-1\n[notifier a]\ntype = slack\nwebhook_url = %s/SECRET-a\n"
                 "[notifier b]\ntype = slack\nwebhook_url = %s/SECRET-b\n"
                 "[notifier c]\ntype = alertmanager\nurl = %s\n"
                 "[notifier d]\ntype = sns\ntopic_arn = arn:aws:sns:eu-west-1:111122223333:oncall\n",
                 fake_http_url(p->server), fake_http_url(p->server), fake_http_url(p->server));
        bench_write(p->bench, "conf", text);
        if (config_load(bench_path(p->bench, "conf"), &p->config, &faults) < 0 ||
            aws_environment_from_list(list, &p->environment) < 0 || wire_new(p->bench->loop, &wire, &p->wire) < 0 ||
            exchange_new(p->bench->loop, p->wire, &p->environment, &p->exchange) < 0)
                return -1;
        config_faults_done(&faults);
        struct courier_host host = {
                .loop = p->bench->loop, .exchange = p->exchange, .config = p->config, .arg = p, .idle = on_idle};
        *state = p;
        bench_listen(p->bench);
        return courier_new(&host, &p->courier);
}

static int teardown(void **state) {
        struct place *p = *state;
        courier_free(p->courier);
        exchange_free(p->exchange);
        wire_free(p->wire);
        fake_http_free(p->server);
        aws_environment_done(&p->environment);
        config_free(p->config);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static struct row *put(const char *notifier) {
        struct row *row = &outbox.rows[outbox.n_rows];
        if (outbox.n_rows == 0)
                outbox.n_rows++; /* rows begin at 1; the first place is over */
        row = &outbox.rows[outbox.n_rows];
        *row = (struct row){.id = (int64_t)outbox.n_rows++, .notifier = notifier};
        return row;
}

static void run_until_idle(struct place *p) {
        int before = p->n_idle;
        int64_t until_ms = loop_monotonic_ms(p->bench->loop) + 10000;
        courier_wake(p->courier);
        while (p->n_idle == before && loop_monotonic_ms(p->bench->loop) < until_ms)
                ev_run(loop_ev(p->bench->loop), EVRUN_ONCE);
        assert_true(p->n_idle > before);
}

static void expect_no_secret(struct place *p) {
        char *log = bench_heard(p->bench);
        assert_null(strstr(log, "SECRET"));
        free(log);
        for (size_t i = 0; i < outbox.n_rows; i++)
                assert_null(strstr(outbox.rows[i].reason, "SECRET"));
}

static void test_outbox__empty__idle(void **state) {
        struct place *p = *state;
        run_until_idle(p);
        assert_int_equal(fake_http_requests(p->server), 0);
}

static void test_deliveries__of_two_notifiers__each_once(void **state) {
        struct place *p = *state;
        put("a");
        put("b");
        put("a");
        run_until_idle(p);
        assert_int_equal(fake_http_requests(p->server), 3);
        for (size_t i = 0; i < outbox.n_rows; i++)
                assert_int_equal(outbox.rows[i].outcome, OUTCOME_DELIVERED);
        expect_no_secret(p);
}

static void test_delivery__receiver_out_of_order__again_later(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        int64_t now_s = loop_now_s(p->bench->loop);
        p->status = 503;
        run_until_idle(p);
        assert_int_equal(row->outcome, OUTCOME_RETRY);
        assert_in_range(row->next_try_s, now_s + 3, now_s + 7); /* 2.5 to 5 s, and rounding */
        assert_int_equal(fake_http_requests(p->server), 1);
        row = put("b");
        row->attempts = 30;
        run_until_idle(p);
        assert_in_range(row->next_try_s, now_s + 450, now_s + 910);
        expect_no_secret(p);
}

static void test_delivery__receiver_says_when__is_obeyed(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        int64_t now_s = loop_now_s(p->bench->loop);
        p->status = 429;
        p->headers = "Retry-After: 120\r\n";
        run_until_idle(p);
        assert_int_equal(row->outcome, OUTCOME_RETRY);
        assert_in_range(row->next_try_s, now_s + 120, now_s + 125);
}

/* It is not the message that is wrong: it is sent when the endpoint is set right. */
static void test_delivery__endpoint_is_misconfigured__waits(void **state) {
        struct place *p = *state;
        struct row *row = put("d");
        run_until_idle(p);
        assert_int_equal(row->attempts, 1);
        assert_int_equal(row->outcome, OUTCOME_RETRY);
        assert_non_null(strstr(row->reason, "AWS_ENDPOINT_URL"));
}

static void test_delivery__refused__is_over_with_a_reason(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        p->status = 400;
        p->body = "invalid_payload";
        run_until_idle(p);
        assert_int_equal(row->outcome, OUTCOME_REFUSED);
        assert_true(row->reason[0]);
        expect_no_secret(p);
}

/* A webhook that was taken away: somebody may mend that within the day. */
static void test_delivery__address_is_wrong__waits_until_it_is_mended(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        p->status = 404;
        p->body = "no_service";
        run_until_idle(p);
        assert_int_equal(row->outcome, OUTCOME_RETRY);
        assert_false(row->is_over);
        assert_true(row->next_try_s > outbox.now_s);
        expect_no_secret(p);
}

static void test_delivery__notifier_removed__is_dropped(void **state) {
        struct place *p = *state;
        struct row *row = put("gone");
        run_until_idle(p);
        assert_int_equal(row->outcome, OUTCOME_REFUSED);
        assert_int_equal(fake_http_requests(p->server), 0);
}

/* Each is a commit that waits for the disk, and there may be thousands. */
static void test_deliveries__of_a_removed_notifier__hold_up_nobody(void **state) {
        struct place *p = *state;
        enum { GONE = OUTBOX_MAX - 2 };
        outbox.settle_ms = 4;
        for (int i = 0; i < GONE; i++)
                put("gone");
        put("a");
        run_until_idle(p);
        assert_int_equal(fake_http_requests(p->server), 1);
        assert_true(p->n_settled_before < GONE);
        for (size_t i = 0; i < outbox.n_rows; i++)
                assert_true(outbox.rows[i].is_over);
        char *log = bench_heard(p->bench);
        assert_int_equal(count_lines(log, "notifier gone is configured no more"), GONE);
        free(log);
}

/* A --oneshot ends when all is idle: not before what was answered is stored, or the next one would send it again. */
static void test_delivery__answer_cannot_be_stored__is_not_sent_again(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        outbox.n_refusals = 1;
        run_until_idle(p);
        assert_true(row->is_over);
        assert_int_equal(row->outcome, OUTCOME_DELIVERED);
        assert_int_equal(fake_http_requests(p->server), 1);
}

/* A reload, a stop: the last chance to store it. */
static void test_free__answer_not_stored_yet__is_stored(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        outbox.n_refusals = 1;
        courier_wake(p->courier);
        int64_t until_ms = loop_monotonic_ms(p->bench->loop) + 10000;
        while (outbox.n_refusals > 0 && loop_monotonic_ms(p->bench->loop) < until_ms)
                bench_run_ms(p->bench, 5);
        assert_false(row->is_over);
        courier_free(TAKE(p->courier));
        assert_true(row->is_over);
        assert_int_equal(row->outcome, OUTCOME_DELIVERED);
}

static void test_delivery__notifier_removed_and_store_full__loop_goes_on(void **state) {
        struct place *p = *state;
        put("gone");
        outbox.n_refusals = 1000000;
        courier_wake(p->courier);
        bench_run_ms(p->bench, 100);
        assert_in_range(outbox.n_reads, 1, p->config->n_notifiers + 1); /* one by each, and one to drop */
}

static void test_digest__five_applications__one_message(void **state) {
        struct place *p = *state;
        for (size_t i = 0; i < 5; i++)
                put("a");
        run_until_idle(p);
        assert_int_equal(fake_http_requests(p->server), 1);
        for (size_t i = 1; i < outbox.n_rows; i++)
                assert_int_equal(outbox.rows[i].outcome, OUTCOME_DELIVERED);
}

static void test_digest__refused__each_by_itself(void **state) {
        struct place *p = *state;
        for (size_t i = 0; i < 5; i++)
                put("a");
        p->status = 400;
        p->body = "invalid_blocks";
        run_until_idle(p);
        assert_int_equal(fake_http_requests(p->server), 6);
        for (size_t i = 1; i < outbox.n_rows; i++) {
                assert_int_equal(outbox.rows[i].attempts, 2);
                assert_true(outbox.rows[i].is_over);
        }
}

static void test_clock__set_back__what_waits_goes_now(void **state) {
        struct place *p = *state;
        outbox.ahead_s = 3600;
        put("a")->next_try_s = outbox.now_s;
        run_until_idle(p);
        assert_int_equal(outbox.rows[1].outcome, OUTCOME_DELIVERED);
        assert_int_equal(fake_http_requests(p->server), 1);
}

/* What stands for days is told again, and the receiver that fails is tried again with it. */
/* Tried by a clock that was a day ahead; set right since. */
static void test_clock__set_back_after_a_try__what_waits_goes_now(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        row->attempts = 1;
        row->next_try_s = outbox.now_s + 86400;
        run_until_idle(p);
        assert_true(row->is_over);
        row = put("a");
        row->attempts = 1;
        row->next_try_s = outbox.now_s + 890; /* as a receiver may have asked */
        run_until_idle(p);
        assert_false(row->is_over);
}

/* The machine slept, or was off: one failure is not a day of tries. */
static void test_delivery__older_than_a_day__is_not_given_up_at_once(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        outbox.ahead_s = -2 * 86400;
        p->status = 503;
        run_until_idle(p);
        assert_int_equal(row->outcome, OUTCOME_RETRY);
        assert_false(row->is_over);
}

static void test_delivery__older_than_a_week__is_given_up(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        outbox.ahead_s = -8 * 86400;
        p->status = 503;
        run_until_idle(p);
        assert_int_equal(row->outcome, OUTCOME_REFUSED);
        assert_non_null(strstr(row->reason, "given up"));
}

static void test_standing__receiver_fails__is_told_again(void **state) {
        struct place *p = *state;
        outbox.stands_since_s = outbox.now_s - 3 * 86400;
        p->status = 503;
        run_until_idle(p);
        assert_int_equal(fake_http_requests(p->server), 1);
        p->status = 200;
        int64_t until_ms = loop_monotonic_ms(p->bench->loop) + 15000;
        while (outbox.n_signs == 0 && loop_monotonic_ms(p->bench->loop) < until_ms)
                bench_run_ms(p->bench, 50);
        assert_int_equal(outbox.n_signs, 1);
        assert_int_equal(fake_http_requests(p->server), 2);
}

static void test_rate__used_up__waits(void **state) {
        struct place *p = *state;
        put("a");
        outbox.n_sent = 60; /* slack's default */
        run_until_idle(p);
        assert_int_equal(fake_http_requests(p->server), 0);
        assert_false(outbox.rows[1].is_over);
}

/* One that fails is not asked again for the sake of what else waits. */
static void test_receiver__fails__is_left_alone(void **state) {
        struct place *p = *state;
        put("a");
        put("a");
        p->status = 503;
        run_until_idle(p);
        assert_int_equal(fake_http_requests(p->server), 1);
}

static void test_free__delivery_under_way__is_sent_by_the_next(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        p->is_silent = true;
        courier_wake(p->courier);
        int64_t until_ms = loop_monotonic_ms(p->bench->loop) + 10000;
        while (fake_http_requests(p->server) == 0 && loop_monotonic_ms(p->bench->loop) < until_ms)
                bench_run_ms(p->bench, 5);
        courier_free(TAKE(p->courier));
        bench_run_ms(p->bench, 20);
        assert_int_equal(outbox.n_settled, 0);
        assert_false(row->is_over);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_outbox__empty__idle),
                CASE(test_deliveries__of_two_notifiers__each_once),
                CASE(test_delivery__receiver_out_of_order__again_later),
                CASE(test_delivery__endpoint_is_misconfigured__waits),
                CASE(test_delivery__receiver_says_when__is_obeyed),
                CASE(test_delivery__refused__is_over_with_a_reason),
                CASE(test_delivery__address_is_wrong__waits_until_it_is_mended),
                CASE(test_delivery__notifier_removed__is_dropped),
                CASE(test_deliveries__of_a_removed_notifier__hold_up_nobody),
                CASE(test_delivery__answer_cannot_be_stored__is_not_sent_again),
                CASE(test_free__answer_not_stored_yet__is_stored),
                CASE(test_delivery__notifier_removed_and_store_full__loop_goes_on),
                CASE(test_digest__five_applications__one_message),
                CASE(test_digest__refused__each_by_itself),
                CASE(test_clock__set_back__what_waits_goes_now),
                CASE(test_clock__set_back_after_a_try__what_waits_goes_now),
                CASE(test_delivery__older_than_a_day__is_not_given_up_at_once),
                CASE(test_delivery__older_than_a_week__is_given_up),
                CASE(test_standing__receiver_fails__is_told_again),
                CASE(test_rate__used_up__waits),
                CASE(test_receiver__fails__is_left_alone),
                CASE(test_free__delivery_under_way__is_sent_by_the_next),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
