/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "faults/faults.h"
#include "faults/fingerprint.h"

static void assert_masked(const char *from, const char *to) {
        SCOPED(buf_done) struct buf text = BUF_INIT(4096);
        buf_put_str(&text, from);
        fault_mask_secrets(&text);
        assert_int_equal(text.failed, 0);
        assert_string_equal(buf_str(&text), to);
}

static void test_mask__secrets_of_each_kind__are_gone(void **state) {
        (void)state;
        assert_masked("user=flink password=hunter2 host=x", "user=flink password=*** host=x");
        assert_masked("sasl.jaas.config=org.x.ScramLoginModule required username=\"u\" password=\"p w\";",
                      "sasl.jaas.config=org.x.ScramLoginModule required username=\"u\" password=\"***\";");
        assert_masked("jdbc:postgresql://db:5432/x?user=a&password=b&ssl=true",
                      "jdbc:postgresql://db:5432/x?user=a&password=***&ssl=true");
        assert_masked("mongodb://admin:s3cret@db.internal/x", "mongodb://admin:***@db.internal/x");
        assert_masked("key AKIAIOSFODNN7EXAMPLE is old", "key AKIA*** is old");
        assert_masked("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = ***");
        assert_masked("{\"secretAccessKey\": \"abc\", \"region\": \"eu\"}",
                      "{\"secretAccessKey\": \"***\", \"region\": \"eu\"}");
        assert_masked("Authorization: Bearer abcdefghijklmnop.q", "Authorization: Bearer ***");
        assert_masked("GET /?X-Amz-Signature=9f8e&X-Amz-Date=2026", "GET /?X-Amz-Signature=***&X-Amz-Date=2026");
        assert_masked("post to https://hooks.slack.com/services/T000/B000/XXXXXXXX now",
                      "post to https://hooks.slack.com/services/*** now");
        assert_masked("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x",
                      "-----BEGIN PRIVATE KEY----- *** -----END RSA PRIVATE KEY----- x");
}

static void test_mask__what_is_no_secret__stays(void **state) {
        static const char *const texts[] = {
                "java.lang.NumberFormatException: For input string: \"12,50\"",
                "Unrecognized token 'hello': was expecting (JSON String, Number)",
                "password authentication failed for user \"flink\"",
                "The security token included in the request is invalid.",
                "s3://state/chk-7/_metadata",
                "at com.acme.Token.read(Token.java:12)",
                "",
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                assert_masked(texts[i], texts[i]);
}

static void test_fingerprint__numbers_ids_addresses__do_not_matter(void **state) {
        SCOPED(buf_done) struct buf a = BUF_INIT(1000), b = BUF_INIT(1000);
        (void)state;
        fingerprint_put(
                &a, SPAN("x.TimeoutException"),
                SPAN("Heartbeat of 10.0.1.17:6122-1f2e3d timed out, id 7f3c2a9b8e1d4c5f6a7b8c9d0e1f2a3b, \"one\""),
                SPAN("a.B.c"));
        fingerprint_put(
                &b, SPAN("x.TimeoutException"),
                SPAN("Heartbeat of 10.2.9.4:6122-aa00bb timed out, id 00000000000000000000000000000000, \"two\""),
                SPAN("a.B.c"));
        assert_string_equal(buf_str(&a), buf_str(&b));
        buf_clear(&b);
        fingerprint_put(&b, SPAN("x.TimeoutException"), SPAN("Heartbeat of 10.2.9.4:6122-aa00bb was lost"),
                        SPAN("a.B.c"));
        assert_string_not_equal(buf_str(&a), buf_str(&b));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mask__secrets_of_each_kind__are_gone),
                cmocka_unit_test(test_mask__what_is_no_secret__stays),
                cmocka_unit_test(test_fingerprint__numbers_ids_addresses__do_not_matter),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
