/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/exposition_server.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "daemon/listen.h"
#include "util/text.h"

enum {
        CONNECTIONS_MAX = 16,
        HEAD_MAX_BYTES = 8 << 10,
        BODY_MAX_BYTES = 64 << 20,
        ANSWER_HEAD_MAX_BYTES = 1024,
        LIMIT_MS = 10 * 1000,  /* for a request to be whole, and then for each part of the answer to be taken */
        ACCEPT_AGAIN_MS = 200, /* after running out of descriptors */
};

struct exposition_server {
        struct exposition_host host;
        int fd;
        ev_io accept;
        struct timer accept_again;
        struct visit *visits; /* newest first */
        size_t n_visits;
};

struct visit {
        struct exposition_server *server;
        struct visit *next, **link;
        int fd;
        ev_io io;
        ev_idle worker; /* makes the next piece of the answer when nothing else is to do */
        struct timer limit;
        struct buf input, body, output;
        size_t n_written;
        enum exposition_format format;
        struct exposition *exposition;
};

static void visit_free(struct visit *v) {
        struct ev_loop *ev = loop_ev(v->server->host.loop);
        ev_io_stop(ev, &v->io);
        ev_idle_stop(ev, &v->worker);
        timer_stop(&v->limit);
        close(v->fd);
        exposition_free(v->exposition);
        buf_done(&v->input);
        buf_done(&v->body);
        buf_done(&v->output);
        *v->link = v->next;
        if (v->next)
                v->next->link = v->link;
        v->server->n_visits--;
        free(v);
}

static void on_limit(void *arg) {
        visit_free(arg);
}

static void on_writable(struct ev_loop *ev, ev_io *io, int events);

static void answer(struct visit *v, const char *status, const char *type, const char *more) {
        struct ev_loop *ev = loop_ev(v->server->host.loop);
        v->output = BUF_INIT(ANSWER_HEAD_MAX_BYTES + BODY_MAX_BYTES);
        buf_printf(&v->output, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%sConnection: close\r\n\r\n",
                   status, type, v->body.len, more);
        buf_put_span(&v->output, buf_span(&v->body));
        buf_done(&v->body);
        if (v->output.failed) {
                visit_free(v);
                return;
        }
        ev_io_stop(ev, &v->io);
        ev_io_init(&v->io, on_writable, v->fd, EV_WRITE);
        v->io.data = v;
        ev_io_start(ev, &v->io);
        timer_start(&v->limit, v->server->host.loop, LIMIT_MS, on_limit, v);
}

static void refuse(struct visit *v, const char *status, const char *more) {
        buf_printf(&v->body, "%s\n", status);
        answer(v, status, "text/plain; charset=utf-8", more);
}

static void on_work(struct ev_loop *ev, ev_idle *worker, int events) {
        (void)events;
        struct visit *v = worker->data;
        int r = exposition_step(v->exposition, &v->body);
        if (r == 1)
                return;
        ev_idle_stop(ev, worker);
        exposition_free(TAKE(v->exposition));
        if (r == 0) {
                answer(v, "200 OK", exposition_content_type(v->format), "");
                return;
        }
        buf_clear(&v->body);
        refuse(v, "500 Internal Server Error", "");
}

/* The value of a header, trimmed; data NULL when it is not there. */
static struct span header(struct span head, const char *name) {
        size_t len = strlen(name);
        while (head.data) {
                struct span line = span_split(&head, '\n');
                if (line.len > len && line.data[len] == ':' && strncasecmp(line.data, name, len) == 0)
                        return span_trim((struct span){line.data + len + 1, line.len - len - 1});
        }
        return (struct span){0};
}

static void begin(struct visit *v) {
        if (exposition_new(&v->server->host, v->format, &v->exposition) < 0) {
                refuse(v, "500 Internal Server Error", "");
                return;
        }
        timer_stop(&v->limit);
        ev_io_stop(loop_ev(v->server->host.loop), &v->io);
        ev_idle_start(loop_ev(v->server->host.loop), &v->worker);
}

static void judge_request(struct visit *v, struct span head) {
        struct span rest = head, line = span_trim(span_split(&rest, '\n'));
        struct span method = span_split(&line, ' '), path = line.data ? span_split(&line, ' ') : SPAN("");
        struct span accepted = header(rest, "Accept");
        if (!line.data || !span_starts(line, SPAN("HTTP/1.")))
                refuse(v, "400 Bad Request", "");
        else if (!span_is(method, "GET"))
                refuse(v, "405 Method Not Allowed", "Allow: GET\r\n");
        else if (!span_is(span_split(&path, '?'), "/metrics"))
                refuse(v, "404 Not Found", "");
        else {
                if (accepted.data && span_find(accepted, SPAN("application/openmetrics-text")) >= 0)
                        v->format = EXPOSITION_OPENMETRICS;
                begin(v);
        }
}

/* Where the head ends; 0 when it is not whole. */
static size_t head_length(const struct buf *input) {
        struct span all = buf_span(input);
        ptrdiff_t at = span_find(all, SPAN("\r\n\r\n")), plain = span_find(all, SPAN("\n\n"));
        return at >= 0 ? (size_t)at + 4 : plain >= 0 ? (size_t)plain + 2 : 0;
}

static void on_readable(struct ev_loop *ev, ev_io *io, int events) {
        (void)ev;
        (void)events;
        struct visit *v = io->data;
        char bytes[2048];
        ssize_t n = recv(v->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n <= 0) {
                visit_free(v);
                return;
        }
        buf_put(&v->input, bytes, (size_t)n);
        size_t length = v->input.failed ? 0 : head_length(&v->input);
        if (length > 0 && length <= HEAD_MAX_BYTES)
                judge_request(v, (struct span){v->input.data, length});
        else if (length > HEAD_MAX_BYTES || v->input.len > HEAD_MAX_BYTES || v->input.failed)
                refuse(v, "431 Request Header Fields Too Large", "");
}

static void on_writable(struct ev_loop *ev, ev_io *io, int events) {
        (void)ev;
        (void)events;
        struct visit *v = io->data;
        ssize_t n = send(v->fd, v->output.data + v->n_written, v->output.len - v->n_written,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n > 0)
                v->n_written += (size_t)n;
        if (n <= 0 || v->n_written == v->output.len) {
                shutdown(v->fd, SHUT_WR);
                visit_free(v);
                return;
        }
        timer_start(&v->limit, v->server->host.loop, LIMIT_MS, on_limit, v);
}

static void accept_again(void *arg) {
        struct exposition_server *s = arg;
        ev_io_start(loop_ev(s->host.loop), &s->accept);
}

/* Of those that have not even sent their request, else of all. */
static void drop_oldest(struct exposition_server *s) {
        struct visit *oldest = NULL, *silent = NULL;
        for (struct visit *v = s->visits; v; v = v->next) {
                oldest = v;
                silent = v->output.len == 0 && !v->exposition ? v : silent;
        }
        if (silent || oldest)
                visit_free(silent ? silent : oldest);
}

static void on_connection(struct ev_loop *ev, ev_io *io, int events) {
        (void)events;
        struct exposition_server *s = io->data;
        int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
                if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
                        ev_io_stop(ev, io);
                        timer_start(&s->accept_again, s->host.loop, ACCEPT_AGAIN_MS, accept_again, s);
                }
                return;
        }
        if (s->n_visits >= CONNECTIONS_MAX)
                drop_oldest(s);
        struct visit *v = calloc(1, sizeof *v);
        if (!v) {
                close(fd);
                return;
        }
        *v = (struct visit){.server = s,
                            .fd = fd,
                            .input = BUF_INIT(2 * HEAD_MAX_BYTES),
                            .body = BUF_INIT(BODY_MAX_BYTES),
                            .next = s->visits,
                            .link = &s->visits};
        if (v->next)
                v->next->link = &v->next;
        s->visits = v;
        s->n_visits++;
        ev_io_init(&v->io, on_readable, fd, EV_READ);
        ev_idle_init(&v->worker, on_work);
        ev_set_priority(&v->worker, EV_MAXPRI); /* as of the socket's clients: a long answer leaves no idle moment */
        v->io.data = v->worker.data = v;
        ev_io_start(ev, &v->io);
        timer_start(&v->limit, s->host.loop, LIMIT_MS, on_limit, v);
}

int exposition_server_new(const struct exposition_host *host, const char *listen, struct exposition_server **ret,
                          struct err *reterr) {
        int fd = listen_open(listen, reterr);
        struct exposition_server *s = fd >= 0 ? calloc(1, sizeof *s) : NULL;
        if (!s) {
                if (fd >= 0)
                        close(fd);
                return fd < 0 ? fd : -ENOMEM;
        }
        s->host = *host;
        s->fd = fd;
        ev_io_init(&s->accept, on_connection, fd, EV_READ);
        s->accept.data = s;
        ev_io_start(loop_ev(host->loop), &s->accept);
        *ret = s;
        return 0;
}

void exposition_server_free(struct exposition_server *s) {
        if (!s)
                return;
        while (s->visits)
                visit_free(s->visits);
        timer_stop(&s->accept_again);
        ev_io_stop(loop_ev(s->host.loop), &s->accept);
        close(s->fd);
        free(s);
}
