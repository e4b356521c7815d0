/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/text.h"

extern char **environ;

enum { OUTPUT_KIB_MAX = 256, OUTPUT_BYTES_MAX = OUTPUT_KIB_MAX << 10, ERROR_BYTES_MAX = 4 << 10, READ_BYTES = 4096 };

struct program_call {
        struct loop *loop;
        pid_t pid;
        ev_child child;
        ev_io out, err;
        struct timer timeout;
        struct buf output, errors;
        bool has_exited, has_timed_out;
        int status;
        wire_done done;
        void *arg;
        int64_t started_at_ms;
};

static void close_watch(struct program_call *p, ev_io *io) {
        if (io->fd < 0)
                return;
        ev_io_stop(loop_ev(p->loop), io);
        close(io->fd);
        io->fd = -1;
}

static void release(struct program_call *p) {
        close_watch(p, &p->out);
        close_watch(p, &p->err);
        ev_child_stop(loop_ev(p->loop), &p->child);
        timer_stop(&p->timeout);
        buf_wipe(&p->output);
        buf_wipe(&p->errors);
        free(p);
}

static void describe_failure(const struct program_call *p, struct http_reply *reply) {
        struct span rest = buf_span(&p->errors), line = span_trim(span_split(&rest, '\n'));
        char *text = reply->fault_text;
        size_t size = sizeof reply->fault_text;
        if (p->output.failed)
                snprintf(text, size, "its output is longer than %d KiB", OUTPUT_KIB_MAX);
        else if (line.len > 0)
                snprintf(text, size, "%.*s", (int)(line.len > 150 ? 150 : line.len), line.data);
        else if (WIFSIGNALED(p->status))
                snprintf(text, size, "killed by signal %d", WTERMSIG(p->status));
        else
                snprintf(text, size, "exit status %d", WEXITSTATUS(p->status));
}

static void complete_if_over(struct program_call *p) {
        if (!p->has_exited || p->out.fd >= 0 || p->err.fd >= 0)
                return;
        bool is_good = WIFEXITED(p->status) && WEXITSTATUS(p->status) == 0 && !p->output.failed;
        struct http_reply reply = {.status = is_good ? 200 : 500,
                                   .sent_at_ms = p->started_at_ms,
                                   .received_at_ms = loop_now_ms(p->loop),
                                   .was_sent = true,
                                   .body = buf_span(&p->output)};
        if (p->has_timed_out) {
                reply.status = 0;
                reply.fault = HTTP_FAULT_TIMEOUT;
                text_copy(reply.fault_text, sizeof reply.fault_text, "the program did not end in time");
        } else if (!is_good) {
                describe_failure(p, &reply);
        }
        wire_done done = p->done;
        void *arg = p->arg;
        struct buf output = p->output;
        p->output = BUF_INIT(0);
        release(p);
        done(arg, &reply);
        buf_wipe(&output);
}

/* One piece of output; false when there is none for now or no more. */
static bool read_piece(struct program_call *p, ev_io *io) {
        struct buf *into = io == &p->out ? &p->output : &p->errors;
        char bytes[READ_BYTES];
        ssize_t n = read(io->fd, bytes, sizeof bytes);
        if (n > 0)
                buf_put(into, bytes, (size_t)n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
                close_watch(p, io);
        text_wipe(bytes, sizeof bytes);
        return n > 0;
}

static void on_readable(struct ev_loop *ev, ev_io *io, int events) {
        (void)ev;
        (void)events;
        struct program_call *p = io->data;
        read_piece(p, io);
        complete_if_over(p);
}

/* What is in the pipe, though no more than counts. */
static void drain(struct program_call *p, ev_io *io) {
        const struct buf *into = io == &p->out ? &p->output : &p->errors;
        while (io->fd >= 0 && !into->failed && read_piece(p, io))
                ;
        close_watch(p, io);
}

static void on_exit_status(struct ev_loop *ev, ev_child *child, int events) {
        (void)events;
        struct program_call *p = child->data;
        ev_child_stop(ev, child);
        p->has_exited = true;
        p->status = child->rstatus;
        /* Its children may hold the pipes open: take what is there, wait no longer. */
        drain(p, &p->out);
        drain(p, &p->err);
        complete_if_over(p);
}

static void on_timeout(void *arg) {
        struct program_call *p = arg;
        p->has_timed_out = true;
        kill(-p->pid, SIGKILL);
        close_watch(p, &p->out);
        close_watch(p, &p->err);
}

static int spawn(struct program_call *p, char **argv, int out_fd, int err_fd) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t none, ignored;
        sigemptyset(&none);
        sigemptyset(&ignored);
        sigaddset(&ignored, SIGPIPE); /* by main */
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, err_fd, STDERR_FILENO);
        posix_spawn_file_actions_addclosefrom_np(&actions,
                                                 STDERR_FILENO + 1); /* libcurl's sockets are not FD_CLOEXEC */
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &ignored);
        posix_spawnattr_setpgroup(&attributes, 0); /* its children end with it */
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
        int r = posix_spawnp(&p->pid, argv[0], &actions, &attributes, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        return -r;
}

static void watch_output(struct program_call *p, ev_io *io, int fd) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
        ev_io_init(io, on_readable, fd, EV_READ);
        io->data = p;
        ev_io_start(loop_ev(p->loop), io);
}

int program_run(struct loop *l, char **argv, int64_t timeout_ms, wire_done done, void *arg, struct program_call **ret) {
        int out[2], err[2];
        if (pipe2(out, O_CLOEXEC) < 0)
                return -errno;
        if (pipe2(err, O_CLOEXEC) < 0) {
                int code = -errno;
                close(out[0]);
                close(out[1]);
                return code;
        }
        struct program_call *p = calloc(1, sizeof *p);
        int r = p ? spawn(p, argv, out[1], err[1]) : -ENOMEM;
        close(out[1]);
        close(err[1]);
        if (r < 0) {
                close(out[0]);
                close(err[0]);
                free(p);
                return r;
        }
        p->loop = l;
        p->done = done;
        p->arg = arg;
        p->output = BUF_INIT(OUTPUT_BYTES_MAX);
        p->errors = BUF_INIT(ERROR_BYTES_MAX);
        p->started_at_ms = loop_now_ms(l);
        watch_output(p, &p->out, out[0]);
        watch_output(p, &p->err, err[0]);
        ev_child_init(&p->child, on_exit_status, p->pid, 0);
        p->child.data = p;
        ev_child_start(loop_ev(l), &p->child);
        timer_start(&p->timeout, l, timeout_ms, on_timeout, p);
        *ret = p;
        return 0;
}

void program_cancel(struct program_call *p) {
        if (!p)
                return;
        if (!p->has_exited && !ev_is_pending(&p->child)) {
                kill(-p->pid, SIGKILL);
                waitpid(p->pid, NULL, 0);
        }
        release(p);
}
