/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/loop.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "util/scope.h"

struct loop {
        struct ev_loop *ev;
        struct loop_handlers handlers;
        ev_signal signals[3];
        ev_timer watchdog;
        ev_check turn_begins;
        ev_prepare turn_ends;
        double turn_began_s; /* monotonic; 0: none yet */
        struct loop_delays delays;
};

const double loop_delay_bounds_s[LOOP_DELAY_BOUNDS] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1};

static int64_t read_clock_ms(clockid_t id) {
        struct timespec t;
        clock_gettime(id, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t loop_now_ms(const struct loop *l) {
        (void)l;
        return read_clock_ms(CLOCK_REALTIME);
}

int64_t loop_now_s(const struct loop *l) {
        return loop_now_ms(l) / 1000;
}

int64_t loop_monotonic_ms(const struct loop *l) {
        (void)l;
        return read_clock_ms(CLOCK_MONOTONIC);
}

int64_t loop_turn_ms(const struct loop *l) {
        return l->turn_began_s > 0 ? loop_monotonic_ms(l) - (int64_t)(l->turn_began_s * 1e3) : 0;
}

double loop_random(void) {
        uint32_t bits;
        if (getrandom(&bits, sizeof bits, 0) != sizeof bits)
                return 0.5;
        return bits / 4294967296.0;
}

static void on_signal(struct ev_loop *ev, ev_signal *w, int events) {
        (void)ev;
        (void)events;
        struct loop *l = w->data;
        if (w->signum == SIGHUP)
                l->handlers.reload(l->handlers.arg);
        else
                l->handlers.stop(l->handlers.arg);
}

static double monotonic_s(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_turn_begins(struct ev_loop *ev, ev_check *w, int events) {
        (void)ev;
        (void)events;
        struct loop *l = w->data;
        l->turn_began_s = monotonic_s();
}

static void on_turn_ends(struct ev_loop *ev, ev_prepare *w, int events) {
        (void)ev;
        (void)events;
        struct loop *l = w->data;
        double took_s = monotonic_s() - l->turn_began_s;
        size_t i = 0;
        if (l->turn_began_s <= 0)
                return;
        while (i < LOOP_DELAY_BOUNDS && took_s > loop_delay_bounds_s[i])
                i++;
        l->delays.counts[i]++;
        l->delays.sum_s += took_s;
        if (took_s > l->delays.max_s)
                l->delays.max_s = took_s;
}

/* First after the wait, last before the next. */
static void watch_turns(struct loop *l) {
        ev_check_init(&l->turn_begins, on_turn_begins);
        ev_set_priority(&l->turn_begins, EV_MAXPRI);
        ev_prepare_init(&l->turn_ends, on_turn_ends);
        ev_set_priority(&l->turn_ends, EV_MINPRI);
        l->turn_begins.data = l->turn_ends.data = l;
        ev_check_start(l->ev, &l->turn_begins);
        ev_prepare_start(l->ev, &l->turn_ends);
        ev_unref(l->ev);
        ev_unref(l->ev);
}

const struct loop_delays *loop_delays(const struct loop *l) {
        return &l->delays;
}

static void on_watchdog(struct ev_loop *ev, ev_timer *w, int events) {
        (void)ev;
        (void)w;
        (void)events;
        sd_notify(0, "WATCHDOG=1");
}

int loop_new(const struct loop_handlers *handlers, struct loop **ret) {
        static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
        struct loop *l = calloc(1, sizeof *l);
        if (!l)
                return -ENOMEM;
        l->ev = ev_default_loop(EVFLAG_AUTO);
        if (!l->ev) {
                free(l);
                return -ENOSYS;
        }
        l->handlers = *handlers;
        for (size_t i = 0; i < ELEMENTS(numbers); i++) {
                ev_signal_init(&l->signals[i], on_signal, numbers[i]);
                l->signals[i].data = l;
                ev_signal_start(l->ev, &l->signals[i]);
                ev_unref(l->ev);
        }
        watch_turns(l);
        uint64_t watchdog_us;
        if (sd_watchdog_enabled(0, &watchdog_us) > 0) {
                double every_s = (double)watchdog_us / 2e6;
                ev_timer_init(&l->watchdog, on_watchdog, 0, every_s);
                ev_timer_start(l->ev, &l->watchdog);
        }
        *ret = l;
        return 0;
}

void loop_free(struct loop *l) {
        if (!l)
                return;
        for (size_t i = 0; i < ELEMENTS(l->signals); i++) {
                ev_ref(l->ev);
                ev_signal_stop(l->ev, &l->signals[i]);
        }
        ev_timer_stop(l->ev, &l->watchdog);
        ev_ref(l->ev);
        ev_ref(l->ev);
        ev_check_stop(l->ev, &l->turn_begins);
        ev_prepare_stop(l->ev, &l->turn_ends);
        ev_loop_destroy(l->ev);
        free(l);
}

struct ev_loop *loop_ev(struct loop *l) {
        return l->ev;
}

void loop_run(struct loop *l) {
        ev_run(l->ev, 0);
}

void loop_quit(struct loop *l) {
        ev_break(l->ev, EVBREAK_ALL);
}

static void on_timer(struct ev_loop *ev, ev_timer *w, int events) {
        (void)ev;
        (void)events;
        struct timer *t = w->data;
        t->fire(t->arg);
}

void timer_start(struct timer *t, struct loop *l, int64_t after_ms, void (*fire)(void *arg), void *arg) {
        timer_stop(t);
        t->loop = l;
        t->fire = fire;
        t->arg = arg;
        ev_now_update(l->ev);
        ev_timer_init(&t->watcher, on_timer, after_ms > 0 ? (double)after_ms / 1000 : 0, 0);
        t->watcher.data = t;
        ev_timer_start(l->ev, &t->watcher);
}

void timer_stop(struct timer *t) {
        if (t->loop)
                ev_timer_stop(t->loop->ev, &t->watcher);
}

bool timer_is_running(const struct timer *t) {
        return t->loop && ev_is_active(&t->watcher);
}

void notify_ready(struct loop *l, const char *status) {
        (void)l;
        sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_status(const char *format, ...) {
        char text[256];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        sd_notifyf(0, "STATUS=%s", text);
}

void notify_reloading(struct loop *l) {
        sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, loop_monotonic_ms(l) * 1000);
}

void notify_stopping(void) {
        sd_notify(0, "STOPPING=1\nSTATUS=Stopping");
}
