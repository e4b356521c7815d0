/* SPDX-License-Identifier: Apache-2.0 */
/* A question about 455 days against every sample of them in a plain array: with gaps, corrections that came later, the newest not yet
 * packed. */
#include <math.h>

#include "tests/unit/rpc/support.h"
#include "util/timefmt.h"

enum { DAYS = 455, MINUTES = DAYS * 1440, FROM = NOW - DAYS * 86400 };

static double *values; /* NaN: none */
static int64_t id;

static double any_value(int64_t minute) {
        return (double)(minute * 7919 % 100003) / 100;
}

static void maintain(struct store *s, int64_t now_s) {
        int r;
        while ((r = store_maintain(s, now_s)) == 1)
                ;
        assert_int_equal(r, 0);
}

static void put_day(struct store *s, int64_t day) {
        int64_t from_s = FROM + day * 86400, to_s = from_s + 86400;
        SCOPED(batch_done) struct batch b = {.collected_at_s = to_s, .settled_before_s = to_s};
        for (int64_t m = day * 1440; m < (day + 1) * 1440; m++) {
                if (m % 5000 < 90)
                        continue;
                values[m] = any_value(m);
                assert_int_equal(batch_add_point(&b, id, FROM + m * 60, values[m]), 0);
        }
        /* A correction of a day that was packed long ago. */
        if (day > 40 && day % 3 == 0) {
                int64_t m = (day - 37) * 1440 + 500;
                values[m] = -any_value(m) - 1;
                assert_int_equal(batch_add_point(&b, id, FROM + m * 60, values[m]), 0);
        }
        assert_int_equal(batch_add_reading(&b, id, from_s, to_s), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static void fill(struct fixture *f) {
        values = calloc(MINUTES, sizeof *values);
        assert_non_null(values);
        for (int64_t m = 0; m < MINUTES; m++)
                values[m] = NAN;
        put_application(f->store, "prod", "orders");
        id = make_series(f->store, "orders", "lastCheckpointDuration", "Maximum");
        for (int64_t day = 0; day < DAYS; day++) {
                put_day(f->store, day);
                if (day < DAYS - 1)
                        maintain(f->store, FROM + (day + 1) * 86400 + 3600);
        }
        fixture_reopen(f);
}

enum { FOLD_DEFAULT, FOLD_MIN, FOLD_MAX, FOLD_MEAN, FOLD_SUM, FOLD_COUNT, FOLD_LAST, FOLDS };
static const char *const folds[FOLDS] = {NULL, "min", "max", "mean", "sum", "count", "last"};

/* What a step of the span is to say; NaN: nothing is there. */
static double expected_at(int fold, int64_t from_s, int64_t to_s) {
        double min = INFINITY, max = -INFINITY, sum = 0, last = NAN;
        int n = 0;
        for (int64_t m = (from_s - FROM) / 60; m < (to_s - FROM) / 60; m++) {
                if (isnan(values[m]))
                        continue;
                min = fmin(min, values[m]);
                max = fmax(max, values[m]);
                sum += values[m];
                last = values[m];
                n++;
        }
        const double figures[FOLDS] = {max, min, max, sum / n, sum, n, last};
        return n ? figures[fold] : NAN;
}

static void check_points(const cJSON *result, int fold, int64_t since_s, int64_t step_s) {
        const cJSON *point = at(result, "points")->child;
        assert_int_equal(number_at(result, "step_s"), step_s);
        for (int64_t step = since_s - since_s % step_s; step < NOW; step += step_s) {
                int64_t from_s = step < since_s ? since_s : step, to_s = step + step_s < NOW ? step + step_s : NOW;
                double expected = expected_at(fold, from_s, to_s);
                char text[TIME_TEXT_MAX];
                if (isnan(expected))
                        continue;
                time_rfc3339(step, text);
                assert_non_null(point);
                assert_string_equal(point->child->valuestring, text);
                if (!(fabs(point->child->next->valuedouble - expected) <= fabs(expected) * 1e-9))
                        fail_msg("%s of %d s at %s: %.17g, not %.17g", folds[fold] ? folds[fold] : "default",
                                 (int)step_s, text, point->child->next->valuedouble, expected);
                point = point->next;
        }
        assert_null(point);
}

static void check_question(struct store *s, int days, int fold, int64_t step_s, int64_t expected_step_s) {
        char params[256], step[32] = "", name[32] = "";
        if (step_s)
                snprintf(step, sizeof step, ",\"step\":\"%ds\"", (int)step_s);
        if (folds[fold])
                snprintf(name, sizeof name, ",\"fold\":\"%s\"", folds[fold]);
        snprintf(params, sizeof params,
                 "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"since\":\"%dd\"%s%s}", days, step, name);
        cJSON *result = ask(s, "history", params);
        check_points(result, fold, NOW - days * 86400, expected_step_s);
        cJSON_Delete(result);
}

static void test_history__455_days__as_every_sample_says(void **state) {
        struct fixture *f = *state;
        fill(f);
        check_question(f->store, DAYS, FOLD_DEFAULT, 0, 3600);
        check_question(f->store, 100, FOLD_DEFAULT, 0, 900);
        check_question(f->store, 20, FOLD_DEFAULT, 0, 300);
        check_question(f->store, 2, FOLD_DEFAULT, 0, 60);
        for (int fold = 0; fold < FOLDS; fold++) {
                check_question(f->store, DAYS, fold, 3600, 3600);
                check_question(f->store, DAYS, fold, 86400, 86400);
                check_question(f->store, DAYS, fold, 7 * 3600, 7 * 3600);
                check_question(f->store, 30, fold, 300, 300);
        }
        check_question(f->store, 3, FOLD_COUNT, 60, 60);
        ask_refused(f->store, RPC_READ, "history",
                    "{\"app\":\"orders\",\"metric\":\"lastCheckpointDuration\",\"fold\":\"median\"}", -32602,
                    "fold must be min, max, mean, sum, count or last, not median");
        free(values);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_history__455_days__as_every_sample_says, fixture_setup,
                                                fixture_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
