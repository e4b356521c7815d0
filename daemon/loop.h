/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: the only place that reads a clock. Timers and descriptors are watchers embedded in their owners. */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

/* Requests that reach the process as signals. */
struct loop_handlers {
        void *arg;
        void (*stop)(void *arg);
        void (*reload)(void *arg);
};

int loop_new(const struct loop_handlers *handlers, struct loop **ret);
void loop_free(struct loop *l);
struct ev_loop *loop_ev(struct loop *l);
/* Runs until loop_quit. Feeds the service manager's watchdog while the loop turns. */
void loop_run(struct loop *l);
void loop_quit(struct loop *l);

int64_t loop_now_ms(const struct loop *l); /* wall clock, epoch milliseconds */
int64_t loop_now_s(const struct loop *l);
int64_t loop_monotonic_ms(const struct loop *l);
/* How long this turn of the loop has taken so far. */
int64_t loop_turn_ms(const struct loop *l);
double loop_random(void); /* [0, 1): for jitter */

/* Turns of the loop, by how long everything else had to wait for them. */
enum { LOOP_DELAY_BOUNDS = 10 };
extern const double loop_delay_bounds_s[LOOP_DELAY_BOUNDS];
struct loop_delays {
        int64_t counts[LOOP_DELAY_BOUNDS + 1]; /* up to each bound, from the one before; the last: above */
        double sum_s, max_s;
};
const struct loop_delays *loop_delays(const struct loop *l);

struct timer {
        ev_timer watcher;
        struct loop *loop;
        void (*fire)(void *arg);
        void *arg;
};
/* (Re)starts: fires once, after_ms from now. A zeroed struct timer is stopped. */
void timer_start(struct timer *t, struct loop *l, int64_t after_ms, void (*fire)(void *arg), void *arg);
void timer_stop(struct timer *t);
bool timer_is_running(const struct timer *t);

/* The service manager, when there is one. */
void notify_ready(struct loop *l, const char *status);
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
void notify_reloading(struct loop *l);
void notify_stopping(void);
