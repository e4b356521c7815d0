/* SPDX-License-Identifier: Apache-2.0 */
/* Policies as IAM reads them: which actions stand with which resources, and whose they are. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "collectors/collectors.h"
#include "daemon/policy.h"
#include "tests/unit/collectors/out_of_memory.h"
#include "tests/unit/daemon/support.h"

#define ACCOUNT "111122223333"
#define ROLE "arn:aws:iam::444455556666:role/watcher"

static const struct policy_target prod = {.name = "prod", .applications = "*", .place = {"eu-west-1", ACCOUNT}};

/* The documents of a policy, for cJSON_Delete. */
static cJSON *written(const struct policy *p) {
        SCOPED(buf_done) struct buf text = BUF_INIT(1 << 20);
        struct jsonw w = JSONW(&text);
        jsonw_array(&w);
        for (size_t i = 0; i < policy_count(p); i++)
                policy_write(p, i, &w);
        jsonw_array_end(&w);
        assert_int_equal(text.failed, 0);
        cJSON *documents = cJSON_Parse(buf_str(&text));
        assert_non_null(documents);
        return documents;
}

static const cJSON *statements(const cJSON *documents, int i) {
        const cJSON *policy = cJSON_GetObjectItem(cJSON_GetArrayItem(documents, i), "policy");
        assert_string_equal(cJSON_GetObjectItem(policy, "Version")->valuestring, "2012-10-17");
        return cJSON_GetObjectItem(policy, "Statement");
}

static bool has_text(const cJSON *one_or_several, const char *text) {
        const cJSON *item;
        if (cJSON_IsString(one_or_several))
                return strcmp(one_or_several->valuestring, text) == 0;
        cJSON_ArrayForEach(item, one_or_several) if (strcmp(item->valuestring, text) == 0) return true;
        return false;
}

/* The resources that the action is allowed on, NULL when it is not. */
static const cJSON *resources_of(const cJSON *list, const char *action) {
        const cJSON *statement, *found = NULL;
        cJSON_ArrayForEach(statement, list) {
                assert_string_equal(cJSON_GetObjectItem(statement, "Effect")->valuestring, "Allow");
                if (has_text(cJSON_GetObjectItem(statement, "Action"), action)) {
                        assert_null(found);
                        found = cJSON_GetObjectItem(statement, "Resource");
                }
        }
        return found;
}

static void test_target__every_action_of_every_collector__is_allowed_once(void **state) {
        SCOPED(policy_free) struct policy *p = NULL;
        (void)state;
        assert_int_equal(policy_new(&p), 0);
        assert_int_equal(policy_add_target(p, &prod), 0);
        cJSON *documents = written(p);
        const cJSON *list = statements(documents, 0);
        for (const struct collector *const *c = collectors; *c; c++)
                for (const char *const *action = (*c)->actions; *action; action++)
                        if (strcmp(*action, "sts:GetCallerIdentity") != 0)
                                assert_non_null(resources_of(list, *action));
        assert_true(has_text(resources_of(list, "cloudwatch:GetMetricData"), "*"));
        assert_true(has_text(resources_of(list, "kinesisanalytics:ListApplications"), "*"));
        assert_true(has_text(resources_of(list, "kinesisanalytics:DescribeApplication"),
                             "arn:aws:kinesisanalytics:eu-west-1:" ACCOUNT ":application/*"));
        assert_true(has_text(resources_of(list, "logs:FilterLogEvents"),
                             "arn:aws:logs:eu-west-1:" ACCOUNT ":log-group:/aws/kinesis-analytics/*:*"));
        assert_null(resources_of(list, "sns:Publish"));
        assert_null(resources_of(list, "sts:AssumeRole"));
        cJSON_Delete(documents);
}

static void test_target__globs__are_resources_and_exclusions_are_not(void **state) {
        static const struct {
                const char *globs, *applications[3];
        } cases[] = {
                {"orders", {"orders"}}, {"pay-*, !pay-test, ord?rs", {"pay-*", "ord?rs"}},
                {"!scratch-*", {"*"}},  {" , ,", {"*"}},
                {NULL, {"*"}},          {"a, a ,a", {"a"}},
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                SCOPED(policy_free) struct policy *p = NULL;
                struct policy_target t = prod;
                t.applications = cases[i].globs;
                assert_int_equal(policy_new(&p), 0);
                assert_int_equal(policy_add_target(p, &t), 0);
                cJSON *documents = written(p);
                const cJSON *found = resources_of(statements(documents, 0), "kinesisanalytics:DescribeApplication");
                int n = 0;
                for (; cases[i].applications[n]; n++) {
                        char arn[128];
                        snprintf(arn, sizeof arn, "arn:aws:kinesisanalytics:eu-west-1:" ACCOUNT ":application/%s",
                                 cases[i].applications[n]);
                        assert_true(has_text(found, arn));
                }
                assert_int_equal(cJSON_IsString(found) ? 1 : cJSON_GetArraySize(found), n);
                cJSON_Delete(documents);
        }
}

static void test_target__partition_and_unknown_account__in_the_arns(void **state) {
        SCOPED(policy_free) struct policy *p = NULL;
        struct policy_target china = prod, gov = prod;
        (void)state;
        china.place = (struct policy_place){"cn-north-1", NULL};
        gov.place = (struct policy_place){"us-gov-west-1", ACCOUNT};
        assert_int_equal(policy_new(&p), 0);
        assert_int_equal(policy_add_target(p, &china), 0);
        assert_int_equal(policy_add_target(p, &gov), 0);
        cJSON *documents = written(p);
        const cJSON *found = resources_of(statements(documents, 0), "kinesisanalytics:DescribeApplication");
        assert_true(has_text(found, "arn:aws-cn:kinesisanalytics:cn-north-1:*:application/*"));
        assert_true(has_text(found, "arn:aws-us-gov:kinesisanalytics:us-gov-west-1:" ACCOUNT ":application/*"));
        cJSON_Delete(documents);
}

static void check_log_groups(size_t n_odd, int expected) {
        SCOPED(policy_free) struct policy *p = NULL;
        static struct application rows[64];
        static char names[64][64], groups[64][96];
        struct application_rows known = {rows, n_odd + 1, n_odd + 1};
        struct policy_target t = prod;
        for (size_t i = 0; i <= n_odd; i++) {
                snprintf(names[i], sizeof names[i], "app-%zu", i);
                snprintf(groups[i], sizeof groups[i], i < n_odd ? "/company/app-%zu" : "/aws/kinesis-analytics/app-%zu",
                         i);
                rows[i] = (struct application){.name = names[i], .log_group = groups[i]};
        }
        t.known = &known;
        assert_int_equal(policy_new(&p), 0);
        assert_int_equal(policy_add_target(p, &t), 0);
        cJSON *documents = written(p);
        const cJSON *found = resources_of(statements(documents, 0), "logs:FilterLogEvents");
        assert_int_equal(cJSON_IsString(found) ? 1 : cJSON_GetArraySize(found), expected);
        assert_true(n_odd == 0 || expected == 2 ||
                    has_text(found, "arn:aws:logs:eu-west-1:" ACCOUNT ":log-group:/company/app-0:*"));
        cJSON_Delete(documents);
}

/* A managed policy may have 6,144 characters. */
static void test_log_groups__odd_ones__by_name_until_they_are_many(void **state) {
        (void)state;
        check_log_groups(0, 1);
        check_log_groups(3, 4);
        check_log_groups(20, 21);
        check_log_groups(21, 2);
}

static void test_identities__roles_profiles_and_topics__a_document_each(void **state) {
        SCOPED(policy_free) struct policy *p = NULL;
        struct policy_target by_role = prod, by_profile = prod;
        (void)state;
        by_role.role_arn = ROLE;
        by_profile.name = "other";
        by_profile.profile = "audit";
        assert_int_equal(policy_new(&p), 0);
        assert_int_equal(policy_add_target(p, &by_role), 0);
        assert_int_equal(policy_add_target(p, &by_profile), 0);
        assert_int_equal(policy_add_topic(p, "oncall", NULL, NULL, "arn:aws:sns:eu-west-1:" ACCOUNT ":oncall"), 0);
        assert_int_equal(policy_add_topic(p, "lead", "audit", ROLE, "arn:aws:sns:eu-west-1:" ACCOUNT ":lead"), 0);
        assert_int_equal(policy_count(p), 4);
        static const struct {
                const char *identity, *action, *resource;
        } expected[] = {
                {"default credentials", "sts:AssumeRole", ROLE},
                {"role " ROLE, "cloudwatch:GetMetricData", "*"},
                {"profile audit", "sts:AssumeRole", ROLE},
                {"role " ROLE, "sns:Publish", "arn:aws:sns:eu-west-1:" ACCOUNT ":lead"},
        };
        cJSON *documents = written(p);
        for (int i = 0; i < (int)ELEMENTS(expected); i++) {
                const cJSON *document = cJSON_GetArrayItem(documents, i);
                assert_string_equal(cJSON_GetObjectItem(document, "identity")->valuestring, expected[i].identity);
                assert_true(has_text(resources_of(statements(documents, i), expected[i].action), expected[i].resource));
        }
        assert_true(has_text(resources_of(statements(documents, 0), "sns:Publish"),
                             "arn:aws:sns:eu-west-1:" ACCOUNT ":oncall"));
        assert_null(resources_of(statements(documents, 0), "cloudwatch:GetMetricData"));
        assert_true(has_text(cJSON_GetObjectItem(cJSON_GetArrayItem(documents, 0), "used_by"), "notifier oncall"));
        cJSON_Delete(documents);
}

static void test_statement__one_action__with_what_it_is_asked_of(void **state) {
        static const struct {
                const char *action, *name, *statement;
        } cases[] = {
                {"cloudwatch:ListMetrics", "orders",
                 "{\"Effect\":\"Allow\",\"Action\":\"cloudwatch:ListMetrics\",\"Resource\":\"*\"}"},
                {"kinesisanalytics:ListApplicationSnapshots", "orders",
                 "{\"Effect\":\"Allow\",\"Action\":\"kinesisanalytics:ListApplicationSnapshots\",\"Resource\":"
                 "\"arn:aws:kinesisanalytics:eu-west-1:" ACCOUNT ":application/orders\"}"},
                {"logs:DescribeLogStreams", "/a/b",
                 "{\"Effect\":\"Allow\",\"Action\":\"logs:DescribeLogStreams\",\"Resource\":"
                 "\"arn:aws:logs:eu-west-1:" ACCOUNT ":log-group:/a/b:*\"}"},
                {"logs:FilterLogEvents", NULL,
                 "{\"Effect\":\"Allow\",\"Action\":\"logs:FilterLogEvents\",\"Resource\":"
                 "\"arn:aws:logs:eu-west-1:" ACCOUNT ":log-group:*:*\"}"},
                {"sts:AssumeRole", ROLE,
                 "{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Resource\":\"" ROLE "\"}"},
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                SCOPED(buf_done) struct buf text = BUF_INIT(4096);
                policy_statement(&text, cases[i].action, &prod.place, cases[i].name);
                assert_string_equal(buf_str(&text), cases[i].statement);
        }
}

static void test_arn__parts__or_nothing(void **state) {
        static const struct {
                const char *arn;
                size_t part;
                const char *expected;
        } cases[] = {
                {"arn:aws:sns:eu-west-1:" ACCOUNT ":oncall", 1, "aws"},
                {"arn:aws:sns:eu-west-1:" ACCOUNT ":oncall", 3, "eu-west-1"},
                {"arn:aws:sns:eu-west-1:" ACCOUNT ":oncall", 4, ACCOUNT},
                {"arn:aws:sns:eu-west-1:" ACCOUNT ":oncall", 5, "oncall"},
                {"arn:aws:logs:r:1:log-group:g:*", 5, "log-group:g:*"},
                {ROLE, 3, ""},
                {ROLE, 4, "444455556666"},
                {NULL, 1, ""},
                {"", 1, ""},
                {"urn:aws:x:y:z:q", 1, ""},
                {"arn:aws", 4, ""},
                {"arn:", 1, ""},
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                assert_true(span_is(policy_arn_part(cases[i].arn, cases[i].part), cases[i].expected));
}

/* The whole policy as text, or NULL when memory was out. */
static char *try_policy(void) {
        static char group[] = "/company/app", name[] = "app";
        static struct application row = {.name = name, .log_group = group};
        static struct application_rows known = {&row, 1, 1};
        SCOPED(policy_free) struct policy *p = NULL;
        SCOPED(buf_done) struct buf text = BUF_INIT(1 << 20);
        struct jsonw w = JSONW(&text);
        struct policy_target t = prod;
        t.role_arn = ROLE;
        t.known = &known;
        int r = policy_new(&p);
        if (r == 0)
                r = policy_add_target(p, &t);
        if (r == 0)
                r = policy_add_topic(p, "oncall", "audit", NULL, "arn:aws:sns:eu-west-1:" ACCOUNT ":oncall");
        if (r < 0) {
                assert_int_equal(r, -ENOMEM);
                return NULL;
        }
        for (size_t i = 0; i < policy_count(p); i++)
                policy_write(p, i, &w);
        return text.failed ? NULL : buf_steal(&text);
}

static void test_policy__each_allocation_fails__the_whole_or_nothing(void **state) {
        SCOPED(free) char *whole = try_policy();
        bool has_failed = true;
        size_t n = 0;
        (void)state;
        for (; has_failed && n < 1000; n++) {
                memory_fail_at(n);
                SCOPED(free) char *text = try_policy();
                has_failed = memory_has_failed();
                if (text)
                        assert_string_equal(text, whole);
        }
        assert_in_range(n, 20, 999);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_target__every_action_of_every_collector__is_allowed_once),
                cmocka_unit_test(test_target__globs__are_resources_and_exclusions_are_not),
                cmocka_unit_test(test_target__partition_and_unknown_account__in_the_arns),
                cmocka_unit_test(test_log_groups__odd_ones__by_name_until_they_are_many),
                cmocka_unit_test(test_identities__roles_profiles_and_topics__a_document_each),
                cmocka_unit_test(test_statement__one_action__with_what_it_is_asked_of),
                cmocka_unit_test(test_arn__parts__or_nothing),
                cmocka_unit_test(test_policy__each_allocation_fails__the_whole_or_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
