/* SPDX-License-Identifier: Apache-2.0 */
/* What watching costs and what the applications cost, from a store and a forecast with known content. NOW is a day into a month of 31. */
#include <math.h>
#include <string.h>

#include "tests/unit/rpc/support.h"

static void put_target(struct store *s, const char *name, const char *region) {
        struct target_state t = {.name = (char *)name, .region = (char *)region, .polled_at_s = NOW - 20};
        assert_int_equal(store_put_target(s, &t), 0);
}

static void put_usage(struct store *s, const char *target, enum metric_tier tier, int64_t n, int64_t at_s) {
        struct series_key key = {target, "orders", "uptime", "Minimum", ""};
        SCOPED(batch_done) struct batch b = {.collected_at_s = at_s, .metrics_requested = n};
        int64_t id;
        b.metrics_requested_by_tier[tier] = n;
        assert_int_equal(store_series(s, &key, &id), 0);
        assert_int_equal(batch_add_reading(&b, id, NOW - 60, NOW), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static void put_state_bytes(struct store *s, const char *target, const char *application, double bytes) {
        struct series_key key = {target, application, "lastCheckpointSize", "Maximum", ""};
        SCOPED(batch_done) struct batch b = {.collected_at_s = NOW, .settled_before_s = NOW};
        int64_t id;
        assert_int_equal(store_series(s, &key, &id), 0);
        assert_int_equal(batch_add_point(&b, id, NOW - 600, bytes), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static void check(const cJSON *object, const char *name, double expected) {
        double found = number_at(object, name);
        if (fabs(found - expected) > 1e-9 * (1 + fabs(expected)))
                fail_msg("%s is %.12g, expected %.12g", name, found, expected);
}

static const cJSON *item(const cJSON *list, int i) {
        const cJSON *found = cJSON_GetArrayItem(list, i);
        assert_non_null(found);
        return found;
}

static void test_cost__of_a_target__spent_and_projected_by_tier(void **state) {
        struct store *s = ((struct fixture *)*state)->store;
        put_target(s, "prod", "us-east-1");
        put_usage(s, "prod", TIER_SENTINEL, 1440, NOW - 60);
        put_usage(s, "prod", TIER_DIAGNOSIS, 1560, NOW - 60);
        put_usage(s, "prod", TIER_SLOW, 5000, T0 - 60); /* last month's */
        set_forecast(60, 66, 1, 1, -1);
        cJSON *cost = ask(s, "cost", NULL);
        assert_string_equal(text_at(cost, "month_from"), "2026-01-01T00:00:00Z");
        assert_string_equal(text_at(cost, "month_to"), "2026-02-01T00:00:00Z");
        assert_true(cJSON_IsNull(at(cost, "budget_usd")));
        /* 3,000 metrics are 0.03 USD; 126 an hour for the 720 h that are left */
        check(cost, "spent_usd", 0.03);
        check(cost, "projected_usd", 0.03 + 126 * 720 * 1e-5);
        check(cost, "month_usd", 126 * 730 * 1e-5);
        const cJSON *target = item(at(cost, "targets"), 0), *tiers = at(target, "tiers");
        assert_string_equal(text_at(target, "name"), "prod");
        assert_true(cJSON_IsFalse(at(target, "is_estimate")));
        check(target, "metrics_requested", 3000);
        assert_int_equal(cJSON_GetArraySize(tiers), N_TIERS);
        assert_string_equal(text_at(item(tiers, 0), "tier"), "sentinel");
        check(item(tiers, 0), "every_s", 60);
        check(item(tiers, 0), "metrics_requested", 1440);
        check(item(tiers, 0), "spent_usd", 0.0144);
        check(item(tiers, 0), "projected_usd", 0.0144 + 60 * 720 * 1e-5);
        assert_string_equal(text_at(item(tiers, 1), "tier"), "diagnosis");
        check(item(tiers, 1), "every_s", 600);
        check(item(tiers, 1), "month_usd", 66 * 730 * 1e-5);
        check(item(tiers, 2), "metrics_requested", 0);
        cJSON_Delete(cost);
}

static void test_cost__with_a_budget__projects_the_stretched_pace(void **state) {
        struct store *s = ((struct fixture *)*state)->store;
        put_target(s, "prod", "eu-west-1");
        set_forecast(60, 66, 1, 3, 0.5);
        cJSON *cost = ask(s, "cost", NULL);
        check(cost, "budget_usd", 0.5);
        check(cost, "stretch_sentinels", 1);
        check(cost, "stretch_others", 3);
        check(cost, "month_usd", (60 + 22) * 730 * 1e-5);
        assert_true(cJSON_IsTrue(at(item(at(cost, "targets"), 0), "is_estimate")));
        cJSON_Delete(cost);
        set_forecast(60, 66, HUGE_VAL, HUGE_VAL, 0.5);
        cost = ask(s, "cost", NULL);
        assert_true(cJSON_IsNull(at(cost, "stretch_sentinels")));
        check(cost, "projected_usd", 0);
        cJSON_Delete(cost);
}

/* put_application: RUNNING, 4 KPUs */
static void test_cost__of_applications__kpus_orchestration_and_storage(void **state) {
        struct store *s = ((struct fixture *)*state)->store;
        put_target(s, "prod", "us-east-1");
        put_application(s, "prod", "big");
        put_application(s, "prod", "orders");
        put_application(s, "prod", "small");
        put_state_bytes(s, "prod", "big", 250e9);
        put_state_bytes(s, "prod", "small", 1e9);
        set_forecast(60, 0, 1, 1, -1);
        cJSON *cost = ask(s, "cost", NULL);
        const cJSON *big = item(at(cost, "applications"), 0), *orders = item(at(cost, "applications"), 1),
                    *small = item(at(cost, "applications"), 2);
        double month = 5 * 0.11 * 730;
        assert_string_equal(text_at(big, "name"), "big");
        check(big, "kpus", 4);
        check(big, "orchestration_kpus", 1);
        check(big, "hour_usd", 0.55);
        check(big, "storage_included_gb", 200);
        check(big, "storage_gb", 250);
        check(big, "storage_month_usd", 5);
        check(big, "month_usd", month + 5);
        check(big, "watching_month_usd", 60 * 730 * 1e-5);
        assert_true(cJSON_IsNull(at(orders, "storage_month_usd"))); /* its state is not known */
        check(orders, "month_usd", month);
        check(small, "storage_month_usd", 0);
        check(cost, "applications_month_usd", 3 * month + 5);
        cJSON_Delete(cost);
}

static void test_cost__one_target__only_its_own(void **state) {
        struct store *s = ((struct fixture *)*state)->store;
        put_target(s, "one", "us-east-1");
        put_target(s, "three", "us-east-1");
        put_target(s, "two", "us-east-1");
        put_application(s, "two", "orders");
        put_application(s, "one", "clicks");
        put_usage(s, "one", TIER_RARE, 100, NOW);
        put_usage(s, "two", TIER_RARE, 200, NOW);
        set_forecast(0, 0, 1, 1, -1);
        cJSON *cost = ask(s, "cost", "{\"target\":\"two\"}");
        assert_int_equal(cJSON_GetArraySize(at(cost, "targets")), 1);
        assert_string_equal(text_at(item(at(cost, "targets"), 0), "name"), "two");
        assert_int_equal(cJSON_GetArraySize(at(cost, "applications")), 1);
        check(cost, "spent_usd", 0.002);
        cJSON_Delete(cost);
        ask_refused(s, RPC_READ, "cost", "{\"target\":\"tow\"}", -32002, "did you mean two");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_cost__of_a_target__spent_and_projected_by_tier),
                CASE(test_cost__with_a_budget__projects_the_stretched_pace),
                CASE(test_cost__of_applications__kpus_orchestration_and_storage),
                CASE(test_cost__one_target__only_its_own),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
