/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aws/support.h"

#include <errno.h>

#include "aws/retry.h"
#include "aws/skew.h"
#include "util/timefmt.h"

static void test_bucket__retries_and_successes__costs_and_refunds(void **state) {
        (void)state;
        struct retry_bucket b;
        retry_bucket_init(&b);
        assert_int_equal(b.tokens, 500);
        assert_int_equal(retry_bucket_take(&b, false), 5);
        assert_int_equal(retry_bucket_take(&b, true), 10);
        assert_int_equal(b.tokens, 485);
        retry_bucket_refund(&b, 10);
        assert_int_equal(b.tokens, 495);
        retry_bucket_refund(&b, 0);
        assert_int_equal(b.tokens, 496);
        retry_bucket_refund(&b, 10);
        assert_int_equal(b.tokens, 500);
}

static void test_bucket__empty__eagain(void **state) {
        (void)state;
        struct retry_bucket b;
        retry_bucket_init(&b);
        for (int i = 0; i < 100; i++)
                assert_int_equal(retry_bucket_take(&b, false), 5);
        assert_int_equal(retry_bucket_take(&b, false), -EAGAIN);
        assert_int_equal(b.tokens, 0);
        for (int i = 0; i < 7; i++)
                retry_bucket_refund(&b, 0);
        assert_int_equal(retry_bucket_take(&b, true), -EAGAIN); /* 7 of 10 */
        assert_int_equal(retry_bucket_take(&b, false), 5);
}

static void test_delay__full_jitter__doubles_up_to_twenty_seconds(void **state) {
        (void)state;
        static const int64_t limits[] = {1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000};
        for (int i = 0; i < (int)ELEMENTS(limits); i++) {
                assert_int_equal(retry_delay_ms(i, AWS_TRANSIENT, 1, RETRY_AFTER_NONE), limits[i]);
                assert_int_equal(retry_delay_ms(i, AWS_THROTTLED, 0.5, RETRY_AFTER_NONE), limits[i] / 2);
                assert_int_equal(retry_delay_ms(i, AWS_TRANSIENT, 0, RETRY_AFTER_NONE), 0);
        }
        assert_int_equal(retry_delay_ms(1000000, AWS_TRANSIENT, 1, RETRY_AFTER_NONE), 20000);
        assert_int_equal(retry_delay_ms(-1, AWS_TRANSIENT, 1, RETRY_AFTER_NONE), 1000);
        assert_int_equal(retry_delay_ms(3, AWS_SKEW, 1, RETRY_AFTER_NONE), 0);
        assert_int_equal(retry_delay_ms(3, AWS_CREDENTIALS, 1, RETRY_AFTER_NONE), 0);
}

static struct retry_after read_after(const char *headers, int64_t now_s) {
        struct http_reply r = reply_with(503, headers, "");
        return retry_after_read(&r, now_s);
}

static void test_after__headers__read_and_applied(void **state) {
        (void)state;
        const int64_t now_s = 1767323045; /* Fri, 02 Jan 2026 03:04:05 GMT */
        assert_int_equal(read_after("", now_s).delay_ms, -1);
        assert_int_equal(read_after("Retry-After: soon\r\n", now_s).delay_ms, -1);
        assert_int_equal(read_after("Retry-After: -5\r\n", now_s).delay_ms, 0);
        assert_int_equal(read_after("Retry-After: 30\r\n", now_s).delay_ms, 30000);
        assert_int_equal(read_after("Retry-After: 99999999999\r\n", now_s).delay_ms, 15 * 60 * 1000);
        assert_int_equal(read_after("Retry-After: Fri, 02 Jan 2026 03:05:05 GMT\r\n", now_s).delay_ms, 60000);
        assert_int_equal(read_after("Retry-After: Fri, 02 Jan 2026 03:00:00 GMT\r\n", now_s).delay_ms, 0);
        struct retry_after hint = read_after("Retry-After: 30\r\nx-amz-retry-after: 1500\r\n", now_s);
        assert_int_equal(hint.delay_ms, 1500);
        assert_true(hint.is_hint);
        /* max(t, min(hint, t + 5 s)) for the one, max(t, after) for the other */
        assert_int_equal(retry_delay_ms(0, AWS_THROTTLED, 1, hint), 1500);
        assert_int_equal(retry_delay_ms(1, AWS_THROTTLED, 1, hint), 2000);
        assert_int_equal(read_after("x-amz-retry-after: 9223372036854775807\r\n", now_s).delay_ms, 15 * 60 * 1000);
        hint.delay_ms = 60000;
        assert_int_equal(retry_delay_ms(0, AWS_THROTTLED, 1, hint), 6000);
        assert_int_equal(retry_delay_ms(0, AWS_THROTTLED, 1, read_after("Retry-After: 30\r\n", now_s)), 30000);
}

static int resolve(const char *const *list, const char *config, struct retry_settings *ret, struct err *err) {
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        SCOPED(aws_profiles_free) struct aws_profiles *p = NULL;
        assert_int_equal(aws_environment_from_list(list, &e), 0);
        assert_int_equal(aws_profiles_parse(span_of(config), (struct span){0}, &p, err), 0);
        return retry_settings_resolve(&e, p, "default", ret, err);
}

static void test_settings__variables_then_profile__checked(void **state) {
        (void)state;
        static const char *const none[] = {NULL},
                                 *const set[] = {"AWS_MAX_ATTEMPTS=7", "AWS_RETRY_MODE=Adaptive", NULL},
                                 *const bad_count[] = {"AWS_MAX_ATTEMPTS=0", NULL},
                                 *const bad_mode[] = {"AWS_RETRY_MODE=fast", NULL};
        static const char config[] = "[default]\nmax_attempts = 5\nretry_mode = legacy\n";
        struct retry_settings s;
        struct err err = {0};
        assert_int_equal(resolve(none, NULL, &s, &err), 0);
        assert_int_equal(s.max_attempts, 3);
        assert_false(s.is_adaptive);
        assert_int_equal(resolve(none, config, &s, &err), 0);
        assert_int_equal(s.max_attempts, 5);
        assert_false(s.is_adaptive);
        assert_int_equal(resolve(set, config, &s, &err), 0);
        assert_int_equal(s.max_attempts, 7);
        assert_true(s.is_adaptive);
        assert_int_equal(resolve(bad_count, config, &s, &err), -EINVAL);
        assert_says(err.text, "\"0\" is not a number from 1 to 100");
        assert_int_equal(resolve(bad_mode, config, &s, &err), -EINVAL);
        assert_says(err.text, "\"fast\" is none of");
}

static void test_limiter__no_throttle__never_waits(void **state) {
        (void)state;
        struct rate_limiter l;
        rate_limiter_init(&l);
        for (int64_t t = 0; t < 20000; t += 10) {
                assert_int_equal(rate_limiter_acquire_ms(&l, t), 0);
                rate_limiter_update(&l, false, t);
        }
        assert_false(l.is_enabled);
}

/* 20 requests a second, then a throttle: 0.7 of the measured rate from then on, and back up on the cubic curve. */
static void test_limiter__throttled__slows_then_recovers(void **state) {
        (void)state;
        struct rate_limiter l;
        int64_t t = 0;
        rate_limiter_init(&l);
        for (; t < 10000; t += 50) {
                assert_int_equal(rate_limiter_acquire_ms(&l, t), 0);
                rate_limiter_update(&l, false, t);
        }
        assert_true(l.measured_rate > 19.5 && l.measured_rate < 20.5);
        double before = l.measured_rate;
        rate_limiter_update(&l, true, t);
        assert_true(l.is_enabled);
        assert_true(l.fill_rate > before * 0.7 - 0.5 && l.fill_rate < before * 0.7 + 0.5);
        double lowest = l.fill_rate;
        int64_t sent = 0, waited = 0;
        for (int64_t end = t + 10000; t < end;) {
                int64_t wait = rate_limiter_acquire_ms(&l, t);
                if (wait > 0) {
                        t += wait;
                        waited += wait;
                        continue;
                }
                sent++;
                rate_limiter_update(&l, false, t);
        }
        assert_true(waited > 5000); /* nobody else held it back */
        assert_true(sent > 10 * lowest * 0.9);
        assert_true(l.fill_rate > lowest);
}

/* The least rate is one in two seconds: not a millisecond earlier. */
static void test_limiter__least_rate__one_in_two_seconds(void **state) {
        (void)state;
        struct rate_limiter l;
        rate_limiter_init(&l);
        rate_limiter_update(&l, true, 100000);
        assert_int_equal(rate_limiter_acquire_ms(&l, 100000), 2000);
        struct rate_limiter early = l;
        assert_true(rate_limiter_acquire_ms(&early, 101999) > 0);
        assert_int_equal(rate_limiter_acquire_ms(&l, 102000), 0);
        assert_int_equal(rate_limiter_acquire_ms(&l, 102000), 2000);
}

static void test_limiter__clock_backwards__waits_no_longer_than_two_seconds(void **state) {
        (void)state;
        struct rate_limiter l;
        rate_limiter_init(&l);
        rate_limiter_update(&l, true, 100000);
        for (int64_t t = 100000; t > 0; t -= 9999) {
                int64_t wait = rate_limiter_acquire_ms(&l, t);
                assert_true(wait >= 0 && wait <= 2000); /* 0.5 a second at the least */
                rate_limiter_update(&l, true, t);
        }
}

/* Times of day on 2026-01-02 as "MM:SS", and what the cross-SDK vectors expect. */
static int64_t at_ms(const char *minute_second) {
        char text[TIME_TEXT_MAX];
        int64_t at_s;
        snprintf(text, sizeof text, "2026-01-02T00:%sZ", minute_second);
        assert_int_equal(time_parse_rfc3339(span_of(text), &at_s), 0);
        return at_s * 1000;
}

static bool observe(struct clock_skew *c, const char *sent, const char *received, const char *headers) {
        struct http_reply r = reply_with(403, headers, "");
        return clock_skew_update(c, at_ms(sent), at_ms(received), &r);
}

static void test_skew__official_vectors__as_stated(void **state) {
        (void)state;
        struct clock_skew c = {0};
        assert_int_equal(clock_skew_ms(&c), 0);
        assert_true(observe(&c, "00:00", "00:02", "Date: Fri, 02 Jan 2026 00:00:01 GMT\r\n"));
        assert_int_equal(clock_skew_ms(&c), 0);
        assert_true(observe(&c, "00:00", "00:02", "Date: Fri, 02 Jan 2026 00:05:01 GMT\r\n"));
        assert_int_equal(clock_skew_ms(&c), 300000);
        /* unchanged: no Date, an unreadable one, a cached answer, over 15 minutes under way */
        assert_false(observe(&c, "00:00", "00:02", ""));
        assert_false(observe(&c, "00:00", "00:02", "Date: yesterday\r\n"));
        assert_false(observe(&c, "00:00", "00:02", "Date: Fri, 02 Jan 2026 00:00:01 GMT\r\nAge: 17280\r\n"));
        assert_false(observe(&c, "00:00", "16:00", "Date: Fri, 02 Jan 2026 00:00:01 GMT\r\n"));
        assert_int_equal(clock_skew_ms(&c), 300000);
        assert_true(observe(&c, "00:00", "00:02", "date: Fri, 02 Jan 2026 00:02:01 GMT\r\n"));
        assert_int_equal(clock_skew_ms(&c), 120000);
        assert_true(observe(&c, "10:00", "10:02", "Date: Fri, 02 Jan 2026 00:05:01 GMT\r\n"));
        assert_int_equal(clock_skew_ms(&c), -300000);
        assert_true(observe(&c, "00:00", "15:00", "Date: Fri, 02 Jan 2026 00:07:30 GMT\r\n"));
        assert_int_equal(clock_skew_ms(&c), 0);
        assert_false(
                observe(&c, "00:02", "00:00", "Date: Fri, 02 Jan 2026 00:07:30 GMT\r\n")); /* our clock was set back */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bucket__retries_and_successes__costs_and_refunds),
                cmocka_unit_test(test_bucket__empty__eagain),
                cmocka_unit_test(test_delay__full_jitter__doubles_up_to_twenty_seconds),
                cmocka_unit_test(test_after__headers__read_and_applied),
                cmocka_unit_test(test_settings__variables_then_profile__checked),
                cmocka_unit_test(test_limiter__no_throttle__never_waits),
                cmocka_unit_test(test_limiter__throttled__slows_then_recovers),
                cmocka_unit_test(test_limiter__least_rate__one_in_two_seconds),
                cmocka_unit_test(test_limiter__clock_backwards__waits_no_longer_than_two_seconds),
                cmocka_unit_test(test_skew__official_vectors__as_stated),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
