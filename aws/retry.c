/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/retry.h"

#include <errno.h>
#include <strings.h>

#include "util/number.h"
#include "util/timefmt.h"

enum { HINT_EXTRA_MAX_MS = 5000, RETRY_AFTER_MAX_MS = 15 * 60 * 1000, ATTEMPTS_MAX = 100 };

void retry_bucket_init(struct retry_bucket *b) {
        b->tokens = RETRY_TOKENS;
}

int retry_bucket_take(struct retry_bucket *b, bool was_timeout) {
        int cost = was_timeout ? RETRY_COST_TIMEOUT : RETRY_COST;
        if (b->tokens < cost)
                return -EAGAIN;
        b->tokens -= cost;
        return cost;
}

void retry_bucket_refund(struct retry_bucket *b, int cost) {
        b->tokens += cost > 0 ? cost : 1;
        if (b->tokens > RETRY_TOKENS)
                b->tokens = RETRY_TOKENS;
}

bool retry_is_useful(enum aws_outcome outcome) {
        return outcome == AWS_THROTTLED || outcome == AWS_TRANSIENT || outcome == AWS_SKEW ||
               outcome == AWS_CREDENTIALS;
}

struct retry_after retry_after_read(const struct http_reply *reply, int64_t now_s) {
        int64_t value;
        if (number_int64(http_reply_header(reply, "x-amz-retry-after"), &value) == 0 && value >= 0)
                return (struct retry_after){value > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS : value, true};
        struct span text = http_reply_header(reply, "Retry-After");
        if (number_int64(text, &value) < 0) {
                if (time_parse_http(text, &value) < 0)
                        return RETRY_AFTER_NONE;
                value -= now_s;
        }
        if (value < 0)
                value = 0;
        return (struct retry_after){value > RETRY_AFTER_MAX_MS / 1000 ? RETRY_AFTER_MAX_MS : value * 1000, false};
}

int64_t retry_delay_ms(int retry, enum aws_outcome outcome, double random01, struct retry_after after) {
        if (outcome == AWS_SKEW || outcome == AWS_CREDENTIALS)
                return 0;
        int64_t limit = retry < 5 ? (int64_t)1000 << (retry < 0 ? 0 : retry) : RETRY_DELAY_MAX_MS;
        if (limit > RETRY_DELAY_MAX_MS)
                limit = RETRY_DELAY_MAX_MS;
        int64_t delay = (int64_t)(random01 * (double)limit);
        if (after.delay_ms <= delay)
                return delay;
        if (after.is_hint && after.delay_ms > delay + HINT_EXTRA_MAX_MS)
                return delay + HINT_EXTRA_MAX_MS;
        return after.delay_ms;
}

int retry_settings_resolve(const struct aws_environment *environment, const struct aws_profiles *profiles,
                           const char *profile, struct retry_settings *ret, struct err *err) {
        struct retry_settings settings = {.max_attempts = RETRY_ATTEMPTS_DEFAULT};
        const char *attempts = aws_environment_get(environment, "AWS_MAX_ATTEMPTS"),
                   *mode = aws_environment_get(environment, "AWS_RETRY_MODE");
        if (!attempts)
                attempts = aws_profile_get(profiles, profile, "max_attempts");
        if (!mode)
                mode = aws_profile_get(profiles, profile, "retry_mode");
        int64_t count;
        if (attempts) {
                if (number_int64(span_of(attempts), &count) < 0 || count < 1 || count > ATTEMPTS_MAX)
                        return err_set(err, -EINVAL,
                                       "AWS_MAX_ATTEMPTS or max_attempts: \"%.40s\" is not a number from 1 to %d",
                                       attempts, ATTEMPTS_MAX);
                settings.max_attempts = (int)count;
        }
        settings.is_adaptive = mode && strcasecmp(mode, "adaptive") == 0;
        if (mode && !settings.is_adaptive && strcasecmp(mode, "standard") != 0 && strcasecmp(mode, "legacy") != 0)
                return err_set(err, -EINVAL,
                               "AWS_RETRY_MODE or retry_mode: \"%.40s\" is none of legacy, standard, adaptive", mode);
        *ret = settings;
        return 0;
}
