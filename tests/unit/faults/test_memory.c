/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation fails in turn: what is read then is an error, never a crash, a leak or a wrong verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "faults/reader.h"

static int64_t countdown; /* allocations until one fails; negative: none does */

static bool is_refused(void) {
        return countdown >= 0 && countdown-- == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

void *__wrap_malloc(size_t size) {
        return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
        return is_refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size) {
        return is_refused() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *s) {
        return is_refused() ? NULL : __real_strdup(s);
}

static const char log_text[] =
        "{\"timestamp\":1767225600000,\"message\":\"{\\\"logger\\\":\\\"a.CheckpointCoordinator\\\",\\\"messageType\\\":\\\"INFO\\\",\\\"message\\\":\\\"Completed checkpoint 1 "
        "for job 1 (1 bytes in 2 ms).\\\"}\"}\n"
        "{\"timestamp\":1767225605000,\"message\":\"{\\\"logger\\\":\\\"a.B\\\",\\\"messageType\\\":\\\"ERROR\\\",\\\"message\\\":\\\"no\\\",\\\"throwableInformation\\\":"
        "\\\"java.lang.NumberFormatException: x\\\\n\\\\tat com.acme.P.q(P.java:1)\\\"}\"}\n"
        "{\"timestamp\":1767225610000,\"message\":\"{\\\"logger\\\":\\\"a.Task\\\",\\\"messageType\\\":\\\"WARN\\\",\\\"message\\\":\\\"Source: a (1/2)#0 (00_11_0_0) switched "
        "from RUNNING to FAILED with failure cause:\\\",\\\"throwableInformation\\\":\\\"java.lang.IllegalStateException: x\\\\n\\\\tat com.acme.P.q(P.java:1)\\\"}\"}\n"
        "{\"timestamp\":1767225611000,\"message\":\"{\\\"logger\\\":\\\"a.PythonDriver\\\",\\\"messageType\\\":\\\"INFO\\\",\\\"message\\\":\\\"Traceback (most recent call last):\\\"}\"}\n"
        "2026-01-01 00:00:20,000 WARN  a.b.Task [] - Source: a (1/2)#1 (x) switched from RUNNING to FAILED with failure cause:\n"
        "java.util.concurrent.CompletionException: java.lang.Error: y\n\tat com.acme.P.q(P.java:1)\n"
        "{\"timestamp\":1767225625000,\"message\":\"{\\\"logger\\\":\\\"a.S\\\",\\\"messageType\\\":\\\"ERROR\\\",\\\"message\\\":\\\"Uncaught exception in the SplitEnumerator for "
        "Source a while handling subtask 2 recovery. Triggering job failover.\\\",\\\"throwableInformation\\\":\\\"java.lang.UnsupportedOperationException: Partial recovery is "
        "not supported\\\"}\"}\n";

static int judge(struct fault_report *report) {
        SCOPED(fault_analysis_free) struct fault_analysis *a = NULL;
        SCOPED(fault_reader_free) struct fault_reader *r = NULL;
        static const struct fault_context nothing = {0};
        int failed = fault_analysis_new(&nothing, &a);
        failed = failed ? failed : fault_reader_new(a, &r);
        failed = failed ? failed : fault_reader_feed(r, (struct span){log_text, sizeof log_text - 1});
        failed = failed ? failed : fault_reader_end(r);
        return failed ? failed : fault_analysis_report(a, report);
}

static void test_analysis__each_allocation_fails__is_an_error(void **state) {
        int64_t n = 0, n_errors = 0;
        (void)state;
        for (;; n++) {
                SCOPED(fault_report_done) struct fault_report report = {0};
                countdown = n;
                int failed = judge(&report);
                bool was_reached = countdown < 0;
                countdown = -1;
                assert_true(failed == 0 || failed == -ENOMEM);
                n_errors += failed != 0;
                if (!failed) {
                        assert_non_null(report.root_cause);
                        assert_string_equal(report.root_cause->role, "trigger");
                        assert_string_equal(report.root_cause->exception_class, "java.lang.IllegalStateException");
                }
                if (!was_reached)
                        break;
        }
        assert_true(n > 60);
        assert_true(n_errors > n / 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_analysis__each_allocation_fails__is_an_error),
        };
        countdown = -1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
