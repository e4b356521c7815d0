/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/lock.h"

static void test_lock__free__is_taken_and_names_us(void **state) {
        struct bench *b = *state;
        struct err err = {0};
        int fd = -1;
        assert_int_equal(lock_take(b->directory, &fd, &err), 0);
        char want[32], have[32] = "";
        snprintf(want, sizeof want, "%ld\n", (long)getpid());
        FILE *file = fopen(bench_path(b, "lock"), "re");
        assert_non_null(fgets(have, sizeof have, file));
        fclose(file);
        assert_string_equal(have, want);
        close(fd);
}

/* flock belongs to the open file: a second open in the same process is a second holder. */
static void test_lock__held__second_is_refused_with_the_pid(void **state) {
        struct bench *b = *state;
        struct err err = {0};
        int fd = -1, second = -7;
        char want[64];
        assert_int_equal(lock_take(b->directory, &fd, NULL), 0);
        assert_int_equal(lock_take(b->directory, &second, &err), -EBUSY);
        assert_int_equal(second, -7);
        snprintf(want, sizeof want, "pid %ld:", (long)getpid());
        assert_non_null(strstr(err.text, want));
        assert_non_null(strstr(err.text, b->directory));
        close(fd);
        assert_int_equal(lock_take(b->directory, &second, &err), 0);
        close(second);
}

static void test_lock__holder_killed__is_free(void **state) {
        struct bench *b = *state;
        int ready[2], fd = -1;
        char c;
        assert_int_equal(pipe(ready), 0);
        pid_t pid = fork();
        if (pid == 0) {
                if (lock_take(b->directory, &fd, NULL) < 0 || write(ready[1], "x", 1) != 1)
                        _exit(1);
                for (;;)
                        pause();
        }
        assert_int_equal(read(ready[0], &c, 1), 1);
        struct err err = {0};
        assert_int_equal(lock_take(b->directory, &fd, &err), -EBUSY);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(lock_take(b->directory, &fd, &err), 0);
        close(fd);
        close(ready[0]);
        close(ready[1]);
}

/* A child that outlives us must not keep the lock. */
static void test_lock__program_started__does_not_inherit_it(void **state) {
        struct bench *b = *state;
        int fd = -1;
        assert_int_equal(lock_take(b->directory, &fd, NULL), 0);
        char script[64];
        snprintf(script, sizeof script, "[ ! -e /proc/self/fd/%d ]", fd);
        pid_t pid = fork();
        if (pid == 0) {
                execl("/bin/sh", "sh", "-c", script, (char *)NULL);
                _exit(127);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        close(fd);
}

static void test_lock__no_such_folder__is_said(void **state) {
        struct err err = {0};
        int fd = -1;
        assert_int_equal(lock_take(bench_path(*state, "missing"), &fd, &err), -ENOENT);
        assert_non_null(strstr(err.text, "missing"));
        assert_non_null(strstr(err.text, "No such file"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_lock__free__is_taken_and_names_us, bench_setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_lock__held__second_is_refused_with_the_pid, bench_setup,
                                                bench_teardown),
                cmocka_unit_test_setup_teardown(test_lock__holder_killed__is_free, bench_setup, bench_teardown),
                cmocka_unit_test_setup_teardown(test_lock__program_started__does_not_inherit_it, bench_setup,
                                                bench_teardown),
                cmocka_unit_test_setup_teardown(test_lock__no_such_folder__is_said, bench_setup, bench_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
