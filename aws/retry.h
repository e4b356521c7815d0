/* SPDX-License-Identifier: Apache-2.0 */
/* When to try again, how often and how fast: the SDKs' standard and adaptive modes as plain state. Time and chance are arguments. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aws/environment.h"
#include "aws/error.h"
#include "aws/profile.h"

enum {
        RETRY_ATTEMPTS_DEFAULT = 3, /* the first one counts */
        RETRY_TOKENS = 500,
        RETRY_COST = 5,
        RETRY_COST_TIMEOUT = 10,
        RETRY_DELAY_MAX_MS = 20000,
};

struct retry_settings {
        int max_attempts;
        bool is_adaptive;
};

/* AWS_MAX_ATTEMPTS and AWS_RETRY_MODE, then the profile's max_attempts and retry_mode; "legacy" counts as standard. `profiles` may be
 * NULL. -EINVAL names what cannot be understood. */
int retry_settings_resolve(const struct aws_environment *environment, const struct aws_profiles *profiles,
                           const char *profile, struct retry_settings *ret, struct err *err);

/* The budget that stops a broken service from being hammered: one per target and service. */
struct retry_bucket {
        int tokens;
};

void retry_bucket_init(struct retry_bucket *b);
/* Pays for one retry: what it cost, to be refunded by its success, or -EAGAIN when too little is left (then the failure is final). */
int retry_bucket_take(struct retry_bucket *b, bool was_timeout);
/* After a success: `cost` of the last retry, 0 when the first attempt succeeded (one token comes back). */
void retry_bucket_refund(struct retry_bucket *b, int cost);

/* Another attempt may mend it. */
bool retry_is_useful(enum aws_outcome outcome);

/* What the service asked for. */
struct retry_after {
        int64_t delay_ms; /* -1: nothing */
        bool is_hint; /* x-amz-retry-after: lengthens our delay by 5 s at most; Retry-After is obeyed (up to 15 minutes) */
};

#define RETRY_AFTER_NONE ((struct retry_after){.delay_ms = -1})

/* x-amz-retry-after (milliseconds), else Retry-After (seconds or a date; `now_s` is local). */
struct retry_after retry_after_read(const struct http_reply *reply, int64_t now_s);
/* Full jitter: random01 * min(2^retry, 20 s) before retry 0, 1, 2...; at once when the outcome was mended otherwise (skew, keys). */
int64_t retry_delay_ms(int retry, enum aws_outcome outcome, double random01, struct retry_after after);

/* Adaptive mode: limits the rate of sending once the service has throttled. Zero-initialised by _init. */
struct rate_limiter {
        bool is_enabled;
        double fill_rate, capacity, tokens; /* a second; most; now */
        double filled_at_s;
        double measured_rate; /* requests a second, smoothed */
        double bucket_at_s;   /* the half second being counted */
        int64_t count;
        double rate_max, throttled_at_s, window_s;
        bool is_started;
};

void rate_limiter_init(struct rate_limiter *l);
/* 0: send now (a token is taken); else how long to wait before asking again. */
int64_t rate_limiter_acquire_ms(struct rate_limiter *l, int64_t now_ms);
/* After each reply. */
void rate_limiter_update(struct rate_limiter *l, bool was_throttled, int64_t now_ms);
