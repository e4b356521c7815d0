/* SPDX-License-Identifier: Apache-2.0 */
/* The examples of flinkwatch-socket(7), sent to a store that holds what they speak of. */
#include <string.h>

#include "tests/unit/rpc/support.h"

static char *read_page(void) {
        const char *top = getenv("FLINKWATCH_SRCDIR");
        char path[512], bytes[4096];
        struct buf text = BUF_INIT(1 << 20);
        size_t n;
        snprintf(path, sizeof path, "%s/man/flinkwatch-socket.7", top ? top : ".");
        SCOPED(fclose) FILE *file = fopen(path, "rb");
        if (!file)
                fail_msg("%s cannot be read", path);
        while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
                buf_put(&text, bytes, n);
        return buf_steal(&text);
}

static void fill(struct store *s) {
        put_application(s, "prod", "orders");
        int64_t id = make_series(s, "orders", "lastCheckpointDuration", "Maximum");
        put_point(s, id, NOW - 120, 1250, NOW, NOW);
        put_point(s, id, NOW - 60, 1250.5, NOW, NOW);
}

static void test_examples__of_the_manual__are_answered_as_printed(void **state) {
        struct store *s = ((struct fixture *)*state)->store;
        SCOPED(free) char *page = read_page(), *answer = NULL;
        struct span rest = span_of(page);
        int n_answers = 0;
        fill(s);
        while (rest.data) {
                struct span line = span_split(&rest, '\n');
                struct span message = {line.data + 4, line.len > 4 ? line.len - 4 : 0};
                if (span_starts(line, SPAN("--> "))) {
                        free(answer);
                        answer = ask_line(s, RPC_CHANGE, message);
                } else if (span_starts(line, SPAN("<-- "))) {
                        assert_non_null(answer);
                        if (!span_equals(message, span_trim(span_of(answer))))
                                fail_msg("printed: %.*s\nanswered: %s", (int)message.len, message.data, answer);
                        n_answers++;
                }
        }
        assert_int_equal(n_answers, 6);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_examples__of_the_manual__are_answered_as_printed, fixture_setup,
                                                fixture_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
