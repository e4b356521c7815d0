/* SPDX-License-Identifier: Apache-2.0 */
/* The courier between an outbox and a receiver that the test plays. */
#include "tests/unit/daemon/support.h"

#include <errno.h>

#include "daemon/courier.h"
#include "tests/unit/daemon/fake_http.h"
#include "util/text.h"

enum { OUTBOX_MAX = 8 };

/* In the place of store/: an outbox of a few rows that can be made to fail. */
struct row {
        int64_t id, next_try_s, attempts;
        const char *notifier;
        bool is_over;
        enum outcome outcome;
        char reason[256];
};

static struct outbox {
        struct row rows[OUTBOX_MAX];
        size_t n_rows;
        int n_reads, n_settled, n_refusals; /* settle calls that are to fail yet */
} outbox;

int store_next_delivery(struct store *s, int64_t now_s, const char *const *busy, size_t n_busy, struct delivery *ret,
                        int64_t *ret_next_s) {
        (void)s;
        outbox.n_reads++;
        *ret_next_s = 0;
        for (size_t i = 0; i < outbox.n_rows; i++) {
                struct row *row = &outbox.rows[i];
                bool is_busy = false;
                for (size_t k = 0; k < n_busy; k++)
                        is_busy = is_busy || strcmp(busy[k], row->notifier) == 0;
                if (row->is_over || is_busy)
                        continue;
                if (row->next_try_s > now_s) {
                        *ret_next_s = row->next_try_s;
                        continue;
                }
                *ret = (struct delivery){.id = row->id,
                                         .event = EVENT_OPENED,
                                         .created_at_s = now_s,
                                         .attempts = row->attempts,
                                         .notifier = strdup(row->notifier)};
                snprintf(ret->delivery_id, sizeof ret->delivery_id, "d-%d", (int)row->id);
                ret->incident = (struct incident){.id = 7,
                                                  .revision = 1,
                                                  .target = strdup("prod"),
                                                  .application = strdup("orders"),
                                                  .opened_at_s = now_s};
                ret->incident.finding = (struct finding){.diagnoser = "restart_loop",
                                                         .severity = SEVERITY_CRITICAL,
                                                         .title = strdup("restarts"),
                                                         .summary = strdup("often")};
                return 0;
        }
        return 1;
}

int store_settle_delivery(struct store *s, int64_t id, enum outcome outcome, int64_t now_s, int64_t retry_at_s,
                          const char *reason) {
        (void)s;
        (void)now_s;
        if (outbox.n_refusals > 0) {
                outbox.n_refusals--;
                return -ENOSPC;
        }
        struct row *row = &outbox.rows[id];
        outbox.n_settled++;
        row->attempts++;
        row->outcome = outcome;
        row->is_over = outcome != OUTCOME_RETRY;
        row->next_try_s = retry_at_s;
        snprintf(row->reason, sizeof row->reason, "%s", text_or_empty(reason));
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
        int n_idle, status;
        bool is_silent;
        const char *body, *headers;
};

static void on_request(void *arg, struct fake_connection *c, const struct fake_request *request) {
        struct place *p = arg;
        (void)request;
        if (!p->is_silent)
                fake_reply(c, p->status, p->headers, p->body);
}

static void on_idle(void *arg) {
        ((struct place *)arg)->n_idle++;
}

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        char text[1024];
        const char *const list[] = {"AWS_EC2_METADATA_DISABLED=true", NULL};
        struct wire_options wire = {.user_agent = "t"};
        struct config_faults faults = {0};
        if (!p || bench_setup((void **)&p->bench) < 0)
                return -1;
        outbox = (struct outbox){0};
        p->server = fake_http_new(p->bench->loop, on_request, p);
        p->status = 200;
        p->headers = "";
        p->body = "ok";
        snprintf(text, sizeof text,
                 "[target prod]\nregion = eu-west-1\n[notifier a]\ntype = slack\nwebhook_url = %s/SECRET-a\n"
                 "[notifier b]\ntype = slack\nwebhook_url = %s/SECRET-b\n",
                 fake_http_url(p->server), fake_http_url(p->server));
        bench_write(p->bench, "conf", text);
        if (config_load(bench_path(p->bench, "conf"), &p->config, &faults) < 0 ||
            aws_environment_from_list(list, &p->environment) < 0 || wire_new(p->bench->loop, &wire, &p->wire) < 0 ||
            exchange_new(p->bench->loop, p->wire, &p->environment, &p->exchange) < 0)
                return -1;
        config_faults_done(&faults);
        struct courier_host host = {p->bench->loop, p->exchange, NULL, p->config, p, on_idle};
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
        row->attempts = 30;
        row->next_try_s = 0;
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

static void test_delivery__refused__is_over_with_a_reason(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        p->status = 404;
        p->body = "no_service";
        run_until_idle(p);
        assert_int_equal(row->outcome, OUTCOME_REFUSED);
        assert_true(row->reason[0]);
        expect_no_secret(p);
}

static void test_delivery__notifier_removed__is_dropped(void **state) {
        struct place *p = *state;
        struct row *row = put("gone");
        run_until_idle(p);
        assert_int_equal(row->outcome, OUTCOME_REFUSED);
        assert_int_equal(fake_http_requests(p->server), 0);
}

static void test_delivery__answer_cannot_be_stored__is_not_sent_again(void **state) {
        struct place *p = *state;
        struct row *row = put("a");
        outbox.n_refusals = 1;
        run_until_idle(p);
        bench_run_ms(p->bench, 300);
        assert_int_equal(fake_http_requests(p->server), 1);
        assert_false(row->is_over);
        int64_t until_ms = loop_monotonic_ms(p->bench->loop) + 15000;
        while (!row->is_over && loop_monotonic_ms(p->bench->loop) < until_ms)
                bench_run_ms(p->bench, 50);
        assert_int_equal(row->outcome, OUTCOME_DELIVERED);
        assert_int_equal(fake_http_requests(p->server), 1);
}

static void test_delivery__notifier_removed_and_store_full__loop_goes_on(void **state) {
        struct place *p = *state;
        put("gone");
        outbox.n_refusals = 1000000;
        courier_wake(p->courier);
        bench_run_ms(p->bench, 100);
        assert_in_range(outbox.n_reads, 1, 3);
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
                CASE(test_delivery__receiver_says_when__is_obeyed),
                CASE(test_delivery__refused__is_over_with_a_reason),
                CASE(test_delivery__notifier_removed__is_dropped),
                CASE(test_delivery__answer_cannot_be_stored__is_not_sent_again),
                CASE(test_delivery__notifier_removed_and_store_full__loop_goes_on),
                CASE(test_free__delivery_under_way__is_sent_by_the_next),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
