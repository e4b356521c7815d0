/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/peer.h"
#include "util/text.h"

enum {
        CONNECTIONS_MAX = 4096,
        CONNECTIONS_LEAST = 64,
        DESCRIPTORS_KEPT = 256, /* for the network, the store and programs */
        SLICE_MS = 5,           /* of work for all clients together, before the loop looks at everything else */
        ACCEPT_AT_ONCE = 64,
        ACCEPT_AGAIN_MS = 100, /* after running out of descriptors */
        READ_BYTES = 16 << 10,
        OUTPUT_LOW_BYTES = 64 << 10, /* more of an answer is made when less than this waits for the client */
        OUTPUT_MAX_BYTES = 64 << 20,
        GONE_EVERY_MS = 1000,   /* how often a client is looked after whose answer takes a while */
        SILENT_MS = 1000,       /* a client that says nothing for so long may have to make room for another */
        STALLED_MS = 60 * 1000, /* a client that neither takes its answer nor ends its line */
};

struct server {
        struct loop *loop;
        const struct rpc_host *host;
        char *path;
        int fd;
        struct peers *peers;
        ev_io accept;
        struct timer accept_again;
        struct connection *connections;
        size_t n_connections, connections_max;
        ev_idle worker; /* works while something is ready and the loop has nothing better to do */
        struct connection *ready, **ready_end; /* in turn: a piece for each */
        bool is_bound;
};

struct connection {
        struct server *server;
        struct connection *next, **link;
        int fd;
        enum rpc_access access;
        char caller[PEER_NAME_MAX];
        ev_io reader, writer;
        struct connection *ready_next, **ready_link; /* link NULL: there is nothing to work on */
        struct timer stalled, gone;
        struct buf input, output;
        size_t n_written; /* of output */
        int64_t heard_at_ms;
        struct rpc_call *call;
        bool is_waiting;  /* the call has nothing to say for now */
        bool is_ending;   /* the client has sent all it will */
        bool is_skipping; /* the rest of a line that was too long */
};

static void update(struct connection *c);

static void make_ready(struct connection *c) {
        struct server *s = c->server;
        if (c->ready_link)
                return;
        c->ready_next = NULL;
        c->ready_link = s->ready_end;
        *s->ready_end = c;
        s->ready_end = &c->ready_next;
        ev_idle_start(loop_ev(s->loop), &s->worker);
}

static void make_unready(struct connection *c) {
        struct server *s = c->server;
        if (!c->ready_link)
                return;
        *c->ready_link = c->ready_next;
        if (c->ready_next)
                c->ready_next->ready_link = c->ready_link;
        else
                s->ready_end = c->ready_link;
        c->ready_link = NULL;
        if (!s->ready)
                ev_idle_stop(loop_ev(s->loop), &s->worker);
}

static void connection_free(struct connection *c) {
        struct ev_loop *ev = loop_ev(c->server->loop);
        ev_io_stop(ev, &c->reader);
        ev_io_stop(ev, &c->writer);
        make_unready(c);
        timer_stop(&c->stalled);
        timer_stop(&c->gone);
        close(c->fd);
        rpc_free(c->call);
        buf_done(&c->input);
        buf_done(&c->output);
        *c->link = c->next;
        if (c->next)
                c->next->link = c->link;
        if (c->server->n_connections-- == c->server->connections_max)
                ev_io_start(ev, &c->server->accept);
        free(c);
}

/* The call has something to say again. Frees nothing: the caller may be part of the call. */
static void wake(void *arg) {
        struct connection *c = arg;
        c->is_waiting = false;
        update(c);
}

/* A client that has only ended its own sending still wants the answer: what tells that it left is a hangup in both directions. */
static bool has_left(const struct connection *c) {
        struct pollfd state = {.fd = c->fd};
        return poll(&state, 1, 0) > 0 && state.revents & (POLLHUP | POLLERR);
}

/* Nothing is read while a call is answered. */
static void look_after(void *arg) {
        struct connection *c = arg;
        if (has_left(c)) {
                connection_free(c);
                return;
        }
        if (c->call)
                timer_start(&c->gone, c->server->loop, GONE_EVERY_MS, look_after, c);
}

static const char too_long[] = "the request is longer than 1 MiB";

/* Takes one line off the input and begins its answer. False when there is no whole line. */
static bool begin_call(struct connection *c) {
        struct span input = buf_span(&c->input);
        const char *end = input.len > 0 ? memchr(input.data, '\n', input.len) : NULL;
        if (!end)
                return false;
        struct span line = {input.data, (size_t)(end - input.data)};
        if (line.len > RPC_REQUEST_MAX)
                rpc_refuse(&c->output, -32600, too_long);
        else if (span_trim(line).len > 0 &&
                 rpc_start(c->server->host, line, c->access, loop_now_s(c->server->loop), &c->call) < 0)
                rpc_refuse(&c->output, -32603, "out of memory");
        if (c->call) {
                timer_start(&c->gone, c->server->loop, GONE_EVERY_MS, look_after, c);
                rpc_set_wake(c->call, wake, c);
                rpc_set_caller(c->call, c->caller);
        }
        buf_consume(&c->input, line.len + 1);
        return true;
}

/* One bounded piece of work. */
static void work_on(struct connection *c) {
        if (c->call) {
                int r = rpc_step(c->call, &c->output);
                c->is_waiting = r == RPC_WAIT;
                if (r != RPC_MORE && r != RPC_WAIT) {
                        timer_stop(&c->gone);
                        rpc_free(c->call);
                        c->call = NULL;
                }
                if (r < 0 || c->output.failed) {
                        connection_free(c);
                        return;
                }
        } else {
                begin_call(c);
        }
        update(c);
}

/* However many clients there are: they share one slice of a turn. */
static void on_work(struct ev_loop *ev, ev_idle *worker, int events) {
        (void)ev;
        (void)events;
        struct server *s = worker->data;
        int64_t until_ms = loop_monotonic_ms(s->loop) + SLICE_MS;
        do {
                struct connection *c = s->ready;
                make_unready(c);
                work_on(c);
        } while (s->ready && loop_monotonic_ms(s->loop) < until_ms);
}

static void on_stalled(void *arg) {
        connection_free(arg);
}

static void switch_io(struct ev_loop *ev, ev_io *io, bool is_wanted) {
        if (is_wanted && !ev_is_active(io))
                ev_io_start(ev, io);
        else if (!is_wanted && ev_is_active(io))
                ev_io_stop(ev, io);
}

/* Decides what the connection waits for. May free it. */
static void update(struct connection *c) {
        struct ev_loop *ev = loop_ev(c->server->loop);
        size_t waiting = c->output.len - c->n_written;
        bool has_line = c->input.len > 0 && memchr(c->input.data, '\n', c->input.len);
        if (!c->call && !has_line && c->input.len > RPC_REQUEST_MAX) {
                rpc_refuse(&c->output, -32600, too_long);
                buf_clear(&c->input);
                c->is_skipping = true; /* to the line's end: who is still sending reads no answer */
                waiting = c->output.len - c->n_written;
        }
        bool can_work = (c->call ? !c->is_waiting : has_line) && waiting < OUTPUT_LOW_BYTES;
        if (c->is_ending && waiting == 0 && !c->call && !has_line) {
                connection_free(c);
                return;
        }
        switch_io(ev, &c->writer, waiting > 0);
        switch_io(ev, &c->reader, !c->is_ending && !c->call && !has_line && waiting == 0);
        if (can_work)
                make_ready(c);
        else
                make_unready(c);
        bool owes = waiting > 0 || (c->input.len > 0 && !c->call);
        if (!owes)
                timer_stop(&c->stalled);
        else if (!timer_is_running(&c->stalled))
                timer_start(&c->stalled, c->server->loop, STALLED_MS, on_stalled, c);
}

static void on_writable(struct ev_loop *ev, ev_io *io, int events) {
        (void)ev;
        (void)events;
        struct connection *c = io->data;
        ssize_t n = send(c->fd, c->output.data + c->n_written, c->output.len - c->n_written,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
                connection_free(c);
                return;
        }
        if (n > 0) {
                c->n_written += (size_t)n;
                timer_stop(&c->stalled);
        }
        if (c->n_written == c->output.len) {
                buf_done(&c->output);
                c->n_written = 0;
        } else if (c->n_written >= OUTPUT_LOW_BYTES) {
                buf_consume(&c->output, c->n_written);
                c->n_written = 0;
        }
        update(c);
}

static void on_readable(struct ev_loop *ev, ev_io *io, int events) {
        (void)ev;
        (void)events;
        struct connection *c = io->data;
        char bytes[READ_BYTES];
        ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        struct span fresh = {bytes, n > 0 ? (size_t)n : 0};
        c->heard_at_ms = loop_monotonic_ms(c->server->loop);
        if (c->is_skipping) {
                struct span rest = fresh;
                span_split(&rest, '\n');
                c->is_skipping = !rest.data;
                fresh = rest.data ? rest : (struct span){bytes, 0};
        }
        if (n == 0 && c->input.len > 0 && c->input.data[c->input.len - 1] != '\n' && !has_left(c))
                fresh = SPAN("\n"); /* its last line */
        if (n <= 0)
                c->is_ending = true;
        else
                timer_stop(&c->stalled);
        buf_put_span(&c->input, fresh);
        if (n < 0 || c->input.failed) {
                connection_free(c);
                return;
        }
        update(c);
}

/* Of those that have asked for nothing for a while, and are owed nothing, the one that came first. */
static bool drop_silent(struct server *s) {
        int64_t before_ms = loop_monotonic_ms(s->loop) - SILENT_MS;
        struct connection *oldest = NULL;
        for (struct connection *c = s->connections; c; c = c->next)
                if (!c->call && !c->ready_link && c->output.len == 0 && c->heard_at_ms <= before_ms)
                        oldest = c;
        if (oldest)
                connection_free(oldest);
        return oldest;
}

static void accept_again(void *arg) {
        struct server *s = arg;
        if (s->n_connections < s->connections_max || drop_silent(s))
                ev_io_start(loop_ev(s->loop), &s->accept);
        else
                timer_start(&s->accept_again, s->loop, SILENT_MS, accept_again, s);
}

/* 0 or -errno: none is waiting, or none can be taken. */
static int accept_one(struct server *s) {
        struct ev_loop *ev = loop_ev(s->loop);
        int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
                return errno == EINTR || errno == ECONNABORTED ? 0 : -errno;
        struct connection *c = calloc(1, sizeof *c);
        if (!c) {
                close(fd);
                return 0;
        }
        *c = (struct connection){.server = s,
                                 .fd = fd,
                                 .input = BUF_INIT(RPC_REQUEST_MAX + READ_BYTES),
                                 .output = BUF_INIT(OUTPUT_MAX_BYTES),
                                 .heard_at_ms = loop_monotonic_ms(s->loop),
                                 .next = s->connections,
                                 .link = &s->connections};
        if (c->next)
                c->next->link = &c->next;
        s->connections = c;
        c->access = peers_identify(s->peers, fd, c->caller) ? RPC_CHANGE : RPC_READ;
        ev_io_init(&c->reader, on_readable, fd, EV_READ);
        ev_io_init(&c->writer, on_writable, fd, EV_WRITE);
        c->reader.data = c->writer.data = c;
        if (++s->n_connections == s->connections_max && !drop_silent(s)) {
                ev_io_stop(ev, &s->accept);
                timer_start(&s->accept_again, s->loop, SILENT_MS, accept_again, s);
        }
        update(c);
        return 0;
}

/* Several at a time: else the last of a crowd would wait for as many turns as there are before it. */
static void on_connection(struct ev_loop *ev, ev_io *io, int events) {
        (void)events;
        struct server *s = io->data;
        int r = 0;
        for (int i = 0; i < ACCEPT_AT_ONCE && r == 0 && s->n_connections < s->connections_max; i++)
                r = accept_one(s);
        if (r == 0 || r == -EAGAIN)
                return;
        ev_io_stop(ev, io);
        timer_start(&s->accept_again, s->loop, ACCEPT_AGAIN_MS, accept_again, s);
}

static int set_rights(struct server *s, const char *group, struct err *reterr) {
        gid_t gid;
        bool has_group = peers_has_group(s->peers, &gid);
        if (has_group && chown(s->path, (uid_t)-1, gid) < 0)
                return err_set(reterr, -errno,
                               "cannot give %s to the group %s: %s: run the daemon as root or as a member", s->path,
                               group, strerror(errno));
        return chmod(s->path, has_group ? 0660 : 0600) < 0
                       ? err_set(reterr, -errno, "chmod %s: %s", s->path, strerror(errno))
                       : 0;
}

/* A socket file that nobody answers on is left over from a crash. */
static int remove_stale(const struct sockaddr_un *address, struct err *reterr) {
        SCOPED(close) int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct stat st;
        if (lstat(address->sun_path, &st) < 0)
                return 0;
        if (!S_ISSOCK(st.st_mode))
                return err_set(reterr, -EEXIST, "socket %s: something that is no socket is there", address->sun_path);
        /* A full queue is no refusal. */
        if (probe < 0 || connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 ||
            errno != ECONNREFUSED)
                return err_set(reterr, -EADDRINUSE, "socket %s is in use by another process", address->sun_path);
        return unlink(address->sun_path) < 0
                       ? err_set(reterr, -errno, "socket %s: %s", address->sun_path, strerror(errno))
                       : 0;
}

static int bind_socket(struct server *s, const char *group, struct err *reterr) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        if (!text_copy(address.sun_path, sizeof address.sun_path, s->path))
                return err_set(reterr, -ENAMETOOLONG, "socket %s: the path is longer than %zu bytes", s->path,
                               sizeof address.sun_path - 1);
        int r = remove_stale(&address, reterr);
        if (r < 0)
                return r;
        s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        mode_t mask = umask(0177);
        r = s->fd < 0 || bind(s->fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
        umask(mask);
        s->is_bound = r == 0;
        if (r < 0)
                return err_set(reterr, r,
                               "cannot open the socket %s: %s: does its folder exist and may the daemon write there?",
                               s->path, strerror(-r));
        r = set_rights(s, group, reterr);
        if (r < 0)
                return r;
        return listen(s->fd, SOMAXCONN) < 0 ? err_set(reterr, -errno, "listen on %s: %s", s->path, strerror(errno)) : 0;
}

/* Whoever opened it has set its owner and mode; who may change things is still our question. */
static int adopt_socket(struct server *s, const struct server_socket *where, struct err *reterr) {
        int flags = fcntl(where->fd, F_GETFL);
        s->fd = where->fd;
        if (flags < 0 || fcntl(s->fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return err_set(reterr, -errno, "the socket of the service manager: %s", strerror(errno));
        return 0;
}

static void server_discard(struct server *s) {
        if (s->fd >= 0)
                close(s->fd);
        if (s->is_bound)
                unlink(s->path);
        peers_free(s->peers);
        free(s->path);
        free(s);
}

static size_t most_connections(void) {
        struct rlimit descriptors;
        if (getrlimit(RLIMIT_NOFILE, &descriptors) < 0 || descriptors.rlim_cur < CONNECTIONS_LEAST + DESCRIPTORS_KEPT)
                return CONNECTIONS_LEAST;
        rlim_t most = descriptors.rlim_cur - DESCRIPTORS_KEPT;
        return most < CONNECTIONS_MAX ? (size_t)most : CONNECTIONS_MAX;
}

int server_new(struct loop *l, const struct rpc_host *host, const struct server_socket *where, struct server **ret,
               struct err *reterr) {
        struct server *s = calloc(1, sizeof *s);
        if (!s) {
                if (where->fd >= 0)
                        close(where->fd);
                return -ENOMEM;
        }
        s->loop = l;
        s->host = host;
        s->fd = where->fd;
        int r = text_replace(&s->path, where->path);
        if (r == 0)
                r = peers_new(where->group, &s->peers, reterr);
        if (r == 0)
                r = where->fd >= 0 ? adopt_socket(s, where, reterr) : bind_socket(s, where->group, reterr);
        if (r < 0) {
                server_discard(s);
                return r;
        }
        s->connections_max = most_connections();
        s->ready_end = &s->ready;
        ev_idle_init(&s->worker, on_work);
        ev_set_priority(&s->worker, EV_MAXPRI); /* else a judgement, slice after slice, would leave no idle moment */
        s->worker.data = s;
        ev_io_init(&s->accept, on_connection, s->fd, EV_READ);
        s->accept.data = s;
        ev_io_start(loop_ev(l), &s->accept);
        *ret = s;
        return 0;
}

bool server_has_group(const struct server *s, gid_t *ret) {
        return peers_has_group(s->peers, ret);
}

size_t server_connections(const struct server *s) {
        return s->n_connections;
}

void server_free(struct server *s) {
        if (!s)
                return;
        while (s->connections)
                connection_free(s->connections);
        ev_io_stop(loop_ev(s->loop), &s->accept);
        timer_stop(&s->accept_again);
        server_discard(s);
}
