/* SPDX-License-Identifier: Apache-2.0 */
/* Each method with each of its allocations failing, the store's among them: an error, or the whole right answer; nothing in between, and
 * nothing leaks. */
#include <string.h>

#include "../collectors/out_of_memory.h"
#include "tests/unit/rpc/support.h"

enum { ALLOCATIONS_MAX = 20000 };

static void fill(struct store *s) {
        struct target_state target = {.name = (char *)"prod", .region = (char *)"eu-west-1", .polled_at_s = NOW - 20};
        struct incident incident = make_incident("orders", "restart_loop", NOW - 3600);
        assert_int_equal(store_put_target(s, &target), 0);
        put_application(s, "prod", "orders");
        int64_t id = make_series(s, "orders", "fullRestarts", "Maximum");
        put_minutes(s, id, NOW - 3600, 59, 100);
        struct series_key key = {"prod", "orders", "busyTimeMsPerSecond", "Maximum", "Operator=m\x1fTask=x"};
        assert_int_equal(store_series(s, &key, &id), 0);
        put_point(s, id, NOW - 120, 900, NOW, NOW);
        apply_event(s, &incident, EVENT_OPENED, NOW - 3600, NULL);
        incident_done(&incident);
}

/* The answer, or NULL when the call says that it cannot be given. */
static char *try_line(const struct rpc_host *host, const char *line) {
        SCOPED(rpc_free) struct rpc_call *call = NULL;
        SCOPED(buf_done) struct buf out = BUF_INIT(1 << 20);
        if (rpc_start(host, span_of(line), RPC_CHANGE, NOW, &call) < 0)
                return NULL;
        int r;
        while ((r = rpc_step(call, &out)) == RPC_MORE)
                ;
        return r < 0 ? NULL : buf_steal(&out);
}

static void torture(const struct rpc_host *host, const char *line, bool is_good) {
        SCOPED(free) char *whole = try_line(host, line);
        bool has_failed = true;
        size_t n = 0;
        assert_non_null(whole);
        assert_true((strstr(whole, "\"result\"") != NULL) == is_good);
        for (; has_failed && n < ALLOCATIONS_MAX; n++) {
                memory_fail_at(n);
                char *answer = try_line(host, line);
                has_failed = memory_has_failed();
                if (answer && strcmp(answer, whole) != 0 && !strstr(answer, "\"error\""))
                        fail_msg("allocation %zu of %s: %s", n, line, answer);
                free(answer);
        }
        assert_in_range(n, 5, ALLOCATIONS_MAX - 1);
}

static void test_methods__each_allocation_fails__an_error_or_the_whole_answer(void **state) {
        static const char *const good[] = {
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"target\":\"prod\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"apps\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"incidents\",\"params\":{\"all\":true}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"show\",\"params\":{\"id\":1}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"report\",\"params\":{\"id\":1}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events\",\"params\":{\"since\":\"30d\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"metrics\",\"params\":{\"app\":\"orders\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"history\",\"params\":{\"app\":\"orders\",\"metric\":\"fullRestarts\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"history\",\"params\":{\"app\":\"orders\",\"metric\":\"busyTimeMsPerSecond\",\"dim\":[\"Task=x\",\"Operator=m\"]}}",
                "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"poll\"},{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"reload\"}]",
        };
        static const char *const bad[] = {
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"history\",\"params\":{\"app\":\"orders\",\"metric\":\"fullRestarst\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"history\",\"params\":{\"app\":\"ordres\",\"metric\":\"x\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{\"target\":\"prdo\"}}",
        };
        struct store *s = ((struct fixture *)*state)->store;
        const struct rpc_host host = test_host(s);
        fill(s);
        cJSON_InitHooks(&(cJSON_Hooks){memory_malloc, memory_free});
        for (size_t i = 0; i < ELEMENTS(good); i++)
                torture(&host, good[i], true);
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                torture(&host, bad[i], false);
        cJSON_InitHooks(NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_methods__each_allocation_fails__an_error_or_the_whole_answer,
                                                fixture_setup, fixture_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
