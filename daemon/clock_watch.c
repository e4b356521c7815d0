/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/clock_watch.h"

enum { EVERY_MS = 5000, STEP_MS = 5000 };

static int64_t read_ahead_ms(const struct clock_watch *w) {
        return loop_now_ms(w->loop) - loop_monotonic_ms(w->loop);
}

static void on_timer(void *arg) {
        struct clock_watch *w = arg;
        int64_t ahead_ms = read_ahead_ms(w), back_ms = w->ahead_ms - ahead_ms;
        w->ahead_ms = ahead_ms;
        timer_start(&w->timer, w->loop, EVERY_MS, on_timer, w);
        if (back_ms >= STEP_MS)
                w->set_back(w->arg, back_ms / 1000);
}

void clock_watch_start(struct clock_watch *w, struct loop *l, void (*set_back)(void *arg, int64_t by_s), void *arg) {
        w->loop = l;
        w->set_back = set_back;
        w->arg = arg;
        w->ahead_ms = read_ahead_ms(w);
        timer_start(&w->timer, l, EVERY_MS, on_timer, w);
}

void clock_watch_stop(struct clock_watch *w) {
        timer_stop(&w->timer);
}
