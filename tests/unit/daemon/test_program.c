/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/program.h"

struct answer {
        struct http_reply reply;
        char body[4096];
        size_t body_len;
        int n;
        bool is_done;
};

static void take(void *arg, const struct http_reply *reply) {
        struct answer *a = arg;
        a->reply = *reply;
        a->body_len = reply->body.len;
        snprintf(a->body, sizeof a->body, "%.*s", (int)(reply->body.len < 4000 ? reply->body.len : 4000),
                 reply->body.data);
        a->n++;
        a->is_done = true;
}

static void run(struct bench *b, const char *script, int64_t timeout_ms, struct answer *a) {
        char *argv[] = {"/bin/sh", "-c", (char *)script, NULL};
        struct program_call *call = NULL;
        *a = (struct answer){0};
        assert_int_equal(program_run(b->loop, argv, timeout_ms, take, a, &call), 0);
        assert_int_equal(a->n, 0);
        bench_run(b, &a->is_done);
        assert_int_equal(a->n, 1);
}

static void assert_no_children(void) {
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
}

static void test_program__exit_0__hands_over_stdout(void **state) {
        struct answer a;
        size_t before = count_descriptors();
        run(*state, "printf '{\"Version\": 1}'; echo noise >&2", 10000, &a);
        assert_int_equal(a.reply.status, 200);
        assert_int_equal(a.reply.fault, HTTP_FAULT_NONE);
        assert_string_equal(a.body, "{\"Version\": 1}");
        assert_int_equal(count_descriptors(), before);
        assert_no_children();
}

static void test_program__exit_3__first_line_of_stderr(void **state) {
        struct answer a;
        run(*state, "echo 'no such profile' >&2; echo second >&2; exit 3", 10000, &a);
        assert_int_equal(a.reply.status, 500);
        assert_string_equal(a.reply.fault_text, "no such profile");
        assert_no_children();
}

static void test_program__fails_silently__says_how_it_ended(void **state) {
        struct answer a;
        run(*state, "exit 3", 10000, &a);
        assert_string_equal(a.reply.fault_text, "exit status 3");
        run(*state, "kill -9 $$", 10000, &a);
        assert_int_equal(a.reply.status, 500);
        assert_string_equal(a.reply.fault_text, "killed by signal 9");
}

static void test_program__huge_output__is_refused_and_read_to_its_end(void **state) {
        struct answer a;
        run(*state, "head -c 3000000 /dev/zero; head -c 300000 /dev/zero >&2", 10000, &a);
        assert_int_equal(a.reply.status, 500);
        assert_true(a.body_len <= 256 << 10);
        assert_string_equal(a.reply.fault_text, "its output is longer than 256 KiB");
        assert_no_children();
}

/* More than one read brings: nothing may be left in the pipe when the exit is noticed first. */
static void test_program__long_output__is_whole(void **state) {
        struct answer a;
        for (int i = 0; i < 20; i++) {
                run(*state, "head -c 60000 /dev/zero; echo end >&2", 10000, &a);
                assert_int_equal(a.reply.status, 200);
                assert_int_equal(a.body_len, 60000);
        }
}

static void test_program__hangs__is_killed_in_time(void **state) {
        struct bench *b = *state;
        struct answer a;
        int64_t from_ms = loop_monotonic_ms(b->loop);
        run(b, "exec sleep 100", 100, &a);
        assert_int_equal(a.reply.status, 0);
        assert_int_equal(a.reply.fault, HTTP_FAULT_TIMEOUT);
        assert_true(loop_monotonic_ms(b->loop) - from_ms < 5000);
        assert_no_children();
}

/* True when every holder of the write end is gone within the limit of the bench. */
static void expect_eof(struct bench *b, int fd) {
        char c;
        for (int i = 0; i < 200; i++) {
                ssize_t n = read(fd, &c, 1);
                if (n == 0)
                        return;
                assert_true(n < 0 && errno == EAGAIN);
                bench_run_ms(b, 10);
        }
        fail_msg("a process is left");
}

static void test_program__hangs_with_a_child_of_its_own__both_are_killed(void **state) {
        struct bench *b = *state;
        struct answer a;
        SCOPED(buf_done) struct buf script = BUF_INIT(256);
        const char *path = bench_path(b, "alive");
        char c;
        assert_int_equal(mkfifo(path, 0600), 0);
        int alive = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        assert_true(alive >= 0);
        buf_printf(&script, "exec 8>%s; echo >&8; sleep 100 & wait", path);
        run(b, buf_str(&script), 2000, &a);
        assert_int_equal(a.reply.fault, HTTP_FAULT_TIMEOUT);
        assert_int_equal(read(alive, &c, 1), 1);
        expect_eof(b, alive);
        close(alive);
}

static void test_program__ends_but_its_child_holds_the_pipes__is_not_waited_for(void **state) {
        struct bench *b = *state;
        struct answer a;
        int64_t from_ms = loop_monotonic_ms(b->loop);
        run(b, "sleep 7 & printf done", 6500, &a);
        assert_int_equal(a.reply.status, 200);
        assert_string_equal(a.body, "done");
        assert_true(loop_monotonic_ms(b->loop) - from_ms < 5000);
}

static void test_program__not_found__is_said_at_once(void **state) {
        struct bench *b = *state;
        struct answer a = {0};
        char *argv[] = {"/nonexistent/flinkwatch-helper", NULL};
        struct program_call *call = NULL;
        size_t before = count_descriptors();
        assert_int_equal(program_run(b->loop, argv, 1000, take, &a, &call), -ENOENT);
        assert_null(call);
        assert_int_equal(count_descriptors(), before);
        bench_run_ms(b, 20);
        assert_int_equal(a.n, 0);
}

static void test_program__cancelled__is_killed_and_says_nothing(void **state) {
        struct bench *b = *state;
        struct answer a = {0};
        char *argv[] = {"/bin/sh", "-c", "echo started; exec sleep 100", NULL};
        struct program_call *call = NULL;
        size_t before = count_descriptors();
        assert_int_equal(program_run(b->loop, argv, 60000, take, &a, &call), 0);
        bench_run_ms(b, 30);
        program_cancel(call);
        assert_int_equal(count_descriptors(), before);
        assert_no_children();
        bench_run_ms(b, 30);
        assert_int_equal(a.n, 0);
        program_cancel(NULL);
}

static unsigned long ignored_signals(struct bench *b) {
        struct answer a;
        run(b, "read x && exit 9; sed -n 's/^SigIgn:[^0-9a-f]*//p' /proc/self/status", 10000, &a);
        assert_int_equal(a.reply.status, 200);
        return strtoul(a.body, NULL, 16);
}

static void test_program__started__has_no_stdin_and_does_not_ignore_sigpipe(void **state) {
        signal(SIGPIPE, SIG_IGN); /* as main does */
        unsigned long ignored = ignored_signals(*state);
        signal(SIGPIPE, SIG_DFL);
        assert_int_equal(ignored & (1UL << (SIGPIPE - 1)), 0);
}

/* The loop and the pipes of another program are not handed on. No shell: it would have pipes of its own. */
static void list_descriptors(struct bench *b, struct answer *a) {
        char *argv[] = {"/bin/ls", "-l", "/proc/self/fd", NULL};
        struct program_call *call = NULL;
        *a = (struct answer){0};
        assert_int_equal(program_run(b->loop, argv, 10000, take, a, &call), 0);
        bench_run(b, &a->is_done);
        assert_int_equal(a->reply.status, 200);
        assert_null(strstr(a->body, "eventpoll"));
}

static void test_program__beside_another__inherits_nothing_of_it(void **state) {
        struct bench *b = *state;
        struct answer alone, other = {0}, beside;
        char *argv[] = {"/bin/sleep", "100", NULL};
        struct program_call *call = NULL;
        list_descriptors(b, &alone);
        assert_int_equal(program_run(b->loop, argv, 60000, take, &other, &call), 0);
        list_descriptors(b, &beside);
        program_cancel(call);
        assert_true(count_lines(alone.body, "\n") >= 4);
        assert_int_equal(count_lines(alone.body, "\n"), count_lines(beside.body, "\n"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_program__exit_0__hands_over_stdout, bench_setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__exit_3__first_line_of_stderr, bench_setup,
                                                bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__fails_silently__says_how_it_ended, bench_setup,
                                                bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__huge_output__is_refused_and_read_to_its_end, bench_setup,
                                                bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__long_output__is_whole, bench_setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__hangs__is_killed_in_time, bench_setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__hangs_with_a_child_of_its_own__both_are_killed,
                                                bench_setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__ends_but_its_child_holds_the_pipes__is_not_waited_for,
                                                bench_setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__not_found__is_said_at_once, bench_setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__cancelled__is_killed_and_says_nothing, bench_setup,
                                                bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__started__has_no_stdin_and_does_not_ignore_sigpipe,
                                                bench_setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_program__beside_another__inherits_nothing_of_it, bench_setup,
                                                bench_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
