/* SPDX-License-Identifier: Apache-2.0 */
/* The SDKs' adaptive mode: a token bucket whose rate falls to 0.7 of the measured one on a throttle and climbs back on a cubic curve
 * (0.4 (t - K)^3 + rate_max). The rate of sending is measured in half seconds, smoothed by 0.8. */
#include <math.h>

#include "aws/retry.h"

static const double beta = 0.7, scale = 0.4, smoothing = 0.8, half_second = 0.5, rate_min = 0.5, capacity_min = 1.0;

void rate_limiter_init(struct rate_limiter *l) {
        *l = (struct rate_limiter){.fill_rate = 1, .capacity = 1};
}

static double start(struct rate_limiter *l, int64_t now_ms) {
        double now_s = (double)now_ms / 1000;
        if (!l->is_started) {
                l->is_started = true;
                l->filled_at_s = now_s;
                l->bucket_at_s = floor(now_s);
                l->throttled_at_s = now_s;
        }
        return now_s;
}

static void refill(struct rate_limiter *l, double now_s) {
        double passed_s = fmax(now_s - l->filled_at_s, 0);
        l->tokens = fmin(l->capacity, l->tokens + passed_s * l->fill_rate);
        l->filled_at_s = now_s;
}

int64_t rate_limiter_acquire_ms(struct rate_limiter *l, int64_t now_ms) {
        double now_s = start(l, now_ms);
        if (!l->is_enabled)
                return 0;
        refill(l, now_s);
        if (l->tokens >= 1) {
                l->tokens -= 1;
                return 0;
        }
        int64_t wait_ms = (int64_t)ceil((1 - l->tokens) / l->fill_rate * 1000);
        return wait_ms > 0 ? wait_ms : 1;
}

static void measure(struct rate_limiter *l, double now_s) {
        double bucket = floor(now_s / half_second) * half_second;
        l->count++;
        if (bucket <= l->bucket_at_s)
                return;
        double rate = (double)l->count / (bucket - l->bucket_at_s);
        l->measured_rate = rate * smoothing + l->measured_rate * (1 - smoothing);
        l->count = 0;
        l->bucket_at_s = bucket;
}

static double after_throttle(struct rate_limiter *l, double now_s) {
        l->rate_max = l->is_enabled ? fmin(l->measured_rate, l->fill_rate) : l->measured_rate;
        l->window_s = cbrt(l->rate_max * (1 - beta) / scale);
        l->throttled_at_s = now_s;
        l->is_enabled = true;
        return l->rate_max * beta;
}

static void set_rate(struct rate_limiter *l, double rate, double now_s) {
        refill(l, now_s);
        l->fill_rate = fmax(rate, rate_min);
        l->capacity = fmax(rate, capacity_min);
        l->tokens = fmin(l->tokens, l->capacity);
}

void rate_limiter_update(struct rate_limiter *l, bool was_throttled, int64_t now_ms) {
        double now_s = start(l, now_ms);
        measure(l, now_s);
        double rate = was_throttled ? after_throttle(l, now_s)
                                    : scale * pow(now_s - l->throttled_at_s - l->window_s, 3) + l->rate_max;
        set_rate(l, fmin(rate, 2 * l->measured_rate), now_s);
}
