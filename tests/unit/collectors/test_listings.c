/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery, snapshots and the table of collectors. */
#include "support.h"

#include <errno.h>

enum { NOW = 1767323940 };

static const struct collect_job job = {.target = "prod", .application = "orders", .now_s = NOW};

static void test_discovery__pages__names_of_all(void **context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_discovery, &job), STEP_SEND);
        assert_body(&run, "{\"Limit\":50}");
        assert_string_equal(run_header(&run, "X-Amz-Target"), "KinesisAnalytics_20180523.ListApplications");
        assert_string_equal(run.request.operation, "ListApplications");
        assert_int_equal(run_file(&run, "kinesisanalytics/ListApplications-page-1.json"), STEP_SEND);
        assert_body(&run, "{\"Limit\":50,\"NextToken\":\"pay_ments.v-2\"}");
        assert_int_equal(run_file(&run, "kinesisanalytics/ListApplications-page-2.json"), 0);
        assert_int_equal(run.batch.n_names, 4);
        const struct listed_application *a = run.batch.names;
        assert_string_equal(a[0].name, "orders");
        assert_string_equal(a[0].status, "RUNNING");
        assert_int_equal(a[0].version_id, 42);
        assert_string_equal(a[1].name, "pay_ments.v-2");
        assert_string_equal(a[1].status, "READY");
        assert_int_equal(a[1].version_id, 1);
        assert_string_equal(a[2].name, "zeppelin");
        assert_int_equal(strlen(a[3].name), 128);
        assert_string_equal(run.batch.notice, "ListApplications: 6 entries without a usable ApplicationName");
        run_done(&run);
}

static void test_discovery__summaries_missing__eproto(void **context) {
        (void)context;
        static const char *const bodies[] = {"{}", "{\"ApplicationSummaries\":null}", "{\"ApplicationSummaries\":{}}"};
        for (size_t i = 0; i < ELEMENTS(bodies); i++) {
                struct run run;
                assert_int_equal(run_begin(&run, &collector_discovery, &job), STEP_SEND);
                assert_int_equal(run_text(&run, span_of(bodies[i])), -EPROTO);
                assert_string_equal(run.err.text, "ListApplications: the answer has no usable ApplicationSummaries");
                run_done(&run);
        }
}

/* Pages without end, each with a token of its own. */
static size_t turn_pages(const struct collector *collector, const char *list, const char *token, struct run *run,
                         int *ret) {
        size_t n = 0;
        *ret = run_begin(run, collector, &job);
        for (; *ret == STEP_SEND && n < 5000; n++) {
                char body[128];
                snprintf(body, sizeof body, "{\"%s\":[],\"%s\":\"t%zu\"}", list, token, n);
                *ret = run_text(run, span_of(body));
        }
        return n;
}

static void test_listings__endless_pages__stop_with_a_notice(void **context) {
        (void)context;
        struct run run;
        int r;
        assert_int_equal(turn_pages(&collector_discovery, "ApplicationSummaries", "NextToken", &run, &r), 1000);
        assert_int_equal(r, 0);
        assert_text_in(run.batch.notice, "more than 1000 pages");
        run_done(&run);
        assert_int_equal(turn_pages(&collector_snapshots, "SnapshotSummaries", "NextToken", &run, &r), 40);
        assert_int_equal(r, 0);
        assert_text_in(run.batch.notice, "more than 40 pages");
        run_done(&run);
}

static void test_listings__same_token_again__eproto(void **context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_snapshots, &job), STEP_SEND);
        assert_int_equal(run_text(&run, SPAN("{\"NextToken\":\"a\"}")), STEP_SEND);
        assert_int_equal(run_text(&run, SPAN("{\"NextToken\":\"a\"}")), -EPROTO);
        run_done(&run);
}

static void test_snapshots__pages__all_of_them(void **context) {
        (void)context;
        struct run run;
        assert_int_equal(run_begin(&run, &collector_snapshots, &job), STEP_SEND);
        assert_body(&run, "{\"ApplicationName\":\"orders\",\"Limit\":50}");
        assert_string_equal(run_header(&run, "X-Amz-Target"), "KinesisAnalytics_20180523.ListApplicationSnapshots");
        assert_int_equal(run_file(&run, "kinesisanalytics/ListApplicationSnapshots-page-1.json"), STEP_SEND);
        assert_body(&run, "{\"ApplicationName\":\"orders\",\"Limit\":50,\"NextToken\":\"more\"}");
        assert_int_equal(run_file(&run, "kinesisanalytics/ListApplicationSnapshots-page-2.json"), 0);
        assert_int_equal(run.batch.n_snapshots, 3);
        const struct snapshot *s = run.batch.snapshots;
        assert_string_equal(s[0].target, "prod");
        assert_string_equal(s[0].application, "orders");
        assert_string_equal(s[0].name, "before-upgrade");
        assert_string_equal(s[0].status, "READY");
        assert_int_equal(s[0].version_id, 41);
        assert_int_equal(s[0].created_at_s, 1767323000);
        assert_string_equal(s[0].runtime, "FLINK-1_20");
        assert_string_equal(s[1].status, "CREATING");
        assert_int_equal(s[1].created_at_s, 1767323040);
        assert_null(s[1].runtime);
        assert_string_equal(s[2].name, "odd");
        assert_null(s[2].status);
        assert_int_equal(s[2].version_id, 0);
        assert_int_equal(s[2].created_at_s, 0);
        assert_text_in(run.batch.notice, "without a SnapshotName");
        run_done(&run);
}

static void check_variation(struct span body, const char *what, void *context) {
        struct run run;
        assert_int_equal(run_begin(&run, context, &job), STEP_SEND);
        int r = run_text(&run, body);
        if (r != 0 && r != STEP_SEND && !(r == -EPROTO && run.err.text[0]))
                fail_msg("%s: %d", what, r);
        run_done(&run);
}

static void test_listings__members_vary__defined_outcome(void **context) {
        (void)context;
        each_variation("kinesisanalytics/ListApplications-page-1.json", check_variation, (void *)&collector_discovery);
        each_variation("kinesisanalytics/ListApplicationSnapshots-page-1.json", check_variation,
                       (void *)&collector_snapshots);
}

static void test_collectors__table__all_with_their_permissions(void **context) {
        (void)context;
        static const char *const names[] = {"metrics", "applications", "discovery",   "operations", "snapshots",
                                            "logs",    "series_list",  "log_streams", "identity"};
        for (size_t i = 0; i < ELEMENTS(names); i++) {
                assert_string_equal(collectors[i]->name, names[i]);
                /* GetCallerIdentity alone needs no permission. */
                assert_int_equal(collectors[i]->actions[0] != NULL, collectors[i] != &collector_identity);
                for (const char *const *action = collectors[i]->actions; *action; action++)
                        assert_non_null(strchr(*action, ':'));
                collectors[i]->free(NULL);
        }
        assert_null(collectors[ELEMENTS(names)]);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_discovery__pages__names_of_all),
                cmocka_unit_test(test_discovery__summaries_missing__eproto),
                cmocka_unit_test(test_listings__endless_pages__stop_with_a_notice),
                cmocka_unit_test(test_listings__same_token_again__eproto),
                cmocka_unit_test(test_snapshots__pages__all_of_them),
                cmocka_unit_test(test_listings__members_vary__defined_outcome),
                cmocka_unit_test(test_collectors__table__all_with_their_permissions),
        };
        return cmocka_run_group_tests_name("listings", tests, NULL, NULL);
}
