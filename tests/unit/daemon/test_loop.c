/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/text.h"

struct shot {
        struct timer timer;
        struct loop *loop;
        int n;
        bool is_done;
};

static void fire(void *arg) {
        struct shot *s = arg;
        s->n++;
        s->is_done = true;
}

static void fire_again(void *arg) {
        struct shot *s = arg;
        if (++s->n == 3)
                s->is_done = true;
        else
                timer_start(&s->timer, s->loop, 1, fire_again, s);
}

static void test_timer__zeroed__is_stopped(void **state) {
        (void)state;
        struct timer t = {0};
        timer_stop(&t);
        assert_false(timer_is_running(&t));
}

static void test_timer__due__fires_once_and_not_early(void **state) {
        struct bench *b = *state;
        struct shot s = {.loop = b->loop};
        int64_t from_ms = loop_monotonic_ms(b->loop);
        timer_start(&s.timer, b->loop, 30, fire, &s);
        assert_true(timer_is_running(&s.timer));
        bench_run(b, &s.is_done);
        assert_true(loop_monotonic_ms(b->loop) - from_ms >= 29);
        assert_false(timer_is_running(&s.timer));
        bench_run_ms(b, 50);
        assert_int_equal(s.n, 1);
}

static void test_timer__started_in_its_own_callback__fires_again(void **state) {
        struct bench *b = *state;
        struct shot s = {.loop = b->loop};
        timer_start(&s.timer, b->loop, 1, fire_again, &s);
        bench_run(b, &s.is_done);
        assert_int_equal(s.n, 3);
}

static void test_timer__restarted__fires_at_the_new_time_only(void **state) {
        struct bench *b = *state;
        struct shot s = {.loop = b->loop};
        timer_start(&s.timer, b->loop, 0, fire, &s);
        timer_start(&s.timer, b->loop, 60000, fire, &s);
        bench_run_ms(b, 20);
        assert_int_equal(s.n, 0);
        timer_stop(&s.timer);
}

struct owner {
        struct timer timer;
        bool *is_freed;
};

static void free_owner(void *arg) {
        struct owner *o = arg;
        *o->is_freed = true;
        free(o);
}

static void test_timer__callback_frees_its_owner__is_fine(void **state) {
        struct bench *b = *state;
        bool is_freed = false;
        struct owner *o = calloc(1, sizeof *o);
        o->is_freed = &is_freed;
        timer_start(&o->timer, b->loop, 0, free_owner, o);
        bench_run(b, &is_freed);
}

static void count_stop(void *arg) {
        struct shot *s = arg;
        s->n++;
        loop_quit(s->loop);
}

static void count_reload(void *arg) {
        struct shot *s = arg;
        s->is_done = true;
        raise(SIGTERM);
}

static void test_signals__hup_then_term__reload_then_stop(void **state) {
        (void)state;
        struct shot s = {0};
        struct loop_handlers handlers = {&s, count_stop, count_reload};
        assert_int_equal(loop_new(&handlers, &s.loop), 0);
        struct timer keeps_it_busy = {0};
        struct shot never = {0};
        timer_start(&keeps_it_busy, s.loop, 20000, fire, &never);
        raise(SIGHUP);
        loop_run(s.loop);
        assert_true(s.is_done);
        assert_int_equal(s.n, 1);
        assert_int_equal(never.n, 0);
        timer_stop(&keeps_it_busy);
        loop_free(s.loop);
}

static void test_random__many__within_zero_and_one(void **state) {
        (void)state;
        bool differs = false;
        double first = loop_random();
        for (int i = 0; i < 1000; i++) {
                double x = loop_random();
                assert_true(x >= 0 && x < 1);
                differs = differs || x != first;
        }
        assert_true(differs);
}

/* A service manager made of a datagram socket. */
static int open_manager(const char *path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(text_copy(address.sun_path, sizeof address.sun_path, path));
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        setenv("NOTIFY_SOCKET", path, 1);
        return fd;
}

static void expect_message(int fd, const char *want) {
        char text[512];
        ssize_t n = recv(fd, text, sizeof text - 1, 0);
        assert_true(n > 0);
        text[n] = '\0';
        assert_string_equal(text, want);
}

static void test_notify__ready_and_stopping__reach_the_manager(void **state) {
        struct bench *b = *state;
        int fd = open_manager(bench_path(b, "manager"));
        notify_ready(b->loop, "Watching 1 target");
        expect_message(fd, "READY=1\nSTATUS=Watching 1 target");
        notify_status("%d left", 3);
        expect_message(fd, "STATUS=3 left");
        notify_stopping();
        expect_message(fd, "STOPPING=1\nSTATUS=Stopping");
        unsetenv("NOTIFY_SOCKET");
        close(fd);
}

static void nothing(void *arg) {
        (void)arg;
}

static void test_watchdog__enabled__fed_within_half_its_time(void **state) {
        (void)state;
        char folder[] = "/tmp/flinkwatch-test-XXXXXX", path[64], text[64];
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/manager", folder);
        int fd = open_manager(path), fed = 0;
        setenv("WATCHDOG_USEC", "80000", 1);
        struct loop_handlers handlers = {NULL, nothing, nothing};
        struct bench b = {0};
        assert_int_equal(loop_new(&handlers, &b.loop), 0);
        bench_run_ms(&b, 220);
        while (recv(fd, text, sizeof text, 0) == (ssize_t)strlen("WATCHDOG=1"))
                fed++;
        assert_in_range(fed, 3, 7); /* at 0, 40, 80, ... 200 ms */
        loop_free(b.loop);
        unsetenv("WATCHDOG_USEC");
        unsetenv("NOTIFY_SOCKET");
        close(fd);
        remove(path);
        remove(folder);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_timer__zeroed__is_stopped),
                cmocka_unit_test_setup_teardown(test_timer__due__fires_once_and_not_early, bench_setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_timer__started_in_its_own_callback__fires_again, bench_setup,
                                                bench_teardown),
                cmocka_unit_test_setup_teardown(test_timer__restarted__fires_at_the_new_time_only, bench_setup,
                                                bench_teardown),
                cmocka_unit_test_setup_teardown(test_timer__callback_frees_its_owner__is_fine, bench_setup,
                                                bench_teardown),
                cmocka_unit_test(test_signals__hup_then_term__reload_then_stop),
                cmocka_unit_test(test_random__many__within_zero_and_one),
                cmocka_unit_test_setup_teardown(test_notify__ready_and_stopping__reach_the_manager, bench_setup,
                                                bench_teardown),
                cmocka_unit_test(test_watchdog__enabled__fed_within_half_its_time),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
