/* SPDX-License-Identifier: Apache-2.0 */
/* The socket alone: fake_rpc.c answers. */
#include "tests/unit/daemon/support.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/server.h"
#include "tests/unit/daemon/fake_rpc.h"
#include "util/text.h"

enum { CLIENTS = 500, LIMIT_MS = 30000 };

/* Calls that may ask a directory beyond a slow network, from whoever makes them. */
static int n_asked;

struct passwd *getpwuid(uid_t uid) {
        static struct passwd *(*real)(uid_t);
        n_asked++;
        if (!real)
                *(void **)&real = dlsym(RTLD_NEXT, "getpwuid");
        return real(uid);
}

int getgrouplist(const char *user, gid_t group, gid_t *groups, int *n) {
        static int (*real)(const char *, gid_t, gid_t *, int *);
        n_asked++;
        if (!real)
                *(void **)&real = dlsym(RTLD_NEXT, "getgrouplist");
        return real(user, group, groups, n);
}

enum { STALLED_MS = 60 * 1000, STALLED_HERE_MS = 200 };

/* Then a minute without a word is a fifth of a second. */
static bool is_hurried;
void __real_timer_start(struct timer *t, struct loop *l, int64_t after_ms, void (*fire)(void *arg), void *arg);
void __wrap_timer_start(struct timer *t, struct loop *l, int64_t after_ms, void (*fire)(void *arg), void *arg);
void __wrap_timer_start(struct timer *t, struct loop *l, int64_t after_ms, void (*fire)(void *arg), void *arg) {
        __real_timer_start(t, l, is_hurried && after_ms == STALLED_MS ? STALLED_HERE_MS : after_ms, fire, arg);
}

struct place {
        struct bench *bench;
        struct server *server;
        struct rpc_host host;
        char path[80];
};

static int serve_at(struct place *p, const char *path, const char *group, struct server **ret, struct err *reterr) {
        const struct server_socket where = {.fd = -1, .path = path, .group = group};
        return server_new(p->bench->loop, &p->host, &where, ret, reterr);
}

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        struct err err;
        fake_rpc_counts = (struct fake_rpc_counts){0};
        if (!p || bench_setup((void **)&p->bench) < 0)
                return -1;
        snprintf(p->path, sizeof p->path, "%s/s", p->bench->directory);
        *state = p;
        return serve_at(p, p->path, NULL, &p->server, &err);
}

static int teardown(void **state) {
        struct place *p = *state;
        is_hurried = false;
        server_free(p->server);
        assert_int_equal(fake_rpc_counts.live, 0);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static int connect_to(const struct place *p) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(fd >= 0);
        assert_true(text_copy(address.sun_path, sizeof address.sun_path, p->path));
        assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
        return fd;
}

static void turn(struct place *p) {
        ev_run(loop_ev(p->bench->loop), EVRUN_NOWAIT);
}

/* Sends all of it while the server may have to read meanwhile. False when the server hung up. */
static bool send_bytes(struct place *p, int fd, const char *data, size_t len) {
        int64_t until_ms = loop_monotonic_ms(p->bench->loop) + LIMIT_MS;
        while (len > 0) {
                ssize_t n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (n < 0 && errno != EAGAIN)
                        return false;
                if (n > 0) {
                        data += n;
                        len -= (size_t)n;
                }
                turn(p);
                assert_true(loop_monotonic_ms(p->bench->loop) < until_ms);
        }
        return true;
}

static void say(struct place *p, int fd, const char *text) {
        assert_true(send_bytes(p, fd, text, strlen(text)));
}

/* What comes until a line ends, "" when the server hangs up before. */
static void hear(struct place *p, int fd, char *to, size_t size) {
        int64_t until_ms = loop_monotonic_ms(p->bench->loop) + LIMIT_MS;
        size_t len = 0;
        for (;;) {
                char c;
                ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);
                if (n == 0 || (n < 0 && errno != EAGAIN)) {
                        to[0] = '\0';
                        return;
                }
                if (n < 0) {
                        turn(p);
                        assert_true(loop_monotonic_ms(p->bench->loop) < until_ms);
                        continue;
                }
                if (c == '\n')
                        break;
                assert_true(len + 1 < size);
                to[len++] = c;
        }
        to[len] = '\0';
}

static void expect_line(struct place *p, int fd, const char *want) {
        char line[256];
        hear(p, fd, line, sizeof line);
        assert_string_equal(line, want);
}

static bool is_hung_up(struct place *p, int fd) {
        char c;
        for (int i = 0; i < 100; i++) {
                turn(p);
                if (recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0)
                        return true;
        }
        return false;
}

static void test_clients__several__each_gets_its_own_answers(void **state) {
        struct place *p = *state;
        int a = connect_to(p), b = connect_to(p), c = connect_to(p);
        say(p, b, "echo bee\n");
        say(p, a, "slow 50\n");
        say(p, c, "echo sea\r\n");
        expect_line(p, c, "sea\r");
        expect_line(p, b, "bee");
        expect_line(p, a, "slow");
        say(p, b, "echo again\n");
        expect_line(p, b, "again");
        close(a);
        close(b);
        close(c);
}

static void test_client__requests_in_one_write__answered_in_order(void **state) {
        struct place *p = *state;
        int fd = connect_to(p);
        say(p, fd, "echo 1\n\n  \nslow 3\necho 3\nbig 3\necho 5\n");
        expect_line(p, fd, "1");
        expect_line(p, fd, "slow");
        expect_line(p, fd, "3");
        expect_line(p, fd, "xxx");
        expect_line(p, fd, "5");
        close(fd);
}

static void test_client__request_byte_by_byte__is_answered_once(void **state) {
        struct place *p = *state;
        int fd = connect_to(p);
        for (const char *c = "echo slow typist\n"; *c; c++)
                assert_true(send_bytes(p, fd, c, 1));
        expect_line(p, fd, "slow typist");
        assert_int_equal(fake_rpc_counts.started, 1);
        close(fd);
}

static void test_client__closes_after_half_a_request__is_forgotten(void **state) {
        struct place *p = *state;
        size_t before = count_descriptors();
        int fd = connect_to(p);
        say(p, fd, "echo hal");
        close(fd);
        for (int i = 0; i < 20; i++)
                turn(p);
        assert_int_equal(fake_rpc_counts.started, 0);
        assert_int_equal(count_descriptors(), before);
}

static void test_client__sends_no_more__still_gets_its_answers(void **state) {
        struct place *p = *state;
        int fd = connect_to(p);
        say(p, fd, "slow 20\necho last\n");
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        expect_line(p, fd, "slow");
        expect_line(p, fd, "last");
        assert_true(is_hung_up(p, fd));
        close(fd);
}

static void test_client__sends_no_more_after_an_unended_line__is_answered(void **state) {
        struct place *p = *state;
        int fd = connect_to(p);
        say(p, fd, "echo first\necho last");
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        expect_line(p, fd, "first");
        expect_line(p, fd, "last");
        assert_true(is_hung_up(p, fd));
        close(fd);
}

static bool is_connected(int fd) {
        char c;
        return recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) != 0;
}

static void test_client__takes_nothing_of_its_answer__is_dropped(void **state) {
        struct place *p = *state;
        is_hurried = true;
        int fd = connect_to(p);
        say(p, fd, "big 10000000\n");
        bench_run_ms(p->bench, 4 * STALLED_HERE_MS);
        assert_int_equal(server_connections(p->server), 0);
        close(fd);
}

static void test_client__ends_no_line__is_dropped(void **state) {
        struct place *p = *state;
        is_hurried = true;
        int fd = connect_to(p);
        say(p, fd, "ech");
        bench_run_ms(p->bench, 4 * STALLED_HERE_MS);
        assert_false(is_connected(fd));
        close(fd);
}

static void test_client__has_asked_ahead_while_we_work__is_waited_for(void **state) {
        struct place *p = *state;
        is_hurried = true;
        int fd = connect_to(p);
        say(p, fd, "slow 1000000000\necho after\n");
        bench_run_ms(p->bench, 4 * STALLED_HERE_MS);
        assert_true(is_connected(fd));
        assert_int_equal(fake_rpc_counts.live, 1);
        close(fd);
}

static void test_client__vanishes_during_an_answer__is_forgotten(void **state) {
        struct place *p = *state;
        size_t before = count_descriptors();
        int a = connect_to(p), b = connect_to(p);
        say(p, a, "big 50000000\n");
        say(p, b, "slow 1000000000\n");
        for (int i = 0; i < 10; i++)
                turn(p);
        assert_int_equal(fake_rpc_counts.live, 2);
        close(a);
        close(b);
        int64_t until_ms = loop_monotonic_ms(p->bench->loop) + LIMIT_MS;
        while (fake_rpc_counts.live > 0 && loop_monotonic_ms(p->bench->loop) < until_ms)
                turn(p);
        assert_int_equal(fake_rpc_counts.live, 0);
        turn(p); /* the answer that nobody waits for is noticed when it is written */
        turn(p);
        assert_int_equal(count_descriptors(), before);
}

/* More than the server would ever hold for one client; the answer is made at the pace of the reader. */
static void test_client__reads_a_large_answer_slowly__gets_all_and_stops_nobody(void **state) {
        static const size_t whole = (80 << 20) + 1;
        struct place *p = *state;
        int slow = connect_to(p), other = connect_to(p);
        static char bytes[48 << 10];
        size_t got = 0;
        bool is_over = false;
        say(p, slow, "big 83886080\n");
        for (int i = 0; got < whole && !is_over; i++) {
                turn(p);
                ssize_t n = recv(slow, bytes, sizeof bytes, MSG_DONTWAIT);
                is_over = n == 0 || (n < 0 && errno != EAGAIN);
                got += n > 0 ? (size_t)n : 0;
                if (i % 500 == 0) {
                        say(p, other, "echo hello\n");
                        expect_line(p, other, "hello");
                }
        }
        assert_int_equal(got, whole);
        close(slow);
        close(other);
}

static void test_client__reads_nothing__answer_is_not_made(void **state) {
        struct place *p = *state;
        int fd = connect_to(p);
        say(p, fd, "big 83886080\n");
        for (int i = 0; i < 200; i++)
                turn(p);
        /* what fits into the socket, and the little that waits for it */
        assert_in_range(fake_rpc_counts.steps, 2, 40);
        close(fd);
}

static char *line_of(size_t len) {
        char *line = malloc(len + 2);
        memset(line, 'y', len);
        memcpy(line, "echo ", 5);
        line[len] = '\n';
        line[len + 1] = '\0';
        return line;
}

static void test_request__of_1_mib__is_accepted(void **state) {
        struct place *p = *state;
        int fd = connect_to(p);
        char *line = line_of(RPC_REQUEST_MAX), *answer = malloc(RPC_REQUEST_MAX + 1);
        assert_true(send_bytes(p, fd, line, RPC_REQUEST_MAX + 1));
        hear(p, fd, answer, RPC_REQUEST_MAX + 1);
        assert_int_equal(strlen(answer), RPC_REQUEST_MAX - 5);
        free(line);
        free(answer);
        close(fd);
}

static void test_request__of_1_mib_and_1__is_refused_alone(void **state) {
        struct place *p = *state;
        int fd = connect_to(p), other = connect_to(p);
        char *line = line_of(RPC_REQUEST_MAX + 1);
        say(p, other, "slow 2000\n");
        assert_true(send_bytes(p, fd, line, RPC_REQUEST_MAX + 2));
        expect_line(p, fd, "refused -32600 the request is longer than 1 MiB");
        assert_int_equal(fake_rpc_counts.started, 1);
        expect_line(p, other, "slow");
        free(line);
        close(fd);
        close(other);
}

/* The sender can finish its line, reads why it was refused, and may go on. */
static void test_request__of_5_mib__is_refused_and_the_next_answered(void **state) {
        struct place *p = *state;
        int fd = connect_to(p);
        char *line = line_of(5 << 20);
        assert_true(send_bytes(p, fd, line, (5 << 20) + 1));
        say(p, fd, "echo next\n");
        expect_line(p, fd, "refused -32600 the request is longer than 1 MiB");
        expect_line(p, fd, "next");
        assert_int_equal(fake_rpc_counts.started, 1);
        free(line);
        close(fd);
}

static void test_request__garbage__stops_nobody(void **state) {
        struct place *p = *state;
        int fd = connect_to(p), other = connect_to(p);
        static char garbage[100000];
        uint32_t x = 12345;
        for (size_t i = 0; i < sizeof garbage; i++)
                garbage[i] = (char)((x = x * 1664525 + 1013904223) >> 24);
        assert_true(send_bytes(p, fd, garbage, sizeof garbage));
        say(p, other, "echo fine\n");
        expect_line(p, other, "fine");
        expect_line(p, fd, "what?");
        close(fd);
        close(other);
}

static void test_clients__500__all_answered(void **state) {
        struct place *p = *state;
        static int fds[CLIENTS];
        char text[32];
        struct rlimit limit;
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max < 2048 ? limit.rlim_max : 2048;
        setrlimit(RLIMIT_NOFILE, &limit);
        for (int i = 0; i < CLIENTS; i++) {
                fds[i] = connect_to(p);
                turn(p);
        }
        for (int i = CLIENTS - 1; i >= 0; i--) {
                snprintf(text, sizeof text, "echo %d\n", i);
                say(p, fds[i], text);
        }
        for (int i = 0; i < CLIENTS; i++) {
                snprintf(text, sizeof text, "%d", i);
                expect_line(p, fds[i], text);
        }
        for (int i = 0; i < CLIENTS; i++)
                close(fds[i]);
}

static void again(void *arg) {
        struct timer *t = arg;
        timer_start(t, t->loop, 0, again, t);
}

/* As a long judgement does, slice after slice. */
static void test_client__loop_always_busy__is_answered(void **state) {
        struct place *p = *state;
        struct timer busy = {0};
        int fd = connect_to(p);
        timer_start(&busy, p->bench->loop, 0, again, &busy);
        say(p, fd, "echo hello\n");
        int64_t until_ms = loop_monotonic_ms(p->bench->loop) + 3000;
        char answer[8] = "";
        while (loop_monotonic_ms(p->bench->loop) < until_ms && recv(fd, answer, 6, MSG_DONTWAIT) < 0)
                turn(p);
        timer_stop(&busy);
        assert_string_equal(answer, "hello\n");
        close(fd);
}

static void test_accept__no_descriptors_left__waits_and_does_not_spin(void **state) {
        struct place *p = *state;
        struct rlimit limit, low;
        int waiting = connect_to(p); /* not accepted yet */
        getrlimit(RLIMIT_NOFILE, &limit);
        low = limit;
        low.rlim_cur = 3; /* every new one is too high */
        setrlimit(RLIMIT_NOFILE, &low);
        turn(p);
        unsigned before = ev_iteration(loop_ev(p->bench->loop));
        bench_run_ms(p->bench, 250);
        unsigned turns = ev_iteration(loop_ev(p->bench->loop)) - before;
        setrlimit(RLIMIT_NOFILE, &limit);
        assert_in_range(turns, 0, 20);
        assert_int_equal(send(waiting, "echo late\n", 10, MSG_NOSIGNAL), 10);
        expect_line(p, waiting, "late");
        close(waiting);
}

/* All places are taken by clients that say nothing: the oldest of them makes room, and who waits for an answer does not. */
static void test_clients__silent_and_too_many__make_room(void **state) {
        struct place *p = *state;
        enum { LEAST = 64 };
        struct rlimit limit, low;
        struct err err;
        int fds[LEAST];
        getrlimit(RLIMIT_NOFILE, &limit);
        low = limit;
        low.rlim_cur = 300; /* leaves the least number of places */
        setrlimit(RLIMIT_NOFILE, &low);
        server_free(TAKE(p->server));
        assert_int_equal(serve_at(p, p->path, NULL, &p->server, &err), 0);
        for (int i = 0; i < LEAST; i++) {
                fds[i] = connect_to(p);
                if (i == 0)
                        say(p, fds[0], "big 1000000\n"); /* and does not read it yet */
                turn(p);
        }
        int late = connect_to(p);
        say(p, late, "echo late\n");
        expect_line(p, late, "late");
        assert_in_range(server_connections(p->server), 1, LEAST);
        assert_true(is_hung_up(p, fds[1]));
        char c;
        assert_int_equal(recv(fds[0], &c, 1, MSG_DONTWAIT), 1);
        for (int i = 0; i < LEAST; i++)
                close(fds[i]);
        close(late);
        setrlimit(RLIMIT_NOFILE, &limit);
}

static void test_call__fails__only_its_connection_ends(void **state) {
        struct place *p = *state;
        int fd = connect_to(p), other = connect_to(p);
        say(p, fd, "fail\n");
        assert_true(is_hung_up(p, fd));
        say(p, other, "access\n");
        expect_line(p, other, "change"); /* our own user */
        close(fd);
        close(other);
}

static void test_call__who_asks__is_the_name_of_the_user_at_the_other_end(void **state) {
        struct place *p = *state;
        const struct passwd *user = getpwuid(getuid());
        int fd = connect_to(p);
        assert_non_null(user);
        say(p, fd, "who\n");
        expect_line(p, fd, user->pw_name);
        close(fd);
}

/* getpwuid and the like may take seconds, and all polls with them. */
static void test_clients__are_told_apart_without_a_directory(void **state) {
        struct place *p = *state;
        int before = n_asked, fd = connect_to(p);
        say(p, fd, "access\n");
        expect_line(p, fd, "change");
        assert_int_equal(n_asked, before);
        close(fd);
}

enum { MEMBER_UID = 54321, GROUPS = 100 };

/* What a process of that user and those groups may do: 'c'hange, 'r'ead, or '-', it cannot connect. */
static char ask_as(struct place *p, gid_t gid, const gid_t *groups, size_t n_groups) {
        int pipe_fds[2];
        char answer = '-';
        assert_int_equal(pipe(pipe_fds), 0);
        pid_t child = fork();
        if (child == 0) {
                struct sockaddr_un address = {.sun_family = AF_UNIX};
                text_copy(address.sun_path, sizeof address.sun_path, p->path);
                int fd = socket(AF_UNIX, SOCK_STREAM, 0);
                if (setgroups(n_groups, groups) < 0 || setgid(gid) < 0 || setuid(MEMBER_UID) < 0)
                        answer = '!';
                else if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                         send(fd, "access\n", 7, 0) == 7)
                        answer = recv(fd, &answer, 1, 0) == 1 ? answer : '?';
                _exit(write(pipe_fds[1], &answer, 1) != 1);
        }
        close(pipe_fds[1]);
        fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
        ssize_t n;
        while ((n = read(pipe_fds[0], &answer, 1)) < 0 && errno == EAGAIN)
                turn(p);
        close(pipe_fds[0]);
        waitpid(child, NULL, 0); /* unless the loop has reaped it */
        assert_int_equal(n, 1);
        return answer;
}

/* By the groups that the process has, of which there may be many; whoever gets in without may read. */
static void test_group__its_members__may_change(void **state) {
        struct place *p = *state;
        const struct group *group = getgrnam("daemon");
        gid_t groups[GROUPS];
        struct err err;
        if (geteuid() != 0 || !group)
                skip();
        server_free(TAKE(p->server));
        assert_int_equal(chmod(p->bench->directory, 0711), 0);
        assert_int_equal(serve_at(p, p->path, "daemon", &p->server, &err), 0);
        for (size_t i = 0; i < GROUPS; i++)
                groups[i] = (gid_t)(60000 + i);
        assert_int_equal(ask_as(p, 60000, groups, GROUPS), '-');
        assert_int_equal(ask_as(p, group->gr_gid, groups, 1), 'c');
        assert_int_equal(ask_as(p, 60000, &group->gr_gid, 1), 'c');
        groups[GROUPS - 1] = group->gr_gid;
        assert_int_equal(ask_as(p, 60000, groups, GROUPS), 'c');
        assert_int_equal(chmod(p->path, 0666), 0);
        assert_int_equal(ask_as(p, 60000, groups, GROUPS - 1), 'r');
}

static void test_free__clients_and_calls_under_way__closes_all(void **state) {
        struct place *p = *state;
        int a = connect_to(p), b = connect_to(p);
        say(p, a, "big 50000000\n");
        say(p, b, "echo hal");
        for (int i = 0; i < 5; i++)
                turn(p);
        server_free(TAKE(p->server));
        assert_int_equal(fake_rpc_counts.live, 0);
        assert_int_equal(access(p->path, F_OK), -1);
        bench_run_ms(p->bench, 10);
        close(a);
        close(b);
}

/* The file. */

static void expect_refused(struct place *p, const char *path, const char *group, int code, const char *words) {
        struct server *second = NULL;
        struct err err = {0};
        size_t before = count_descriptors();
        assert_int_equal(serve_at(p, path, group, &second, &err), code);
        assert_null(second);
        assert_non_null(strstr(err.text, words));
        assert_int_equal(count_descriptors(), before);
}

static void test_socket__no_group__is_for_its_user_alone(void **state) {
        struct place *p = *state;
        struct stat st;
        assert_int_equal(stat(p->path, &st), 0);
        assert_true(S_ISSOCK(st.st_mode));
        assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_socket__in_use__is_left_alone(void **state) {
        struct place *p = *state;
        expect_refused(p, p->path, NULL, -EADDRINUSE, "in use by another process");
        int fd = connect_to(p);
        say(p, fd, "echo still here\n");
        expect_line(p, fd, "still here");
        close(fd);
}

/* A daemon too busy to accept is no dead one. */
static void test_socket__in_use_with_a_full_queue__is_left_alone(void **state) {
        struct place *p = *state;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        const char *path = bench_path(p->bench, "busy");
        int fds[16], n = 0, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        text_copy(address.sun_path, sizeof address.sun_path, path);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(fd, 0), 0);
        do
                fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        while (connect(fds[n++], (struct sockaddr *)&address, sizeof address) == 0 && n < 16);
        assert_int_equal(errno, EAGAIN);
        expect_refused(p, path, NULL, -EADDRINUSE, "in use");
        assert_int_equal(access(path, F_OK), 0);
        while (n > 0)
                close(fds[--n]);
        close(fd);
}

static void test_socket__left_from_a_crash__is_replaced(void **state) {
        struct place *p = *state;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        const char *path = bench_path(p->bench, "stale");
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        text_copy(address.sun_path, sizeof address.sun_path, path);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        close(fd);
        struct server *second = NULL;
        struct err err = {0};
        assert_int_equal(serve_at(p, path, NULL, &second, &err), 0);
        server_free(second);
}

static void test_socket__a_file_is_there__is_left_alone(void **state) {
        struct place *p = *state;
        bench_write(p->bench, "precious", "data");
        expect_refused(p, bench_path(p->bench, "precious"), NULL, -EEXIST, "no socket");
        assert_int_equal(access(bench_path(p->bench, "precious"), F_OK), 0);
}

static void test_socket__unknown_group__nothing_is_left_behind(void **state) {
        struct place *p = *state;
        const char *path = bench_path(p->bench, "grouped");
        expect_refused(p, path, "no-such-group-here", -ENOENT, "groupadd");
        assert_int_equal(access(path, F_OK), -1);
}

static void test_socket__path_too_long_or_no_folder__is_said(void **state) {
        struct place *p = *state;
        char path[200] = "/tmp/";
        memset(path + 5, 'a', 150);
        expect_refused(p, path, NULL, -ENAMETOOLONG, "longer than 107 bytes");
        expect_refused(p, bench_path(p->bench, "no/such/s"), NULL, -ENOENT, "does its folder exist");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_clients__several__each_gets_its_own_answers),
                CASE(test_client__requests_in_one_write__answered_in_order),
                CASE(test_client__request_byte_by_byte__is_answered_once),
                CASE(test_client__closes_after_half_a_request__is_forgotten),
                CASE(test_client__sends_no_more__still_gets_its_answers),
                CASE(test_client__sends_no_more_after_an_unended_line__is_answered),
                CASE(test_client__takes_nothing_of_its_answer__is_dropped),
                CASE(test_client__ends_no_line__is_dropped),
                CASE(test_client__has_asked_ahead_while_we_work__is_waited_for),
                CASE(test_client__vanishes_during_an_answer__is_forgotten),
                CASE(test_client__reads_a_large_answer_slowly__gets_all_and_stops_nobody),
                CASE(test_client__reads_nothing__answer_is_not_made),
                CASE(test_request__of_1_mib__is_accepted),
                CASE(test_request__of_1_mib_and_1__is_refused_alone),
                CASE(test_request__of_5_mib__is_refused_and_the_next_answered),
                CASE(test_request__garbage__stops_nobody),
                CASE(test_clients__500__all_answered),
                CASE(test_client__loop_always_busy__is_answered),
                CASE(test_accept__no_descriptors_left__waits_and_does_not_spin),
                CASE(test_call__fails__only_its_connection_ends),
                CASE(test_clients__silent_and_too_many__make_room),
                CASE(test_clients__are_told_apart_without_a_directory),
                CASE(test_group__its_members__may_change),
                CASE(test_call__who_asks__is_the_name_of_the_user_at_the_other_end),
                CASE(test_free__clients_and_calls_under_way__closes_all),
                CASE(test_socket__no_group__is_for_its_user_alone),
                CASE(test_socket__in_use__is_left_alone),
                CASE(test_socket__in_use_with_a_full_queue__is_left_alone),
                CASE(test_socket__left_from_a_crash__is_replaced),
                CASE(test_socket__a_file_is_there__is_left_alone),
                CASE(test_socket__unknown_group__nothing_is_left_behind),
                CASE(test_socket__path_too_long_or_no_folder__is_said),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
