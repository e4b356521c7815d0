/* SPDX-License-Identifier: Apache-2.0 */
/* Turns: one after the other, at the rate, fair between those who ask again and again. */
#include "tests/unit/daemon/support.h"

#include <string.h>

#include "daemon/quota.h"

enum { ASKERS = 4, ROUNDS = 3, TURN_MS = 20 };

struct office;

struct asker {
        struct office *office;
        struct quota_turn turn;
        int n_left;
};

struct office {
        struct bench *bench;
        struct quotas *quotas;
        struct quota *quota;
        struct asker askers[ASKERS];
        int order[ASKERS * ROUNDS];
        int64_t at_ms[ASKERS * ROUNDS];
        size_t n;
        bool is_over;
};

static void on_turn(void *arg) {
        struct asker *a = arg;
        struct office *o = a->office;
        o->order[o->n] = (int)(a - o->askers);
        o->at_ms[o->n++] = loop_monotonic_ms(o->bench->loop);
        if (--a->n_left > 0)
                quota_wait(o->quota, &a->turn);
        o->is_over = true;
        for (size_t i = 0; i < ASKERS; i++)
                o->is_over = o->is_over && o->askers[i].n_left == 0;
}

static int setup(void **state) {
        struct office *o = calloc(1, sizeof *o);
        if (!o || bench_setup((void **)&o->bench) < 0 || !(o->quotas = quotas_new(o->bench->loop)))
                return -1;
        o->quota = quotas_find(o->quotas, "logs 111122223333 eu-west-1", TURN_MS);
        for (size_t i = 0; i < ASKERS; i++) {
                struct asker *a = &o->askers[i];
                *a = (struct asker){.office = o, .turn = {.arg = a, .resume = on_turn}, .n_left = ROUNDS};
        }
        *state = o;
        return o->quota ? 0 : -1;
}

static int teardown(void **state) {
        struct office *o = *state;
        quotas_free(o->quotas);
        bench_teardown((void **)&o->bench);
        free(o);
        return 0;
}

static void test_turns__several_ask_again_and_again__same_share_at_the_rate(void **state) {
        struct office *o = *state;
        for (size_t i = 0; i < ASKERS; i++)
                quota_wait(o->quota, &o->askers[i].turn);
        assert_int_equal(o->n, 0); /* never from the call itself */
        bench_run(o->bench, &o->is_over);
        for (size_t i = 0; i < o->n; i++)
                assert_int_equal(o->order[i], i % ASKERS);
        for (size_t i = 1; i < o->n; i++)
                assert_true(o->at_ms[i] - o->at_ms[i - 1] >= TURN_MS);
}

static void test_turns__who_leaves_the_line__is_not_called(void **state) {
        struct office *o = *state;
        for (size_t i = 0; i < ASKERS; i++) {
                o->askers[i].n_left = 1;
                quota_wait(o->quota, &o->askers[i].turn);
        }
        quota_unwait(&o->askers[0].turn); /* first, middle and last */
        quota_unwait(&o->askers[2].turn);
        quota_unwait(&o->askers[3].turn);
        quota_unwait(&o->askers[3].turn);
        o->askers[0].n_left = o->askers[2].n_left = o->askers[3].n_left = 0;
        bench_run(o->bench, &o->is_over);
        assert_int_equal(o->n, 1);
        assert_int_equal(o->order[0], 1);
}

static void test_quota__same_name__is_shared__another_is_not(void **state) {
        struct office *o = *state;
        assert_ptr_equal(quotas_find(o->quotas, "logs 111122223333 eu-west-1", TURN_MS), o->quota);
        assert_ptr_not_equal(quotas_find(o->quotas, "logs 111122223333 us-east-1", TURN_MS), o->quota);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_turns__several_ask_again_and_again__same_share_at_the_rate),
                CASE(test_turns__who_leaves_the_line__is_not_called),
                CASE(test_quota__same_name__is_shared__another_is_not),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
