/* SPDX-License-Identifier: Apache-2.0 */
/* Framing: what is a request, who hears an answer, what is refused and how. */
#include <string.h>

#include "tests/unit/rpc/support.h"

static struct store *store_of(void **state) {
        done = (struct done){0};
        return ((struct fixture *)*state)->store;
}

static void expect_answer(struct store *s, const char *line, const char *expected) {
        SCOPED(free) char *answer = ask_line(s, RPC_CHANGE, span_of(line));
        assert_string_equal(answer, expected);
}

static void test_request__id_of_each_kind__comes_back_as_it_was(void **state) {
        struct store *s = store_of(state);
        expect_answer(s, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"reload\"}",
                      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"reloaded\":true}}\n");
        expect_answer(s, "{\"jsonrpc\":\"2.0\",\"id\":-1.5,\"method\":\"reload\"}",
                      "{\"jsonrpc\":\"2.0\",\"id\":-1.5,\"result\":{\"reloaded\":true}}\n");
        expect_answer(s, "{\"jsonrpc\":\"2.0\",\"id\":9007199254740992,\"method\":\"reload\"}",
                      "{\"jsonrpc\":\"2.0\",\"id\":9007199254740992,\"result\":{\"reloaded\":true}}\n");
        expect_answer(s, "{\"jsonrpc\":\"2.0\",\"id\":\"\\u00e9\\\"\",\"method\":\"reload\"}",
                      "{\"jsonrpc\":\"2.0\",\"id\":\"\xc3\xa9\\\"\",\"result\":{\"reloaded\":true}}\n");
        expect_answer(s, " {\"id\":null,\"method\":\"reload\",\"jsonrpc\":\"2.0\",\"params\":null}\r",
                      "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{\"reloaded\":true}}\n");
        assert_int_equal(done.n_reloads, 5);
}

static void test_notification__is_done__and_not_answered(void **state) {
        struct store *s = store_of(state);
        expect_answer(s, "{\"jsonrpc\":\"2.0\",\"method\":\"reload\"}", "");
        expect_answer(s, "{\"jsonrpc\":\"2.0\",\"method\":\"status\"}", "");
        expect_answer(s, "{\"jsonrpc\":\"2.0\",\"method\":\"no such\"}", "");
        expect_answer(s, "[{\"jsonrpc\":\"2.0\",\"method\":\"reload\"},{\"jsonrpc\":\"2.0\",\"method\":\"reload\"}]",
                      "");
        assert_int_equal(done.n_reloads, 3);
}

static void test_line__not_json__is_a_parse_error(void **state) {
        struct store *s = store_of(state);
        line_refused(s, "hello", -32700, "not JSON");
        line_refused(s, "{\"jsonrpc\":\"2.0\",\"id\":1,", -32700, "not JSON");
        line_refused(s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"reload\"} x", -32700, "not JSON");
        line_refused(s, "{} {}", -32700, "not JSON");
        assert_int_equal(done.n_reloads, 0);
}

static void test_request__not_as_the_standard_has_it__is_invalid(void **state) {
        struct store *s = store_of(state);
        line_refused(s, "3", -32600, "must be an object");
        line_refused(s, "\"x\"", -32600, "must be an object");
        line_refused(s, "[]", -32600, "empty");
        line_refused(s, "{}", -32600, "\"2.0\"");
        line_refused(s, "{\"jsonrpc\":2.0,\"method\":\"status\"}", -32600, "\"2.0\"");
        line_refused(s, "{\"jsonrpc\":\"2.0\"}", -32600, "\"method\"");
        line_refused(s, "{\"jsonrpc\":\"2.0\",\"method\":1}", -32600, "\"method\"");
        line_refused(s, "{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":[1]}", -32600, "\"id\"");
        line_refused(s, "{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":true}", -32600, "\"id\"");
        line_refused(s, "{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":9007199254740994}", -32600, "2^53");
        line_refused(s, "{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":1e999}", -32600, "2^53");
        line_refused(s, "{\"jsonrpc\":\"2.0\",\"method\":\"reload\\u0000x\",\"id\":1}", -32600, "NUL");
}

static void test_request__escaped_backslash_before_u0000__is_no_nul(void **state) {
        struct store *s = store_of(state);
        ask_refused(s, RPC_READ, "x\\\\u0000", NULL, -32601, "there is no method x\\u0000");
}

static void test_method__unknown__is_hinted_at(void **state) {
        struct store *s = store_of(state);
        ask_refused(s, RPC_READ, "statsu", NULL, -32601, "there is no method statsu: did you mean status?");
        ask_refused(s, RPC_READ, "zzzzzz", NULL, -32601, "there is no method zzzzzz");
}

static void test_params__of_each_wrong_kind__are_named(void **state) {
        struct store *s = store_of(state);
        ask_refused(s, RPC_READ, "status", "[1]", -32602, "params must be an object");
        ask_refused(s, RPC_READ, "status", "\"x\"", -32602, "params must be an object");
        ask_refused(s, RPC_READ, "incidents", "{\"sicne\":\"2h\"}", -32602,
                    "there is no parameter sicne here: did you mean since?");
        ask_refused(s, RPC_READ, "incidents", "{\"all\":1}", -32602, "all must be true or false");
        ask_refused(s, RPC_READ, "incidents", "{\"app\":7}", -32602, "app must be a string");
        ask_refused(s, RPC_READ, "incidents", "{\"app\":\"\"}", -32602, "app must be a string that is not empty");
        ask_refused(s, RPC_READ, "incidents", "{\"since\":\"2x\"}", -32602, "since must be a time");
        ask_refused(s, RPC_READ, "incidents", "{\"since\":-1}", -32602, "since must be a time");
        ask_refused(s, RPC_READ, "incidents", "{\"since\":1e300}", -32602, "since must be a time");
        ask_refused(s, RPC_READ, "incidents", "{\"all\":true,\"all\":true}", -32602, "all is given twice");
        ask_refused(s, RPC_READ, "show", NULL, -32602, "id is missing");
        ask_refused(s, RPC_READ, "show", "{\"id\":null}", -32602, "id is missing");
        ask_refused(s, RPC_READ, "show", "{\"id\":0}", -32602, "id must be a whole number");
        ask_refused(s, RPC_READ, "show", "{\"id\":1.5}", -32602, "id must be a whole number");
        ask_refused(s, RPC_READ, "show", "{\"id\":\"1\"}", -32602, "id must be a whole number");
        ask_refused(s, RPC_READ, "history", "{\"app\":\"a\"}", -32602, "metric is missing");
        ask_refused(s, RPC_READ, "history", "{\"app\":\"a\",\"metric\":\"m\",\"step\":0}", -32602,
                    "step must be a duration");
        ask_refused(s, RPC_READ, "history", "{\"app\":\"a\",\"metric\":\"m\",\"step\":\"99999999d\"}", -32602,
                    "step must be a duration");
        ask_refused(s, RPC_READ, "history", "{\"app\":\"a\",\"metric\":\"m\",\"dim\":[\"Task\"]}", -32602,
                    "dim must be a list");
        ask_refused(s, RPC_READ, "history", "{\"app\":\"a\",\"metric\":\"m\",\"dim\":{\"Task\":1}}", -32602,
                    "dim must be a list");
        ask_refused(s, RPC_READ, "history", "{\"app\":\"a\",\"metric\":\"m\",\"dim\":7}", -32602, "dim must be a list");
}

static void test_change__asked_by_a_reader__is_denied_with_the_way_out(void **state) {
        struct store *s = store_of(state);
        ask_refused(s, RPC_READ, "reload", NULL, -32001, "member of the socket's group");
        ask_refused(s, RPC_READ, "poll", "{\"now\":true}", -32001, "poll changes things");
        SCOPED(free) char *answer = ask_line(s, RPC_READ, SPAN("{\"jsonrpc\":\"2.0\",\"method\":\"reload\"}"));
        assert_string_equal(answer, "");
        assert_int_equal(done.n_reloads + done.n_polls, 0);
}

static void test_batch__mixed__is_answered_in_order(void **state) {
        struct store *s = store_of(state);
        expect_answer(
                s,
                "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"reload\"},{\"jsonrpc\":\"2.0\",\"method\":\"reload\"},5,"
                "{\"jsonrpc\":\"2.0\",\"id\":\"b\",\"method\":\"incidents\"}]",
                "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"reloaded\":true}},"
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"a request must be an object\"}},"
                "{\"jsonrpc\":\"2.0\",\"id\":\"b\",\"result\":[]}]\n");
        assert_int_equal(done.n_reloads, 2);
}

/* Valid JSON all the way, so that only the limit can refuse it. */
static void test_request__nested_deep__is_refused_before_it_is_parsed(void **state) {
        struct store *s = store_of(state);
        SCOPED(buf_done) struct buf line = BUF_INIT(2 << 20);
        for (int depth = 32; depth <= 200000; depth = depth * 10 + 1) {
                buf_clear(&line);
                buf_put_str(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":");
                for (int i = 0; i < depth; i++)
                        buf_put_char(&line, '[');
                for (int i = 0; i < depth; i++)
                        buf_put_char(&line, ']');
                buf_put_char(&line, '}');
                line_refused(s, buf_str(&line), -32600, "deeper than 32");
        }
}

static void test_request__brackets_within_strings__do_not_count(void **state) {
        struct store *s = store_of(state);
        SCOPED(buf_done) struct buf params = BUF_INIT(1 << 20);
        buf_put_str(&params, "{\"app\":\"");
        for (int i = 0; i < 20000; i++)
                buf_put_str(&params, "[{,\\\"");
        buf_put_str(&params, "\"}");
        cJSON *result = ask(s, "incidents", buf_str(&params));
        assert_int_equal(cJSON_GetArraySize(result), 0);
        cJSON_Delete(result);
}

static void test_request__of_the_largest_size__is_answered__and_one_byte_more_is_not(void **state) {
        struct store *s = store_of(state);
        static const char head[] =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"incidents\",\"params\":{\"diagnoser\":\"",
                          tail[] = "\"}}";
        SCOPED(buf_done) struct buf line = BUF_INIT(2 << 20);
        for (size_t extra = 0; extra < 2; extra++) {
                buf_clear(&line);
                buf_put_str(&line, head);
                while (line.len < RPC_REQUEST_MAX + extra - strlen(tail))
                        buf_put_char(&line, 'x');
                buf_put_str(&line, tail);
                assert_int_equal(line.len, RPC_REQUEST_MAX + extra);
                if (extra == 0)
                        expect_answer(s, buf_str(&line), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}\n");
                else
                        line_refused(s, buf_str(&line), -32600, "longer than 1 MiB");
        }
}

static void test_request__with_very_many_values__is_refused(void **state) {
        struct store *s = store_of(state);
        SCOPED(buf_done) struct buf line = BUF_INIT(2 << 20);
        buf_put_str(&line, "[0");
        while (line.len < RPC_REQUEST_MAX - 3)
                buf_put_str(&line, ",0");
        buf_put_char(&line, ']');
        line_refused(s, buf_str(&line), -32600, "more than 10000 values");
}

static void test_refuse__too_long_a_line__is_an_error_with_null_id(void **state) {
        SCOPED(buf_done) struct buf out = BUF_INIT(1024);
        (void)state;
        rpc_refuse(&out, -32600, "too \"long\"");
        assert_string_equal(
                buf_str(&out),
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"too \\\"long\\\"\"}}\n");
}

/* No bytes at all may crash it: cut and bent requests, each answered with exactly one line or none. */
static void test_line__cut_and_bent_anywhere__gives_one_line_or_none(void **state) {
        static const char good[] =
                "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"history\",\"params\":{\"app\":\"a\",\"metric\":\"m\",\"dim\":[\"T=\\u00e9\"]}}]";
        struct store *s = store_of(state);
        for (size_t i = 0; i < sizeof good - 1; i++)
                for (int bend = 0; bend < 4; bend++) {
                        char line[sizeof good];
                        memcpy(line, good, sizeof good);
                        line[i] = "\0[\"\xff"[bend];
                        SCOPED(free)
                        char *answer = ask_line(s, RPC_READ, (struct span){line, bend == 3 ? i : sizeof good - 1});
                        size_t len = strlen(answer);
                        assert_true(len == 0 || strchr(answer, '\n') == answer + len - 1);
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_request__id_of_each_kind__comes_back_as_it_was, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_notification__is_done__and_not_answered, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_line__not_json__is_a_parse_error, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_request__not_as_the_standard_has_it__is_invalid, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_request__escaped_backslash_before_u0000__is_no_nul, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_method__unknown__is_hinted_at, fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_params__of_each_wrong_kind__are_named, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_change__asked_by_a_reader__is_denied_with_the_way_out,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_batch__mixed__is_answered_in_order, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(test_request__nested_deep__is_refused_before_it_is_parsed,
                                                fixture_setup, fixture_teardown),
                cmocka_unit_test_setup_teardown(test_request__brackets_within_strings__do_not_count, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(
                        test_request__of_the_largest_size__is_answered__and_one_byte_more_is_not, fixture_setup,
                        fixture_teardown),
                cmocka_unit_test_setup_teardown(test_request__with_very_many_values__is_refused, fixture_setup,
                                                fixture_teardown),
                cmocka_unit_test(test_refuse__too_long_a_line__is_an_error_with_null_id),
                cmocka_unit_test_setup_teardown(test_line__cut_and_bent_anywhere__gives_one_line_or_none, fixture_setup,
                                                fixture_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
