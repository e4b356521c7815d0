/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"
#include "tests/unit/store/killing.h"

/* As many as take a few seconds; tests/bench/store does 200. */
enum { KILLS = 60 };

static void test_kill__anywhere_in_appending_folding_retention__nothing_is_lost(void **state) {
        struct fixture *f = *state;
        struct killing k;
        store_free(TAKE(f->store));
        if (killing_run(f->path, KILLS, 7, &k) < 0)
                fail_msg("%s", k.fault);
        for (int phase = 0; phase < KILL_PHASES; phase++)
                assert_true(k.n_kills[phase] > 0);
        /* The days that went by: they were folded and packed several times. */
        assert_true(k.n_minutes > 3 * 1440);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_kill__anywhere_in_appending_folding_retention__nothing_is_lost),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
