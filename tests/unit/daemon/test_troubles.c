/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include <errno.h>

#include "daemon/log.h"
#include "daemon/troubles.h"

enum { NOW = 1767225600 };

struct place {
        struct bench *bench;
        struct troubles troubles;
};

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        if (!p || bench_setup((void **)&p->bench) < 0)
                return -1;
        unsetenv("JOURNAL_STREAM");
        log_open(LOG_LEVEL_INFO);
        p->troubles.tag = "target prod";
        bench_listen(p->bench);
        *state = p;
        return 0;
}

static int teardown(void **state) {
        struct place *p = *state;
        troubles_done(&p->troubles);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static int64_t fail_at(struct place *p, const char *operation, const char *subject, int code, const char *text,
                       int64_t now_s) {
        struct err err;
        err_set(&err, code, "%s", text);
        return troubles_failed(&p->troubles, operation, subject, &err, now_s);
}

/* What was logged since the last call. */
static void expect_log(struct place *p, const char *want) {
        char *have = bench_heard(p->bench);
        assert_string_equal(have, want);
        free(have);
        bench_listen(p->bench);
}

static void test_failure__repeated__said_once_and_again_after_an_hour(void **state) {
        struct place *p = *state;
        for (int i = 0; i < 60; i++)
                fail_at(p, "metrics", NULL, -EIO, "it hurts", NOW + i * 60);
        expect_log(p, "warning: target prod: it hurts\n");
        fail_at(p, "metrics", NULL, -EIO, "it hurts", NOW + 3600);
        expect_log(p, "warning: target prod: it hurts\n");
        fail_at(p, "metrics", NULL, -EIO, "it hurts elsewhere", NOW + 3660);
        expect_log(p, "warning: target prod: it hurts elsewhere\n");
}

static void test_recovery__after_failures__said_once(void **state) {
        struct place *p = *state;
        troubles_ended(&p->troubles, "metrics", NULL);
        fail_at(p, "metrics", NULL, -EIO, "it hurts", NOW);
        fail_at(p, "metrics", NULL, -EIO, "it hurts", NOW + 60);
        troubles_ended(&p->troubles, "metrics", NULL);
        troubles_ended(&p->troubles, "metrics", NULL);
        expect_log(p, "warning: target prod: it hurts\nnotice: target prod: metrics: works again after 2 failures\n");
        fail_at(p, "metrics", NULL, -EIO, "it hurts", NOW + 120);
        expect_log(p, "warning: target prod: it hurts\n");
}

/* One application is denied for ever, the others are well: no line for each poll. */
static void test_failure__of_one_application_among_good_ones__said_once(void **state) {
        struct place *p = *state;
        for (int i = 0; i < 50; i++) {
                fail_at(p, "applications", "orders", -EACCES, "denied: orders", NOW + i * 60);
                fail_at(p, "applications", "billing", -EACCES, "denied: billing", NOW + i * 60);
                troubles_ended(&p->troubles, "applications", "search");
        }
        expect_log(p, "warning: target prod: orders: denied: orders\n"
                      "warning: target prod: billing: denied: billing\n");
        troubles_ended(&p->troubles, "applications", "orders");
        expect_log(p, "notice: target prod: orders: applications: works again after 50 failures\n");
        assert_string_equal(troubles_text(&p->troubles), "denied: billing");
}

static void test_refused__is_to_be_tried_after_five_minutes(void **state) {
        struct place *p = *state;
        assert_int_equal(fail_at(p, "a", "x", -EACCES, "no", NOW), NOW + 300);
        assert_int_equal(fail_at(p, "a", "x", -EINVAL, "no", NOW), NOW + 300);
        assert_int_equal(fail_at(p, "a", "x", -EIO, "no", NOW), NOW);
        assert_int_equal(fail_at(p, "a", "x", -EAGAIN, "no", NOW), NOW);
}

static void test_pause__ends_in_time_and_with_success(void **state) {
        struct place *p = *state;
        assert_false(troubles_is_paused(&p->troubles, "metrics", NOW));
        fail_at(p, "metrics", NULL, -EACCES, "no", NOW);
        troubles_pause(&p->troubles, "metrics", NOW + 300);
        assert_true(troubles_is_paused(&p->troubles, "metrics", NOW + 299));
        assert_false(troubles_is_paused(&p->troubles, "metrics", NOW + 300));
        assert_false(troubles_is_paused(&p->troubles, "discovery", NOW));
        troubles_ended(&p->troubles, "metrics", NULL);
        assert_false(troubles_is_paused(&p->troubles, "metrics", NOW));
}

static void test_text__newest_failure_that_stands(void **state) {
        struct place *p = *state;
        assert_null(troubles_text(&p->troubles));
        fail_at(p, "a", NULL, -EIO, "first", NOW);
        fail_at(p, "b", "x", -EIO, "second", NOW + 60);
        assert_string_equal(troubles_text(&p->troubles), "second");
        fail_at(p, "a", NULL, -EIO, "first", NOW + 120); /* not said again, yet newer */
        assert_string_equal(troubles_text(&p->troubles), "first");
        troubles_ended(&p->troubles, "a", NULL);
        assert_string_equal(troubles_text(&p->troubles), "second");
        troubles_ended(&p->troubles, "b", "x");
        assert_null(troubles_text(&p->troubles));
}

static bool is_orders(void *arg, const char *subject) {
        (void)arg;
        return strcmp(subject, "orders") == 0;
}

static void test_keep__application_is_gone__its_trouble_too(void **state) {
        struct place *p = *state;
        fail_at(p, "metrics", NULL, -EIO, "whole", NOW);
        fail_at(p, "applications", "orders", -EIO, "kept", NOW + 1);
        fail_at(p, "applications", "old", -EIO, "gone", NOW + 2);
        fail_at(p, "snapshots", "old", -EIO, "gone", NOW + 2);
        troubles_keep(&p->troubles, is_orders, NULL);
        assert_string_equal(troubles_text(&p->troubles), "kept");
        troubles_ended(&p->troubles, "applications", "orders");
        assert_string_equal(troubles_text(&p->troubles), "whole");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_failure__repeated__said_once_and_again_after_an_hour),
                CASE(test_recovery__after_failures__said_once),
                CASE(test_failure__of_one_application_among_good_ones__said_once),
                CASE(test_refused__is_to_be_tried_after_five_minutes),
                CASE(test_pause__ends_in_time_and_with_success),
                CASE(test_text__newest_failure_that_stands),
                CASE(test_keep__application_is_gone__its_trouble_too),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
