/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, read from a store, and an answer that waits for what happens next. */
#include <string.h>

#include "tests/unit/rpc/support.h"

static struct store *store_of(void **state) {
        return ((struct fixture *)*state)->store;
}

static void put_operation(struct store *s, const char *id, const char *status, int64_t started_at_s, int64_t ended_at_s,
                          const char *failure) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = NOW};
        struct operation o = {.target = strdup("prod"),
                              .application = strdup("orders"),
                              .id = strdup(id),
                              .kind = strdup("UpdateApplication"),
                              .status = strdup(status),
                              .failure = failure ? strdup(failure) : NULL,
                              .started_at_s = started_at_s,
                              .ended_at_s = ended_at_s};
        assert_int_equal(batch_add_operation_take(&b, &o), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static int64_t open_incident(struct store *s, const char *application, int64_t at_s) {
        static const char *const pager[] = {"pager", NULL};
        struct incident i = make_incident(application, "restart_loop", at_s);
        apply_event(s, &i, EVENT_OPENED, at_s, pager);
        int64_t id = i.id;
        incident_done(&i);
        return id;
}

static void deliver(struct store *s, int64_t at_s) {
        SCOPED(delivery_done) struct delivery d = {0};
        assert_true(take_first(s, "pager", &d) > 0);
        assert_int_equal(store_settle_delivery(s, d.id, OUTCOME_DELIVERED, at_s, 0, NULL), 0);
}

static const cJSON *item(const cJSON *list, int i) {
        const cJSON *found = cJSON_GetArrayItem(list, i);
        assert_non_null(found);
        return found;
}

static void test_events__of_each_kind__come_in_the_order_of_time(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        int64_t id = open_incident(s, "orders", NOW - 600);
        deliver(s, NOW - 590);
        put_operation(s, "op1", "IN_PROGRESS", NOW - 700, 0, NULL);
        put_operation(s, "op1", "IN_PROGRESS", NOW - 700, 0, NULL);
        put_operation(s, "op1", "FAILED", NOW - 700, NOW - 650, "no permission");
        put_operation(s, "op1", "FAILED", NOW - 700, NOW - 650, "no permission");
        cJSON *events = ask(s, "events", NULL);
        assert_int_equal(cJSON_GetArraySize(events), 4);
        assert_string_equal(text_at(item(events, 0), "kind"), "operation");
        assert_string_equal(text_at(item(events, 0), "event"), "began");
        assert_string_equal(text_at(item(events, 0), "text"), "UpdateApplication");
        assert_string_equal(text_at(item(events, 0), "operation"), "op1");
        assert_true(cJSON_IsNull(at(item(events, 0), "incident")));
        assert_string_equal(text_at(item(events, 1), "event"), "ended");
        assert_string_equal(text_at(item(events, 1), "text"), "UpdateApplication FAILED: no permission");
        assert_string_equal(text_at(item(events, 2), "kind"), "incident");
        assert_string_equal(text_at(item(events, 2), "event"), "opened");
        assert_string_equal(text_at(item(events, 2), "severity"), "critical");
        assert_string_equal(text_at(item(events, 2), "at"), "2026-01-01T23:50:00Z");
        assert_int_equal((int64_t)number_at(item(events, 2), "incident"), id);
        assert_string_equal(text_at(item(events, 3), "kind"), "delivery");
        assert_string_equal(text_at(item(events, 3), "event"), "delivered");
        cJSON_Delete(events);
}

static void test_events__asked_for_some__are_those(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        put_application(s, "prod", "clicks");
        open_incident(s, "orders", NOW - 600);
        open_incident(s, "clicks", NOW - 3 * 86400);
        static const struct {
                const char *params;
                int n;
        } cases[] = {{NULL, 1},
                     {"{\"since\":\"4d\"}", 2},
                     {"{\"since\":\"4d\",\"app\":\"cl*\"}", 1},
                     {"{\"app\":\"none\"}", 0}};
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                cJSON *events = ask(s, "events", cases[i].params);
                assert_int_equal(cJSON_GetArraySize(events), cases[i].n);
                cJSON_Delete(events);
        }
        ask_refused(s, RPC_READ, "events", "{\"after\":0}", -32602, "after");
}

static void test_events__by_the_thousand__come_in_pieces(void **state) {
        struct store *s = store_of(state);
        char id[32];
        for (int i = 0; i < 1000; i++) {
                snprintf(id, sizeof id, "op%d", i);
                put_operation(s, id, "SUCCESSFUL", NOW - 5000 + i, NOW - 4990 + i, NULL);
        }
        cJSON *events = ask(s, "events", NULL);
        assert_int_equal(cJSON_GetArraySize(events), 2000);
        assert_true(asked.n_steps > 15 && asked.largest_piece_bytes < 64 << 10);
        for (int i = 1; i < 2000; i += 97)
                assert_true(strcmp(text_at(item(events, i - 1), "at"), text_at(item(events, i), "at")) <= 0);
        cJSON_Delete(events);
}

struct follower {
        struct rpc_call *call;
        struct buf out;
        int n_wakes;
};

static void wake(void *arg) {
        ((struct follower *)arg)->n_wakes++;
}

static void follow(const struct rpc_host *host, struct follower *f, const char *params) {
        SCOPED(buf_done) struct buf line = BUF_INIT(4096);
        buf_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events\",\"params\":%s}", params);
        *f = (struct follower){.out = BUF_INIT(1 << 20)};
        assert_int_equal(rpc_start(host, buf_span(&line), RPC_READ, NOW, &f->call), 0);
        rpc_set_wake(f->call, wake, f);
}

static int step(struct follower *f) {
        int r;
        do
                r = rpc_step(f->call, &f->out);
        while (r == RPC_MORE);
        return r;
}

static void test_follow__nothing_yet__waits_and_is_woken(void **state) {
        struct store *s = store_of(state);
        const struct rpc_host host = test_host(s);
        struct follower a, b;
        put_application(s, "prod", "orders");
        follow(&host, &a, "{\"follow\":true}");
        follow(&host, &b, "{\"follow\":true,\"app\":\"clicks\"}");
        assert_int_equal(step(&a), RPC_WAIT);
        assert_int_equal(step(&b), RPC_WAIT);
        open_incident(s, "orders", NOW - 10);
        assert_int_equal(a.n_wakes, 1);
        assert_int_equal(b.n_wakes, 1);
        assert_int_equal(step(&a), 0);
        assert_int_equal(step(&b), RPC_WAIT);
        assert_non_null(strstr(buf_str(&a.out), "\"event\":\"opened\""));
        rpc_free(b.call);
        open_incident(s, "orders", NOW - 5); /* whoever is gone is not woken */
        assert_int_equal(b.n_wakes, 1);
        rpc_free(a.call);
        buf_done(&a.out);
        buf_done(&b.out);
}

static void test_follow__after_the_last__has_what_came_late(void **state) {
        struct store *s = store_of(state);
        const struct rpc_host host = test_host(s);
        struct follower f;
        char params[64];
        put_application(s, "prod", "orders");
        open_incident(s, "orders", NOW - 10);
        cJSON *events = ask(s, "events", NULL);
        snprintf(params, sizeof params, "{\"follow\":true,\"after\":%.0f}", number_at(item(events, 0), "id"));
        cJSON_Delete(events);
        put_operation(s, "late", "SUCCESSFUL", NOW - 3600, NOW - 3500, NULL);
        follow(&host, &f, params);
        assert_int_equal(step(&f), 0);
        assert_non_null(strstr(buf_str(&f.out), "\"late\""));
        assert_null(strstr(buf_str(&f.out), "opened"));
        rpc_free(f.call);
        buf_done(&f.out);
}

static void test_events__older_than_retention__go(void **state) {
        struct store *s = store_of(state);
        put_operation(s, "old", "SUCCESSFUL", NOW - 40 * 86400, NOW - 40 * 86400 + 60, NULL);
        put_operation(s, "new", "SUCCESSFUL", NOW - 60, NOW - 30, NULL);
        while (store_retain(s, NOW - 30 * 86400) == 1) {}
        cJSON *events = ask(s, "events", "{\"since\":\"60d\"}");
        assert_int_equal(cJSON_GetArraySize(events), 2);
        cJSON_Delete(events);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_events__of_each_kind__come_in_the_order_of_time),
                CASE(test_events__asked_for_some__are_those),
                CASE(test_events__by_the_thousand__come_in_pieces),
                CASE(test_follow__nothing_yet__waits_and_is_woken),
                CASE(test_follow__after_the_last__has_what_came_late),
                CASE(test_events__older_than_retention__go),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
