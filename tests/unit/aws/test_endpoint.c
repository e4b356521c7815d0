/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aws/support.h"

#include <cjson/cJSON.h>
#include <errno.h>

#include "aws/endpoint.h"
#include "aws/file.h"
#include "aws/url.h"

/* Environment, configuration file and what is asked, in one line each. */
struct question {
        const char *const *environment;
        const char *config;
        struct endpoint_options options;
        const char *service, *region;
};

static int ask(const struct question *q, struct endpoint *ret, struct err *err) {
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        SCOPED(aws_profiles_free) struct aws_profiles *p = NULL;
        static const char *const nothing[] = {NULL};
        struct endpoint_options options = q->options;
        assert_int_equal(aws_environment_from_list(q->environment ? q->environment : nothing, &e), 0);
        assert_int_equal(aws_profiles_parse(span_of(q->config), (struct span){0}, &p, err), 0);
        options.environment = &e;
        options.profiles = p;
        return endpoint_resolve(&options, q->service ? q->service : "monitoring", q->region, ret, err);
}

static void expect(const struct question *q, const char *url, const char *host, const char *signing_region) {
        SCOPED(endpoint_done) struct endpoint e = {0};
        struct err err = {0};
        if (ask(q, &e, &err) < 0)
                fail_msg("%s", err.text);
        assert_string_equal(e.url, url);
        assert_string_equal(e.host, host);
        assert_string_equal(e.signing_region, signing_region);
}

static void expect_error(const struct question *q, const char *reason) {
        SCOPED(endpoint_done) struct endpoint e = {0};
        struct err err = {0};
        assert_int_equal(ask(q, &e, &err), -EINVAL);
        assert_says(err.text, reason);
}

static const char *signing_name(const char *client) {
        return strcmp(client, "cloudwatch") == 0           ? "monitoring"
               : strcmp(client, "kinesisanalyticsv2") == 0 ? "kinesisanalytics"
                                                           : client;
}

static void check_row(const char *client, const char *region, bool fips, bool dual, const char *url) {
        const struct question q = {.options = {.use_fips = fips, .use_dualstack = dual},
                                   .service = signing_name(client),
                                   .region = region};
        expect(&q, url, url + strlen("https://"), region);
}

/* 100 hosts that botocore's rule sets give, kept beside the sources of the reference. */
static void test_resolve__botocores_rule_sets__all_hosts_match(void **state) {
        (void)state;
        SCOPED(buf_done) struct buf path = BUF_INIT(4096), text = BUF_INIT(1 << 20);
        buf_printf(&path, "%s/../shared/reference/aws-models/endpoint-vectors.json", source_folder());
        if (aws_file_read(buf_str(&path), &text, NULL) == -ENOENT) {
                buf_done(&path); /* skip() jumps */
                skip();
        }
        cJSON *root = cJSON_ParseWithLength(text.data, text.len);
        const cJSON *rows = cJSON_GetObjectItem(root, "rows"), *row;
        assert_int_equal(cJSON_GetArraySize(rows), 100);
        cJSON_ArrayForEach(row, rows) {
                const cJSON *c[5];
                for (int i = 0; i < 5; i++)
                        c[i] = cJSON_GetArrayItem(row, i);
                check_row(c[0]->valuestring, c[1]->valuestring, cJSON_IsTrue(c[2]), cJSON_IsTrue(c[3]),
                          c[4]->valuestring);
        }
        cJSON_Delete(root);
}

static void test_resolve__each_partition_and_form__its_host(void **state) {
        (void)state;
        check_row("cloudwatch", "us-east-1", false, false, "https://monitoring.us-east-1.amazonaws.com");
        check_row("kinesisanalyticsv2", "eu-west-1", true, false,
                  "https://kinesisanalytics-fips.eu-west-1.amazonaws.com");
        check_row("logs", "ap-southeast-7", false, true, "https://logs.ap-southeast-7.api.aws");
        check_row("sns", "mx-central-1", true, true, "https://sns-fips.mx-central-1.api.aws");
        check_row("sts", "cn-northwest-1", false, false, "https://sts.cn-northwest-1.amazonaws.com.cn");
        check_row("logs", "cn-north-1", false, true, "https://logs.cn-north-1.api.amazonwebservices.com.cn");
        check_row("cloudwatch", "us-gov-west-1", true, false, "https://monitoring.us-gov-west-1.amazonaws.com");
        check_row("cloudwatch", "us-gov-east-1", true, true, "https://monitoring.us-gov-east-1.api.aws");
        check_row("kinesisanalyticsv2", "us-gov-west-1", true, false,
                  "https://kinesisanalytics-fips.us-gov-west-1.amazonaws.com");
        check_row("logs", "us-gov-west-1", true, true, "https://logs-fips.us-gov-west-1.api.aws");
        check_row("sts", "us-gov-west-1", true, false, "https://sts.us-gov-west-1.amazonaws.com");
        check_row("sns", "eusc-de-east-1", false, false, "https://sns.eusc-de-east-1.amazonaws.eu");
        check_row("logs", "us-iso-east-1", false, false, "https://logs.us-iso-east-1.c2s.ic.gov");
        check_row("logs", "us-isob-east-1", false, false, "https://logs.us-isob-east-1.sc2s.sgov.gov");
        check_row("logs", "eu-isoe-west-1", false, false, "https://logs.eu-isoe-west-1.cloud.adc-e.uk");
        check_row("logs", "us-isof-south-1", false, false, "https://logs.us-isof-south-1.csp.hci.ic.gov");
        /* not known yet: the partition aws */
        check_row("logs", "xx-new-1", false, false, "https://logs.xx-new-1.amazonaws.com");
        assert_string_equal(aws_partition("cn-north-1")->id, "aws-cn");
        assert_string_equal(aws_partition("us-gov-west-1")->id, "aws-us-gov");
        assert_string_equal(aws_partition("us-gov-west")->id, "aws");
        assert_string_equal(aws_partition("cn-north-0")->id, "aws-cn");
        assert_string_equal(aws_partition("cn-north-1x")->id, "aws");
        assert_string_equal(aws_partition("")->id, "aws");
}

#define LOCAL                                                                                                          \
        "[profile p]\nservices = local\nendpoint_url = http://profile\n[services local]\ncloudwatch =\n  endpoint_url = http://section:9\n"

static void test_resolve__overrides__in_the_sdks_order(void **state) {
        (void)state;
        static const char *const all[] = {"AWS_ENDPOINT_URL_CLOUDWATCH=https://One.Example:8443/",
                                          "AWS_ENDPOINT_URL=http://two", NULL},
                                 *const general[] = {"AWS_ENDPOINT_URL_CLOUDWATCH=", "AWS_ENDPOINT_URL=http://two:80",
                                                     NULL},
                                 *const ignored[] = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True",
                                                     "AWS_ENDPOINT_URL=http://two", NULL},
                                 *const others[] = {"AWS_ENDPOINT_URL_KINESIS_ANALYTICS_V2=http://k",
                                                    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=http://l",
                                                    "AWS_ENDPOINT_URL_SNS=http://s", "AWS_ENDPOINT_URL_STS=http://t",
                                                    NULL};
        const struct endpoint_options p = {.profile = "p"};
        expect(&(struct question){all, LOCAL, p, NULL, "eu-west-1"}, "https://one.example:8443", "one.example:8443",
               "eu-west-1");
        expect(&(struct question){general, LOCAL, p, NULL, "eu-west-1"}, "http://two", "two", "eu-west-1");
        expect(&(struct question){NULL, LOCAL, p, NULL, "eu-west-1"}, "http://section:9", "section:9", "eu-west-1");
        expect(&(struct question){NULL, LOCAL, p, "logs", "eu-west-1"}, "http://profile", "profile", "eu-west-1");
        expect(&(struct question){ignored, LOCAL, p, NULL, "eu-west-1"}, "https://monitoring.eu-west-1.amazonaws.com",
               "monitoring.eu-west-1.amazonaws.com", "eu-west-1");
        expect(&(struct question){NULL,
                                  "[default]\nignore_configured_endpoint_urls = true\nendpoint_url = http://x\n",
                                  {0},
                                  "sns",
                                  "eu-west-1"},
               "https://sns.eu-west-1.amazonaws.com", "sns.eu-west-1.amazonaws.com", "eu-west-1");
        expect(&(struct question){others, NULL, {0}, "kinesisanalytics", "eu-west-1"}, "http://k", "k", "eu-west-1");
        expect(&(struct question){others, NULL, {0}, "logs", "eu-west-1"}, "http://l", "l", "eu-west-1");
        expect(&(struct question){others, NULL, {0}, "sns", "eu-west-1"}, "http://s", "s", "eu-west-1");
        expect(&(struct question){others, NULL, {0}, "sts", "eu-west-1"}, "http://t", "t", "eu-west-1");
}

static void test_resolve__override_forms__host_and_base_path(void **state) {
        (void)state;
        static const char *const six[] = {"AWS_ENDPOINT_URL=http://[::1]:4566", NULL},
                                 *const path[] = {"AWS_ENDPOINT_URL=https://gate.example:443/aws/eu/", NULL},
                                 *const global[] = {"AWS_ENDPOINT_URL_STS=https://sts.amazonaws.com", NULL};
        SCOPED(endpoint_done) struct endpoint e = {0};
        expect(&(struct question){six, NULL, {0}, NULL, "eu-west-1"}, "http://[::1]:4566", "[::1]:4566", "eu-west-1");
        expect(&(struct question){path, NULL, {0}, NULL, "eu-west-1"}, "https://gate.example/aws/eu", "gate.example",
               "eu-west-1");
        expect(&(struct question){global, NULL, {0}, "sts", "eu-west-1"}, "https://sts.amazonaws.com",
               "sts.amazonaws.com", "us-east-1");
        assert_int_equal(ask(&(struct question){path, NULL, {0}, NULL, "eu-west-1"}, &e, NULL), 0);
        assert_string_equal(e.base_path, "/aws/eu");
        assert_true(e.is_custom);
}

/* libcurl sends "Host: [::1]" whichever way the address was written. */
static void test_resolve__override_by_address__as_libcurl_writes_it(void **state) {
        (void)state;
        static const struct {
                const char *variable, *host;
        } rows[] = {
                {"AWS_ENDPOINT_URL=http://[0:0:0:0:0:0:0:1]:4566", "[::1]:4566"},
                {"AWS_ENDPOINT_URL=http://[FD00:EC2:0:0::0254]", "[fd00:ec2::254]"},
                {"AWS_ENDPOINT_URL=http://[::ffff:7f00:1]", "[::ffff:127.0.0.1]"},
                {"AWS_ENDPOINT_URL=http://127.1:4566", "127.0.0.1:4566"},
                {"AWS_ENDPOINT_URL=http://0x7f000001", "127.0.0.1"},
                {"AWS_ENDPOINT_URL=http://10.0.0.7", "10.0.0.7"},
                {"AWS_ENDPOINT_URL=http://10.0.0.7.Example", "10.0.0.7.example"},
        };
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const char *const list[] = {rows[i].variable, NULL};
                char url[64];
                snprintf(url, sizeof url, "http://%s", rows[i].host);
                expect(&(struct question){list, NULL, {0}, NULL, "eu-west-1"}, url, rows[i].host, "eu-west-1");
        }
}

static void test_resolve__bad_overrides__einval_without_the_url(void **state) {
        (void)state;
        static const char *const bad[] = {"ftp://x",
                                          "http://",
                                          "http://user:" MARK "@h",
                                          "http://h:0",
                                          "http://h:65536",
                                          "http://h:",
                                          "http://h/?q=" MARK,
                                          "http://h/#f",
                                          "http://h h",
                                          "h:80",
                                          "http://[::1",
                                          "http://[zz]",
                                          "http://-h",
                                          "https://h\\x",
                                          "http://h:8a"};
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                char variable[200];
                snprintf(variable, sizeof variable, "AWS_ENDPOINT_URL=%s", bad[i]);
                const char *const list[] = {variable, NULL};
                expect_error(&(struct question){list, NULL, {0}, NULL, "eu-west-1"},
                             "AWS_ENDPOINT_URL for monitoring: expected");
        }
        static const char *const custom[] = {"AWS_ENDPOINT_URL=http://h", NULL}, *const fips[] = {
                                                                                         "AWS_ENDPOINT_URL=http://h",
                                                                                         "AWS_USE_FIPS_ENDPOINT=true",
                                                                                         NULL};
        expect_error(&(struct question){custom, NULL, {.use_dualstack = true}, NULL, "eu-west-1"},
                     "FIPS or dual-stack");
        expect_error(&(struct question){fips, NULL, {0}, NULL, "eu-west-1"}, "FIPS or dual-stack");
}

static void test_resolve__flags__from_environment_then_profile(void **state) {
        (void)state;
        static const char *const on[] = {"AWS_USE_FIPS_ENDPOINT=TRUE", "AWS_USE_DUALSTACK_ENDPOINT=true", NULL},
                                 *const off[] = {"AWS_USE_FIPS_ENDPOINT=false", NULL};
        static const char config[] =
                "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = True\nregion = eu-north-1\n";
        expect(&(struct question){on, NULL, {0}, "logs", "eu-west-1"}, "https://logs-fips.eu-west-1.api.aws",
               "logs-fips.eu-west-1.api.aws", "eu-west-1");
        expect(&(struct question){NULL, config, {0}, "logs", NULL}, "https://logs-fips.eu-north-1.api.aws",
               "logs-fips.eu-north-1.api.aws", "eu-north-1");
        expect(&(struct question){off, config, {0}, "logs", NULL}, "https://logs.eu-north-1.api.aws",
               "logs.eu-north-1.api.aws", "eu-north-1");
}

static void test_resolve__region__by_argument_option_environment_profile(void **state) {
        (void)state;
        static const char *const both[] = {"AWS_DEFAULT_REGION=us-west-2", "AWS_REGION=us-west-1", NULL},
                                 *const second[] = {"AWS_DEFAULT_REGION=us-west-2", NULL},
                                 *const profile[] = {"AWS_PROFILE=p", NULL};
        static const char config[] = "[default]\nregion = eu-north-1\n[profile p]\nregion = eu-south-1\n";
        const struct endpoint_options option = {.region = "sa-east-1"};
        SCOPED(endpoint_done) struct endpoint e = {0};
        const struct {
                struct question q;
                const char *region;
        } cases[] = {
                {{both, config, option, "sts", "ca-west-1"}, "ca-west-1"},
                {{both, config, option, "sts", NULL}, "sa-east-1"},
                {{both, config, {0}, "sts", NULL}, "us-west-1"},
                {{second, config, {0}, "sts", NULL}, "us-west-2"},
                {{profile, config, {0}, "sts", NULL}, "eu-south-1"},
                {{NULL, config, {0}, "sts", NULL}, "eu-north-1"},
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                endpoint_done(&e);
                assert_int_equal(ask(&cases[i].q, &e, NULL), 0);
                assert_string_equal(e.signing_region, cases[i].region);
        }
        expect_error(&(struct question){NULL, NULL, {0}, "sts", NULL}, "no AWS region");
}

static void test_resolve__bad_names__einval(void **state) {
        (void)state;
        static const char *const regions[] = {
                "",    "EU-WEST-1",  "eu west 1",      "eu-west-1/",     "eu.west",    "-eu",
                "eu-", "aws-global", "fips-us-east-1", "us-east-1-fips", "eu-west-1\n"};
        for (size_t i = 0; i < ELEMENTS(regions); i++)
                expect_error(&(struct question){NULL, NULL, {0}, "sts", regions[i]}, "is not an AWS region");
        expect_error(&(struct question){NULL, NULL, {0}, "dynamodb", "eu-west-1"},
                     "no endpoint is known for the service \"dynamodb\"");
}

static void test_ca_bundle__variable_then_profile__expanded(void **state) {
        (void)state;
        static const char *const list[] = {"HOME=/h", "AWS_CA_BUNDLE=~/ca.pem", NULL}, *const none[] = {"HOME=/h",
                                                                                                        NULL};
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        SCOPED(aws_environment_done) struct aws_environment f = {0};
        SCOPED(aws_profiles_free) struct aws_profiles *p = NULL;
        SCOPED(free) char *first = NULL, *second = NULL, *third = NULL;
        assert_int_equal(aws_environment_from_list(list, &e), 0);
        assert_int_equal(aws_environment_from_list(none, &f), 0);
        assert_int_equal(aws_profiles_parse(SPAN("[default]\nca_bundle = $HOME/p.pem\n"), (struct span){0}, &p, NULL),
                         0);
        assert_int_equal(aws_ca_bundle(&e, p, NULL, &first), 0);
        assert_int_equal(aws_ca_bundle(&f, p, NULL, &second), 0);
        assert_int_equal(aws_ca_bundle(&f, NULL, NULL, &third), 0);
        assert_string_equal(first, "/h/ca.pem");
        assert_string_equal(second, "/h/p.pem");
        assert_null(third);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_resolve__botocores_rule_sets__all_hosts_match),
                cmocka_unit_test(test_resolve__each_partition_and_form__its_host),
                cmocka_unit_test(test_resolve__overrides__in_the_sdks_order),
                cmocka_unit_test(test_resolve__override_forms__host_and_base_path),
                cmocka_unit_test(test_resolve__override_by_address__as_libcurl_writes_it),
                cmocka_unit_test(test_resolve__bad_overrides__einval_without_the_url),
                cmocka_unit_test(test_resolve__flags__from_environment_then_profile),
                cmocka_unit_test(test_resolve__region__by_argument_option_environment_profile),
                cmocka_unit_test(test_resolve__bad_names__einval),
                cmocka_unit_test(test_ca_bundle__variable_then_profile__expanded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
