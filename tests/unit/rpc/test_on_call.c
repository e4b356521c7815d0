/* SPDX-License-Identifier: Apache-2.0 */
/* ack, silence, silences, unsilence over a real store. */
#include <string.h>

#include "tests/unit/rpc/support.h"

static struct store *store_of(void **state) {
        done = (struct done){0};
        return ((struct fixture *)*state)->store;
}

static void test_ack__open_incident__is_passed_on_and_shown(void **state) {
        struct store *s = store_of(state);
        struct incident i = make_incident("orders", "restart_loop", NOW - 600);
        apply_event(s, &i, EVENT_OPENED, NOW - 600, NULL);
        cJSON *result = ask(s, "ack", "{\"id\":1,\"comment\":\"on it\"}");
        assert_int_equal(done.n_acknowledged, 1);
        assert_int_equal(done.id, 1);
        assert_string_equal(done.by, "alice");
        assert_string_equal(done.comment, "on it");
        assert_string_equal(text_at(result, "application"), "orders");
        cJSON_Delete(result);
        incident_done(&i);
}

static void test_ack__what_cannot_be__is_refused(void **state) {
        struct store *s = store_of(state);
        ask_refused(s, RPC_READ, "ack", "{\"id\":1}", -32001, "you may only read");
        ask_refused(s, RPC_CHANGE, "ack", "{}", -32602, "id is missing");
        assert_int_equal(done.n_acknowledged, 0);
        done.refusal = "incident 1 is resolved";
        ask_refused(s, RPC_CHANGE, "ack", "{\"id\":1}", -32000, "incident 1 is resolved");
        struct buf params = BUF_INIT(4096);
        buf_put_str(&params, "{\"id\":1,\"comment\":\"");
        for (int i = 0; i < 1001; i++)
                buf_put_char(&params, 'x');
        buf_put_str(&params, "\"}");
        ask_refused(s, RPC_CHANGE, "ack", buf_str(&params), -32602, "comment is longer than 1000 bytes");
        assert_int_equal(done.n_acknowledged, 1);
        buf_done(&params);
}

static void test_silence__added_listed_and_ended(void **state) {
        struct store *s = store_of(state);
        put_application(s, "prod", "orders");
        cJSON *made = ask(s, "silence",
                          "{\"app\":\"ord*\",\"diagnoser\":\"downtime\",\"for\":\"2h\",\"comment\":\"move\"}");
        assert_true(number_at(made, "id") == 1);
        assert_string_equal(text_at(made, "application"), "ord*");
        assert_string_equal(text_at(made, "diagnoser"), "downtime");
        assert_string_equal(text_at(made, "created_by"), "alice");
        assert_string_equal(text_at(made, "comment"), "move");
        assert_string_equal(text_at(made, "created_at"), "2026-01-02T00:00:00Z");
        assert_string_equal(text_at(made, "ends_at"), "2026-01-02T02:00:00Z");
        assert_true(cJSON_IsTrue(at(made, "active")));
        assert_true(cJSON_IsNull(at(made, "target")));
        assert_true(number_at(made, "applications_now") == 1);
        cJSON_DeleteItemFromObject(made, "applications_now");
        cJSON *typo = ask(s, "silence", "{\"app\":\"ordersx\",\"for\":60,\"comment\":\"x\"}");
        assert_true(number_at(typo, "applications_now") == 0);
        cJSON_Delete(typo);
        cJSON_Delete(ask(s, "unsilence", "{\"id\":2}"));
        cJSON *list = ask(s, "silences", NULL);
        assert_int_equal(cJSON_GetArraySize(list), 1);
        assert_true(cJSON_Compare(list->child, made, true));
        cJSON_Delete(list);
        cJSON *ended = ask(s, "unsilence", "{\"id\":1}");
        assert_true(cJSON_IsFalse(at(ended, "active")));
        assert_string_equal(text_at(ended, "ended_by"), "alice");
        list = ask(s, "silences", NULL);
        assert_int_equal(cJSON_GetArraySize(list), 0);
        cJSON_Delete(list);
        list = ask(s, "silences", "{\"all\":true}");
        assert_int_equal(cJSON_GetArraySize(list), 2);
        ask_refused(s, RPC_CHANGE, "unsilence", "{\"id\":1}", -32000, "silence 1 is over already");
        cJSON_Delete(list);
        cJSON_Delete(made);
        cJSON_Delete(ended);
}

static void test_silence__on_an_open_incident__is_in_its_timeline(void **state) {
        struct store *s = store_of(state);
        struct incident about = make_incident("orders", "downtime", NOW - 600),
                        other = make_incident("clicks", "downtime", NOW - 600);
        apply_event(s, &about, EVENT_OPENED, NOW - 600, NULL);
        apply_event(s, &other, EVENT_OPENED, NOW - 600, NULL);
        cJSON_Delete(ask(s, "silence", "{\"app\":\"orders\",\"for\":3600,\"comment\":\"planned\"}"));
        cJSON_Delete(ask(s, "unsilence", "{\"id\":1}"));
        cJSON *shown = ask(s, "show", "{\"id\":1}"), *untouched = ask(s, "show", "{\"id\":2}");
        const cJSON *timeline = at(shown, "timeline");
        assert_int_equal(cJSON_GetArraySize(timeline), 3);
        assert_string_equal(text_at(cJSON_GetArrayItem(timeline, 1), "kind"), "silenced");
        assert_string_equal(text_at(cJSON_GetArrayItem(timeline, 1), "text"),
                            "alice, until 2026-01-02T01:00:00Z: planned");
        assert_string_equal(text_at(cJSON_GetArrayItem(timeline, 2), "kind"), "unsilenced");
        assert_int_equal(cJSON_GetArraySize(at(untouched, "timeline")), 1);
        cJSON_Delete(shown);
        cJSON_Delete(untouched);
        incident_done(&about);
        incident_done(&other);
}

static void test_silence__what_cannot_be__is_refused(void **state) {
        struct store *s = store_of(state);
        static const struct {
                const char *params, *text;
        } wrong[] = {
                {"{\"app\":\"orders\",\"for\":\"1h\"}", "comment is missing"},
                {"{\"app\":\"orders\",\"comment\":\"x\"}", "for is missing"},
                {"{\"for\":\"1h\",\"comment\":\"x\"}", "app is missing"},
                {"{\"app\":\" , \",\"for\":\"1h\",\"comment\":\"x\"}", "app must name applications: use * for all"},
                {"{\"app\":\"a\",\"for\":\"0s\",\"comment\":\"x\"}", "for must be a duration"},
                {"{\"app\":\"a\",\"for\":\"1h\",\"comment\":\"x\",\"diagnoser\":\"downtme\"}",
                 "there is no diagnoser downtme: did you mean downtime?"},
        };
        for (size_t i = 0; i < ELEMENTS(wrong); i++)
                ask_refused(s, RPC_CHANGE, "silence", wrong[i].params, -32602, wrong[i].text);
        ask_refused(s, RPC_CHANGE, "silence", "{\"app\":\"a\",\"for\":\"1h\",\"comment\":\"x\",\"target\":\"nowhere\"}",
                    -32002, "nowhere");
        ask_refused(s, RPC_READ, "silence", "{\"app\":\"a\",\"for\":\"1h\",\"comment\":\"x\"}", -32001,
                    "you may only read");
        ask_refused(s, RPC_READ, "unsilence", "{\"id\":1}", -32001, "you may only read");
        ask_refused(s, RPC_CHANGE, "unsilence", "{\"id\":1}", -32002, "there is no silence 1");
        cJSON *list = ask(s, "silences", "{\"all\":true}");
        assert_int_equal(cJSON_GetArraySize(list), 0);
        cJSON_Delete(list);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                WITH_STORE(test_ack__open_incident__is_passed_on_and_shown),
                WITH_STORE(test_ack__what_cannot_be__is_refused),
                WITH_STORE(test_silence__added_listed_and_ended),
                WITH_STORE(test_silence__on_an_open_incident__is_in_its_timeline),
                WITH_STORE(test_silence__what_cannot_be__is_refused),
        };
        return cmocka_run_group_tests_name("on call", tests, NULL, NULL);
}
